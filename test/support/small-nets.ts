/** Small networks with random data, and their Hessians by differences of naive gradients: shared by the curvature tests. */

import type { Samples } from '../../src/data/dataset.js';
import { initialWeights, layerNamed, type NetworkSpec } from '../../src/model/network.js';
import { randomKey } from '../../src/numeric/random.js';
import { NetworkPasses } from '../../src/surface/network/passes.js';
import { gradient, type Sample } from './naive-network.js';

/** Inputs with many zeros, labels and targets. */
export function smallSamples(count: number, size: number, outputs: number, seed = 5): Samples {
  const s = randomKey(seed).stream();
  return {
    count,
    size,
    values: Float32Array.from({ length: count * size }, () => (s.uniform() < 0.4 ? 0 : s.normal())),
    divisor: 1,
    labels: Uint8Array.from({ length: count }, () => s.integer(outputs)),
    targets: Float32Array.from({ length: count * outputs }, () => s.normal()),
  };
}

/** A network at random weights, scaled so that its outputs differ. */
export function smallNet(spec: NetworkSpec, count: number, options: { scale?: number; cacheBytes?: number } = {}) {
  const outputs = spec.widths[spec.widths.length - 1];
  const samples = smallSamples(count, spec.widths[0], outputs);
  const weights = initialWeights(spec, randomKey(3)).map((w) => (options.scale ?? 2) * w);
  const list: Sample[] = Array.from({ length: count }, (_, k) => ({
    x: samples.values.subarray(k * samples.size, (k + 1) * samples.size),
    label: samples.labels![k],
    target: samples.targets!.subarray(k * outputs, (k + 1) * outputs),
  }));
  const cache = options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes };
  return { samples, weights, list, passes: new NetworkPasses({ spec, weights, samples, ...cache }) };
}

/** Gradient of each sample in one layer's weights, naive. */
export function naiveLayerGradients(spec: NetworkSpec, w: ArrayLike<number>, list: readonly Sample[], layer: string) {
  const { weightOffset, inputs, outputs } = layerNamed(spec, layer);
  return list.map((s) => gradient(spec, w, [s]).slice(weightOffset, weightOffset + inputs * outputs));
}

/**
 * Columns of the Hessian of the mean loss by fourth-order differences of the naive gradient, full P×P. Truncation h⁴, rounding
 * 1e-16/h: about 1e-12 at h = 1e-3 for smooth units; a ReLU net has no truncation while no unit switches, so h is small there.
 */
export function differenceHessian(spec: NetworkSpec, w: ArrayLike<number>, list: readonly Sample[]): Float64Array[] {
  const h = spec.activation === 'relu' ? 1e-6 : 1e-3;
  const at = (i: number, x: number) => {
    const moved = Float64Array.from(w);
    moved[i] += x;
    return gradient(spec, moved, list);
  };
  return Array.from({ length: w.length }, (_, i) => {
    const [a, b, c, d] = [-2, -1, 1, 2].map((k) => at(i, k * h));
    return a.map((_, j) => (a[j] - 8 * b[j] + 8 * c[j] - d[j]) / (12 * h));
  });
}

export const SPECS: [string, NetworkSpec][] = [
  ['ReLU, cross-entropy', { widths: [9, 7, 6, 4], activation: 'relu', bias: false, loss: 'cross-entropy' }],
  ['tanh, biases, cross-entropy', { widths: [6, 5, 7, 3], activation: 'tanh', bias: true, loss: 'cross-entropy' }],
  ['tanh, squared error', { widths: [6, 4, 5, 2], activation: 'tanh', bias: false, loss: 'squared-error' }],
  ['ReLU, biases, squared error', { widths: [7, 11, 5, 2], activation: 'relu', bias: true, loss: 'squared-error' }],
  ['identity, cross-entropy', { widths: [5, 5, 5, 5], activation: 'identity', bias: false, loss: 'cross-entropy' }],
];
