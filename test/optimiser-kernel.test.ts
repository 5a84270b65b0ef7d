/** The steps of optimisers in the plan machine against the float64 reference, in both builds and both precisions. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { forceKernelBuild, instantiate, type KernelBuild } from '../src/kernels/load.js';
import { plan } from '../src/kernels/plan.generated.js';
import { encode, type Instruction } from '../src/model/plan/ops.js';
import { Arena } from '../src/train/arena.js';
import { constantsOf, ROW_LENGTH, stepKind } from '../src/train/optimisers/constants.js';
import { optimiserSteps } from '../src/train/optimisers/reference.js';
import { completeOptimiser, type OptimiserSpec } from '../src/train/optimisers/spec.js';

const oracle = JSON.parse(readFileSync(new URL('./oracles/optimisers.json', import.meta.url), 'utf8')) as {
  weights: number[];
  gradients: number[][];
  cases: { name: string; spec: OptimiserSpec; clipped: number }[];
};
const BUILDS: KernelBuild[] = ['fma', 'simd'];
afterEach(() => forceKernelBuild(undefined));

interface PlanExports {
  heapBase(): number;
  run32(plan: number, from: number, to: number): void;
  run64(plan: number, from: number, to: number): void;
}

/** An optimiser in kernel memory, one step at a time. */
function kernelOptimiser(spec: OptimiserSpec, weights: ArrayLike<number>, precision: 32 | 64) {
  const o = completeOptimiser(spec);
  const count = weights.length;
  const { exports, memory } = instantiate<PlanExports>('plan', plan, 4);
  const arena = new Arena(memory, exports.heapBase());
  const padded = Math.ceil(count / 4) * 4;
  const [w, g, m, v, row, most, clipped] = [padded, padded, padded, padded, ROW_LENGTH, 1, 1].map((n) =>
    arena.take(8 * n, 'numbers'),
  );
  const kind = stepKind(o);
  const flat = { w, g, row, count };
  const steps: Record<typeof kind, Instruction> = {
    plain: { op: 'plainStep', ...flat },
    momentum: { op: 'momentumStep', ...flat, m },
    rmsprop: { op: 'rmspropStep', ...flat, v },
    'rmsprop-momentum': { op: 'rmspropStep', ...flat, v, m },
    adam: { op: 'adamStep', ...flat, m, v },
  };
  const clips = Number.isFinite(o.clipNorm);
  const words = encode([...(clips ? [{ op: 'clip', g, most, clipped, count } as const] : []), steps[kind]]);
  const at = arena.take(4 * words.length, 'the plan');
  new Int32Array(memory.buffer, at, words.length).set(words);
  const view = (from: number, n: number) => (precision === 32 ? arena.f32(from, n) : arena.f64(from, n));
  for (const from of [w, m, v]) view(from, padded).fill(7, count);
  view(w, count).set(Float64Array.from(weights));
  view(most, 1)[0] = o.clipNorm;
  return {
    weights: () => Float64Array.from(view(w, count)),
    state: () => ({ m: Float64Array.from(view(m, count)), v: Float64Array.from(view(v, count)) }),
    clipped: () => view(clipped, 1)[0],
    padding: () => [w, m, v].flatMap((from) => Array.from(view(from, padded).subarray(count))),
    step(gradient: ArrayLike<number>, t: number) {
      view(g, count).set(Float64Array.from(gradient));
      view(row, ROW_LENGTH).set(constantsOf(o, t));
      (precision === 32 ? exports.run32 : exports.run64)(at, 0, clips ? 2 : 1);
    },
  };
}

describe.each(BUILDS)('steps in the kernel (%s)', (build) => {
  // each of the 24 steps rounds the weight, relative to what it moves through, by 2^-24 at most
  it.each(oracle.cases)('of $name are those of the reference', ({ spec, clipped }) => {
    forceKernelBuild(build);
    for (const [precision, tolerance] of [
      [64, 1e-13],
      [32, 24 * 2 ** -24],
    ] as const) {
      const kernel = kernelOptimiser(spec, oracle.weights, precision);
      const reference = optimiserSteps(spec, oracle.weights.length);
      const w = Float64Array.from(oracle.weights);
      const moved = w.map(Math.abs);
      oracle.gradients.forEach((g, k) => {
        const before = w.slice();
        kernel.step(g, k + 1);
        reference.step(w, g);
        for (let i = 0; i < w.length; i++) moved[i] += Math.abs(w[i] - before[i]);
      });
      kernel.weights().forEach((x, i) => {
        expect(Math.abs(x - w[i]), `weight ${i} in float${precision}`).toBeLessThan(tolerance * moved[i]);
      });
      if (Number.isFinite(completeOptimiser(spec).clipNorm)) expect(kernel.clipped()).toBe(clipped);
      expect(kernel.padding().every((x) => x === 7)).toBe(true);
    }
  });

  it('of every length leave the numbers behind the vector alone', () => {
    forceKernelBuild(build);
    for (const count of [1, 3, 4, 5, 8, 13]) {
      const start = Array.from({ length: count }, (_, i) => i + 1);
      const spec: OptimiserSpec = { type: 'adam', learningRate: 0.1, clipNorm: 1 };
      const kernel = kernelOptimiser(spec, start, 32);
      const [w, reference] = [Float64Array.from(start), optimiserSteps(spec, count)];
      for (let t = 1; t <= 3; t++) {
        kernel.step(start, t);
        reference.step(w, start);
      }
      kernel.weights().forEach((x, i) => void expect(Math.abs(x / w[i] - 1)).toBeLessThan(3e-7));
      expect(kernel.padding().every((x) => x === 7)).toBe(true);
    }
  });

  it('keep decay exact where it is small, and Adam right after a million steps', () => {
    forceKernelBuild(build);
    const decay: OptimiserSpec = { type: 'sgd', learningRate: 1e-3, weightDecay: 1e-2, decoupled: true };
    const kernel = kernelOptimiser(decay, [1, 2, 3], 32);
    for (let t = 1; t <= 20; t++) kernel.step([0, 0, 0], t);
    // 20 steps of −1e-5: a factor 1 − 1e-5 in float32 would be off by 0.2 %
    kernel.weights().forEach((x, i) => void expect(1 - x / (i + 1)).toBeCloseTo(1 - (1 - 1e-5) ** 20, 6));
    const adam = completeOptimiser({ type: 'adam', learningRate: 0.1 });
    const late = constantsOf(adam, 1_000_000);
    expect(Array.from(late.subarray(0, 1))).toEqual([0.1]);
    expect(constantsOf(adam, 1)[0]).toBeCloseTo((0.1 * Math.sqrt(0.001)) / 0.1, 14);
  });

  it('show a gradient that is not a number, and forget those that ended long ago', () => {
    forceKernelBuild(build);
    for (const spec of oracle.cases.map((c) => c.spec)) {
      const kernel = kernelOptimiser(spec, [1, 2, 3], 32);
      kernel.step([Number.NaN, 1, 1], 1);
      expect(kernel.weights()[0]).toBeNaN();
    }
    const kernel = kernelOptimiser({ type: 'adam', learningRate: 1e-3, beta2: 0.9 }, [1, 2, 3], 32);
    for (let t = 1; t <= 1500; t++) kernel.step(t === 1 ? [1, 1, 1] : [0, 0, 0], t);
    expect(kernel.state()).toEqual({ m: new Float64Array(3), v: new Float64Array(3) });
  });
});
