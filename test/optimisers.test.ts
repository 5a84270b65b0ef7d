/** Optimisers against torch.optim (test/oracles/optimisers.py), their schedules, and what is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { InputError } from '../src/numeric/errors.js';
import { optimiserSteps } from '../src/train/optimisers/reference.js';
import {
  checkScheduleFits,
  rateAt,
  rateRange,
  type Schedule,
  scheduleInSteps,
} from '../src/train/optimisers/schedule.js';
import { completeOptimiser, type OptimiserSpec } from '../src/train/optimisers/spec.js';

interface Case {
  readonly name: string;
  readonly spec: OptimiserSpec;
  readonly rates: readonly number[];
  readonly clipped: number;
  readonly weights: readonly (readonly number[])[];
}
const oracle = JSON.parse(readFileSync(new URL('./oracles/optimisers.json', import.meta.url), 'utf8')) as {
  weights: number[];
  gradients: number[][];
  after: number[];
  cases: Case[];
};

const sentence = (spec: unknown): string => {
  try {
    completeOptimiser(spec as OptimiserSpec);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error(`accepted ${JSON.stringify(spec)}`);
};

describe('steps', () => {
  it.each(oracle.cases)('of $name are those of torch.optim', ({ spec, rates, clipped, weights }) => {
    const w = Float64Array.from(oracle.weights);
    const optimiser = optimiserSteps(spec, w.length);
    oracle.gradients.forEach((g, t) => {
      const rate = optimiser.step(w, g);
      expect(Math.abs(rate / rates[t] - 1)).toBeLessThan(1e-12);
      const at = oracle.after.indexOf(t + 1);
      // rounding of a few operations a step, relative to the weight and to the sum of what moved it
      for (const [i, x] of at < 0 ? [] : w.entries())
        expect(Math.abs(x - weights[at][i])).toBeLessThan(1e-12 * (1 + Math.abs(weights[at][i])));
    });
    expect(optimiser.clipped).toBe(clipped);
    expect(optimiser.count).toBe(oracle.gradients.length);
  });

  it('go on from a state that was kept', () => {
    for (const { spec } of oracle.cases) {
      const whole = Float64Array.from(oracle.weights);
      const parts = whole.slice();
      const first = optimiserSteps(spec, whole.length);
      const before = optimiserSteps(spec, whole.length);
      for (const g of oracle.gradients) first.step(whole, g);
      for (const g of oracle.gradients.slice(0, 9)) before.step(parts, g);
      const after = optimiserSteps(spec, whole.length, before.count);
      for (const [name, values] of Object.entries(before.state))
        after.state[name as keyof typeof after.state]!.set(values);
      for (const g of oracle.gradients.slice(9)) after.step(parts, g);
      expect(parts).toEqual(whole);
    }
  });

  it('refuse gradients of another length', () => {
    const o = optimiserSteps({ type: 'sgd', learningRate: 0.1 }, 3);
    expect(() => o.step(new Float64Array(3), [1, 2])).toThrow(
      'the optimiser was made for 3 weights; got 3, and a gradient of 2.',
    );
  });
});

describe('schedules', () => {
  it('follow one another after the warm-up, and a cosine stays at its end', () => {
    const cosine: Schedule = { type: 'cosine', length: 4, minimum: 0.2, warmup: 4 };
    const rates = Array.from({ length: 11 }, (_, t) => rateAt(cosine, 1, t));
    const down = (u: number) => 0.2 + 0.4 * (1 + Math.cos((Math.PI * u) / 4));
    const expected = [0.25, 0.5, 0.75, 1, 1, down(1), down(2), down(3), 0.2, 0.2, 0.2];
    for (const [t, r] of rates.entries()) expect(r).toBeCloseTo(expected[t], 14);
    expect(rateAt({ type: 'step', every: 3, factor: 0.1, warmup: 2 }, 1, 5)).toBeCloseTo(0.1, 14);
    expect(rateAt({ type: 'step', every: 3, factor: 0.1, warmup: 2 }, 1, 4)).toBe(1);
    expect(rateRange(cosine, 1, 6, 9)).toEqual({ least: 0.2, most: down(2) });
  });

  it('count epochs where they say so', () => {
    const steps = (s: Schedule) => scheduleInSteps(s, 120);
    expect(steps({ type: 'cosine', length: 10, warmup: 0.5, unit: 'epochs' })).toEqual({ type: 'cosine', length: 1200, warmup: 60, unit: 'steps' }); // biome-ignore format: one case a line
    expect(steps({ type: 'step', every: 2, factor: 0.5, unit: 'epochs' })).toEqual({ type: 'step', every: 240, factor: 0.5, unit: 'steps' }); // biome-ignore format: one case a line
    expect(steps({ type: 'step', at: [1, 2.5], factor: 0.5, unit: 'epochs' })).toEqual({ type: 'step', at: [120, 300], factor: 0.5, unit: 'steps' }); // biome-ignore format: one case a line
    expect(steps({ type: 'constant', warmup: 1, unit: 'epochs' })).toEqual({ type: 'constant', warmup: 120, unit: 'steps' }); // biome-ignore format: one case a line
    expect(steps({ type: 'cosine', length: 10 })).toEqual({ type: 'cosine', length: 10 });
    expect(() => rateAt({ type: 'constant', unit: 'epochs' }, 1, 0)).toThrow('scheduleInSteps');
  });

  it('must end before the run does', () => {
    const long = (s: Schedule, run: number) => () => checkScheduleFits(s, run);
    expect(long({ type: 'cosine', length: 90, warmup: 20 }, 100)).toThrow(
      'the schedule needs 110 steps (warm-up 20, cosine 90) and the run has at most 100; shorten the schedule or train for longer.',
    );
    expect(long({ type: 'cosine', length: 90, warmup: 10 }, 100)).not.toThrow();
    expect(long({ type: 'step', every: 101, factor: 0.1 }, 100)).toThrow('step 101');
    expect(long({ type: 'step', every: 7, factor: 0.1 }, 100)).not.toThrow();
    expect(long({ type: 'step', at: [10, 101], factor: 0.1 }, 100)).toThrow('step 101');
    expect(long({ type: 'constant', warmup: 101 }, 100)).toThrow('warm-up 101');
    expect(long({ type: 'constant' }, 1)).not.toThrow();
  });
});

describe('an optimiser', () => {
  it("has PyTorch's defaults", () => {
    expect(completeOptimiser({ type: 'adamw', learningRate: 1 })).toMatchObject({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, decoupled: true }); // biome-ignore format: one case a line
    expect(completeOptimiser({ type: 'adam', learningRate: 1 })).toMatchObject({ weightDecay: 0, decoupled: false, clipNorm: Infinity }); // biome-ignore format: one case a line
    expect(completeOptimiser({ type: 'rmsprop', learningRate: 1 })).toMatchObject({ alpha: 0.99, epsilon: 1e-8, momentum: 0 }); // biome-ignore format: one case a line
    expect(completeOptimiser({ type: 'sgd', learningRate: 1 })).toMatchObject({ momentum: 0, dampening: 0, nesterov: false, schedule: { type: 'constant' } }); // biome-ignore format: one case a line
  });

  it('is refused in a sentence that says what to do', () => {
    expect(sentence({ type: 'adma', learningRate: 1 })).toBe("there is no optimiser the text 'adma'; the type is one of sgd, rmsprop, adam, adamw (did you mean 'adam'?)."); // biome-ignore format: one case a line
    expect(sentence({ type: 'adam', lr: 1 })).toBe(
      "the optimiser adam has no setting 'lr'; did you mean learningRate?",
    );
    expect(sentence({ type: 'adam', learningRate: 1, betas: [0.9, 0.99] })).toContain('did you mean beta1 and beta2?');
    expect(sentence({ type: 'sgd', learningRate: 1, momentun: 0.9 })).toContain('did you mean momentum?');
    expect(sentence({ type: 'sgd', learningRate: 1, beta1: 0.9 })).toContain("'beta1' is a setting of adam and adamw, not of sgd, which has learningRate,"); // biome-ignore format: one case a line
    expect(sentence({ type: 'sgd', learningRate: 1, colour: 'red' })).toContain("has no setting 'colour'; it has");
    expect(sentence({ type: 'sgd' })).toBe('completeOptimiser: spec.learningRate must be a number; got nothing.');
    expect(sentence({ type: 'sgd', learningRate: '0.1' })).toContain("must be a number; got the text '0.1'");
    expect(sentence([])).toContain('must be an object with type');
    expect(sentence({ type: 'sgd', learningRate: -0.1 })).toBe(
      'the learning rate must be a positive number; got -0.1.',
    );
    expect(sentence({ type: 'adam', learningRate: 1, beta1: 1 })).toBe('beta1 of adam must lie in [0, 1); got 1.');
    expect(sentence({ type: 'adam', learningRate: 1, beta2: -0.1 })).toBe(
      'beta2 of adam must lie in [0, 1); got -0.1.',
    );
    expect(sentence({ type: 'rmsprop', learningRate: 1, alpha: Number.NaN })).toContain('alpha of rmsprop');
    expect(sentence({ type: 'adam', learningRate: 1, epsilon: 0 })).toContain('0/0');
    expect(sentence({ type: 'sgd', learningRate: 1, nesterov: true })).toContain('needs a momentum above 0');
    expect(sentence({ type: 'sgd', learningRate: 1, momentum: 0.9, nesterov: true, dampening: 0.1 })).toContain('no dampening'); // biome-ignore format: one case a line
    expect(sentence({ type: 'sgd', learningRate: 1, dampening: 0.1 })).toContain('dampening acts on the momentum');
    expect(sentence({ type: 'sgd', learningRate: 1, weightDecay: -1 })).toContain('weightDecay must be a number ≥ 0');
    expect(sentence({ type: 'adamw', learningRate: 1, weightDecay: 1 })).toContain('must be positive');
    expect(sentence({ type: 'adamw', learningRate: 0.1, decoupled: false })).toContain("write type 'adam'");
    expect(sentence({ type: 'sgd', learningRate: 1, clipNorm: 0 })).toContain('clipNorm must be a positive number');
    const schedule = (given: unknown) => sentence({ type: 'sgd', learningRate: 0.1, schedule: given });
    expect(schedule({ type: 'cosin', length: 3 })).toContain('spec.schedule.type must be');
    expect(schedule({ type: 'cosine', lenght: 3 })).toBe("a cosine schedule has no 'lenght'; did you mean length?");
    expect(schedule({ type: 'cosine', length: 3, minimum: 0.1 })).toContain('below the learning rate, 0.1');
    expect(schedule({ type: 'cosine', length: 2.5 })).toContain(
      'length of the schedule must be a whole number of steps > 0',
    );
    expect(schedule({ type: 'step', factor: 0.1 })).toContain('one of them; got neither');
    expect(schedule({ type: 'step', factor: 0.1, every: 2, at: [3] })).toContain('one of them; got every and at');
    expect(schedule({ type: 'step', factor: 2, every: 2 })).toContain(
      'factor of the schedule must lie between 0 and 1',
    );
    expect(schedule({ type: 'step', factor: 0.1, at: [3, 3] })).toContain('at[1] of the schedule');
    expect(schedule({ type: 'step', factor: 0.1, at: [] })).toContain('names no step');
    expect(schedule({ type: 'constant', warmup: -1 })).toContain('warmup of the schedule');
  });
});
