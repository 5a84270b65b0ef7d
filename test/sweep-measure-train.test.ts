/** The training of a cell of a sweep: the steps of a run, its ends, the rule of divergence, and documents that depend on nothing else. */
import { describe, expect, it } from 'vitest';
import { batchPlan } from '../src/data/samplers.js';
import { sweepCell } from '../src/experiments/sweep/cell.js';
import { costOf } from '../src/experiments/sweep/cost.js';
import { dataKey } from '../src/experiments/sweep/data.js';
import type { Until } from '../src/experiments/sweep/measured.js';
import {
  columnsOf,
  completeMeasures,
  type GivenMeasure,
  MEASURES,
  measureNamed,
} from '../src/experiments/sweep/measures/registry.js';
import { LossWatch } from '../src/experiments/sweep/watch.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { completeConfig, completeRunConfig } from '../src/runs/config.js';
import { networkOf } from '../src/runs/network.js';
import { loadRun } from '../src/runs/prepare.js';
import type { AnyConfig, PartialConfig } from '../src/runs/schema.js';
import { trainToRule } from '../src/runs/train-to-rule.js';
import { gradient, type Sample } from './support/naive-network.js';
import {
  benchOf,
  CLOSED,
  LINEAR,
  la,
  largestEigenpair,
  number,
  SMALL,
  samplesOf,
  secondMoment,
  trained,
} from './support/sweep-bench.js';

const sets = new Map<string, ReturnType<typeof loadRun>>();
/** Data are loaded once, as in a process that does many cells. */
const loadedFor = async (config: AnyConfig) => {
  const id = dataKey(config);
  if (!sets.has(id)) sets.set(id, loadRun(config));
  const { dataset } = await sets.get(id)!;
  return { dataset, network: networkOf(config, dataset) };
};

async function cellOf(partial: PartialConfig, measures: GivenMeasure[], until?: Until) {
  const config = completeRunConfig(partial);
  const loaded = await loadedFor(config);
  return sweepCell({
    index: 7,
    point: { eta: 1 },
    config,
    until,
    measures: completeMeasures(measures),
    la,
    report() {},
    ...loaded,
  });
}

/** SGD in plain float64 loops, with the batches of the plan. */
function naiveSgd(
  spec: NetworkSpec,
  samples: readonly Sample[],
  steps: number,
  { eta, mu = 0, B, seed }: { eta: number; mu?: number; B: number; seed: number },
) {
  const key = randomKey(seed);
  const plan = batchPlan({
    count: samples.length,
    batchSize: B,
    sampling: 'shuffled',
    lastBatch: 'drop',
    key: key.child('batches'),
  });
  const w = Float64Array.from(initialWeights(spec, key.child('init')));
  const v = new Float64Array(w.length);
  for (let t = 0; t < steps; t++) {
    const b = t % plan.batchesPerEpoch;
    const { order } = plan.epoch((t - b) / plan.batchesPerEpoch);
    const batch = Array.from(order.subarray(b * B, (b + 1) * B), (k) => samples[k]);
    gradient(spec, w, batch).forEach((g, i) => {
      v[i] = mu * v[i] + g;
      w[i] -= eta * v[i];
    });
  }
  return w;
}

describe('the steps of a cell', () => {
  it('are those of SGD in plain loops, to a step inside an epoch', async () => {
    const bench = await benchOf(
      { ...SMALL, training: { learningRate: 0.2, momentum: 0.5, batchSize: 9 } },
      { steps: 33 },
    );
    expect(bench.trained).toMatchObject({ steps: 33, epochs: 3.3, ended: 'rule', reason: '33 steps, as asked' });
    const w = naiveSgd(bench.network as NetworkSpec, samplesOf(bench), 33, { eta: 0.2, mu: 0.5, B: 9, seed: 3 });
    bench.w.forEach((x, i) => {
      expect(x).toBeCloseTo(w[i], 4);
    });
  });

  it('end by the rule of the config, or when its epochs are used up', async () => {
    const stop = { rule: 'accuracy-and-loss', accuracy: 0.5, loss: 0.7, overEpochs: 2 } as const;
    const { trained: met } = await trained({ ...SMALL, training: { ...SMALL.training, stop, maxEpochs: 100 } });
    expect(met.ended).toBe('rule');
    expect(met.reason).toContain('means over epochs');
    // as many epochs as a run takes to the same rule
    const config = completeConfig({ ...SMALL, training: { ...SMALL.training, stop, maxEpochs: 100 } } as never);
    const run = await trainToRule(
      config,
      config.seed,
      await loadRun(config).then((l) => l.dataset),
      () => {},
      async () => false,
    );
    expect(run!.cursor.epoch).toBeGreaterThan(2);
    expect(met.wholeEpochs).toBe(run!.cursor.epoch);
    const hard = { ...stop, loss: 1e-9 };
    const { trained: missed } = await trained({ ...SMALL, training: { ...SMALL.training, stop: hard, maxEpochs: 10 } });
    // four epochs are kept for the window, as in a run
    expect(missed).toMatchObject({ ended: 'budget', steps: 60, wholeEpochs: 6 });
  });

  it('end at a level of the training loss, which tells the time to it', async () => {
    const cell = await cellOf(SMALL, ['time', 'loss'], { loss: 0.8, within: 500 });
    expect(cell.ended).toBe('rule');
    expect(number(cell.measured.loss).value).toBeLessThanOrEqual(0.8);
    const { 'steps-to-loss': steps, 'epochs-to-loss': epochs } = cell.measured;
    expect(number(steps).value).toBeLessThanOrEqual(cell.steps);
    expect(number(steps).value).toBeGreaterThan(cell.steps - 10);
    expect(number(epochs).value).toBeCloseTo(number(steps).value / 10, 12);
    // one look an epoch of 10 steps
    expect(number(steps).standardError).toBeCloseTo(10 / Math.sqrt(12), 12);
    const short = await cellOf(SMALL, ['time'], { loss: 0.8, within: 15 });
    expect(short).toMatchObject({ ended: 'budget', steps: 15, epochs: 1.5 });
    expect(short.measured['steps-to-loss']).toEqual({
      why: 'the loss did not come down to 0.8: the loss was above 0.8 after 15 steps.',
    });
  });

  it('place the crossing of a level by the logarithm of the loss', async () => {
    const looks = [
      { step: 0, loss: 4, errors: 0 },
      { step: 10, loss: 1, errors: 0 },
    ];
    const bench = { trained: { looks, plan: { batchesPerEpoch: 5 }, reason: '' } } as never;
    const { 'steps-to-loss': steps } = await measureNamed('time').measure(bench, { loss: 2 });
    expect(number(steps).value).toBeCloseTo(5, 12);
  });
});

describe('divergence', () => {
  it('begins at the edge 2/h of a linear regression', async () => {
    const full = (eta: number): PartialConfig => ({
      ...LINEAR,
      training: { ...LINEAR.training, learningRate: eta, batchSize: 200 },
      record: { layer: 'layer1', windowEpochs: 1 },
    });
    const bench = await benchOf(full(0.1), { steps: 1 });
    const edge = 2 / largestEigenpair(secondMoment(samplesOf(bench))).value;
    const below = await cellOf(full(0.99 * edge), ['divergence', 'loss', { name: 'ceiling', directions: 0 }], {
      steps: 400,
    });
    expect(below).toMatchObject({
      ended: 'rule',
      measured: { divergence: { value: 0 }, 'divergence-step': { why: 'training did not diverge.' } },
    });
    expect(number(below.measured['ceiling-edge']).value / edge).toBeCloseTo(1, 4);
    // all samples in one batch: no variance, and the mean-square line is the edge
    expect(number(below.measured['ceiling-top']).value / edge).toBeCloseTo(1, 3);
    const above = await cellOf(full(1.03 * edge), ['divergence', 'loss', 'trace'], { steps: 400 });
    expect(above).toMatchObject({ ended: 'diverged', measured: { divergence: { value: 1 } } });
    expect(above.measured.loss).toEqual({ why: 'training diverged: the loss rose above 10 times that at the start.' });
    expect(above.measured.trace).toEqual(above.measured.loss);
    // loss of the top mode grows by (2·1.03 − 1)² a step
    expect(number(above.measured['divergence-step']).value).toBeLessThan(400);
  });

  const watch = (more: object = {}) =>
    new LossWatch({ start: 2, constant: 2.3, factor: 10, batchSize: 50, samples: 2000, ...more });

  it('is a mean over a stretch above the factor, and no single step', () => {
    expect(watch().stretch).toBe(20);
    expect(watch({ batchSize: 1 }).stretch).toBe(1000);
    expect(watch({ batchSize: 1, samples: 300 }).stretch).toBe(300);
    const one = watch();
    expect(one.see([...new Array(19).fill(0), 399])).toBe(false);
    expect(one.see(new Array(19).fill(21))).toBe(false);
    expect(one.see([21])).toBe(true);
    expect(one.seen(1)).toMatchObject({ by: 'above', step: 40, peak: 21, peakStep: 40 });
    const exactly = watch();
    expect(exactly.see(new Array(20).fill(20))).toBe(false);
  });

  it('is a loss at the end above the factor, where training ends within its first stretch', () => {
    const short = watch();
    expect(short.see(new Array(12).fill(5))).toBe(false);
    expect(short.seen(20).by).toBeUndefined();
    expect(short.seen(20.1)).toMatchObject({ by: 'above', step: 12 });
  });

  it('is a loss that is not finite, a standstill that does not fit, or everything forgotten after a rise', () => {
    const broken = watch();
    broken.notFinite(3);
    expect(broken.seen(Number.NaN)).toMatchObject({ by: 'not-finite', step: 3 });
    const dead = watch();
    expect(dead.still(40, 2.3)).toBe(true);
    expect(dead.seen(2.3)).toMatchObject({ by: 'still', step: 40 });
    expect(watch().still(40, 1e-9)).toBe(false);
    const forgot = watch();
    forgot.see(new Array(20).fill(2.21));
    expect(forgot.seen(0.9991 * 2.3)).toMatchObject({ by: 'forgotten', step: 20 });
    expect(forgot.seen(0.9989 * 2.3).by).toBe('forgotten');
    const back = watch();
    back.see(new Array(20).fill(2.21));
    expect(back.seen(0.9989 * 2.3).by).toBeUndefined();
    const slow = watch();
    slow.see(new Array(20).fill(2.19));
    expect(slow.seen(2.3).by).toBeUndefined();
  });

  it('includes a network whose units are all inactive', async () => {
    const cell = await cellOf(
      {
        ...SMALL,
        network: { widths: [5, 4, 3], activation: 'relu', bias: false },
        training: { learningRate: 60, batchSize: 30 },
      },
      ['divergence', 'trace'],
      { epochs: 60 },
    );
    expect(cell.ended).toBe('diverged');
    expect(number(cell.measured.divergence).value).toBe(1);
  });
});

describe('the document of a cell', () => {
  const all = MEASURES.map((m) => m.name).filter((name) => name !== 'ceiling');
  const timeless = ({ seconds: _, ...rest }: object & { seconds: number }) => JSON.stringify(rest);

  it('has the same bytes whatever the process did before', async () => {
    const first = () => cellOf(SMALL, all, { epochs: 6 });
    const before = await first();
    await cellOf({ ...SMALL, seed: 4, training: { learningRate: 0.4, batchSize: 5 } }, ['top', 'psi'], { epochs: 2 });
    const { training: _, ...adam } = SMALL;
    await cellOf(
      { ...adam, training: { batchSize: 9 }, optimiser: { type: 'adam', learningRate: 0.01 } },
      ['top', 'psi'],
      { epochs: 2 },
    );
    await cellOf(LINEAR, ['loss', 'flatness'], { epochs: 2 });
    expect(timeless(await first())).toBe(timeless(before));
    expect(before.config).toEqual({
      eta: 0.2,
      B: 9,
      mu: 0,
      N: 90,
      parameters: 30,
      network: '5-3-3',
      optimiser: 'sgd',
      data: 'teacher',
      sampling: 'shuffled',
      stepsPerEpoch: 10,
    });
    // every column is there, with a number or a reason
    for (const column of Object.keys(columnsOf(completeMeasures(all)))) {
      const m = before.measured[column];
      expect('why' in m ? m.why.length : Number.isFinite(m.value), column).toBeTruthy();
    }
    const again = JSON.parse(JSON.stringify(before));
    expect(timeless(again)).toBe(timeless(before));
  });

  it('of a trainer of layers too, whose samples are packed once', async () => {
    const adam = {
      ...CLOSED,
      training: { batchSize: 10 },
      optimiser: { type: 'adam', learningRate: 0.02 },
    } as PartialConfig;
    const first = () =>
      cellOf(adam, ['loss', 'psi', 'temperature', 'displacement', { name: 'ceiling', directions: 0 }], { epochs: 6 });
    const before = await first();
    await cellOf({ ...adam, seed: 9 }, ['loss', 'psi'], { epochs: 3 });
    expect(timeless(await first())).toBe(timeless(before));
    expect(number(before.measured.psi).controls).toHaveProperty('own');
    expect(before.measured.temperature).toMatchObject({ why: expect.stringContaining('preconditioner') });
  });

  it('says why of what cannot be had, and keeps the rest', async () => {
    const cell = await cellOf(
      LINEAR,
      ['loss', 'error', 'confidence', 'psi', 'displacement', 'temperature', 'rank-law', 'flatness'].map((name) =>
        ['psi', 'displacement', 'temperature', 'rank-law'].includes(name) ? { name, windowEpochs: 1 } : name,
      ),
      { epochs: 3 },
    );
    const why = (column: string) => (cell.measured[column] as { why: string }).why;
    expect(why('test-loss')).toContain('no test samples');
    expect(why('error')).toContain('no misclassified');
    expect(why('confidence')).toContain('probabilities');
    for (const column of ['displacement', 'temperature', 'fluctuation-dissipation'])
      expect(why(column)).toContain('too short');
    expect(number(cell.measured.loss).value).toBeGreaterThan(0);
    expect(number(cell.measured.flatness).value).toBeGreaterThan(0);
  });
});

describe('a part of the samples', () => {
  it('is named by the method, and is the first ones', async () => {
    const { measured } = await cellOf(SMALL, [{ name: 'trace', samples: 30 }, 'loss', 'top'], { epochs: 3 });
    expect(number(measured.trace)).toMatchObject({
      n: 30,
      method: expect.stringMatching(/; over the first 30 of 90 training samples$/),
    });
    expect(number(measured.top).method).not.toContain('first');
    const whole = await benchOf({ ...SMALL, data: { ...SMALL.data, limit: 90 } }, { epochs: 3 });
    const few = whole.at(30).samples;
    expect(few.count).toBe(30);
    expect(few.labels).toEqual(whole.train.labels!.subarray(0, 30));
  });
});

describe('the list of measures', () => {
  it('is completed by defaults and refused with the nearest name', () => {
    expect(completeMeasures(['top', { name: 'loss' }])).toEqual([
      { name: 'loss', options: {} },
      { name: 'top', options: { tolerance: 0.01 } },
    ]);
    expect(() => completeMeasures(['tarce'])).toThrow("there is no measure 'tarce'; did you mean 'trace'?");
    expect(() => completeMeasures([{ name: 'top', tolerence: 1 }])).toThrow("did you mean 'tolerance'?");
    expect(() => completeMeasures([{ name: 'top', tolerance: 2 }])).toThrow('tolerance');
    expect(() => completeMeasures(['top', { name: 'top', samples: 3 }])).toThrow("names 'top' twice");
    expect(() => completeMeasures([3 as never])).toThrow('takes names');
  });

  it('refuses an end of training that is none', async () => {
    await expect(cellOf(SMALL, ['loss'], { epochs: 0 })).rejects.toThrow('until takes');
    await expect(cellOf(SMALL, ['loss'], { loss: -1, within: 5 })).rejects.toThrow('until takes');
  });
});

describe('the cost of a cell', () => {
  it('grows in proportion to what is asked for', async () => {
    const config = completeRunConfig(SMALL);
    const loaded = await loadedFor(config);
    const cost = (until: Until, measures: GivenMeasure[] = ['loss']) =>
      costOf({ config, until, measures: completeMeasures(measures), ...loaded });
    const [few, many] = [cost({ epochs: 1000 }), cost({ steps: 20_000 })];
    expect(many.training / few.training).toBeCloseTo(2, 1);
    const widths = (directions: number) => cost({ epochs: 1 }, [{ name: 'flatness', directions }]).seconds;
    expect(widths(400) - widths(200)).toBeGreaterThan(1.5 * (widths(200) - widths(100)));
    for (const { name } of MEASURES) {
      const { seconds, bytes } = cost({ epochs: 1 }, [name]);
      expect(seconds, name).toBeGreaterThan(0);
      expect(seconds, name).toBeLessThan(60);
      expect(bytes, name).toBeGreaterThan(0);
    }
    expect(cost({ epochs: 1 }, ['psi']).bytes).toBeGreaterThan(cost({ epochs: 1 }, ['loss']).bytes);
    const rule = costOf({ config, measures: [], ...loaded });
    // it may take as many epochs as the config allows
    expect(rule.most).toBeGreaterThan(rule.seconds);
    const level = cost({ loss: 0.1, within: 20_000 });
    expect(level.most).toBeGreaterThan(many.most);
    expect(level.seconds).toBeLessThan(many.seconds);
    expect(many.most).toBe(many.seconds);
  });
});
