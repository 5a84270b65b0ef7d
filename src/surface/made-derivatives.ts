/** Derivatives of a loss from differences, with steps that follow from the precision of what is differenced. */
import { type Matrix, matrix } from '../numeric/linalg/index.js';
import { realPower } from '../numeric/power.js';
import { blockOf, moved } from './blocks.js';
import { partOf, progressOf } from './requests.js';
import type { RequestOptions, Subset, Surface, SurfaceBlock } from './surface.js';

/** Half a unit in the last place of 1: 2⁻⁵³ and 2⁻²⁴. */
export const ROUNDING = { float64: 2 ** -53, float32: 2 ** -24 } as const;
type Precision = keyof typeof ROUNDING;

/** The step of a five-point difference in units of the weights, eps^(1/5): 6e-4 and 0.036. */
export const fivePointStep = (precision: Precision): number => realPower(ROUNDING[precision], 1 / 5);

/** The step of a central difference in units of the weights, eps^(1/3): 5e-6 and 0.004. */
export const centralStep = (precision: Precision): number => Math.cbrt(ROUNDING[precision]);

/** Displacements of a five-point difference in steps, and their factors: Σ f(x + s h) c_s / h ≈ f′(x). */
export const FIVE_POINTS = [
  { steps: -2, factor: 1 / 12 },
  { steps: -1, factor: -8 / 12 },
  { steps: 1, factor: 8 / 12 },
  { steps: 2, factor: -1 / 12 },
] as const;

/** Coordinates of a gradient that are asked for in one request. */
const TOGETHER = 256;

/**
 * Approximates L and g by five-point differences of the loss in each coordinate, h = eps^(1/5)·max(1, |w_i|). Error of a
 * component: h⁴/30 of the fifth derivative plus 1.5 eps L/h, about 4e-13 L for float64 and 3e-6 L for float32. Costs 4P + 1 losses.
 */
export async function differencedGradient(
  losses: Surface['losses'],
  precision: Precision,
  w: Float64Array,
  subset: Subset,
  options?: RequestOptions,
): Promise<{ loss: number; gradient: Float64Array }> {
  const gradient = new Float64Array(w.length);
  const step = progressOf(options, Math.ceil(w.length / TOGETHER));
  const coordinate = (i: number) => blockOf(`weight ${i}`, [{ name: '', shape: [1], offset: i, size: 1 }]);
  const direction = Float64Array.of(1);
  let loss = Number.NaN;
  for (let first = 0; first < w.length; first += TOGETHER) {
    const own = Array.from({ length: Math.min(TOGETHER, w.length - first) }, (_, k) => first + k);
    const h = own.map((i) => fivePointStep(precision) * Math.max(1, Math.abs(w[i])));
    const lines = own.map((i, k) => ({
      block: coordinate(i),
      direction,
      displacements: FIVE_POINTS.map((p) => p.steps * h[k]),
    }));
    if (first === 0) lines.push({ block: coordinate(0), direction, displacements: [0] });
    const answers = await losses(w, lines, subset, partOf(options));
    own.forEach((i, k) => {
      gradient[i] = FIVE_POINTS.reduce((sum, p, s) => sum + p.factor * answers[k].losses[s], 0) / h[k];
    });
    if (first === 0) loss = answers[own.length].losses[0];
    await step();
  }
  return { loss, gradient };
}

/**
 * Approximates H_b v for every row of V from gradients at w ± h v. With exact gradients these are central differences,
 * h|v| = eps^(1/3)·max(1, |w|): truncation is (h|v|)²/6 of the third derivative of g along v, rounding eps |g|/(h|v|), and both
 * are about eps^(2/3), 2e-11 for float64 and 2e-5 for float32, of the scale of g over weights of order 1. `fine` takes five-point
 * differences with h|v| = eps^(1/5)·max(1, |w|), for gradients that are differences themselves. Costs 2 gradients a row; 4 if fine.
 */
export async function differencedProducts(
  gradient: Surface['gradient'],
  precision: Precision,
  fine: boolean,
  w: Float64Array,
  block: SurfaceBlock,
  v: Matrix,
  subset: Subset,
  options?: RequestOptions,
): Promise<Matrix> {
  const out = matrix(v.rows, v.cols);
  const step = progressOf(options, v.rows);
  const reach = (fine ? fivePointStep(precision) : centralStep(precision)) * Math.max(1, norm(w));
  const points = fine
    ? FIVE_POINTS
    : [
        { steps: 1, factor: 1 / 2 },
        { steps: -1, factor: -1 / 2 },
      ];
  for (let i = 0; i < v.rows; i++) {
    const own = v.data.subarray(i * v.cols, (i + 1) * v.cols);
    const length = norm(own);
    if (length > 0) {
      const h = reach / length;
      for (const { steps, factor } of points) {
        const { gradient: g } = await gradient(moved(w, block, own, steps * h), subset, partOf(options));
        let to = i * v.cols;
        for (const { offset, size } of block.ranges)
          for (let j = 0; j < size; j++) out.data[to++] += (factor / h) * g[offset + j];
      }
    }
    await step();
  }
  return out;
}

/** Returns the Euclidean norm, without overflow of its squares. */
export function norm(x: Float64Array): number {
  let largest = 0;
  for (const v of x) largest = Math.max(largest, Math.abs(v));
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return largest;
  let sum = 0;
  for (const v of x) sum += (v / largest) ** 2;
  return largest * Math.sqrt(sum);
}
