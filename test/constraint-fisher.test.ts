/** Elastic weights and what else has a closed stiffness: K itself, against per-sample gradients of naive loops. docs/theory [C2] */
import { describe, expect, it } from 'vitest';
import { protectTask } from '../src/apply/protect.js';
import type { NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { fisherDiagonal } from '../src/surface/network/fisher.js';
import { BLOCK } from '../src/surface/network/passes.js';
import { gradient, logits, type Sample } from './support/naive-network.js';
import { smallNet } from './support/small-nets.js';
import { asNetwork, asSurface, la, learnt, listOf, SPEC, taskSamples } from './support/tasks.js';

/** F_j = (1/N) Σ_k Σ_y p_k(y) (∂ℓ_k(y)/∂w_j)², sample by sample; `empirical` puts all weight on the label that came. */
function naiveFisher(spec: NetworkSpec, w: Float32Array, list: readonly Sample[], kind: 'true' | 'empirical') {
  const sum = new Float64Array(w.length);
  for (const s of list) {
    const e = logits(spec, w, s.x).map(Math.exp);
    const total = e.reduce((a, b) => a + b);
    for (let label = 0; label < e.length; label++) {
      const share = kind === 'true' ? e[label] / total : Number(label === s.label);
      if (share === 0) continue;
      const g = gradient(spec, w, [{ ...s, label }]);
      for (let j = 0; j < g.length; j++) sum[j] += (share * g[j] ** 2) / list.length;
    }
  }
  return sum;
}

const samples = taskSamples();
const run = learnt(samples);
const key = randomKey(11);

describe.each([
  ['ewc', 'true'],
  ['ewc-empirical', 'empirical'],
] as const)('%s', (method, kind) => {
  it.each([
    ['a network', asNetwork],
    ['a surface', asSurface],
  ])('of %s is ½ Σ F_j d_j² of the naive Fisher diagonal at w1 + d', async (_, from) => {
    const p = await protectTask(from(samples, run), { method, key, la });
    const fisher = naiveFisher(SPEC, run.weights, listOf(samples), kind);
    const stream = key.child('shift').stream();
    const d = Float64Array.from(run.weights, () => stream.normal());
    const truth = d.reduce((s, x, j) => s + 0.5 * fisher[j] * x * x, 0);
    // float64 on both sides: the sums differ in their order alone
    expect(p.value(d.map((x, j) => x + run.weights[j])) / truth).toBeCloseTo(1, 11);
    // one weight at a time, so that no weight stands for another
    for (let j = 0; j < d.length; j += 7) {
      const w = Float64Array.from(run.weights);
      w[j] += 2;
      expect(Math.abs(p.value(w) - 2 * fisher[j])).toBeLessThan(1e-11 * Math.max(...fisher));
    }
  });
});

it('hessian-unweighted: R = ½ Σ a_i² for a shift of a_i along its i-th axis', async () => {
  const p = await protectTask(asNetwork(samples, run), { method: 'hessian-unweighted', axes: 4, key, la });
  const w = Float64Array.from(run.weights);
  let truth = 0;
  for (const part of p.penalty.terms[0].parts) {
    if (part.kind !== 'lowRank') throw new Error('axes were asked for');
    const { rows, cols, data } = part.axes;
    for (let i = 0; i < rows; i++) {
      const a = 0.3 + 0.1 * i;
      truth += 0.5 * a * a; // the axes are orthonormal, each in its own layer
      for (let j = 0; j < cols; j++) w[part.offset + j] += a * data[i * cols + j];
    }
  }
  expect(truth).toBeGreaterThan(0.5);
  expect(p.value(w) / truth).toBeCloseTo(1, 9);
});

describe('over more samples than a block holds', () => {
  const spec: NetworkSpec = { widths: [6, 5, 3], activation: 'tanh', bias: true, loss: 'cross-entropy' };
  const count = 2 * BLOCK + 60; // two whole blocks and the beginning of a third

  // states kept for all blocks, or made anew for each in one place
  it.each([undefined, 0])('the Fisher diagonal is the mean over all of them, cache %s', (cacheBytes) => {
    const { weights, list, passes } = smallNet(spec, count, cacheBytes === undefined ? {} : { cacheBytes });
    expect(passes.blocks).toBe(3);
    for (const kind of ['true', 'empirical'] as const) {
      const truth = naiveFisher(spec, weights, list, kind);
      const largest = Math.max(...truth);
      fisherDiagonal(passes, kind).forEach((f, j) => {
        expect(Math.abs(f - truth[j])).toBeLessThan(1e-12 * largest); // 1100 terms of float64
      });
    }
  });
});
