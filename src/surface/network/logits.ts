/** The outputs of a network before the softmax. */
import type { NetworkPasses } from './passes.js';

/** Returns the logits of all samples, N×classes. */
export function logitsOf(passes: NetworkPasses): Float64Array {
  const { layers, weights, samples } = passes;
  const { name, inputs, outputs: units, weightOffset, biasOffset } = layers[layers.length - 1];
  const { inputs: h } = passes.layerStates(name);
  const z = new Float64Array(samples.count * units);
  for (let k = 0; k < samples.count; k++)
    for (let c = 0; c < units; c++) {
      let sum = biasOffset < 0 ? 0 : weights[biasOffset + c];
      for (let i = 0, w = weightOffset + c * inputs, x = k * inputs; i < inputs; i++) sum += weights[w + i] * h[x + i];
      z[k * units + c] = sum;
    }
  return z;
}
