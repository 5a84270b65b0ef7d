/** The training loop on a learner whose every step can be computed by hand. */
import { describe, expect, it } from 'vitest';
import { batchPlan } from '../src/data/samplers.js';
import { DivergedError } from '../src/numeric/errors.js';
import { randomKey } from '../src/numeric/random.js';
import { type Cursor, type Curves, type LoopOptions, newCursor, newCurves, trainingLoop } from '../src/train/loop.js';

/** Its one weight counts the steps; the loss of step k is k, and right answers are the size of the batch minus one. */
function counting(from = 0, divergeAt = Number.POSITIVE_INFINITY) {
  let steps = from;
  const calls: { order: number[]; size: number }[] = [];
  return {
    calls,
    weights: () => Float32Array.of(steps),
    steps(order: Uint32Array, size: number) {
      calls.push({ order: [...order], size });
      const count = order.length / size;
      if (steps + count >= divergeAt) throw new DivergedError(divergeAt - steps - 1, Number.NaN, 0.1);
      const numbers = Array.from({ length: count }, (_, k) => steps + k + 1);
      steps += count;
      return {
        loss: Float32Array.from(numbers),
        correct: new Uint16Array(count).fill(size - 1),
        recorded: Float32Array.from(numbers),
      };
    },
  };
}

interface Setup extends Partial<LoopOptions> {
  readonly count?: number;
  readonly lastBatch?: 'drop' | 'keep';
}
function setup({ count = 10, lastBatch = 'drop', ...options }: Setup = {}) {
  const batchSize = options.batchSize ?? 3;
  const learner = (options.learner ?? counting()) as ReturnType<typeof counting>;
  const full: LoopOptions = {
    learner,
    plan: batchPlan({ count, batchSize, sampling: 'shuffled', lastBatch, key: randomKey(1) }),
    batchSize,
    stop: { rule: 'epochs', epochs: 2 },
    windowEpochs: 3,
    maxEpochs: 9,
    evaluateEvery: 1,
    evaluateTrain: () => ({ loss: learner.weights()[0], errors: 1, samples: count }),
    evaluateTest: () => ({ loss: -1, errors: 2, samples: 8 }),
    cursor: newCursor(),
    curves: newCurves(),
    chunkSteps: 2,
    ...options,
  };
  return { learner, full };
}

function drive(options: LoopOptions) {
  const recorded: number[] = [];
  const firstSteps: number[] = [];
  const epochs: number[] = [];
  for (const event of trainingLoop(options)) {
    if (event.kind === 'epoch') epochs.push(event.epoch);
    else {
      firstSteps.push(event.firstStep);
      if (event.recorded) recorded.push(...event.recorded);
    }
  }
  return { recorded, firstSteps, epochs };
}

describe('the window', () => {
  it('is what follows the stopping rule, every step of it', () => {
    const { full } = setup();
    const { recorded, epochs } = drive(full);
    expect(epochs).toEqual([1, 2, 3, 4, 5]); // 3 batches each
    expect(recorded).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(full.cursor).toMatchObject({ epoch: 5, step: 15, stoppedAfter: 2, reason: '2 epochs, as asked' });
  });

  it('is the last epochs allowed when the rule is never met, and the reason says so', () => {
    const { full } = setup({ stop: { rule: 'zero-training-error' } });
    const { recorded, epochs } = drive(full);
    expect(epochs).toHaveLength(9);
    expect(recorded).toHaveLength(9);
    expect(recorded[0]).toBe(6 * 3 + 1);
    expect(full.cursor.reason).toContain("the rule 'zero-training-error' was not met by epoch 6");
  });
});

describe('chunks', () => {
  it('cover each epoch once, in its order, never more than asked at a time', () => {
    const { learner, full } = setup({ count: 21, chunkSteps: 3 });
    const { firstSteps } = drive(full);
    expect(firstSteps.slice(0, 4)).toEqual([1, 4, 7, 8]);
    const first = learner.calls.slice(0, 3).flatMap((c) => c.order);
    expect(first).toEqual([...full.plan.epoch(0).order]);
    expect(Math.max(...learner.calls.map((c) => c.order.length / c.size))).toBe(3);
  });

  it('a shorter last batch is a chunk of its own, and every sample is seen', () => {
    const { learner, full } = setup({ count: 11, lastBatch: 'keep' });
    drive(full);
    expect(learner.calls.slice(0, 3).map((c) => [c.order.length, c.size])).toEqual([
      [6, 3],
      [3, 3],
      [2, 2],
    ]);
    expect(new Set(learner.calls.slice(0, 3).flatMap((c) => c.order)).size).toBe(11);
    // batch means weighted by size: (1·3 + 2·3 + 3·3 + 4·2)/11, and (2 + 2 + 2 + 1)/11 right
    expect(full.curves.runningLoss[0]).toBeCloseTo(26 / 11, 12);
    expect(full.curves.runningAccuracy[0]).toBeCloseTo(7 / 11, 12);
  });

  it('end where the recorder has no room, in the window only', () => {
    const rooms = [2, 1, 2, 1, 2, 1, 2, 1, 2, 1];
    const { full } = setup({ chunkSteps: 3, room: () => rooms.shift() ?? 1 });
    const { firstSteps } = drive(full);
    expect(firstSteps).toEqual([1, 4, 7, 9, 10, 12, 13, 15]);
  });
});

describe('curves', () => {
  it('hold running means and evaluations; what was not evaluated is NaN', () => {
    const { full } = setup({ evaluateEvery: 4 });
    drive(full);
    expect(full.curves.epoch).toEqual([1, 2, 3, 4, 5]);
    expect(full.curves.runningLoss).toEqual([2, 5, 8, 11, 14]);
    // epoch 2: the window begins; 4: every fourth; 5: it ends
    expect(full.curves.trainLoss).toEqual([Number.NaN, 6, Number.NaN, 12, 15]);
    expect(full.curves.testAccuracy[4]).toBe(0.75);
    expect(full.curves.weightNorm).toEqual([3, 6, 9, 12, 15]);
  });

  it('do without a test set', () => {
    const { full } = setup({ evaluateTest: undefined });
    drive(full);
    expect(full.curves.testLoss.every(Number.isNaN)).toBe(true);
  });
});

describe('continuing', () => {
  it('from a copy of the cursor at any moment the rest is the same', () => {
    const reference = setup({ count: 11, lastBatch: 'keep' });
    const copies: { cursor: Cursor; curves: Curves; weight: number; after: number }[] = [];
    const all: number[] = [];
    for (const event of trainingLoop(reference.full)) {
      if (event.kind === 'steps' && event.recorded) all.push(...event.recorded);
      copies.push({
        cursor: { ...reference.full.cursor },
        curves: structuredClone(reference.full.curves),
        weight: reference.learner.weights()[0],
        after: all.length,
      });
    }
    for (const { cursor, curves, weight, after } of copies) {
      const { full } = setup({ count: 11, lastBatch: 'keep', learner: counting(weight), cursor, curves });
      const { recorded } = drive(full);
      expect(recorded).toEqual(all.slice(after));
      expect(full.cursor).toEqual(reference.full.cursor);
      expect(full.curves).toEqual(reference.full.curves);
    }
    expect(copies.length).toBeGreaterThan(15);
  });
});

it('a divergence is told with its step since the start', () => {
  const { full } = setup({ learner: counting(0, 8) });
  expect(() => drive(full)).toThrow(/diverged at step 8:/);
});

it('weights that do not move for a whole epoch end the run with what to try', () => {
  const still = { ...counting(), weights: () => Float32Array.of(3) };
  const { full } = setup({ learner: still });
  expect(() => drive(full)).toThrow(/has stopped moving: no weight changed in epoch 2.*smaller learning rate/);
});
