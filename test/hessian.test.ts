import { afterEach, describe, expect, it } from 'vitest';
import { hessianBlock } from '../src/analyse/curvature/hessian.js';
import { hessianOperator, projectedMatrices } from '../src/analyse/curvature/network-hessian.js';
import { FlatnessMeter } from '../src/analyse/landscape/flatness.js';
import { covarianceOperator } from '../src/analyse/noise/noise.js';
import { forceKernelBuild, type KernelBuild } from '../src/kernels/load.js';
import { layerNamed } from '../src/model/network.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { NetworkPasses } from '../src/surface/network/passes.js';
import type { CurvatureKind } from '../src/surface/network/tangents.js';
import { logits } from './support/naive-network.js';
import { differenceHessian, SPECS, smallNet } from './support/small-nets.js';

afterEach(() => forceKernelBuild(undefined));

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [num, den] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    num += (a[i] - b[i]) ** 2;
    den += b[i] ** 2;
  }
  return Math.sqrt(num / den);
}

const normal = (n: number, seed: number) => {
  const s = randomKey(seed).stream();
  return Float64Array.from({ length: n }, () => s.normal());
};

/** Gauss-Newton matrix Σ_k J_kᵀ A_k J_k / N with J_k by differences of naive logits. */
function naiveGaussNewton(net: ReturnType<typeof smallNet>, spec: (typeof SPECS)[number][1]): Float64Array[] {
  const p = net.weights.length;
  const out = Array.from({ length: p }, () => new Float64Array(p));
  const h = spec.activation === 'relu' ? 1e-6 : 1e-3;
  for (const sample of net.list) {
    const z = logits(spec, net.weights, sample.x);
    const top = Math.max(...z);
    const e = z.map((v) => Math.exp(v - top));
    const total = e.reduce((a, b) => a + b, 0);
    const q = e.map((v) => v / total);
    const moved = Float64Array.from(net.weights);
    const jacobian = Array.from({ length: p }, (_, i) => {
      const [a, b, c, d] = [-2, -1, 1, 2].map((k) => {
        moved[i] = net.weights[i] + k * h;
        const y = logits(spec, moved, sample.x);
        moved[i] = net.weights[i];
        return y;
      });
      return a.map((_, j) => (a[j] - 8 * b[j] + 8 * c[j] - d[j]) / (12 * h));
    });
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < p; j++) {
        let sum = 0;
        for (let c = 0; c < q.length; c++) {
          for (let d = 0; d < q.length; d++) {
            const a = spec.loss === 'squared-error' ? Number(c === d) : q[c] * (Number(c === d) - q[d]);
            sum += jacobian[i][c] * a * jacobian[j][d];
          }
        }
        out[i][j] += sum / net.list.length;
      }
    }
  }
  return out;
}

const truths = new Map<string, Float64Array[]>();
/** The naive matrices, made once for each network. */
function truthOf(name: string, kind: CurvatureKind): Float64Array[] {
  const key = `${name}/${kind}`;
  const spec = SPECS.find(([n]) => n === name)![1];
  const net = smallNet(spec, 23);
  const made =
    truths.get(key) ??
    (kind === 'exact' ? differenceHessian(spec, net.weights, net.list) : naiveGaussNewton(net, spec));
  truths.set(key, made);
  return made;
}

/** Differences of float64 networks: 1e-11 where truncation rules (tanh), 1e-16/1e-6 where rounding does (ReLU). */
const tolerance = (activation: string) => (activation === 'relu' ? 3e-9 : 3e-10);

const kinds: CurvatureKind[] = ['exact', 'gauss-newton'];
const cases = (['fma', 'simd'] as KernelBuild[]).flatMap((build) =>
  SPECS.flatMap(([name, spec]) => kinds.map((kind) => ({ build, name, spec, kind }))),
);

describe('the block of a layer and products with the whole network', () => {
  it.each(cases)('agree with naive differences: $build, $name, $kind', ({ build, name, spec, kind }) => {
    forceKernelBuild(build);
    const { passes } = smallNet(spec, 23);
    const truth = truthOf(name, kind);
    const limit = tolerance(spec.activation);
    for (const layer of ['layer1', 'layer2', 'layer3']) {
      const { weightOffset: o, inputs, outputs } = layerNamed(spec, layer);
      const p = inputs * outputs;
      const block = truth.slice(o, o + p).flatMap((row) => [...row.slice(o, o + p)]);
      const found = hessianBlock(passes, layer, { kind, precision: 'float64' });
      expect(distance(found.hessian.data, block), layer).toBeLessThan(limit);
      expect(found.gaussNewtonIsExact).toBe(spec.activation !== 'tanh' || layer === 'layer3');
      const v = normal(p, 2);
      const product = v.map((_, i) => v.reduce((sum, x, j) => sum + x * block[i * p + j], 0));
      expect(distance(hessianOperator(passes, { layer, kind }).apply(v), product), layer).toBeLessThan(limit);
    }
    const v = normal(passes.size, 3);
    const product = v.map((_, i) => v.reduce((sum, x, j) => sum + x * truth[i][j], 0));
    expect(distance(hessianOperator(passes, { kind }).apply(v), product)).toBeLessThan(limit);
  });

  it('differ between exact and Gauss-Newton on tanh units, and not where all is piecewise linear', () => {
    const [, relu] = SPECS[0];
    const [, tanh] = SPECS[1];
    const gap = (spec: typeof relu) => {
      const { passes } = smallNet(spec, 31);
      const [a, b] = kinds.map((kind) => hessianBlock(passes, 'layer2', { kind, precision: 'float64' }).hessian.data);
      return distance(a, b);
    };
    expect(gap(relu)).toBe(0);
    expect(gap(tanh)).toBeGreaterThan(1e-3);
  });

  it('do not depend on the cutting into blocks, nor on kept states', () => {
    const [, spec] = SPECS[0];
    const kept = smallNet(spec, 1601).passes;
    const fresh = smallNet(spec, 1601, { cacheBytes: 0 }).passes;
    const dense = hessianBlock(kept, 'layer2', { precision: 'float64' }).hessian;
    const v = normal(dense.rows, 4);
    const product = v.map((_, i) => v.reduce((sum, x, j) => sum + x * dense.data[i * dense.cols + j], 0));
    for (const passes of [kept, fresh])
      expect(distance(hessianOperator(passes, { layer: 'layer2' }).apply(v), product)).toBeLessThan(1e-13);
    const mixed = hessianBlock(fresh, 'layer2');
    expect(distance(mixed.hessian.data, dense.data)).toBeLessThan(1e-13);
  });

  it('keep their digits where p_y rounds to 1', () => {
    const [, spec] = SPECS[0];
    const { list, weights } = smallNet(spec, 60);
    // the same network with its outputs times 150 and the labels it then predicts
    const loud = weights.slice();
    const { weightOffset } = layerNamed(spec, 'layer3');
    for (let i = weightOffset; i < loud.length; i++) loud[i] *= 150;
    const labels = Uint8Array.from(list, (s) => {
      const z = logits(spec, loud, s.x);
      return z.indexOf(Math.max(...z));
    });
    const sure = list
      .map((s, k) => ({ z: logits(spec, loud, s.x), k }))
      .filter(({ z }) => {
        const [a, b] = [...z].sort((x, y) => y - x);
        return a - b > 40;
      });
    expect(sure.length).toBeGreaterThan(2);
    const chosen = sure.map(({ k }) => k);
    const samples = {
      count: chosen.length,
      size: 9,
      divisor: 1,
      values: Float32Array.from(chosen.flatMap((k) => Array.from(list[k].x))),
      labels: Uint8Array.from(chosen, (k) => labels[k]),
    };
    const tight = new NetworkPasses({ spec, weights: loud, samples });
    const v = normal(24, 5);
    // p of all classes but the label is e^{z_c − z_y} to 1e-17: with d = t − t_y, vᵀHv = mean Σ_{c≠y} p_c d_c²
    let truth = 0;
    for (const { z, k } of sure) {
      const h = logits({ ...spec, widths: [9, 7, 6] }, loud, list[k].x).map((x) => Math.max(x, 0));
      const t = z.map((_, c) => h.reduce((sum, x, a) => sum + x * v[c * 6 + a], 0));
      const y = labels[k];
      z.forEach((zc, c) => {
        if (c !== y) truth += (Math.exp(zc - z[y]) * (t[c] - t[y]) ** 2) / sure.length;
      });
    }
    const product = hessianOperator(tight, { layer: 'layer3' }).apply(v);
    const quadratic = product.reduce((sum, x, i) => sum + x * v[i], 0);
    expect(Math.abs(quadratic / truth - 1)).toBeLessThan(1e-12);
    const dense = hessianBlock(tight, 'layer3', { precision: 'float64' }).hessian;
    let form = 0;
    for (let i = 0; i < 24; i++) for (let j = 0; j < 24; j++) form += v[i] * dense.data[i * 24 + j] * v[j];
    expect(Math.abs(form / truth - 1)).toBeLessThan(1e-12);
  });

  it('give the curvature that the flatness kernel finds along a line', () => {
    for (const [, spec] of SPECS) {
      const { passes, weights, samples } = smallNet(spec, 83);
      const meter = new FlatnessMeter({ spec, weights, samples, layer: 'layer2' });
      const h = hessianBlock(passes, 'layer2').hessian;
      const p = normal(h.rows, 6).map((x) => Math.fround(x / Math.sqrt(h.rows)));
      meter.line.setDirection(p);
      const { curvature } = meter.line.derivatives();
      let form = 0;
      for (let i = 0; i < h.rows; i++) for (let j = 0; j < h.rows; j++) form += p[i] * h.data[i * h.cols + j] * p[j];
      // the other kernel is float32
      expect(Math.abs(curvature / form - 1)).toBeLessThan(1e-5);
    }
  });
});

describe('projections on directions', () => {
  it.each(SPECS)('are those of the operators: %s', (_, spec) => {
    const { passes } = smallNet(spec, 700);
    for (const layer of ['layer1', 'layer2', 'layer3']) {
      for (const kind of kinds) {
        const op = hessianOperator(passes, { layer, kind });
        const noise = covarianceOperator(passes, layer);
        const rows = [7, 8, 9].map((seed) => normal(op.size, seed));
        const directions = matrix(3, op.size, Float64Array.from(rows.flatMap((r) => [...r])));
        const found = projectedMatrices(passes, layer, directions, kind);
        const form = (o: typeof op) =>
          rows.flatMap((a) => rows.map((b) => o.apply(b).reduce((sum, x, i) => sum + x * a[i], 0)));
        expect(distance(found.hessian.data, form(op)), `${layer} ${kind}`).toBeLessThan(1e-12);
        expect(distance(found.covariance.data, form(noise)), layer).toBeLessThan(1e-11);
        const { loss, gradient } = passes.gradient();
        const { weightOffset } = layerNamed(spec, layer);
        const slopes = rows.map((r) => r.reduce((sum, x, i) => sum + x * gradient[weightOffset + i], 0));
        expect(distance(found.gradient, slopes)).toBeLessThan(1e-12);
        expect(found.loss).toBeCloseTo(loss, 12);
      }
    }
  });

  it('refuses directions of another layer', () => {
    const { passes } = smallNet(SPECS[0][1], 5);
    expect(() => projectedMatrices(passes, 'layer2', matrix(2, 5))).toThrow(/layer2 have 42 components; got 2 of 5/);
  });
});
