/** Which part of the circulation is the optimiser's own: that of the noise that under plain SGD would cause none. docs/theory [O1]. */
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { inOwnCoordinates } from '../../theory/optimisers/own-coordinates.js';

/** Names the matrices of a layer in its own coordinates, and its settled modes. */
interface OwnPartInput {
  readonly hessian: Matrix;
  readonly covariance: Matrix;
  /** √P. */
  readonly root: Float64Array;
  /** n×P, the settled modes in own coordinates; their curvatures, and C1 in them. */
  readonly basis: Matrix;
  readonly curvatures: Float64Array;
  readonly noise: Matrix;
}

/**
 * Returns ‖Q(C∥)‖² and ‖Q(C⊥)‖² over ‖Q‖² on the settled modes, with C∥ the part of C that is diagonal in the eigenbasis of H; the two
 * parts need not be orthogonal, so that the shares need not sum to 1. As `circulationParts`, on the settled modes alone, where negative
 * and flat curvatures elsewhere do no harm. Costs an eigenproblem and three products of order P.
 */
export function ownPart(
  la: LinearAlgebra,
  { hessian, covariance, root, basis, curvatures: h, noise }: OwnPartInput,
): { own: number; misaligned: number } {
  const P = root.length;
  const inverse = root.map((r) => 1 / r);
  const { vectors: u } = la.eigh(inOwnCoordinates(hessian, inverse));
  const turned = la.gemm(la.gemm(u, inOwnCoordinates(covariance, inverse), { transposeA: true }), u);
  // basis·√P·U, n×P: the settled modes in the eigenbasis of H
  const scaled = matrix(
    basis.rows,
    P,
    basis.data.map((x, at) => x * root[at % P]),
  );
  const modes = la.gemm(scaled, u);
  const weighted = matrix(
    modes.rows,
    P,
    modes.data.map((x, at) => x * turned.data[(at % P) * (P + 1)]),
  );
  const aligned = la.gemm(weighted, modes, { transposeB: true });
  const n = h.length;
  let [own, misaligned, all] = [0, 0, 0];
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const f = (h[i] - h[j]) / (h[i] + h[j]);
      const [a, c] = [f * aligned.data[i * n + j], f * noise.data[i * n + j]];
      own += a * a;
      misaligned += (c - a) ** 2;
      all += c * c;
    }
  return { own: own / all, misaligned: misaligned / all };
}
