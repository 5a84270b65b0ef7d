/**
 * Every optimiser in plain float64, for weights and gradients of any origin: models given as functions, simulations, and the check of
 * the kernel.
 */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { clipFactor, gradientNorm } from './clip.js';
import type { OptimiserState } from './entry.js';
import { rateOf } from './schedule.js';
import { type CompleteOptimiser, type OptimiserSpec, optimiserOf } from './spec.js';
import { OPTIMISERS } from './table.js';

/** Takes the steps of an optimiser over one flat vector of weights. */
export interface OptimiserSteps {
  readonly optimiser: CompleteOptimiser;
  /** Steps taken. */
  readonly count: number;
  /** Steps whose gradient was shortened. */
  readonly clipped: number;
  /** The vectors kept between steps, as they are; writing into them continues from another state. */
  readonly state: OptimiserState;
  /** Takes a step with the gradient g of the data, changing w in place; returns its learning rate. */
  step(w: Float64Array, g: ArrayLike<number>): number;
}

/**
 * Makes an optimiser for `size` weights. A step costs some ten operations a weight.
 * @param taken - steps that were taken before, by which schedules and the corrections of Adam go on; 0 by default
 * @throws InputError for what `completeOptimiser` refuses
 */
export function optimiserSteps(spec: OptimiserSpec, size: number, taken = 0): OptimiserSteps {
  is.given('optimiserSteps', { size, taken }, { size: is.count, taken: is.whole });
  const optimiser = optimiserOf('optimiserSteps', spec);
  const entry = OPTIMISERS[optimiser.type];
  const state: OptimiserState = {};
  for (const name of entry.vectors(optimiser)) state[name] = new Float64Array(size);
  let [count, clipped] = [taken, 0];
  const shortened = new Float64Array(Number.isFinite(optimiser.clipNorm) ? size : 0);
  return {
    optimiser,
    state,
    get count() {
      return count;
    },
    get clipped() {
      return clipped;
    },
    step(w, g) {
      check(
        w.length === size && g.length === size,
        'weight-count',
        () => `the optimiser was made for ${size} weights; got ${w.length}, and a gradient of ${g.length}.`,
      );
      const rate = rateOf(optimiser.schedule, optimiser.learningRate, count);
      count++;
      let own = g;
      if (shortened.length > 0) {
        const factor = clipFactor(gradientNorm(g), optimiser.clipNorm);
        if (factor < 1) {
          clipped++;
          for (let i = 0; i < size; i++) shortened[i] = factor * g[i];
          own = shortened;
        }
      }
      entry.step(optimiser, w, own, state, { count, rate });
      return rate;
    },
  };
}
