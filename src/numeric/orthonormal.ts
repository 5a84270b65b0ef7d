/** Orthonormal vectors that span the space of given ones. */
import { dot } from './operators/lanczos.js';

/**
 * Makes vectors orthonormal by Gram-Schmidt, done twice, in the order given. A vector is left out when the part of it
 * orthogonal to those before is not longer than `least` times its own length, so the result may be shorter. Cost:
 * 4·n·k² flops for k vectors of n.
 */
export function orthonormal(vectors: readonly Float64Array[], least = 1e-3): Float64Array[] {
  const out: Float64Array[] = [];
  for (const given of vectors) {
    const length = Math.sqrt(dot(given, given));
    const v = given.slice();
    for (let round = 0; round < 2; round++)
      for (const u of out) {
        const d = dot(u, v);
        for (let i = 0; i < v.length; i++) v[i] -= d * u[i];
      }
    const left = Math.sqrt(dot(v, v));
    if (left > least * length) out.push(v.map((x) => x / left));
  }
  return out;
}
