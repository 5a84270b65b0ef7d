/** SGD itself on linear regression with fresh Gaussian samples: the measurement that tests the prediction of docs/theory [S8]. */
import { check, DivergedError } from '../numeric/errors.js';
import { type Estimate, estimate } from '../numeric/estimate.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../numeric/linalg/provider.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { noiseFactor } from './noise-factor.js';
import { checkProblem, REGRESSION_PROBLEM_WANTS, type RegressionProblem } from './regression.js';

/** Sets the number and length of independent runs. */
export interface RegressionRun {
  readonly key: Key;
  /** Independent runs, from which the errors come; default 20. Chain c draws from `key.child(c)`. */
  readonly chains?: number;
  /** Steps recorded in each chain, after `burnIn` steps from w*. */
  readonly steps: number;
  readonly burnIn: number;
}

/** Says what a {@link RegressionRun} needs. */
export const REGRESSION_RUN_WANTS = is.shape<RegressionRun>({
  key: is.key,
  chains: is.maybe(is.count),
  steps: is.count,
  burnIn: is.whole,
});

/** Holds the covariance measured over all runs. */
export interface RegressionMeasurement {
  /** Mean over chains and steps of (w − w*)(w − w*)ᵀ, P×P (known centre: nothing is subtracted). */
  readonly covariance: Matrix;
  /** Standard error of each entry from the spread over chains, P×P. */
  readonly standardError: Matrix;
  /** Tr(A Σ), twice the mean excess loss. */
  readonly excess: Estimate;
}

/**
 * Simulates w ← w + v, v ← mu v − (eta/B) Σ_b x_b (x_b·(w − w*) − s n_b) with every x_b and n_b drawn anew, from w = w*. Costs
 * about 2·chains·(burnIn + steps)·P·(B·(r + 2) + P) flops and chains·(burnIn + steps)·B·(r + 1) normal numbers, where r is the
 * rank of the covariance of the inputs. docs/theory [S8].
 * @throws InputError for a bad problem, DivergedError when |w − w*|² exceeds 1e150
 */
export function simulateRegression(
  la: LinearAlgebra,
  problem: RegressionProblem,
  run: RegressionRun,
): RegressionMeasurement {
  is.given(
    'simulateRegression',
    { la, problem, run },
    { la: is.algebra, problem: REGRESSION_PROBLEM_WANTS, run: REGRESSION_RUN_WANTS },
  );
  checkProblem(problem);
  const { chains = 20, steps, burnIn } = run;
  check(
    Number.isInteger(chains) &&
      chains >= 2 &&
      Number.isInteger(steps) &&
      steps >= 1 &&
      Number.isInteger(burnIn) &&
      burnIn >= 0,
    'bad-run',
    () =>
      `a measured regression needs at least 2 chains and 1 step; got ${chains} chains of ${burnIn} + ${steps} steps.`,
  );
  const A = problem.inputCovariance;
  const P = A.rows;
  const L = noiseFactor(la, A);
  const sums: Float64Array[] = [];
  for (let c = 0; c < chains; c++) sums.push(oneChain(problem, L, run, c));
  const average = new Float64Array(P * P);
  for (const s of sums) for (let i = 0; i < s.length; i++) average[i] += s[i] / chains;
  const spread = new Float64Array(P * P);
  for (const s of sums)
    for (let i = 0; i < s.length; i++) spread[i] += (s[i] - average[i]) ** 2 / (chains * (chains - 1));
  const excesses = sums.map((s) => s.reduce((t, v, i) => t + v * A.data[i], 0));
  const excess = excesses.reduce((t, v) => t + v, 0) / chains;
  const error = Math.sqrt(excesses.reduce((t, v) => t + (v - excess) ** 2, 0) / (chains * (chains - 1)));
  return {
    covariance: matrix(P, P, average),
    standardError: matrix(P, P, spread.map(Math.sqrt)),
    excess: estimate(excess, error, chains, `mean over ${chains} independent chains of ${steps} steps`),
  };
}

/** Returns the mean of δδᵀ over the recorded steps of one chain. */
function oneChain(
  { learningRate: eta, batchSize: B, labelNoise, momentum = 0 }: RegressionProblem,
  L: Matrix,
  run: RegressionRun,
  chain: number,
): Float64Array {
  const [P, r] = [L.rows, L.cols];
  const stream = run.key.child(chain).stream();
  const s = Math.sqrt(labelNoise);
  const delta = new Float64Array(P);
  const v = new Float64Array(P);
  const g = new Float64Array(P);
  const x = new Float64Array(P);
  const sum = new Float64Array(P * P);
  for (let t = 0; t < run.burnIn + run.steps; t++) {
    g.fill(0);
    for (let b = 0; b < B; b++) {
      x.fill(0);
      for (let q = 0; q < r; q++) {
        const z = stream.normal();
        for (let i = 0; i < P; i++) x[i] += L.data[i * r + q] * z;
      }
      let residual = -s * stream.normal();
      for (let i = 0; i < P; i++) residual += x[i] * delta[i];
      for (let i = 0; i < P; i++) g[i] += (x[i] * residual) / B;
    }
    let size = 0;
    for (let i = 0; i < P; i++) {
      v[i] = momentum * v[i] - eta * g[i];
      delta[i] += v[i];
      size += delta[i] ** 2;
    }
    if (!(size < 1e150)) throw new DivergedError(t, size, eta);
    if (t >= run.burnIn)
      for (let i = 0; i < P; i++) for (let j = 0; j < P; j++) sum[i * P + j] += (delta[i] * delta[j]) / run.steps;
  }
  return sum;
}
