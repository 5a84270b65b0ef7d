/**
 * Scaling collapse: whether the curves y(z), one for each value of x, fall on one when y·x^a is drawn against z·x^b. All in logarithms.
 *
 * Distance of two curves: the mean over the points of one of (Y − interpolated Y of the other)², where Z lies within the other. For given
 * b the best a is that of least squares; b is searched on a grid and refined. Points that overlap with no other curve say nothing, so b is
 * admitted only where at least half of the pairs of points and curves overlap that can.
 *
 * The null: the same fit with the values of x dealt to other curves. Curves that are alike collapse under any labels; what counts is how
 * rarely other labels do as well.
 */
import { type Key, randomKey } from '../../numeric/random.js';
import { mean, median, variance } from '../../numeric/statistics.js';

/** One curve: ln x, and its points ascending in ln z. */
export interface Curve {
  readonly x: number;
  readonly z: readonly number[];
  readonly y: readonly number[];
}

export interface CollapseFit {
  readonly a: number;
  readonly b: number;
  /** Root mean square distance between curves in ln y: as measured, and at the best exponents. */
  readonly before: number;
  readonly after: number;
  /** Median of `after` over other labels, and the share of those that do at least as well (their number plus one). */
  readonly shuffled: number;
  readonly chance: number;
  readonly labels: number;
  /**
   * Whether the curves are so straight that shifts along them are hardly told apart: then a and b are not unique, and a + slope·b is what
   * was found.
   */
  readonly straight: boolean;
}

/** Range of b that is searched, and its steps. */
const [REACH, GRID] = [3, 61];
/** Labels that are tried. */
const LABELS = 99;
/** Share of pairs that must overlap. */
const OVERLAP = 0.5;
/** Curves whose points lie this much nearer to one straight line each than they span are straight. */
const STRAIGHT = 0.02;

/** Fits a collapse; undefined below three curves of three points that overlap. */
export function collapse(curves: readonly Curve[]): CollapseFit | undefined {
  const usable = curves.filter((c) => c.z.length >= 3);
  if (usable.length < 3) return undefined;
  const best = search(usable);
  if (!best) return undefined;
  const labels = labelsOf(usable.length, randomKey(0).child('collapse'));
  const x = usable.map((c) => c.x);
  const others = labels.flatMap((order) => {
    const found = search(usable.map((c, i) => ({ ...c, x: x[order[i]] })));
    return found ? [Math.sqrt(found.distance)] : [];
  });
  const after = Math.sqrt(best.distance);
  const as = others.filter((d) => d <= after * (1 + 1e-9)).length;
  return {
    a: best.a,
    b: best.b,
    before: Math.sqrt(best.raw),
    after,
    shuffled: others.length > 0 ? median(others) : Number.NaN,
    chance: (as + 1) / (others.length + 1),
    labels: others.length,
    straight: usable.every(isStraight),
  };
}

/** All orders of up to four curves but the own one; 99 drawn ones of more. */
function labelsOf(n: number, key: Key): number[][] {
  const own = Array.from({ length: n }, (_, k) => k);
  if (n <= 4) return permutations(own).filter((p) => p.some((v, k) => v !== k));
  return Array.from({ length: LABELS }, (_, r) => {
    const stream = key.child(r).stream();
    const order = [...own];
    for (let k = n - 1; k > 0; k--) {
      const j = stream.integer(k + 1);
      [order[k], order[j]] = [order[j], order[k]];
    }
    return order;
  });
}

const permutations = (list: readonly number[]): number[][] =>
  list.length < 2
    ? [[...list]]
    : list.flatMap((v, k) => permutations([...list.slice(0, k), ...list.slice(k + 1)]).map((rest) => [v, ...rest]));

interface Found {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
  readonly raw: number;
}

function search(curves: readonly Curve[]): Found | undefined {
  const raw = distanceAt(curves, 0);
  const pairs = curves.reduce((s, c) => s + c.z.length, 0) * (curves.length - 1);
  const value = (b: number) => {
    const d = distanceAt(curves, b);
    return d.pairs >= OVERLAP * pairs ? d : { ...d, distance: Number.POSITIVE_INFINITY };
  };
  let [b, step] = [0, (2 * REACH) / (GRID - 1)];
  for (let k = 0; k < GRID; k++) {
    const at = -REACH + k * step;
    if (value(at).distance < value(b).distance) b = at;
  }
  for (step /= 2; step > 1e-4; step /= 2)
    for (const at of [b - step, b + step]) if (value(at).distance < value(b).distance) b = at;
  const best = value(b);
  return Number.isFinite(best.distance) ? { a: best.a, b, distance: best.distance, raw: raw.plain } : undefined;
}

/** The least mean squared distance over a at a given b, that at a = 0, and the pairs of points and curves that overlap. */
function distanceAt(
  curves: readonly Curve[],
  b: number,
): { a: number; distance: number; plain: number; pairs: number } {
  let [pairs, yy, yx, xx] = [0, 0, 0, 0];
  curves.forEach((c, i) => {
    curves.forEach((other, j) => {
      if (i === j) return;
      const dx = c.x - other.x;
      for (let k = 0; k < c.z.length; k++) {
        const there = interpolated(other, c.z[k] + b * dx);
        if (there === undefined) continue;
        const dy = c.y[k] - there;
        pairs++;
        yy += dy * dy;
        yx += dy * dx;
        xx += dx * dx;
      }
    });
  });
  const a = xx > 0 ? -yx / xx : 0;
  return { a, distance: Math.max(0, yy + 2 * a * yx + a * a * xx) / pairs, plain: yy / pairs, pairs };
}

function interpolated({ z, y }: Curve, at: number): number | undefined {
  const last = z.length - 1;
  if (!(at >= z[0] && at <= z[last])) return undefined;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (z[middle] <= at) low = middle;
    else high = middle;
  }
  return y[low] + ((y[high] - y[low]) * (at - z[low])) / (z[high] - z[low]);
}

/** Whether the points lie on a straight line, within a share of what they span. */
function isStraight({ z, y }: Curve): boolean {
  const [mz, my] = [mean(z), mean(y)];
  const sxx = z.reduce((s, v) => s + (v - mz) ** 2, 0);
  const slope = z.reduce((s, v, k) => s + (v - mz) * (y[k] - my), 0) / sxx;
  const rest = y.reduce((s, v, k) => s + (v - my - slope * (z[k] - mz)) ** 2, 0) / y.length;
  return rest <= STRAIGHT * Math.max(1e-12, variance(y));
}
