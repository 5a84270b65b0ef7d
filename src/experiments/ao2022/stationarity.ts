/** The rule that takes a window for stationary, applied to the run and to simulated windows alike. docs/theory [S9]. */
import { motionRelation } from '../../analyse/trajectory/fluctuation-dissipation.js';
import type { Estimate } from '../../numeric/estimate.js';
import { normalHalfWidth } from '../../numeric/interval.js';
import { type Agreement, decide } from '../../report/deciding.js';

/** How far from 1 the ratio may lie whatever its error, and the largest error of a ratio that decides. */
const [TOLERANCE, LARGEST_ERROR] = [0.05, 0.25];

/**
 * Whether ⟨w·g⟩ over ⟨|Δw|²⟩/(2 eta) is 1: it agrees within max(5 %, interval), differs beyond, and is undecided with a standard
 * error above 0.25.
 */
export const passesAsStationary = (ratio: Estimate): Agreement =>
  ratio.standardError <= LARGEST_ERROR
    ? decide(ratio, 1, {
        tolerance: TOLERANCE,
        half: normalHalfWidth(ratio),
        misses: 'stated',
        widest: Number.POSITIVE_INFINITY,
      })
    : 'undecided';

/** Computes relation (1) of [S9] on n courses of T steps about their means: ⟨w·g⟩ over ⟨|Δw|²⟩/(2 eta). */
export function settledMotion(x: Float64Array, n: number, T: number, eta: number): Estimate {
  const [dot, square] = [new Float64Array(T - 1), new Float64Array(T - 1)];
  for (let i = 0; i < n; i++)
    for (let t = 0; t + 1 < T; t++) {
      const step = x[i * T + t + 1] - x[i * T + t];
      dot[t] -= (x[i * T + t] * step) / eta;
      square[t] += step * step;
    }
  return motionRelation({ weightsDotGradient: dot, velocitySquared: square, learningRate: eta }).ratio;
}
