/** The same system advanced in finite steps: its covariance differs from Σ, and may not exist. docs/theory [S2]. */
import { check } from '../../numeric/errors.js';
import { discreteLyapunov, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import type { Decomposition } from './decompose.js';
import { round } from './linear-system.js';
import { norm, scaled, symmetricPart } from './parts.js';
import { largestStableStep } from './spectrum.js';
import { inverse, rescale } from './units.js';

/** Holds the stationary covariance of a linear system advanced in finite steps, and how well it satisfies its equation. */
export interface DiscreteCovariance {
  /** Stationary covariance of the discrete system, n×n. */
  readonly sigma: Matrix;
  /** In units of time. */
  readonly step: number;
  /** The map is stable for steps below this: min 2·Re λ/|λ|² over the eigenvalues λ of F. */
  readonly largestStableStep: number;
  /** ‖F·Σ + Σ·Fᵀ − step·F·Σ·Fᵀ − 2·epsilon·D‖_F/‖2·epsilon·D‖_F, in the units of `Decomposition.natural`. */
  readonly residual: number;
}

/**
 * Computes the covariance of x_{k+1} = (1 − F_d)·x_k + noise, where F_d = step·F and the noise has the covariance C =
 * 2·step·epsilon·D per step: the Euler-Maruyama scheme of the system, and SGD with F_d = eta·H. epsilon enters C alone: the
 * white noise of covariance 2·epsilon·D per unit of time, summed over one step. Σ = (1 − F_d)·Σ·(1 − F_d)ᵀ + C, and Σ →
 * epsilon·W as step → 0.
 *
 * The solution is found by doubling (docs/theory [S2]; not by a bilinear transform, which fails for non-normal F) and refined
 * on the equation F·Σ + Σ·Fᵀ − step·F·Σ·Fᵀ = 2·epsilon·D, because 1 − step·F loses digits of a small step·F. A symmetric F is
 * solved in its eigenbasis: Σ_ij = 2·epsilon·D_ij/(l_i + l_j − step·l_i·l_j). Costs 6·n³ flops for each of about
 * log2(18/(step·min Re λ)) doublings.
 * @param step - in units of time
 * @throws InputError when F is unstable, or the step is too long for a stationary state; the sentence names the limit
 */
export function discreteCovariance(
  la: LinearAlgebra,
  d: Pick<Decomposition, 'stationary' | 'natural' | 'system' | 'spectrum'>,
  step: number,
): DiscreteCovariance {
  is.given(
    'discreteCovariance',
    { la, d, step },
    {
      la: is.algebra,
      d: is.shape({ stationary: is.flag, system: is.object, spectrum: is.object }),
      step: is.number,
    },
  );
  check(step > 0 && Number.isFinite(step), 'step', () => `the step must be a positive finite number, not ${step}.`);
  check(
    d.stationary,
    'unstable',
    'an unstable F has no stationary covariance in steps of any length; leave out the step.',
  );
  if (d.natural) {
    const back = inverse(d.natural.units);
    const inside = discreteCovariance(la, d.natural.decomposition, step);
    return { ...inside, sigma: rescale(inside.sigma, back, back) };
  }
  const { n, drift, diffusion, noiseStrength } = d.system;
  const limit = largestStableStep(d.spectrum);
  check(
    step < limit * (1 - n * 2 ** -52),
    'unstable',
    () =>
      `steps of ${round(step)} are too long: x ← (1 − step·F)·x has no stationary state unless the step is below ${down(limit)} ` +
      '(2·Re λ/|λ|², the least over the eigenvalues λ of F); take a smaller step.',
  );
  const c = scaled(diffusion, 2 * noiseStrength);
  const residual = (x: Matrix): Matrix => {
    const fx = la.gemm(drift, x);
    const r = la.gemm(fx, drift, { transposeB: true, alpha: step });
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) r.data[i * n + j] += c.data[i * n + j] - fx.data[i * n + j] - fx.data[j * n + i];
    return symmetricPart(r);
  };
  const size = norm(c);
  if (d.spectrum.eigen) {
    const { values: l, vectors } = d.spectrum.eigen;
    const x = la.gemm(la.gemm(vectors, c, { transposeA: true }), vectors);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) x.data[i * n + j] /= l[i] + l[j] - step * l[i] * l[j];
    const sigma = symmetricPart(la.gemm(la.gemm(vectors, symmetricPart(x)), vectors, { transposeB: true }));
    return { sigma, step, largestStableStep: limit, residual: norm(residual(sigma)) / size };
  }
  const map = matrix(n, n);
  for (let k = 0; k < n * n; k++) map.data[k] = (k % (n + 1) === 0 ? 1 : 0) - step * drift.data[k];
  let sigma = discreteLyapunov(la, map, scaled(c, step)).x;
  let r = residual(sigma);
  for (let round = 0; round < 2 && norm(r) > 1e-14 * size; round++) {
    const better = discreteLyapunov(la, map, scaled(r, step)).x;
    for (let k = 0; k < n * n; k++) better.data[k] += sigma.data[k];
    const next = residual(better);
    if (!(norm(next) < 0.5 * norm(r))) break;
    sigma = better;
    r = next;
  }
  return { sigma, step, largestStableStep: limit, residual: norm(r) / size };
}

/** Writes four digits, rounded down, so that a step below the printed limit is stable. */
function down(x: number): string {
  const unit = 10 ** (Math.floor(Math.log10(x)) - 3);
  return round(Math.floor(x / unit) * unit);
}
