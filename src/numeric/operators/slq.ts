/**
 * Spectral density of a symmetric operator by stochastic Lanczos quadrature (Golub & Welsch; Ubaru, Chen & Saad 2017).
 *
 * A Lanczos process started at a random unit vector v gives the Gauss quadrature of v's spectral measure: nodes are the
 * eigenvalues θ_j of T, weights the squares of the FIRST components of its eigenvectors, τ_j = y_j1². Their mean over random v is
 * the density of eigenvalues (total 1). Weights from all components would give every node the weight 1/k instead.
 */
import { check } from '../errors.js';
import { type Estimate, estimate, meanOf } from '../estimate.js';
import { embeddedLinearAlgebra, type LinearAlgebra } from '../linalg/index.js';
import type { Key } from '../random.js';
import * as is from '../wants.js';
import { signVector } from './hutchinson.js';
import { lanczosStep, ritz, type Tridiagonal } from './lanczos.js';
import { LINEAR_OPERATOR_WANTS, type LinearOperator, type Multiplying, multiplyBy } from './products.js';

/** Sets the probes of `spectralDensity` and where the density is evaluated. */
export interface SpectralDensityOptions {
  /** Random starts, at least 2; 10 by default. */
  readonly probes?: number;
  /** Products for each; 80 by default, never above the size. */
  readonly steps?: number;
  readonly key: Key;
  /** Eigenvalues at which the density is wanted; 200 evenly spaced over all nodes by default. */
  readonly at?: ArrayLike<number>;
  /** Standard deviation of the Gaussian that smooths each node; 1/100 of the range by default. */
  readonly width?: number;
  /** Vectors kept for each probe: `all` (default), steps·size numbers, or `three`; see `lanczosStep`. */
  readonly memory?: 'all' | 'three';
  readonly la?: LinearAlgebra;
}

/** Says what a {@link SpectralDensityOptions} needs. */
export const SPECTRAL_DENSITY_OPTIONS_WANTS = is.shape<SpectralDensityOptions>({
  probes: is.maybe(is.count),
  steps: is.maybe(is.count),
  key: is.key,
  at: is.maybe(is.numbers),
  width: is.maybe(is.finite),
  la: is.maybe(is.algebra),
});

/** Holds the quadrature of one probe; the weights sum to 1. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/** Holds an estimated density of eigenvalues with its standard errors over probes. */
export interface SpectralDensity {
  readonly at: Float64Array;
  /** Share of eigenvalues per unit of eigenvalue, smoothed. */
  readonly density: Float64Array;
  /** Standard error over probes. */
  readonly standardError: Float64Array;
  readonly width: number;
  /** Share of eigenvalues at or below each of `at`, and its standard error. */
  readonly cumulative: Float64Array;
  readonly cumulativeError: Float64Array;
  readonly probes: readonly Quadrature[];
  /** Σ λ = size·mean node, Σ λ² likewise: exact for each probe's measure with 2 and more steps. */
  readonly trace: Estimate;
  readonly squaredFrobenius: Estimate;
}

/** Computes the quadrature of the spectral measure of `start` after at most `steps` products. */
export const lanczosQuadrature = (
  op: LinearOperator,
  start: Float64Array,
  steps: number,
  la: LinearAlgebra = embeddedLinearAlgebra(),
): Quadrature =>
  multiplyBy(
    op,
    quadratureSearch(op.size, () => start, { steps, la }),
  );

function* quadratureSearch(
  size: number,
  start: () => Float64Array,
  { steps, la, memory }: { steps: number; la: LinearAlgebra; memory?: 'all' | 'three' | undefined },
): Multiplying<Quadrature> {
  const process: Tridiagonal = { alpha: [], beta: [], basis: [] };
  const first = start();
  for (let step = 0; step < Math.min(steps, size); step++)
    if (!(yield* lanczosStep(size, process, first, memory))) break;
  const { values, vectors } = ritz(process, la);
  return { nodes: values, weights: Float64Array.from(vectors, (y) => y[0] ** 2) };
}

/**
 * Estimates the density of the eigenvalues of an operator. Cost: probes·steps products.
 * @throws InputError for fewer than 2 probes (there is no error bar) or steps (there is no second moment)
 */
export function spectralDensity(op: LinearOperator, options: SpectralDensityOptions): SpectralDensity {
  is.given('spectralDensity', { op, options }, { op: LINEAR_OPERATOR_WANTS, options: SPECTRAL_DENSITY_OPTIONS_WANTS });
  return densityOf(
    op.size,
    densityProbes(op.size, options).map((probe) => multiplyBy(op, probe)),
    options,
  );
}

/**
 * Returns the work of each probe of a spectral density for an operator of order `size`; `densityOf` makes the density of what they
 * return.
 * @throws InputError for fewer than 2 probes or steps
 */
export function densityProbes(size: number, options: SpectralDensityOptions): Multiplying<Quadrature>[] {
  const { probes = 10, steps = 80, key, la = embeddedLinearAlgebra(), memory } = options;
  check(
    Number.isInteger(probes) && probes >= 2 && Number.isInteger(steps) && steps >= 2,
    'bad-probes',
    () => `a spectral density with error bars needs at least 2 probes of 2 steps; got ${probes} of ${steps}.`,
  );
  return Array.from({ length: probes }, (_, i) => {
    const start = () => signVector(size, key.child('spectral-density').child(i).stream());
    return quadratureSearch(size, start, { steps, la, memory });
  });
}

/** Makes the density of eigenvalues of an operator of order `size` from the quadratures of its probes. */
export function densityOf(
  size: number,
  found: readonly Quadrature[],
  options: Pick<SpectralDensityOptions, 'at' | 'width' | 'steps'>,
): SpectralDensity {
  const { steps = 80 } = options;
  const probes = found.length;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { nodes } of found) {
    low = Math.min(low, nodes[0]);
    high = Math.max(high, nodes[nodes.length - 1]);
  }
  const range = high - low || Math.max(Math.abs(high), 1);
  const width = options.width ?? range / 100;
  const at = options.at
    ? Float64Array.from(options.at)
    : Float64Array.from({ length: 200 }, (_, i) => low - 3 * width + ((range + 6 * width) * i) / 199);
  const smooth = (x: number, { nodes, weights }: Quadrature) => {
    let sum = 0;
    for (let j = 0; j < nodes.length; j++) sum += weights[j] * Math.exp(-0.5 * ((x - nodes[j]) / width) ** 2);
    return sum / (width * Math.sqrt(2 * Math.PI));
  };
  const below = (x: number, { nodes, weights }: Quadrature) => {
    let sum = 0;
    for (let j = 0; j < nodes.length && nodes[j] <= x; j++) sum += weights[j];
    return sum;
  };
  const densities = Array.from(at, (x) =>
    meanOf(
      found.map((q) => smooth(x, q)),
      '',
    ),
  );
  const shares = Array.from(at, (x) =>
    meanOf(
      found.map((q) => below(x, q)),
      '',
    ),
  );
  const moment = (power: number, name: string): Estimate => {
    const each = found.map(({ nodes, weights }) => nodes.reduce((sum, x, j) => sum + weights[j] * x ** power, 0));
    const { value, standardError } = meanOf(each, '');
    const method = `${name}, stochastic Lanczos quadrature, ${probes} probes of ${steps} steps`;
    return estimate(size * value, size * standardError, probes, method);
  };
  return {
    at,
    density: Float64Array.from(densities, (e) => e.value),
    standardError: Float64Array.from(densities, (e) => e.standardError),
    width,
    cumulative: Float64Array.from(shares, (e) => e.value),
    cumulativeError: Float64Array.from(shares, (e) => e.standardError),
    probes: found,
    trace: moment(1, 'trace'),
    squaredFrobenius: moment(2, 'sum of squared eigenvalues'),
  };
}
