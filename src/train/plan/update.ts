/** What a step does with the gradient: an update as instructions over flat vectors, and the numbers that change from step to step. */
import type { Instruction } from '../../model/plan/ops.js';
import { check } from '../../numeric/errors.js';

/** Addresses of the flat vectors of an update; all have `count` numbers, padded with zeros. */
export interface UpdatePlaces {
  readonly weights: number;
  readonly gradient: number;
  /** What the update keeps from step to step, as many vectors as it asked for. */
  readonly states: readonly number[];
  readonly count: number;
  /** The ranges of these vectors, in numbers, that belong to layers which are trained; the gradient is 0 outside. */
  readonly trained: readonly { readonly first: number; readonly count: number }[];
  /** Returns the address of setting i, from 0; settings lie one after another. */
  setting(i: number): number;
  /** Returns the address of cell i. */
  cell(i: number): number;
}

/** An update rule. Settings are float32 numbers that the kernel gets anew before each step. */
export interface Update {
  /**
   * The gradient goes to the weights at once, times −eta/B, so that no gradient vector is needed: plain SGD. There are then no
   * instructions, and the learning rate is read from `rate`.
   */
  readonly folded: boolean;
  /** Names of the vectors that it keeps, such as velocity. */
  readonly states: readonly string[];
  /** How many settings it has. */
  readonly settings: number;
  /** How many single numbers it keeps from step to step, such as a count; 0 if not given. `LayeredTrainer.cells` reads them. */
  readonly cells?: number;
  /** Learning rate of a step, counted from 0 since the trainer was made. */
  rate(step: number): number;
  /**
   * Says by how much a step that goes on with the same gradient moves a weight, in units of that gradient, where it is one number for all weights and all steps:
   * eta/(1 − mu) for SGD with momentum. A penalty then acts exactly, after the update; without the number it is added to the gradient.
   */
  reach?(): number | undefined;
  /** Writes the settings of a step. */
  write(step: number, out: Float32Array): void;
  /** Returns what follows the backward pass: the gradient of the batch's mean loss lies in `gradient`. */
  instructions(places: UpdatePlaces): Instruction[];
}

/**
 * Checks a learning rate and a momentum.
 * @throws InputError
 */
export function checkRates(learningRate: number, momentum: number): void {
  check(
    Number.isFinite(learningRate) && learningRate > 0,
    'bad-learning-rate',
    `the learning rate must be a positive number; got ${learningRate}.`,
  );
  check(momentum >= 0 && momentum < 1, 'bad-momentum', `momentum must lie in [0, 1); got ${momentum}.`);
}

/**
 * Returns PyTorch's SGD with momentum, v ← mu v + g, w ← w − eta v; without momentum w ← w − eta g. Both numbers are read anew
 * for each step.
 */
export function sgd(numbers: { readonly learningRate: number; readonly momentum: number }): Update {
  if (numbers.momentum === 0)
    return {
      folded: true,
      states: [],
      settings: 0,
      rate: () => numbers.learningRate,
      reach: () => numbers.learningRate,
      write: () => {},
      instructions: () => [],
    };
  return {
    folded: false,
    states: ['velocity'],
    settings: 2,
    rate: () => numbers.learningRate,
    reach: () => numbers.learningRate / (1 - numbers.momentum),
    write: (_, out) => out.set([numbers.learningRate, numbers.momentum]),
    instructions: ({ weights, gradient, states, count, setting }) => [
      { op: 'momentum', w: weights, g: gradient, v: states[0], rate: setting(0), momentum: setting(1), count },
    ],
  };
}
