/** Gradients shortened to a largest norm, as torch.nn.utils.clip_grad_norm_ does it. */

/** What PyTorch adds to the norm before it divides. */
export const CLIP_SLACK = 1e-6;

/**
 * Returns the factor min(1, most/(|g| + 1e-6)) that a gradient is multiplied by. The norm is that of all weights together and of the
 * gradient of the data, before any decay is added.
 */
export function clipFactor(norm: number, most: number): number {
  return Math.min(1, most / (norm + CLIP_SLACK));
}

/** Returns the Euclidean norm of a gradient. */
export function gradientNorm(g: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < g.length; i++) sum += g[i] * g[i];
  return Math.sqrt(sum);
}
