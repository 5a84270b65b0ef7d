/** A multilayer perceptron in plain float64 loops: the oracle of the kernels, written without looking at them. */
import { layersOf, type NetworkSpec } from '../../src/model/network.js';

export interface Sample {
  readonly x: ArrayLike<number>;
  readonly label?: number;
  readonly target?: ArrayLike<number>;
}

const act = { relu: (z: number) => Math.max(z, 0), tanh: Math.tanh, identity: (z: number) => z };
const slope = { relu: (h: number) => (h > 0 ? 1 : 0), tanh: (h: number) => 1 - h * h, identity: () => 1 };

/** Pre-activations of the last layer. */
export function logits(spec: NetworkSpec, w: ArrayLike<number>, x: ArrayLike<number>): number[] {
  return forward(spec, w, x).at(-1)!;
}

function forward(spec: NetworkSpec, w: ArrayLike<number>, x: ArrayLike<number>): number[][] {
  const states: number[][] = [Array.from(x)];
  const layers = layersOf(spec);
  layers.forEach((layer, l) => {
    const h = states[l];
    const z = Array.from({ length: layer.outputs }, (_, j) => {
      let sum = layer.biasOffset < 0 ? 0 : w[layer.biasOffset + j];
      for (let k = 0; k < layer.inputs; k++) sum += w[layer.weightOffset + j * layer.inputs + k] * h[k];
      return l + 1 < layers.length ? act[spec.activation](sum) : sum;
    });
    states.push(z);
  });
  return states;
}

/** Loss of one sample. */
export function sampleLoss(spec: NetworkSpec, w: ArrayLike<number>, s: Sample): number {
  const z = logits(spec, w, s.x);
  if (spec.loss === 'squared-error') return z.reduce((sum, v, j) => sum + 0.5 * (v - s.target![j]) ** 2, 0);
  const others = z.reduce((sum, v, j) => (j === s.label ? sum : sum + Math.exp(v - z[s.label!])), 0);
  return Math.log1p(others);
}

/** Gradient of the mean loss of some samples by backpropagation, flat. */
export function gradient(spec: NetworkSpec, w: ArrayLike<number>, samples: readonly Sample[]): Float64Array {
  const layers = layersOf(spec);
  const g = new Float64Array(w.length);
  for (const s of samples) {
    const h = forward(spec, w, s.x);
    const z = h.at(-1)!;
    const top = Math.max(...z);
    const total = z.reduce((sum, v) => sum + Math.exp(v - top), 0);
    let delta = z.map((v, j) =>
      spec.loss === 'squared-error' ? v - s.target![j] : Math.exp(v - top) / total - (j === s.label ? 1 : 0),
    );
    for (let l = layers.length - 1; l >= 0; l--) {
      const layer = layers[l];
      const below = new Array(layer.inputs).fill(0);
      for (let j = 0; j < layer.outputs; j++) {
        if (layer.biasOffset >= 0) g[layer.biasOffset + j] += delta[j] / samples.length;
        for (let k = 0; k < layer.inputs; k++) {
          g[layer.weightOffset + j * layer.inputs + k] += (delta[j] * h[l][k]) / samples.length;
          below[k] += delta[j] * w[layer.weightOffset + j * layer.inputs + k];
        }
      }
      delta = below.map((b, k) => b * slope[spec.activation](h[l][k]));
    }
  }
  return g;
}
