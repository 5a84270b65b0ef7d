/** The battery that every constraint of the table passes. docs/theory [C1], [C2]; bugs that others shipped. */
import { afterEach, describe, expect, it } from 'vitest';
import { CONSTRAINTS, constraintNamed } from '../src/apply/constraints/table.js';
import { protectTask } from '../src/apply/protect.js';
import type { Dataset, Samples } from '../src/data/dataset.js';
import { selectClasses } from '../src/data/subset.js';
import { forceKernelBuild } from '../src/kernels/load.js';
import { type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { Trainer } from '../src/train/trainer.js';
import { denseOf, naivePenalty, naiveSteps } from './support/penalties.js';
import { asNetwork, asSurface, la, learnt, listOf, SPEC, taskSamples } from './support/tasks.js';

afterEach(() => forceKernelBuild(undefined));

const samples = taskSamples();
const run = learnt(samples);
const task = asNetwork(samples, run);
const plain = asSurface(samples, run);
const key = randomKey(11);
const AXES = 6;
const build = (method: string, from = task) => protectTask(from, { method, axes: AXES, key, la });
const penalties = CONSTRAINTS.filter((c) => c.kind === 'penalty').map((c) => c.name);

/** K written out, P×P. */
function stiffnessOf(p: Awaited<ReturnType<typeof build>>): Matrix {
  const { size, terms } = p.penalty;
  const parts = terms.flatMap((t) => t.parts);
  return matrix(size, size, Float64Array.from(denseOf(parts, size).flat()));
}
const scaleOf = (m: ArrayLike<number>) => Array.from(m).reduce((s, v) => Math.max(s, Math.abs(v)), 0);

it('the tests know the table', () => {
  expect(CONSTRAINTS.map((c) => c.name)).toEqual([
    'none',
    'l2',
    'ewc',
    'ewc-empirical',
    'ldc',
    'variance',
    'hessian',
    'hessian-unweighted',
    'random',
    'potential',
    'vortex',
    'vortex-q',
    'frozen',
    'replay-100',
    'replay-validation',
    'joint',
  ]);
  expect(() => constraintNamed('si')).toThrow(/no constraint 'si'; there are none, l2, ewc/);
});

it.each(['none', 'frozen', 'replay-100', 'replay-validation', 'joint'])('%s is no penalty', async (method) => {
  const p = await build(method);
  expect(p.penalty.terms).toEqual([]);
  expect(p.value(run.weights.map((w) => w + 1))).toBe(0);
  expect(p.laplaceStrength).toBeNaN();
});

describe.each(penalties)('%s', (method) => {
  it('is zero with its gradient at the anchor, and not zero beside it', async () => {
    const p = await build(method);
    expect(p.value(run.weights)).toBe(0);
    expect(p.gradient(run.weights).every((g) => g === 0)).toBe(true);
    expect(p.value(run.weights.map((w, i) => w + 0.1 * Math.cos(i)))).toBeGreaterThan(1e-9);
  });

  it('has the closed form ½xᵀKx after a known shift, K symmetric ≥ 0', async () => {
    const p = await build(method);
    const k = stiffnessOf(p);
    const stream = key.child('shift').stream();
    const x = Float64Array.from(run.weights, () => stream.normal());
    const w = x.map((v, i) => v + run.weights[i]);
    const naive = naivePenalty(p.penalty, w);
    expect(p.value(w) / naive.value).toBeCloseTo(1, 9);
    const values = la.eigvalsh(k);
    expect(values[0]).toBeGreaterThan(-1e-12 * values[values.length - 1]);
  });

  it('says how many axes or weights it constrains, and gives a strength', async () => {
    const p = await build(method);
    expect(p.diagnostics.map((d) => d.block)).toEqual(['layer1', 'layer2', 'layer3']);
    for (const d of p.diagnostics) expect(d.constrained).toBeGreaterThan(0);
    expect(p.unit.strength).toBeGreaterThan(0);
    expect(p.laplaceStrength).toEqual(p.unit.exact ? p.unit.strength : Number.NaN);
  });

  it('is the same from naive losses and gradients as from the kernels', async () => {
    const [a, b] = [await build(method), await build(method, plain)].map(stiffnessOf);
    // float32 crossings to 1e-4 (ldc), differences of gradients to 1e-9 of |∇L|; eigenvectors mix where eigenvalues are near
    const tolerance = method === 'ldc' ? 2e-3 : 1e-4;
    expect(scaleOf(a.data.map((v, i) => v - b.data[i]))).toBeLessThan(tolerance * scaleOf(b.data));
  });

  it('does in the kernel what float64 steps do', async () => {
    const p = await build(method);
    const strength = p.unit.strength;
    const list = listOf(taskSamples(60, 9));
    for (const kernel of ['fma', 'simd'] as const) {
      forceKernelBuild(kernel);
      const trainer = new Trainer({ spec: SPEC, samples: taskSamples(60, 9), learningRate: 0.1, batchSize: 10 });
      trainer.setWeights(run.weights);
      trainer.setPenalty(p.penalty, strength);
      trainer.steps(
        Uint32Array.from({ length: 60 }, (_, i) => i),
        10,
      );
      const batches = Array.from({ length: 6 }, (_, t) => list.slice(10 * t, 10 * t + 10));
      const settings = { eta: 0.1, mu: 0, strength, integration: 'implicit' as const };
      const truth = naiveSteps(SPEC, run.weights, batches, p.penalty, settings);
      // 6 steps of a few float32 roundings of weights below 4, 2.4e-7 each, on a loss of curvature about 1
      expect(scaleOf(truth.map((w, i) => w - trainer.weights()[i]))).toBeLessThan(1e-5);
    }
  });

  it('knows nothing of task 2: other images of it leave the same bits', async () => {
    const both = (shift: number): Dataset => {
      const first = taskSamples();
      const second = taskSamples(60, 4);
      const train: Samples = {
        ...first,
        count: 120,
        values: Float32Array.from([...first.values, ...second.values.map((v) => v + shift)]),
        labels: Uint8Array.from([...first.labels!, ...second.labels!.map((y) => y + 3)]),
      };
      return { name: 'both', classes: 6, train, provenance: {} };
    };
    const [a, b] = await Promise.all(
      [0, 5].map((shift) => build(method, asNetwork(selectClasses(both(shift), [0, 1, 2]).train, run))),
    );
    expect(stiffnessOf(b).data).toEqual(stiffnessOf(a).data);
    expect(b.unit).toEqual(a.unit);
  });
});
