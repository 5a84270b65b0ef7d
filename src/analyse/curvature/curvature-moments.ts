/**
 * First and second moments over samples of the projected Hessians UᵀH_kU, on which the stability of SGD in the span of U
 * depends. The moments without one group of samples each give errors by the jackknife.
 */
import { check } from '../../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { SampleCurvature } from './sample-curvature.js';

/** Holds mean and covariance of the projected Hessians over samples. */
export interface PairMomentsOfCurvature {
  /** UᵀHU, k×k. */
  readonly mean: Matrix;
  /** Covariance of the packed pairs over samples, PER SAMPLE, k(k+1)/2 square. */
  readonly covariance: Matrix;
}

/** Holds the moments over all samples, and those without one group each. */
interface CurvatureMoments extends PairMomentsOfCurvature {
  /** The same without one group of samples each; group g holds every sample s with s ≡ g modulo the number of groups. */
  readonly without: readonly PairMomentsOfCurvature[];
}

/**
 * Computes the moments of the projected Hessians. Costs N·pairs² flops, and 8·groups·pairs² bytes beside the samples.
 * @throws InputError for fewer than two samples per group
 */
export function curvatureMoments(la: LinearAlgebra, curvature: SampleCurvature, groups = 20): CurvatureMoments {
  const { values, pairs, samples, directions } = curvature;
  check(
    samples >= 2 * groups,
    'too-few-samples',
    () => `errors over ${groups} groups of samples need at least ${2 * groups} samples; got ${samples}.`,
  );
  const parts = Array.from({ length: groups }, (_, g) => {
    const count = Math.ceil((samples - g) / groups);
    const rows = matrix(count, pairs);
    const sum = new Float64Array(pairs);
    for (let r = 0, s = g; r < count; r++, s += groups) {
      const row = values.subarray(s * pairs, (s + 1) * pairs);
      rows.data.set(row, r * pairs);
      for (let p = 0; p < pairs; p++) sum[p] += row[p];
    }
    return { count, sum, products: la.syrk(rows, { transpose: true }) };
  });
  const over = (kept: typeof parts): PairMomentsOfCurvature => {
    const n = kept.reduce((s, g) => s + g.count, 0);
    const mean = new Float64Array(pairs);
    const covariance = matrix(pairs, pairs);
    for (const g of kept) {
      for (let p = 0; p < pairs; p++) mean[p] += g.sum[p] / n;
      for (let e = 0; e < pairs * pairs; e++) covariance.data[e] += g.products.data[e] / n;
    }
    for (let p = 0; p < pairs; p++) for (let q = 0; q < pairs; q++) covariance.data[p * pairs + q] -= mean[p] * mean[q];
    return { mean: unpacked(mean, directions), covariance };
  };
  return { ...over(parts), without: parts.map((_, g) => over(parts.filter((_, other) => other !== g))) };
}

function unpacked(packed: Float64Array, k: number): Matrix {
  const out = matrix(k, k);
  for (let i = 0, p = 0; i < k; i++)
    for (let j = 0; j <= i; j++, p++) {
      out.data[i * k + j] = packed[p];
      out.data[j * k + i] = packed[p];
    }
  return out;
}
