/** The rule that takes a window for stationary, applied to the run and to simulated windows alike. docs/theory [S9]. */
import { motionRelation } from '../../analyse/trajectory/fluctuation-dissipation.js';
import type { Estimate } from '../../numeric/estimate.js';
import { normalHalfWidth } from '../../numeric/interval.js';
import { type Agreement, decide } from '../../report/deciding.js';
import type { Ball } from '../../theory/layer/results.js';

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

/** Holds w·Δw and |Δw|² at each step, with w relative to the window mean. */
export interface MotionSums {
  readonly weightsDotStep: Float64Array;
  readonly stepSquared: Float64Array;
}

/**
 * Tests relation (1) of [S9] under momentum: ⟨w·g⟩ over (1 + mu)⟨|Δw|²⟩/(2 eta), with eta·g = mu·v − Δw, v the step before, so that
 * w·v = (w·Δw + |Δw|²) of that step. The relation follows from stationarity alone, under Nesterov's momentum too, where g is another.
 */
export function motionOf({ weightsDotStep: dot, stepSquared: square }: MotionSums, ball: Ball): Estimate {
  const { rate: learningRate, momentum } = ball;
  if (momentum === 0)
    return motionRelation({
      weightsDotGradient: dot.map((v) => -v / learningRate),
      velocitySquared: square,
      learningRate,
    }).ratio;
  const weightsDotGradient = dot.subarray(1).map((v, t) => (momentum * (dot[t] + square[t]) - v) / learningRate);
  return motionRelation({ weightsDotGradient, velocitySquared: square.subarray(1), learningRate, momentum }).ratio;
}

/** Computes the same on n courses of T steps about their means. */
export function settledMotion(x: Float64Array, n: number, T: number, ball: Ball): Estimate {
  if (ball.momentum > 0) return motionOf(sumsOf(x, n, T), ball);
  const eta = ball.rate;
  const [dot, square] = [new Float64Array(T - 1), new Float64Array(T - 1)];
  for (let i = 0; i < n; i++)
    for (let t = 0; t + 1 < T; t++) {
      const step = x[i * T + t + 1] - x[i * T + t];
      dot[t] -= (x[i * T + t] * step) / eta;
      square[t] += step * step;
    }
  return motionRelation({ weightsDotGradient: dot, velocitySquared: square, learningRate: eta }).ratio;
}

function sumsOf(x: Float64Array, n: number, T: number): MotionSums {
  const [weightsDotStep, stepSquared] = [new Float64Array(T - 1), new Float64Array(T - 1)];
  for (let i = 0; i < n; i++)
    for (let t = 0; t + 1 < T; t++) {
      const step = x[i * T + t + 1] - x[i * T + t];
      weightsDotStep[t] += x[i * T + t] * step;
      stepSquared[t] += step * step;
    }
  return { weightsDotStep, stepSquared };
}
