/** The numbers that a network gets from samples, in float32. */
import type { Samples } from './dataset.js';

/** Computes the inputs of sample s, normalised where the samples are; length D. */
export function inputsOf(
  samples: Samples,
  s: number,
  out: Float32Array = new Float32Array(samples.size),
): Float32Array {
  const { size, values, divisor, normalize } = samples;
  const at = s * size;
  if (normalize) {
    const { mean, std } = normalize;
    for (let k = 0; k < size; k++) out[k] = (values[at + k] / divisor - mean[k]) / std[k];
  } else for (let k = 0; k < size; k++) out[k] = values[at + k] / divisor;
  return out;
}

/**
 * Returns the input of a raw 0, −mean/std, of length D; undefined where it is 0. An input is this plus
 * values/(divisor·std), which is 0 wherever the raw value is, so that sparse kernels skip as much as without normalisation.
 */
export function background({ normalize, size }: Samples): Float32Array | undefined {
  if (!normalize) return undefined;
  const { mean, std } = normalize;
  return Float32Array.from({ length: size }, (_, k) => -mean[k] / std[k]);
}

/** Returns what each raw value is divided by, divisor·std, length D; one number where it is the same for all inputs. */
export function divisors({ divisor, normalize }: Samples): number | Float64Array {
  if (!normalize) return divisor;
  const { std } = normalize;
  return std.every((s) => s === std[0]) ? divisor * std[0] : std.map((s) => divisor * s);
}
