/** A basis for one layer that did not see the noise: Ritz vectors of its Hessian from a random start. docs/theory [S7]. */
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import type { Key } from '../../numeric/random.js';
import type { Surface, SurfaceBlock } from '../../surface/surface.js';

/** Holds the basis, by descending curvature. */
export interface RitzBasis {
  /** k×P, orthonormal rows. */
  readonly vectors: Matrix;
  /** pᵀHp of each. */
  readonly curvatures: Float64Array;
}

/**
 * Makes the Krylov space of H from a random start and returns its Ritz vectors. The largest ones are eigenvectors after some
 * steps; the others are orthonormal directions of known curvature, which is all that a fixed basis needs. Costs `count` products and 2·count²·P flops.
 */
export async function ritzBasis(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  { count, key, la }: { readonly count: number; readonly key: Key; readonly la: LinearAlgebra },
): Promise<RitzBasis> {
  const P = block.size;
  const most = Math.min(count, P);
  const stream = key.stream();
  const basis: Float64Array[] = [];
  const images: Float64Array[] = [];
  let next = Float64Array.from({ length: P }, () => stream.normal());
  while (basis.length < most) {
    // twice, so that the basis stays orthogonal to rounding
    for (let pass = 0; pass < 2; pass++)
      for (const q of basis) {
        const along = dot(q, next);
        for (let i = 0; i < P; i++) next[i] -= along * q[i];
      }
    const norm = Math.sqrt(dot(next, next));
    if (!(norm > 1e-12 * (basis.length > 0 ? Math.abs(dot(images[0], basis[0])) + 1e-300 : 1))) break;
    const q = next.map((v) => v / norm);
    const product = await surface.hessianVectors(w, block, matrix(1, P, q));
    basis.push(q);
    images.push(product.data);
    next = Float64Array.from(product.data);
  }
  const k = basis.length;
  const t = matrix(k, k);
  for (let i = 0; i < k; i++)
    for (let j = 0; j <= i; j++)
      t.data[i * k + j] = t.data[j * k + i] = (dot(basis[i], images[j]) + dot(basis[j], images[i])) / 2;
  const { values, vectors } = la.eigh(t);
  const out = matrix(k, P);
  for (let r = 0; r < k; r++)
    for (let i = 0; i < k; i++) {
      const c = vectors.data[i * k + (k - 1 - r)];
      for (let p = 0; p < P; p++) out.data[r * P + p] += c * basis[i][p];
    }
  return { vectors: out, curvatures: Float64Array.from(values).reverse() };
}
