/** Which cells can be reached from which, and the cell to eliminate last. */
import { check } from '../../numeric/errors.js';
import { describePoint, pointAt } from './grid.js';
import { type JumpProcess, neighbour } from './jumps.js';

/**
 * Finds a cell that can be reached from every cell, preferably one of high probability. It is eliminated last, so that no rate
 * that counts leads to a cell of negligible probability.
 * @throws InputError where there is none
 */
export function recurrentCell(jumps: JumpProcess): number {
  const guess = likelyCell(jumps);
  const seen = reaching(jumps, [guess]);
  if (!seen.includes(0)) return guess;
  // after searches against the jumps from all unmarked cells, the last start is reached from everywhere if any cell is
  const mark = new Uint8Array(jumps.grid.size);
  let candidate = 0;
  for (let i = 0; i < mark.length; i++) {
    if (mark[i]) continue;
    candidate = i;
    reaching(jumps, [i], mark);
  }
  const missed = reaching(jumps, [candidate]).indexOf(0);
  const point = new Float64Array(2);
  const name = (i: number) => {
    pointAt(jumps.grid, i, point);
    return describePoint(jumps.grid, point);
  };
  check(
    missed < 0,
    'not-irreducible',
    () =>
      `there is no unique stationary density: without noise between them, a walker at ${name(missed)} never reaches ${name(candidate)}, nor the reverse; add noise there or simulate from a given start.`,
  );
  return candidate;
}

/** Marks all cells from which one of `ends` can be reached. */
export function reaching(
  jumps: JumpProcess,
  ends: readonly number[],
  mark = new Uint8Array(jumps.grid.size),
): Uint8Array {
  const { grid, links } = jumps;
  const queue = [...ends];
  for (const e of ends) mark[e] = 1;
  for (let n = queue.pop(); n !== undefined; n = queue.pop()) {
    for (const link of links) {
      const j = neighbour(grid, n, link.ex, link.ey);
      if (j >= 0 && !mark[j] && link.backward[n] > 0) {
        mark[j] = 1;
        queue.push(j);
      }
      const k = neighbour(grid, n, -link.ex, -link.ey);
      if (k >= 0 && !mark[k] && link.forward[k] > 0) {
        mark[k] = 1;
        queue.push(k);
      }
    }
  }
  return mark;
}

/**
 * Returns the cell of largest Σ log(rate there/rate back) along the middle row, then up and down: the mode for conservative
 * forces.
 */
function likelyCell(jumps: JumpProcess): number {
  const { grid, links } = jumps;
  const score = new Float64Array(grid.size);
  const gain = (i: number, link: { forward: Float64Array; backward: Float64Array }) =>
    Math.max(-80, Math.min(80, Math.log(link.forward[i] / link.backward[i]) || 0));
  const alongX = links.find((l) => l.ex === 1 && l.ey === 0);
  const alongY = links.find((l) => l.ex === 0 && l.ey === 1);
  const middle = grid.nx * (grid.ny >> 1);
  if (alongX)
    for (let x = 1; x < grid.nx; x++) score[middle + x] = score[middle + x - 1] + gain(middle + x - 1, alongX);
  if (alongY) {
    for (let k = middle + grid.nx; k < grid.size; k++) score[k] = score[k - grid.nx] + gain(k - grid.nx, alongY);
    for (let k = middle - 1; k >= 0; k--) score[k] = score[k + grid.nx] - gain(k, alongY);
  }
  let best = 0;
  for (let i = 1; i < score.length; i++) if (score[i] > score[best]) best = i;
  return best;
}

/**
 * Finds a cell whose density is below the range of float64 although the likeliest jumps from it lead into a basin there; −1 if
 * there is none. The barrier around such a basin exceeds about 650 times the noise, and its share of the probability is
 * unknown, not zero.
 */
export function unseenBasin(jumps: JumpProcess, p: Float64Array): number {
  const { grid, links } = jumps;
  const likeliest = (i: number) => {
    let [best, to] = [0, i];
    for (const link of links) {
      const on = neighbour(grid, i, link.ex, link.ey);
      if (on >= 0 && link.forward[i] > best) [best, to] = [link.forward[i], on];
      const back = neighbour(grid, i, -link.ex, -link.ey);
      if (back >= 0 && link.backward[back] > best) [best, to] = [link.backward[back], back];
    }
    return to;
  };
  const visit = new Int32Array(grid.size);
  for (let i = 0; i < grid.size; i++) {
    let at = i;
    while (visit[at] === 0 && p[at] < 1e-290) {
      visit[at] = i + 1;
      at = likeliest(at);
    }
    if (visit[at] === i + 1) return at;
  }
  return -1;
}
