/** Lines of equal value on a grid of cells, by marching squares: pure geometry, in units of cells from the first centre. */

/** Segments x0, y0, x1, y1, … of one level. */
export function contour(values: ArrayLike<number>, nx: number, ny: number, level: number): number[] {
  const out: number[] = [];
  const at = (i: number, j: number) => values[i + nx * j];
  for (let j = 0; j + 1 < ny; j++)
    for (let i = 0; i + 1 < nx; i++) {
      const corners = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)];
      if (!corners.every(Number.isFinite)) continue;
      const cuts: number[] = [];
      for (let k = 0; k < 4; k++) {
        const [a, b] = [corners[k], corners[(k + 1) % 4]];
        if (a > level === b > level) continue;
        const s = (level - a) / (b - a);
        const [x, y] = [
          [i + s, j],
          [i + 1, j + s],
          [i + 1 - s, j + 1],
          [i, j + 1 - s],
        ][k];
        cuts.push(x, y);
      }
      if (cuts.length === 4) out.push(...cuts);
      else if (cuts.length === 8) {
        // a saddle: the mean of the corners says which pairs belong together
        const middle = corners.reduce((s, v) => s + v, 0) / 4 > level;
        const swap = middle === corners[0] > level;
        out.push(
          ...(swap
            ? [...cuts.slice(0, 4), ...cuts.slice(4)]
            : [...cuts.slice(6), ...cuts.slice(0, 2), ...cuts.slice(2, 6)]),
        );
      }
    }
  return out;
}

/** Returns levels between the smallest and the largest value: by squares, so that a parabola has evenly spaced rings. */
export function levelsOf(values: ArrayLike<number>, count: number): number[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (!(high > low)) return [];
  return Array.from({ length: count }, (_, k) => low + (high - low) * ((k + 0.5) / count) ** 2);
}
