/** Labels as targets of the squared error. */
import type { Samples } from './dataset.js';

/**
 * Replaces the labels by targets, 1 for the output of the class and 0 for the others. The squared error is then
 * ½ Σ_outputs (z − y)², a mean over samples and a sum over outputs.
 */
export function oneHot({ labels, ...samples }: Samples, outputs: number): Samples {
  const targets = new Float32Array(samples.count * outputs);
  labels!.forEach((label, k) => {
    targets[k * outputs + label] = 1;
  });
  return { ...samples, targets };
}
