/** A session of the live page: the bits of the library's own training, whatever is done between the steps. */
import { describe, expect, it } from 'vitest';
import { batchPlan } from '../../src/data/samplers.js';
import { datasetOf } from '../../src/lab/engine/data.js';
import { networkFor } from '../../src/lab/engine/network.js';
import { LabSession } from '../../src/lab/engine/session.js';
import { asLayered, initialOf } from '../../src/model/any-network.js';
import { randomKey } from '../../src/numeric/random.js';
import { LayeredTrainer } from '../../src/train/layered-trainer.js';
import { newCursor, newCurves, trainingLoop } from '../../src/train/loop.js';
import type { OptimiserSpec } from '../../src/train/optimisers/spec.js';
import { optimiserUpdate } from '../../src/train/optimisers/update.js';
import { teacherState } from './support.js';

/** Trains with the loop of the library, as a run of the command line does, and returns every minibatch loss and the last weights. */
async function libraryRun(optimiser: OptimiserSpec, epochs: number) {
  const state = teacherState({ optimiser });
  const dataset = await datasetOf(state.data);
  const network = networkFor(state.network, dataset);
  const key = randomKey(state.seed);
  const plan = batchPlan({
    count: dataset.train.count,
    batchSize: state.batchSize,
    sampling: state.sampling,
    lastBatch: 'drop',
    key: key.child('batches'),
  });
  const learner = new LayeredTrainer({
    spec: asLayered(network),
    samples: dataset.train,
    learningRate: 1,
    update: optimiserUpdate(optimiser),
    batchSize: state.batchSize,
    recordLayers: [state.layer],
    key: key.child('dropout'),
  });
  learner.setWeights(initialOf(network, key.child('init')));
  const losses: number[] = [];
  const curves = newCurves();
  for (const event of trainingLoop({
    learner,
    plan,
    batchSize: state.batchSize,
    stop: { rule: 'epochs', epochs: epochs - 1 },
    windowEpochs: 1,
    maxEpochs: epochs,
    evaluateEvery: 1,
    evaluateTrain: () => learner.evaluate(),
    evaluateTest: undefined,
    cursor: newCursor(),
    curves,
    chunkSteps: 200,
  }))
    if (event.kind === 'steps') losses.push(...event.loss);
  return { losses, weights: learner.weights(), curves, perEpoch: plan.batchesPerEpoch };
}

const OPTIMISERS: readonly OptimiserSpec[] = [
  { type: 'sgd', learningRate: 0.2 },
  { type: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 1e-3 },
  { type: 'adam', learningRate: 0.01 },
];

describe('the same state gives the same bits', () => {
  it.each(OPTIMISERS)('as the training loop of the library: $type', async (optimiser) => {
    const { losses, weights, curves, perEpoch } = await libraryRun(optimiser, 4);
    const session = await LabSession.open(teacherState({ optimiser }));
    const events = session.trainTo(4 * perEpoch);
    expect([...session.since(0).loss]).toEqual(losses);
    expect(session.checkpoint().weights).toEqual(weights);
    const reports = events.filter((e) => e.type === 'epoch');
    expect(reports.map((e) => e.runningLoss)).toEqual(curves.runningLoss);
    expect(reports.map((e) => e.trainErrors)).toEqual(curves.trainErrors);
    reports.forEach((e, k) => {
      expect(Math.abs(e.trainLoss / curves.trainLoss[k] - 1)).toBeLessThan(1e-12);
    });
  });

  it('in whatever pieces the steps are taken', async () => {
    const whole = await LabSession.open(teacherState({}));
    whole.trainTo(130);
    const pieces = await LabSession.open(teacherState({}));
    for (let k = 0; pieces.step < 130; k++) pieces.advance(Math.min(1 + (k % 7), 130 - pieces.step));
    expect(pieces.since(0).loss).toEqual(whole.since(0).loss);
    expect(pieces.checkpoint()).toEqual(whole.checkpoint());
    expect(pieces.snapshot(true)).toEqual(whole.snapshot(true));
  });
});

describe('sliders', () => {
  const MOVES = [
    { at: 17, key: 'learningRate', value: 0.3 },
    { at: 30, key: 'batchSize', value: 30 },
    { at: 30, key: 'momentum', value: 0.5 },
    { at: 44, key: 'momentum', value: 0 },
    { at: 44, key: 'weightDecay', value: 0.01 },
    { at: 61, key: 'batchSize', value: 200 },
    { at: 70, key: 'momentum', value: 0.8 },
    { at: 70, key: 'batchSize', value: 7 },
  ] as const;

  it('act from the next step on, and a replay of their moves gives the same bits', async () => {
    const live = await LabSession.open(teacherState({}));
    for (const { at, key, value } of MOVES) {
      live.trainTo(at);
      // what is moved and moved back before a step is taken leaves no trace
      live.set(key, key === 'momentum' ? 0.01 : value);
      live.set(key, value);
    }
    live.trainTo(150);
    expect(live.state.changes).toEqual(MOVES);
    const replay = await LabSession.open(live.state);
    replay.trainTo(150);
    expect(replay.since(0)).toEqual(live.since(0));
    expect(replay.checkpoint()).toEqual(live.checkpoint());
    expect(replay.snapshot(true)).toEqual(live.snapshot(true));
    const still = await LabSession.open(teacherState({}));
    still.trainTo(150);
    expect([...still.since(0).loss.slice(0, 17)]).toEqual([...live.since(0).loss.slice(0, 17)]);
    expect(still.since(0).loss[18]).not.toBe(live.since(0).loss[18]);
  });

  it('use every sample of an epoch at most once when the batch size changes within it', async () => {
    const session = await LabSession.open(teacherState({}));
    session.trainTo(3);
    session.set('batchSize', 90);
    // 3·50 of 1000 samples are used; 9 batches of 90 follow, and 40 samples are left out
    session.trainTo(11);
    expect(session.epochs).toBeCloseTo((150 + 8 * 90) / 1000, 12);
    const [end] = session.trainTo(12);
    expect(end).toMatchObject({ type: 'epoch', epoch: 1, step: 12 });
    expect(session.epochs).toBe(1);
  });

  it('empty the window, whose rows are then those of the new settings alone', async () => {
    const session = await LabSession.open(teacherState({ window: 2 }));
    session.trainTo(55);
    expect(session.windowFacts).toEqual({ rows: 40, capacity: 40, every: 1, since: 0 });
    session.set('learningRate', 0.05);
    session.trainTo(60);
    expect(session.windowFacts).toEqual({ rows: 5, capacity: 40, every: 1, since: 55 });
    const { rows, firstStep } = session.snapshot(true);
    expect([rows.length, firstStep]).toEqual([5 * 16 * 20, 56]);
  });

  it('refuse values that the optimiser refuses, and change nothing', async () => {
    const session = await LabSession.open(teacherState({ optimiser: { type: 'adam', learningRate: 0.01 } }));
    session.trainTo(5);
    const before = session.state;
    expect(() => session.set('momentum', 0.5)).toThrow(/momentum.*sgd and rmsprop, not of adam/);
    expect(() => session.set('learningRate', -1)).toThrow(/positive/);
    expect(() => session.set('batchSize', 1001)).toThrow(
      'the batch size must be a whole number from 1 to 1000; got 1001.',
    );
    expect(session.state).toEqual(before);
  });
});

describe('rewinding', () => {
  it('and training again gives the same bits, with the window as it was', async () => {
    const session = await LabSession.open(teacherState({}));
    session.trainTo(150);
    session.set('learningRate', 0.02);
    session.trainTo(170);
    const there = { state: session.state, checkpoint: session.checkpoint(), snapshot: session.snapshot(true) };
    session.trainTo(420);
    const losses = session.since(0).loss;
    session.rewind(170);
    expect(session.step).toBeLessThanOrEqual(170);
    session.trainTo(170);
    expect(session.state).toEqual(there.state);
    expect(session.checkpoint()).toEqual(there.checkpoint);
    expect(session.snapshot(true)).toEqual(there.snapshot);
    expect(session.windowFacts.since).toBe(150);
    session.trainTo(420);
    expect(session.since(0).loss).toEqual(losses);
  });

  it('fills a long window again', async () => {
    const session = await LabSession.open(teacherState({ window: 10 }));
    session.trainTo(300);
    const there = session.snapshot(true);
    expect(there.rows.length).toBe(200 * 320);
    session.trainTo(350);
    session.rewind(300);
    session.trainTo(300);
    expect(session.snapshot(true)).toEqual(there);
  });

  it('forgets moves of sliders that came later', async () => {
    const session = await LabSession.open(teacherState({}));
    session.trainTo(100);
    session.set('learningRate', 0.3);
    session.trainTo(200);
    session.set('batchSize', 10);
    session.trainTo(250);
    session.rewind(120);
    session.trainTo(300);
    expect(session.state.changes).toEqual([{ at: 100, key: 'learningRate', value: 0.3 }]);
    expect(() => session.rewind(301)).toThrow('there are 300 steps to rewind; got 301.');
  });

  it('starts again from a checkpoint in another session, where a worker died', async () => {
    const first = await LabSession.open(teacherState({ optimiser: { type: 'sgd', learningRate: 0.1, momentum: 0.9 } }));
    first.trainTo(77);
    const checkpoint = first.checkpoint();
    first.trainTo(200);
    const second = await LabSession.open(first.state, undefined, checkpoint);
    expect(second.step).toBe(77);
    second.trainTo(200);
    expect(second.since(77)).toEqual(first.since(77));
    expect(second.checkpoint()).toEqual(first.checkpoint());
  });
});

describe('training that cannot go on', () => {
  const hot = { type: 'sgd', learningRate: 1, weightDecay: 1 } as const;

  it('says at which step and how eta compares with the measured edge; weights are those before it', async () => {
    const session = await LabSession.open(teacherState({ optimiser: { type: 'sgd', learningRate: 0.1 } }));
    session.trainTo(33);
    session.know({ edge: 2, at: 30 });
    session.set('learningRate', 1e30);
    const events = session.trainTo(500);
    const end = session.diverged!;
    expect(events.at(-1)).toBe(end);
    expect(end).toMatchObject({ type: 'diverged', kind: 'not-finite', learningRate: 1e30 });
    expect(end.why).toContain('5e+29 times the edge of stability 2, as measured after step 30');
    expect(session.step).toBe(end.at - 1);
    expect(session.checkpoint().weights.every(Number.isFinite)).toBe(true);
    expect(session.advance(10)).toEqual([]);
    // a slider lets it go on, and a replay arrives at the same place
    session.rewind(33);
    session.trainTo(33);
    session.set('learningRate', 0.1);
    session.trainTo(100);
    expect(session.diverged).toBeUndefined();
    expect(session.step).toBe(100);
  });

  it('is told when it stands still, and goes on where a slider was moved', async () => {
    const session = await LabSession.open(teacherState({ network: '20-16-4', optimiser: hot }));
    session.trainTo(2000);
    const end = session.diverged!;
    expect(end).toMatchObject({ kind: 'standstill', at: session.step });
    expect(end.why).toContain('No weight changed in the epoch that ended with step');
    session.set('batchSize', 25);
    session.trainTo(end.at + 7);
    const replay = await LabSession.open(session.state);
    replay.trainTo(end.at + 7);
    expect(replay.checkpoint()).toEqual(session.checkpoint());
  });
});

it('checkpoints take bounded memory: their distance doubles', async () => {
  const { Checkpoints } = await import('../../src/lab/engine/checkpoints.js');
  const checkpoints = new Checkpoints(10e6);
  const of = (step: number) => ({ step }) as never;
  for (let step = 0; step <= 5000; step += 100) if (checkpoints.wants(step)) checkpoints.put(of(step));
  expect(checkpoints.every).toBe(800);
  expect(checkpoints.before(4999)?.step).toBe(4800);
  expect(checkpoints.before(0)?.step).toBe(0);
  expect(checkpoints.due(4801)).toBe(799);
  checkpoints.cut(1000);
  expect(checkpoints.before(4999)?.step).toBe(800);
});
