/** The checks of a surface's gradient against its losses, and of its products with the Hessian against its gradient. */
import { type Matrix, matrix } from '../numeric/linalg/index.js';
import type { Key } from '../numeric/random.js';
import { judged, percent, SAME, type SurfaceCheck, skipped } from './check-report.js';
import { compareSlope, differencesOf, stepsBelow } from './check-slopes.js';
import { norm, ROUNDING } from './made-derivatives.js';
import type { RequestOptions, Subset, Surface, SurfaceBlock } from './surface.js';

/** Largest step of differences along a unit direction, in units of max(1, |w|). */
const REACH = 0.03;
/**
 * Relative deviation that is allowed of a product with the Hessian against differences of gradients. In float32 these meet the
 * kinks of ReLU units, whose share the differences include and the Hessian does not.
 */
const CURVED = { float64: 1e-6, float32: 0.8 } as const;

/** Makes unit directions as rows: the gradient, and random ones, in which a part that the gradient lacks shows as well. */
export function unitDirections({ size }: Surface, gradient: Float64Array, key: Key): Matrix {
  const own = norm(gradient);
  const random = [0, 1].map((i) => {
    const stream = key.child('directions').child(i).stream();
    return Float64Array.from({ length: size }, () => stream.normal());
  });
  const all = own > 0 ? [gradient, ...random] : random;
  const out = matrix(all.length, size);
  all.forEach((v, i) => {
    const length = norm(v);
    for (let j = 0; j < size; j++) out.data[i * size + j] = v[j] / length;
  });
  return out;
}

const rowOf = (m: Matrix, i: number) => m.data.slice(i * m.cols, (i + 1) * m.cols);
const along = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** Returns the unit vector along the sum of the rows. */
export function unitMixture({ rows, cols, data }: Matrix): Float64Array {
  const sum = new Float64Array(cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) sum[j] += data[i * cols + j];
  const length = norm(sum);
  return sum.map((x) => x / length);
}

/** Names what differences are compared over. */
interface Comparison {
  readonly surface: Surface;
  readonly w: Float64Array;
  readonly whole: SurfaceBlock;
  /** Unit vectors as rows. */
  readonly directions: Matrix;
  readonly subset: Subset;
  /** Number of steps of the differences. */
  readonly steps: number;
  readonly part: RequestOptions | undefined;
}

export async function gradientChecks(
  { surface, w, whole, directions, subset, steps, part }: Comparison,
  { loss, gradient }: { readonly loss: number; readonly gradient: Float64Array },
): Promise<SurfaceCheck[]> {
  const { name, precision } = surface;
  const largest = REACH * Math.max(1, norm(w));
  const rows = Array.from({ length: directions.rows }, (_, i) => rowOf(directions, i));
  const lines = rows.map((direction) => ({ block: whole, direction, displacements: stepsBelow(largest, steps) }));
  const answers = await surface.losses(w, lines, subset, part);
  const noise = ROUNDING[precision] * Math.max(Math.abs(loss), Number.MIN_VALUE);
  return rows.map((direction, i) => {
    const stated = along(gradient, direction);
    return compareSlope(
      'gradient',
      stated,
      differencesOf(answers[i].losses, largest, noise),
      SAME[precision],
      'The gradient agrees with differences of losses',
      (difference) =>
        `the gradient of ${name} is not that of its loss: along a line it is ${stated.toPrecision(4)}, and differences of losses give ${difference.toPrecision(4)}; compute both from the same sum over the same samples, with no part detached or clipped.`,
    );
  });
}

export async function hessianChecks({
  surface,
  w,
  whole,
  directions,
  subset,
  steps,
  part,
}: Comparison): Promise<SurfaceCheck[]> {
  const { name, precision, offers } = surface;
  if (offers.hessianVectors !== 'exact') {
    const reason = 'Products with the Hessian are made from differences of gradients, so there is nothing to compare.';
    return [skipped('Hessian symmetric', reason), skipped('Hessian', reason)];
  }
  const { rows: k } = directions;
  const rows = Array.from({ length: k }, (_, i) => rowOf(directions, i));
  const products = await surface.hessianVectors(w, whole, directions, subset, part);
  const hv = rows.map((_, i) => rowOf(products, i));
  let [odd, size] = [0, 0];
  for (let i = 0; i < k; i++) {
    size = Math.max(size, norm(hv[i]));
    for (let j = 0; j < i; j++) odd = Math.max(odd, Math.abs(along(rows[i], hv[j]) - along(rows[j], hv[i])));
  }
  const symmetric = judged(
    'Hessian symmetric',
    size > 0 ? odd / size : 0,
    SAME[precision],
    'Products with the Hessian are symmetric.',
    `products with the Hessian of ${name} are not symmetric: u·Hv and v·Hu differ by ${percent(odd / size)} of |Hv|; differentiate the whole gradient a second time, in PyTorch with create_graph=True and without detach().`,
  );
  const largest = REACH * Math.max(1, norm(w));
  const found: SurfaceCheck[] = [];
  // v·g(w + h v) has the slope v·Hv
  for (const i of [0, k - 1]) {
    const values: number[] = [];
    let scale = 0;
    for (const h of stepsBelow(largest, steps)) {
      const at = w.map((x, j) => x + h * rows[i][j]);
      const { gradient } = await surface.gradient(at, subset, part);
      scale = Math.max(scale, norm(gradient));
      values.push(along(gradient, rows[i]));
    }
    const stated = along(rows[i], hv[i]);
    found.push(
      compareSlope(
        'Hessian',
        stated,
        differencesOf(values, largest, ROUNDING[precision] * scale),
        CURVED[precision],
        'Products with the Hessian agree with differences of gradients',
        (difference) =>
          `products with the Hessian of ${name} are not those of its gradient: v·Hv is ${stated.toPrecision(4)}, and differences of gradients give ${difference.toPrecision(4)}; take both over the same samples with the same reduction, or leave hessianVectors out, so that it is made from gradients.`,
      ),
    );
  }
  return [symmetric, worstOf(found)];
}

/** Returns the check that failed, else the one that decided with the largest deviation, else an undecided one. */
export function worstOf(checks: readonly SurfaceCheck[]): SurfaceCheck {
  const rank = { failed: 2, passed: 1, undecided: 0, skipped: 0 } as const;
  return checks.reduce((a, b) => {
    if (rank[a.verdict] !== rank[b.verdict]) return rank[a.verdict] > rank[b.verdict] ? a : b;
    return b.deviation > a.deviation ? b : a;
  });
}
