/** Made-up states for the study of ceilings. Nothing in them was measured. */

import { type CeilingsConfig, ceilingsConfig } from '../../src/experiments/ceilings/config.js';
import type { CeilingsInput, StateCell, TriedState } from '../../src/experiments/ceilings/measured.js';
import { estimate } from '../../src/numeric/estimate.js';
import { randomKey } from '../../src/numeric/random.js';

const e = (value: number, error = 0.01 * Math.abs(value)) => estimate(value, error, 10, 'made up');

/** Says how one made-up state is. */
export interface MadeUp {
  readonly name: string;
  readonly rate: number;
  readonly momentum?: number;
  readonly batchSize?: number;
  readonly top: number;
  readonly sharpness?: number;
  readonly alongTop?: number;
  readonly coupled?: number;
  readonly trace?: number;
  /** Last rung at which all runs stay, first at which most leave; null where the ladder ends. */
  readonly low: number | null;
  readonly high: number | null;
}

/** Makes the document of a state. */
export function madeUpState(m: MadeUp): TriedState {
  const { name, rate, momentum = 0, batchSize = 50, low, high } = m;
  const rungs = [
    ...(low === null ? [] : [{ rung: low, left: 0 }]),
    ...(low !== null && high !== null && high > low + 1 ? [{ rung: low + 1, left: 2 }] : []),
    ...(high === null ? [] : [{ rung: high, left: 5 }]),
  ];
  return {
    format: 'thermograd ceilings state',
    spec: {
      name,
      network: { widths: [6, 5, 3], activation: 'relu', bias: false, loss: 'cross-entropy' },
      learningRate: rate,
      batchSize,
      momentum,
      samples: 1000,
      age: 7,
      seed: 0,
    },
    outcome: 'tried',
    seconds: 1,
    epochs: 7,
    steps: 140,
    errors: 12,
    loss: 0.41,
    base: { loss: 0.4, constantLoss: 2.3, trace: m.trace ?? 5, momentum, batchSize },
    measures: {
      top: e(m.top),
      lowest: e(-0.1),
      alongTop: m.alongTop ?? 1 / m.top,
      coupled: e(m.coupled ?? 0.8 / m.top),
      sharpness: e(m.sharpness ?? 0.5 / m.top),
      trace: e(m.trace ?? 5),
      squaredGradient: 0.02,
    },
    rungs: rungs.map(({ rung, left }) => ({
      rung,
      learningRate: rate * 1.3 ** rung,
      rim: 1.1,
      runs: Array.from({ length: 6 }, (_, seed) => ({
        seed,
        left: seed < left,
        looks: seed < left ? 3 : 40,
        peak: seed < left ? 1.4 : 0.5,
      })),
    })),
  };
}

/**
 * States whose threshold is `times` the quantity `of` of the state, up to the rung and a factor exp(±spread), while all other
 * quantities are unrelated to it.
 */
export function madeUpStates(
  count: number,
  of: (m: MadeUp) => number,
  times: number,
  spread = 0,
  seed = 1,
): TriedState[] {
  const s = randomKey(seed).stream();
  return Array.from({ length: count }, (_, k) => {
    const wide = (centre: number) => centre * Math.exp(2.5 * (s.uniform() - 0.5) * 2);
    const m = {
      name: `state ${k}`,
      rate: wide(0.1),
      top: wide(5),
      sharpness: wide(0.1),
      alongTop: wide(0.1),
      coupled: wide(0.1),
      trace: wide(5),
      low: 0,
      high: 1,
    };
    const threshold = times * of(m) * Math.exp(spread * s.normal());
    const low = Math.round(Math.log(threshold / m.rate) / Math.log(1.3) - 0.5);
    return madeUpState({ ...m, low, high: low + 1 });
  });
}

/** A small study with a law, an untrained setting, and states at which the ladder ended. */
export function ceilingsStudy(): CeilingsInput {
  const states = madeUpStates(26, (m) => m.rate, 2.2, 0.35);
  const none: StateCell = {
    format: 'thermograd ceilings state',
    spec: { ...states[0].spec, name: 'untrained' },
    outcome: 'none',
    why: 'the training loss 2.31 is above 0.9 of that of a constant output',
    seconds: 1,
  };
  const open = madeUpState({ name: 'open above', rate: 0.01, momentum: 0.9, top: 3, low: 20, high: null });
  const below = madeUpState({ name: 'open below', rate: 1, batchSize: 512, top: 3, low: null, high: -12 });
  const config: CeilingsConfig = {
    ...ceilingsConfig('quick'),
    states: [...states, none, open, below].map((c) => c.spec),
  };
  return {
    title: 'Made-up rules',
    config,
    cells: [...states, none, open, below],
    run: { config: { data: { set: 'mnist' } }, seeds: { split: 11 } },
  };
}
