/**
 * An optimiser as a Langevin system for the decomposition of [D1], and which part of its circulation is its own. docs/theory [O1].
 *
 * Slow motion follows w' = w − s w − eta_e P (H w + xi), eta_e of `effectiveRate`: per step F = eta_e P H + s and D = (eta_e²/2) P C P.
 * (In units of eta_e steps: F = P H, D = (eta_e/2) P C P.) In the coordinates y the force is the symmetric eta_e A + s, and Q follows
 * from [D4] there; D + Q is a tensor, so Q_w = P^(1/2) Q_y P^(1/2).
 *
 * Q is linear in C. Let C∥ be the part of C that is diagonal in the eigenbasis of H, and C⊥ the rest. Under SGD (P = 1) C∥ commutes
 * with the force and causes no circulation: Q(C) = Q(C⊥), the noise alone breaks detailed balance. Under P the same C∥ does. This
 * Q(C∥) is called the optimiser's own part; Q(C⊥) remains from the noise, seen through P.
 */
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { checkStable } from './covariance.js';
import { effectiveRate } from './linear-form.js';
import {
  OPTIMISER_NEAR_WANTS,
  type OptimiserNear,
  type OwnModes,
  ownModes,
  toWeights,
  withNoise,
} from './own-coordinates.js';

/** Describes an optimiser in continuous time, in the units of `decompose`, time in steps. */
export interface ContinuousOptimiser {
  /** F = eta_e P (H + penalty) + s, n×n, not symmetric unless P commutes with H. */
  readonly drift: Matrix;
  /** D = (eta_e²/2) P C P, n×n. */
  readonly diffusion: Matrix;
  /** eta_e. */
  readonly effectiveRate: number;
}

/**
 * Returns F and D of an optimiser, for `decompose`. Valid where eta_e α ≪ 1 − b for every curvature α of A; the discrete covariance is
 * that of `optimiserCovariance`.
 */
export function continuousOptimiser(near: OptimiserNear): ContinuousOptimiser {
  is.given('continuousOptimiser', { near }, { near: OPTIMISER_NEAR_WANTS });
  const { form, hessian, noise, preconditioner } = near;
  const n = hessian.rows;
  const rate = effectiveRate(form);
  const [drift, diffusion] = [matrix(n, n), matrix(n, n)];
  const p = (i: number) => preconditioner?.[i] ?? 1;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const k = i * n + j;
      const own = i === j ? 1 : 0;
      drift.data[k] = rate * p(i) * (hessian.data[k] + own * form.penalty) + own * form.shrink;
      diffusion.data[k] = 0.5 * rate * rate * p(i) * noise.data[k] * p(j);
    }
  return { drift, diffusion, effectiveRate: rate };
}

/** Holds the antisymmetric matrix Q of [D1] and its parts, n×n, per step; Q = own + misaligned. */
export interface CirculationParts {
  readonly q: Matrix;
  /** Q(C∥): what P makes of noise that SGD would turn into no circulation. Zero for SGD, and where P commutes with H. */
  readonly own: Matrix;
  /** Q(C⊥): from noise that does not commute with H. */
  readonly misaligned: Matrix;
}

/**
 * Computes Q and the part of it that is the optimiser's own. Costs two symmetric eigenproblems and twelve products of order n. Where H
 * has equal eigenvalues, C∥ is the part diagonal in the eigenvectors found, which rounding chooses.
 * @throws InputError where the optimiser has no stationary state
 */
export function circulationParts(la: LinearAlgebra, near: OptimiserNear): CirculationParts {
  is.given('circulationParts', { la, near }, { la: is.algebra, near: OPTIMISER_NEAR_WANTS });
  const { form, hessian, noise } = near;
  const n = hessian.rows;
  const { vectors: u } = la.eigh(hessian);
  const turned = la.gemm(la.gemm(u, noise, { transposeA: true }), u);
  const kept = matrix(n, n);
  for (let i = 0; i < n; i++) kept.data[i * (n + 1)] = turned.data[i * (n + 1)];
  const aligned = la.gemm(la.gemm(u, kept), u, { transposeB: true });
  const rest = matrix(
    n,
    n,
    noise.data.map((c, k) => c - aligned.data[k]),
  );
  const rate = effectiveRate(form);
  const modes = ownModes(la, { ...near, noise: aligned });
  checkStable(modes, near);
  const l = modes.eigen.values.map((a) => form.shrink + rate * a);
  const of = ({ noise: c }: OwnModes): Matrix => {
    const q = matrix(n, n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) {
        const d = 0.25 * rate * rate * (c.data[i * n + j] + c.data[j * n + i]);
        q.data[i * n + j] = (d * (l[i] - l[j])) / (l[i] + l[j]);
        q.data[j * n + i] = -q.data[i * n + j];
      }
    const out = toWeights(la, modes, q);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const v = (out.data[i * n + j] - out.data[j * n + i]) / 2;
        out.data[i * n + j] = v;
        out.data[j * n + i] = 0 - v;
      }
    return out;
  };
  const [own, misaligned] = [of(modes), of(withNoise(la, modes, rest))];
  return {
    q: matrix(
      n,
      n,
      own.data.map((v, k) => v + misaligned.data[k]),
    ),
    own,
    misaligned,
  };
}
