/**
 * The walk of a run's own noise: its optimiser, fed with gradients of batches at FIXED weights, their mean subtracted, so that
 * nothing restores. It has the run's gradient covariance and the correlations of its batches. docs/theory [N1], [O1].
 */

import type { Rows } from '../../analyse/trajectory/window-rows.js';
import type { LinearForm } from './linear-form.js';

/**
 * Turns gradients of successive batches into the displacements of the walk, in place: with the linear form of the optimiser
 *
 *     m' = b m + f xi,   x' = x − eta P (a xi + c m'),   xi = g − mean of g,   x = m = 0 before the first step.
 *
 * Decay is left out, because it restores.
 * @param gradients - T rows of P
 * @param preconditioner - the diagonal of P, length P; 1 where there is none
 */
export function walkOf({ data, P }: Rows, form: LinearForm, preconditioner?: ArrayLike<number>): void {
  const T = data.length / P;
  const { learningRate: eta, memory: b, fresh: f, own: a, held: c } = form;
  const mean = new Float64Array(P);
  for (let t = 0; t < T; t++) for (let i = 0; i < P; i++) mean[i] += data[t * P + i] / T;
  const m = new Float64Array(P);
  const x = new Float64Array(P);
  for (let t = 0; t < T; t++)
    for (let i = 0; i < P; i++) {
      const xi = data[t * P + i] - mean[i];
      m[i] = b * m[i] + f * xi;
      x[i] -= eta * (preconditioner?.[i] ?? 1) * (a * xi + c * m[i]);
      data[t * P + i] = x[i];
    }
}
