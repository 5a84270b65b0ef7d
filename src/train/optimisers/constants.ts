/**
 * The numbers of a step as the kernel takes them: everything that depends on the number of the step is computed here in float64 and
 * rounded once, so that a run of any length keeps the corrections of Adam and the rates of a schedule to the last bit of a float32. Decoupled decay is
 * given as shrink = rate·lambda: 1 − rate·lambda in float32 would round the decay to a few digits.
 *
 * With g the gradient of the data, clipped, the kernel computes (kernels/plan/optimise.ts)
 *
 *     g ← g + decay w
 *     plain      u = g
 *     momentum   m ← mu m + fresh g,  u = own g + held m
 *     rmsprop    v ← beta v + freshSquare g²,  u = g/(√v + eps);  with momentum m ← mu m + g/(√v + eps),  u = m
 *     adam       m ← mu m + fresh g,  v ← beta v + freshSquare g²,  u = m/(√v + eps)
 *     all        w ← w − (shrink w + rate u)
 *
 * For Adam the corrections are part of the constants: with c = √(1 − beta2^t), m̂/(√v̂ + eps) = (c/(1 − beta1^t)) m/(√v + c eps).
 */
import { wholePower } from '../../numeric/power.js';
import { rateOf } from './schedule.js';
import type { CompleteOptimiser } from './spec.js';

/** Places of the constants in a row. */
export const ROW = {
  rate: 0,
  shrink: 1,
  decay: 2,
  mu: 3,
  fresh: 4,
  own: 5,
  held: 6,
  beta: 7,
  freshSquare: 8,
  epsilon: 9,
} as const;

/** Numbers in a row; three vectors of four. */
export const ROW_LENGTH = 12;

/** The steps that the kernel has. */
export const STEP_KINDS = ['plain', 'momentum', 'rmsprop', 'rmsprop-momentum', 'adam'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** Returns which of the kernel's steps an optimiser takes. */
export function stepKind(o: CompleteOptimiser): StepKind {
  if (o.type === 'sgd') return o.momentum > 0 ? 'momentum' : 'plain';
  if (o.type === 'rmsprop') return o.momentum > 0 ? 'rmsprop-momentum' : 'rmsprop';
  return 'adam';
}

/**
 * Returns the row of step number `count` (from 1).
 * @param rate - the learning rate of that step; by default that of the schedule
 */
export function constantsOf(
  o: CompleteOptimiser,
  count: number,
  rate: number = rateOf(o.schedule, o.learningRate, count - 1),
): Float64Array {
  const row = new Float64Array(ROW_LENGTH);
  const adam = o.type === 'adam' || o.type === 'adamw';
  const correction = adam ? Math.sqrt(1 - wholePower(o.beta2, count)) : 1;
  row[ROW.rate] = adam ? (rate * correction) / (1 - wholePower(o.beta1, count)) : rate;
  row[ROW.shrink] = o.decoupled ? rate * o.weightDecay : 0;
  row[ROW.decay] = o.decoupled ? 0 : o.weightDecay;
  row[ROW.mu] = adam ? o.beta1 : o.momentum;
  row[ROW.fresh] = adam ? 1 - o.beta1 : count === 1 ? 1 : 1 - o.dampening;
  row[ROW.own] = o.nesterov ? 1 : 0;
  row[ROW.held] = o.nesterov ? o.momentum : 1;
  row[ROW.beta] = adam ? o.beta2 : o.alpha;
  row[ROW.freshSquare] = adam ? 1 - o.beta2 : 1 - o.alpha;
  row[ROW.epsilon] = correction * o.epsilon;
  return row;
}
