/** Measurements of the live page against the library called directly on the same rows and weights, and against what they claim. */
import { beforeAll, describe, expect, it } from 'vitest';
import { hessianBlock } from '../../src/analyse/curvature/hessian.js';
import { FlatnessMeter } from '../../src/analyse/landscape/flatness.js';
import { gradientNoiseScale } from '../../src/analyse/noise/noise-scale.js';
import { directionDynamics } from '../../src/analyse/trajectory/dynamics.js';
import { pca, project } from '../../src/analyse/trajectory/pca.js';
import { rowsInMemory } from '../../src/analyse/trajectory/rows.js';
import { scaling } from '../../src/analyse/trajectory/scaling.js';
import { stepTemperatures } from '../../src/analyse/trajectory/temperatures.js';
import { batchPlan } from '../../src/data/samplers.js';
import { benchOf } from '../../src/lab/engine/bench.js';
import { formOf, rateOfSnapshot } from '../../src/lab/engine/measure-temperature.js';
import { measurements } from '../../src/lab/engine/measurements.js';
import { ownWalk } from '../../src/lab/engine/own-walk.js';
import { packMnist } from '../../src/lab/engine/pack.js';
import type { Bench } from '../../src/lab/engine/registry.js';
import { meaningfulRanks, usedRows } from '../../src/lab/engine/rows.js';
import { LabSession } from '../../src/lab/engine/session.js';
import type { MeasureArguments, MeasureResults } from '../../src/lab/measures.js';
import type { LabState, Snapshot } from '../../src/lab/protocol.js';
import type { NetworkSpec } from '../../src/model/network.js';
import { embeddedLinearAlgebra } from '../../src/numeric/linalg/index.js';
import { loadDataset } from '../../src/runs/datasets.js';
import { NetworkPasses } from '../../src/surface/network/passes.js';
import { linearForm } from '../../src/theory/optimisers/linear-form.js';
import { preconditionerOf } from '../../src/theory/optimisers/own-coordinates.js';
import { walkOf } from '../../src/theory/optimisers/walk.js';
import { Trainer } from '../../src/train/trainer.js';
import { teacherState } from './support.js';

const la = embeddedLinearAlgebra();

interface Moment {
  readonly bench: Bench;
  readonly snapshot: Snapshot;
}

async function momentOf(state: LabState, step: number): Promise<Moment> {
  const session = await LabSession.open(state);
  session.trainTo(step, false);
  return { bench: await benchOf(state), snapshot: session.snapshot(true) };
}

async function measured<K extends keyof MeasureResults>(
  { bench, snapshot }: Moment,
  kind: K,
  args: MeasureArguments[K],
  parts: unknown[] = [],
): Promise<MeasureResults[K]> {
  const measure = measurements[kind]!;
  const before = snapshot.rows.slice();
  const result = await measure(bench, snapshot, args, async (_, __, part) => {
    if (part !== undefined) parts.push(part);
  });
  expect(snapshot.rows).toEqual(before);
  return result;
}

const passesOf = ({ bench, snapshot }: Moment) =>
  new NetworkPasses({
    spec: bench.network as NetworkSpec,
    weights: Float64Array.from(snapshot.weights),
    samples: bench.dataset.train,
  });

/** 400 rows of 60 weights: more rows than weights. */
const small = teacherState({
  network: '20-3-4:tanh',
  layer: 'layer1',
  window: 20,
  data: { kind: 'teacher', limit: 1000 },
});
let sgd: Moment;
beforeAll(async () => {
  sgd = await momentOf(small, 600);
});

describe('on the rows of the window', () => {
  it('the cloud is the principal coordinates of every row', async () => {
    const { snapshot } = sgd;
    const cloud = await measured(sgd, 'cloud', { directions: 3 });
    const rows = rowsInMemory(snapshot.rows, 60);
    const direct = await pca(rows, la, { keep: [1, 2, 3] });
    const theta = await project(rows, direct, la);
    expect(cloud.basis).toEqual({ step: 600, rows: 400, every: 1, weights: 60 });
    expect(cloud.steps[0]).toBe(201);
    expect(cloud.steps[399]).toBe(600);
    cloud.coordinates.forEach((x, i) => {
      expect(Math.abs(x - theta[i])).toBeLessThan(1e-7);
    });
    cloud.variances.forEach(({ value }, k) => {
      expect(value / direct.summary.variances[k]).toBeCloseTo(1, 6);
      expect(cloud.shares[k]).toBeCloseTo(direct.summary.variances[k] / direct.summary.totalVariance, 12);
    });
    const [first] = cloud.variances;
    expect(first.n).toBeLessThan(400);
    expect(first.standardError).toBeGreaterThan(0);
  });

  it('rows are thinned evenly, and the last one stays', () => {
    const rows = Float32Array.from({ length: 33 * 2 }, (_, i) => Math.floor(i / 2));
    const used = usedRows({ ...sgd.snapshot, rows, firstStep: 100, every: 2 }, 2, 12);
    expect([...used.data].filter((_, i) => i % 2 === 0)).toEqual([2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 32]);
    expect(used.basis).toMatchObject({ rows: 11, every: 6 });
    expect(used.firstStep).toBe(104);
    // with few rows for each weight the later half of the ranks says nothing of a law
    expect(meaningfulRanks(used)).toBe(2);
    expect(meaningfulRanks({ ...used, P: 100, basis: { ...used.basis, rows: 31 } })).toBe(15);
  });

  it('displacements and temperatures are those of the library', async () => {
    const { snapshot } = sgd;
    const rows = rowsInMemory(snapshot.rows, 60);
    const direct = await pca(rows, la, { keep: [1, 4, 20] });
    const thetas = await project(rows, direct, la);
    const { directions } = await measured(sgd, 'displacement', { ranks: [1, 4, 20, 99] });
    const own = directionDynamics({ indices: [1, 4, 20], thetas, components: direct.components, mean: direct.mean });
    expect(directions.map((d) => d.index)).toEqual([1, 4, 20]);
    directions.forEach((d, k) => {
      expect(d.msdExponent.value).toBeCloseTo(own[k].msdExponent.value, 6);
      expect(d.driftVelocity.value).toBeCloseTo(own[k].driftVelocity.value, 9);
      expect(d.msd.lag).toEqual(own[k].msd.lag);
    });
    const temperature = await measured(sgd, 'temperature', { ranks: [1, 4, 20] });
    stepTemperatures(thetas, 3, { learningRate: 0.2 }).forEach((t, k) => {
      expect(temperature.directions[k].temperature.value / t.value).toBeCloseTo(1, 6);
      expect(temperature.directions[k].temperature.converged).toBe(t.converged);
    });
  });

  it('times are steps where rows are several steps apart', async () => {
    const every = { ...sgd, snapshot: { ...sgd.snapshot, every: 3 } };
    const [near] = (await measured(sgd, 'displacement', { ranks: [1] })).directions;
    const [far] = (await measured(every, 'displacement', { ranks: [1] })).directions;
    expect(far.driftVelocity.value).toBeCloseTo(near.driftVelocity.value / 3, 12);
    expect(far.correlationTime.value).toBeCloseTo(near.correlationTime.value * 3, 9);
    expect(far.msd.lag).toEqual(near.msd.lag.map((lag) => 3 * lag));
    expect(far.msdExponent).toEqual(near.msdExponent);
    const [none] = (await measured(every, 'temperature', { ranks: [1] })).directions;
    expect(none.temperature.method).toContain('only one step in 3 is recorded');
  });

  it('temperatures know the momentum, and are not given where they do not exist', async () => {
    const optimiser = { type: 'sgd', learningRate: 0.05, momentum: 0.9 } as const;
    const heavy = await momentOf({ ...small, optimiser }, 500);
    const theta = await measured(heavy, 'temperature', { ranks: [2] });
    const direct = await pca(rowsInMemory(heavy.snapshot.rows, 60), la, { keep: [2] });
    const along = await project(rowsInMemory(heavy.snapshot.rows, 60), direct, la);
    let square = 0;
    for (let t = 1; t < along.length; t++) square += (along[t] - along[t - 1]) ** 2;
    expect(theta.directions[0].temperature.value).toBeCloseTo((1.9 * square) / (along.length - 1) / (2 * 0.05), 9);
    const adam = await momentOf({ ...small, optimiser: { type: 'adam', learningRate: 0.01 } }, 100);
    const none = await measured(adam, 'temperature', {});
    expect(none.directions[0].temperature).toMatchObject({ value: Number.NaN, converged: false });
    expect(none.directions[0].temperature.method).toContain('adam has a preconditioner');
  });

  it.each([
    { type: 'sgd', learningRate: 0.2, momentum: 0.7, nesterov: true },
    { type: 'adam', learningRate: 0.01 },
  ] as const)(
    'the own-noise walk is that of the library for the gradients of the same batches: $type',
    async (optimiser) => {
      const { bench, snapshot } = await momentOf({ ...small, optimiser }, 120);
      const centre = Float64Array.from(snapshot.weights);
      const rows = usedRows(snapshot, 60, 25);
      expect(rows.basis).toMatchObject({ rows: 24, every: 5 });
      const walk = await ownWalk(bench, snapshot, centre, rows, async () => {});
      // the same batches in an order of their own key, all rows, and the walk of the library on them
      const T = 23 * 5 + 1;
      const plan = batchPlan({
        count: 1000,
        batchSize: 50,
        sampling: 'shuffled',
        lastBatch: 'drop',
        key: bench.key.child('walk').child('batches'),
      });
      const learner = new Trainer({
        spec: bench.network as NetworkSpec,
        samples: bench.dataset.train,
        learningRate: 1,
        batchSize: 50,
      });
      learner.setWeights(snapshot.weights);
      const data = new Float32Array(T * 60);
      for (let t = 0; t < T; t++) {
        const order = plan.epoch(Math.floor(t / 20)).order.subarray(50 * (t % 20), 50 * ((t % 20) + 1));
        data.set(learner.gradient(order).gradient.subarray(0, 60), t * 60);
      }
      const form = linearForm(optimiser);
      const { squares } = snapshot.optimiser;
      walkOf({ data, P: 60 }, form, squares && preconditionerOf(form, squares, 120).subarray(0, 60));
      const size = Math.max(...data.map(Math.abs));
      for (let k = 0; k < 24; k++)
        for (let i = 0; i < 60; i++)
          expect(Math.abs(walk.data[k * 60 + i] - data[5 * k * 60 + i])).toBeLessThan(1e-5 * size);
    },
  );

  it('the spectrum lies beside a walk whose steps have the covariance of the gradients', async () => {
    const moment = await momentOf({ ...small, window: 30, sampling: 'replaced' }, 700);
    const { variances, walk, totalVariance, basis } = await measured(moment, 'spectrum', { rows: 2000 });
    expect(basis.rows).toBe(600);
    expect(variances.length).toBe(60);
    expect(variances.reduce((a, b) => a + b, 0) / totalVariance).toBeCloseTo(1, 9);
    // steps of independent gradients with covariance C: a walk of T steps has the mean variance eta² tr C T/6 about its mean
    const passes = passesOf(moment);
    const { trace } = gradientNoiseScale(passes);
    const mean = walk!.variances.reduce((a, b) => a + b, 0);
    const expected = (0.2 ** 2 * trace.value * 600) / 6 / 50;
    // tr C1 is that of all layers, of which layer1 has most; the walk's own variance fluctuates by a third
    expect(mean / expected).toBeGreaterThan(0.3);
    expect(mean / expected).toBeLessThan(1.6);
    expect(walk!.words).toContain('600 batches of 50');
    const without = await measured(moment, 'spectrum', { walk: false });
    expect(without.walk).toBeUndefined();
  });
});

describe('on the weights', () => {
  it('the ceiling is 2(1 + mu)/lambda with the largest eigenvalue of the whole Hessian', async () => {
    const tiny = teacherState({ network: '20-2-4:tanh', optimiser: { type: 'sgd', learningRate: 0.3, momentum: 0.5 } });
    const moment = await momentOf(tiny, 400);
    const { curvature, edge, share, words } = await measured(moment, 'ceiling', { samples: 1e9 });
    const P = moment.snapshot.weights.length;
    const surface = moment.bench.surface();
    const w = Float64Array.from(moment.snapshot.weights);
    // by differences of gradients, which share nothing with products
    const h = new Float64Array(P * P);
    for (let i = 0; i < P; i++) {
      const [up, down] = await Promise.all(
        [1e-4, -1e-4].map((d) => surface.gradient(w.map((x, j) => (i === j ? x + d : x)))),
      );
      for (let j = 0; j < P; j++) h[i * P + j] = (up.gradient[j] - down.gradient[j]) / 2e-4;
    }
    for (let i = 0; i < P; i++)
      for (let j = 0; j < i; j++) h[i * P + j] = h[j * P + i] = (h[i * P + j] + h[j * P + i]) / 2;
    const values = la.eigvalsh({ data: h, rows: P, cols: P });
    const largest = values[P - 1];
    expect(Math.abs(curvature.value / largest - 1)).toBeLessThan(1e-2);
    expect(edge.value).toBeCloseTo(3 / curvature.value, 9);
    expect(share.value).toBeCloseTo(0.3 / edge.value, 12);
    expect(edge.standardError / edge.value).toBeCloseTo(curvature.standardError / curvature.value, 9);
    expect(words).toContain(share.value > 1 ? 'times the edge of stability' : 'of the edge of stability');
  });

  it('weight decay belongs to the curvature, and a sample of the data has its error', async () => {
    const optimiser = { type: 'sgd', learningRate: 0.1, weightDecay: 0.5 } as const;
    const moment = await momentOf({ ...small, optimiser }, 100);
    const whole = await measured(moment, 'ceiling', { samples: 1e9 });
    const plain = await measured(
      { ...moment, snapshot: { ...moment.snapshot, settings: { ...optimiser, weightDecay: 0 } } },
      'ceiling',
      { samples: 1e9 },
    );
    expect(whole.curvature.value - plain.curvature.value).toBeCloseTo(0.5, 2);
    const part = await measured(moment, 'ceiling', { samples: 300 });
    expect(part.curvature.n).toBe(300);
    expect(Math.abs(part.curvature.value - whole.curvature.value)).toBeLessThan(5 * part.curvature.standardError);
  });

  it('the noise scale is that of the library over all samples, and near it over some', async () => {
    const direct = gradientNoiseScale(passesOf(sgd));
    const all = await measured(sgd, 'noise-scale', { samples: 1e9 });
    expect(all.trace.value / direct.trace.value).toBeCloseTo(1, 9);
    expect(all.simple.value / direct.simple.value).toBeCloseTo(1, 9);
    const some = await measured(sgd, 'noise-scale', { samples: 400 });
    expect(some.trace.n).toBe(400);
    expect(Math.abs(some.trace.value - direct.trace.value)).toBeLessThan(5 * some.trace.standardError);
  });

  it('a schedule gives the rate of the last step', () => {
    const settings = {
      type: 'sgd',
      learningRate: 0.4,
      schedule: { type: 'step', every: 10, factor: 0.5 },
    } as const;
    expect([1, 10, 11, 21].map((step) => rateOfSnapshot({ settings, step }))).toEqual([0.4, 0.4, 0.2, 0.1]);
    expect(formOf({ settings, step: 11 }).learningRate).toBe(0.2);
  });

  it('an adaptive optimiser has its ceiling in its own coordinates', async () => {
    const moment = await momentOf({ ...small, optimiser: { type: 'adam', learningRate: 0.01 } }, 200);
    const { words, curvature, edge } = await measured(moment, 'ceiling', { samples: 1e9 });
    // the largest eigenvalue of √P H √P by power iteration on differences of gradients
    const { snapshot, bench } = moment;
    const { squares } = snapshot.optimiser;
    const root = Array.from(squares, (v) => 1 / Math.sqrt(Math.sqrt(v / (1 - 0.999 ** 200)) + 1e-8));
    const w = Float64Array.from(snapshot.weights);
    const surface = bench.surface();
    const product = async (v: readonly number[]) => {
      const h = 1e-4 / Math.hypot(...v.map((x, i) => x * root[i]));
      const at = (sign: number) => surface.gradient(w.map((x, i) => x + sign * h * root[i] * v[i]));
      const [up, down] = [await at(1), await at(-1)];
      return v.map((_, i) => (root[i] * (up.gradient[i] - down.gradient[i])) / (2 * h));
    };
    let v = Array.from(w, (_, i) => Math.sin(i + 1));
    let largest = 0;
    for (let k = 0; k < 60; k++) {
      const next = await product(v);
      largest = Math.hypot(...next) / Math.hypot(...v);
      const norm = Math.hypot(...next);
      v = next.map((x) => x / norm);
    }
    expect(Math.abs(curvature.value / largest - 1)).toBeLessThan(0.03);
    expect(words).toContain('in the coordinates of adam');
    // 2(1 + beta1)/((1 − beta1) λ)
    expect(edge.value).toBeCloseTo((2 * 1.9) / (0.1 * curvature.value), 6);
  });
});

describe('widths', () => {
  it('come one by one, and are those of the library', async () => {
    const parts: unknown[] = [];
    const found = await measured(sgd, 'flatness', { directions: 12, points: 21 }, parts);
    expect(parts).toEqual(found.parts);
    const { bench, snapshot } = sgd;
    const direct = await pca(rowsInMemory(snapshot.rows, 60), la);
    const weights = snapshot.weights.slice();
    weights.set(Float32Array.from(direct.mean), 0);
    const meter = new FlatnessMeter({
      spec: bench.network as NetworkSpec,
      weights,
      samples: bench.dataset.train,
      layer: 'layer1',
    });
    for (const { direction, profile } of found.parts) {
      const k = direction.index - 1;
      const own = meter.measure(direct.components.subarray(k * 60, (k + 1) * 60), k + 1, direct.summary.variances[k]);
      expect(direction.flatness! / own.flatness!).toBeCloseTo(1, 5);
      expect(profile.displacement.length).toBe(21);
      expect(profile.displacement[0]).toBeCloseTo(1.5 * direction.left!, 9);
      expect(profile.displacement[20]).toBeCloseTo(1.5 * direction.right!, 9);
      expect(Math.min(...profile.loss)).toBeLessThanOrEqual(found.centreLoss.value * 1.05);
    }
    const { varianceFlatness } = scaling({
      pca: direct.summary,
      directions: found.parts.map((p) => p.direction),
      key: bench.key.child('flatness'),
    });
    expect(found.psi.value).toBeCloseTo(-varianceFlatness.exponent.value, 4);
    expect(found.psi.standardError).toBeGreaterThan(0);
  });

  it('by passes over the samples agree with those of the kernel; weight decay narrows them', async () => {
    const kernel = await measured(sgd, 'flatness', { ranks: [2, 10] });
    const passes = await measured(sgd, 'flatness', { ranks: [2, 10], samples: 999 });
    expect(passes.samples).toBe(999);
    kernel.parts.forEach(({ direction }, k) => {
      expect(Math.abs(passes.parts[k].direction.flatness! / direction.flatness! - 1)).toBeLessThan(0.01);
    });
    const decaying = { ...sgd.snapshot, settings: { ...sgd.snapshot.settings, weightDecay: 1 } };
    const narrow = await measured({ ...sgd, snapshot: decaying }, 'flatness', { ranks: [10] });
    // the penalty adds its curvature, and much to the loss at the centre
    expect(narrow.centreLoss.value).toBeGreaterThan(kernel.centreLoss.value);
    expect(narrow.parts[0].direction.curvature - kernel.parts[1].direction.curvature).toBeCloseTo(1, 1);
  });

  it('of the controls have their own directions and variances', async () => {
    const parts: unknown[] = [];
    const { controls } = await measured(sgd, 'controls', { directions: 10 }, parts);
    expect(parts).toEqual(controls);
    expect(controls.map((c) => c.name)).toEqual(['same', 'half', 'hessian', 'walk']);
    const [same, half, hessian, walk] = controls;
    const { snapshot } = sgd;
    const first = await pca(rowsInMemory(snapshot.rows.subarray(0, 200 * 60), 60), la);
    const rest = await project(rowsInMemory(snapshot.rows.subarray(200 * 60), 60), first, la);
    // the smallest ranks by hand: directions of the first half, variance of the second about its own mean
    const by = (k: number) => {
      const x = rest.subarray(k * 200, (k + 1) * 200);
      const mean = x.reduce((a, b) => a + b, 0) / 200;
      return x.reduce((a, b) => a + (b - mean) ** 2, 0) / 200;
    };
    expect(half.variance.some((v) => Math.abs(v / by(1) - 1) < 1e-6)).toBe(true);
    expect(same.variance).not.toEqual(half.variance);
    for (const control of [same, half, hessian, walk]) {
      expect(control.flatness.length).toBe(control.points);
      expect(control.psi.method).toMatch(/./);
      expect(control.words).toMatch(/./);
    }
    // along the Hessian's own directions the width of a near-parabola follows from its eigenvalue
    const passes = passesOf(sgd);
    const steepest = la.eigvalsh(hessianBlock(passes, 'layer1').hessian).at(-1)!;
    const width = 2 * Math.sqrt((2 * (Math.E - 1) * passes.losses().reduce((a, b) => a + b, 0)) / 1000 / steepest);
    expect(Math.min(...hessian.flatness) / width).toBeGreaterThan(0.5);
    expect(Math.min(...hessian.flatness) / width).toBeLessThan(2);
    const only = await measured(sgd, 'controls', { directions: 10, only: ['same'] });
    expect(only.controls).toEqual([same]);
  });
});

it('a control that takes too long is left out with its reason, and the others are made', async () => {
  const rows = new Float32Array(12 * 60);
  for (let i = 0; i < rows.length; i++) rows[i] = sgd.snapshot.rows[i];
  // twelve rows 2000 steps apart would need a walk of 22 001 steps
  const far = { ...sgd, snapshot: { ...sgd.snapshot, rows, every: 2000 } };
  const { controls } = await measured(far, 'controls', { directions: 6, only: ['walk', 'same'] });
  expect(controls[0]).toMatchObject({ name: 'walk', points: 0, psi: { value: Number.NaN, converged: false } });
  expect(controls[0].psi.method).toContain('a walk of 22001 steps takes');
  expect(controls[1].points).toBeGreaterThan(3);
  const { missing, walk } = await measured(far, 'spectrum', {});
  expect(walk).toBeUndefined();
  expect(missing).toContain('a walk of 22001 steps');
});

it('a network of convolutions is measured in its layers, by passes over the samples', async () => {
  const mnist = await loadDataset('mnist');
  const packs = [packMnist(mnist, { train: [0, 120], test: [0, 20] })];
  const state: LabState = {
    ...small,
    data: { kind: 'mnist', limit: 120 },
    network: 'lenet5',
    layer: 'dense3',
    batchSize: 10,
    window: 3,
    optimiser: { type: 'sgd', learningRate: 0.05, momentum: 0.9 },
  };
  const session = await LabSession.open(state, { packs });
  session.trainTo(120, false);
  const moment = { bench: await benchOf(state, { packs }), snapshot: session.snapshot(true) };
  expect(moment.snapshot.rows.length).toBe(36 * 840);
  const { parts, samples, centreLoss } = await measured(moment, 'flatness', { ranks: [3], points: 5 });
  expect(samples).toBe(120);
  const [{ direction, profile }] = parts;
  expect(direction.flatness).toBeGreaterThan(0);
  // the crossings are where the loss is e times that of the centre: between the second and third point, and beyond
  expect(profile.displacement[2]).toBeCloseTo(0.75 * (direction.left! + direction.right!), 9);
  const level = Math.E * centreLoss.value;
  const surface = moment.bench.surface();
  const axis = (await pca(rowsInMemory(moment.snapshot.rows, 840), la, { keep: [3] })).components;
  const centre = Float64Array.from(moment.snapshot.weights);
  const { mean } = await pca(rowsInMemory(moment.snapshot.rows, 840), la, { keep: [3] });
  centre.set(mean, moment.bench.block.ranges[0].offset);
  const [{ losses }] = await surface.losses(centre, [
    { block: moment.bench.block, direction: axis, displacements: [direction.left!, direction.right!] },
  ]);
  for (const loss of losses) expect(Math.abs(loss / level - 1)).toBeLessThan(1e-3);
  const { walk } = await measured(moment, 'spectrum', {});
  expect(walk!.variances[0]).toBeGreaterThan(0);
});
