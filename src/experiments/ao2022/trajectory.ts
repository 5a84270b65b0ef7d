/**
 * Tests of the stationary state that can fail, on the recorded window in the settled Hessian modes. docs/theory [D9], [D6], [S9].
 *
 * U comes from H and C1 alone and is independent of the trajectory. The white, stationary Σ = epsilon·U⁻¹ of ao2022 is
 * compared with the covariance that the run's own sampling and window give; with the energy exp(−L/T) at its own best
 * temperature on the same data; and with the covariance of one half of the window, tested on the other. Principal
 * direction 1, the drift, is removed from the coordinates, as where variances are compared; the test with the drift is
 * given too.
 */

import { correlationTime } from '../../analyse/trajectory/autocorrelation.js';
import {
  type BoltzmannTest,
  boltzmannTest,
  energiesOf,
  equipartition,
  logDensityRatio,
} from '../../analyse/trajectory/boltzmann.js';
import { BLOCK_TAUS, circulation } from '../../analyse/trajectory/circulation.js';
import { forEachChunk, type RowSource } from '../../analyse/trajectory/rows.js';
import { divided } from '../../numeric/estimate.js';
import { diagonal, identity, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { lookAhead, stepsOf } from '../../theory/layer/ball.js';
import { batchFactor, regimeRequest } from '../../theory/layer/modes.js';
import { classifyModes } from '../../theory/modes.js';
import { predictCovariance } from '../../theory/predictions.js';
import { circulationFactor } from '../../theory/stationary.js';
import { settledGroups } from './agreement.js';
import type { Ao2022Setting, GammaTest, TrajectoryTests } from './measured.js';
import { steadyCovariance } from './simulated.js';
import { type MotionSums, motionOf, settledMotion } from './stationarity.js';

/** Holds the recorded window in the settled modes, and what is tested on it. */
interface TrajectoryInput {
  readonly la: LinearAlgebra;
  readonly setting: Pick<
    Ao2022Setting,
    | 'T'
    | 'samples'
    | 'batchSize'
    | 'stepsPerEpoch'
    | 'sampling'
    | 'learningRate'
    | 'ball'
    | 'noiseStrength'
    | 'centreLoss'
  >;
  /** n×T, row i the course of mode i about the window mean, the drift included. */
  readonly whole: Float64Array;
  /** The same without the part along principal direction 1. */
  readonly coordinates: Float64Array;
  readonly curvatures: Float64Array;
  /** C1 in the modes, n×n, per sample. */
  readonly noise: Matrix;
  readonly motion: MotionSums;
}

/**
 * Computes the sums in one pass over the window.
 * @param metric - for each weight, what its square counts; 1 by default
 */
export async function motionSums(
  source: RowSource,
  mean: Float64Array,
  metric?: ArrayLike<number>,
): Promise<MotionSums> {
  const { T, P } = source;
  const [weightsDotStep, stepSquared] = [new Float64Array(T - 1), new Float64Array(T - 1)];
  const before = new Float64Array(P);
  await forEachChunk(source, (chunk, first, rows) => {
    for (let r = 0; r < rows; r++) {
      const t = first + r - 1;
      for (let j = 0; j < P; j++) {
        const w = chunk[r * P + j];
        if (t >= 0) {
          const step = w - before[j];
          const m = metric ? metric[j] : 1;
          weightsDotStep[t] += m * (before[j] - mean[j]) * step;
          stepSquared[t] += m * step * step;
        }
        before[j] = w;
      }
    }
  });
  return { weightsDotStep, stepSquared };
}

/** Does all tests. Cost O(n²·T). */
export function trajectoryTests(input: TrajectoryInput): TrajectoryTests {
  const { la, setting, coordinates: x, curvatures: h, noise } = input;
  const n = h.length;
  const T = x.length / n;
  const measured = covarianceOf(la, x, n, 0, T);
  const potential = steadyCovariance(setting, h, noise);
  const scale = batchFactor('window', setting);
  const windowed = predictCovariance(la, {
    ...regimeRequest('window', setting),
    hessian: { values: h, vectors: identity(n) },
    covariance: matrix(
      n,
      n,
      noise.data.map((v) => scale * v),
    ),
  }).inBasis();
  const ahead = lookAhead(setting);
  if (setting.ball?.nesterov)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) windowed.data[i * n + j] *= ahead(h[i], h[j]).now;
  const temperature = h.reduce((s, v, i) => s + v * measured.data[i * n + i], 0) / n;
  const inverse = diagonal(h.map((v) => temperature / v));

  const [u, uw, ul] = [potential, windowed, inverse].map((m) => energiesOf(la, x, m));
  const half = Math.floor(T / 2);
  const first = covarianceOf(la, x, n, 0, half);
  const other = energiesOf(la, coursesAbout(x, n, half, T), first);
  const lossTest = boltzmannTest(ul.energies, n);
  const effective = Array.from({ length: n }, (_, i) => {
    const tau = correlationTime(x.subarray(i * T, (i + 1) * T)).value;
    return T / (2 * Math.max(0.5, Number.isFinite(tau) ? tau : 0.5));
  });
  const parts = equipartition(
    h,
    Array.from({ length: n }, (_, i) => measured.data[i * n + i]),
    effective,
  );
  const settled = settledMotion(input.whole, n, T, stepsOf(setting));
  const byGroups = (sigma: Matrix) =>
    settledGroups(n).map(([from, to]) => {
      const part = energiesOf(la, x.subarray((from - 1) * T, to * T), blockOf(sigma, from - 1, to));
      return { from, to, mean: divided(boltzmannTest(part.energies, to - from + 1).mean, (to - from + 1) / 2) };
    });
  return {
    potential: { ...gamma(boltzmannTest(u.energies, n)), groups: byGroups(potential) },
    withDrift: gamma(boltzmannTest(energiesOf(la, input.whole, potential).energies, n)),
    windowed: { ...gamma(boltzmannTest(uw.energies, n)), groups: byGroups(windowed) },
    otherHalf: gamma(boltzmannTest(other.energies, n)),
    loss: { ...gamma(lossTest), temperature },
    logRatio: logDensityRatio(u, ul),
    logRatioWindowed: logDensityRatio(uw, ul),
    equipartition: {
      temperature: parts.temperature,
      excessSpread: parts.excessSpread,
      range: parts.range,
      temperatures: [...parts.temperatures],
      curvature: [...h],
    },
    histogram: histogramOf(n, { potential: u.energies, windowed: uw.energies, loss: ul.energies }),
    circulation: circulationOf(input),
    motion: {
      layer: motionOf(input.motion, stepsOf(setting)),
      settled,
    },
  };
}

/** Returns the block of rows and columns from … to−1. */
function blockOf(m: Matrix, from: number, to: number): Matrix {
  const out = matrix(to - from, to - from);
  for (let i = from; i < to; i++)
    for (let j = from; j < to; j++) out.data[(i - from) * out.cols + j - from] = m.data[i * m.cols + j];
  return out;
}

function circulationOf({
  la,
  setting,
  coordinates: x,
  curvatures: h,
  noise,
}: TrajectoryInput): TrajectoryTests['circulation'] {
  const { noiseStrength: epsilon } = setting;
  const n = h.length;
  const expected = matrix(n, n);
  const own = matrix(n, n);
  const { rate, momentum, nesterov } = stepsOf(setting);
  const ahead = lookAhead(setting);
  const modes = classifyModes(h, rate, momentum, setting.T + setting.stepsPerEpoch);
  const factor = circulationFactor({
    modes,
    sampling: setting.sampling,
    batchesPerEpoch: setting.stepsPerEpoch,
    window: undefined,
  });
  const scale = batchFactor('window', setting);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const d = noise.data[i * n + j];
      expected.data[i * n + j] = (epsilon * d * (h[i] - h[j])) / (h[i] + h[j]);
      own.data[i * n + j] = rate * rate * scale * d * factor(i, j);
      if (nesterov) own.data[i * n + j] *= ahead(h[i], h[j]).circulation;
    }
  let result = circulation(la, x, n, { expected, pairs: PAIRS });
  if (!result.converged)
    result = circulation(la, x, n, { expected, pairs: PAIRS, blocks: blocksFor(result.slowest, setting.T) });
  const { blocks } = result;
  const sampled = circulation(la, x, n, { expected: own, pairs: 0, blocks });
  return {
    dimension: n,
    blocks,
    pairs: (n * (n - 1)) / 2,
    significant: result.significant,
    converged: result.converged,
    slope: result.slope!,
    slopeOfSampling: sampled.slope!,
    strongest: result.pairs.map(({ i, j, value, standardError, holm }) => ({
      i: i + 1,
      j: j + 1,
      value,
      standardError,
      expected: expected.data[i * n + j],
      holm,
    })),
  };
}

/** Number of planes that are listed. */
const PAIRS = 20;
/** Fewest blocks that an error is estimated from. */
const FEWEST_BLOCKS = 8;

/**
 * Returns the number of blocks that are longer than `BLOCK_TAUS` times the slowest correlation time, but at least
 * `FEWEST_BLOCKS`.
 */
const blocksFor = (slowest: number, T: number) =>
  Math.max(FEWEST_BLOCKS, Math.floor((T - 1) / (BLOCK_TAUS * Math.max(1, slowest))));

/** Returns x_i − (v_i·p_1)·theta_1, the courses without the part along principal direction 1. */
export function withoutDirection(
  courses: Float64Array,
  n: number,
  overlap: ArrayLike<number>,
  theta: ArrayLike<number>,
): Float64Array {
  const T = theta.length;
  const out = courses.slice(0, n * T);
  for (let i = 0; i < n; i++) for (let t = 0; t < T; t++) out[i * T + t] -= overlap[i] * theta[t];
  return out;
}

const gamma = ({
  dimension,
  mean,
  variance,
  expected,
  effective,
  distance,
  pValue,
  temperature,
}: BoltzmannTest): GammaTest => ({
  dimension,
  mean,
  variance,
  expected,
  effective,
  distance,
  pValue,
  temperature,
});

/** Returns steps from … to−1 of all courses, relative to their own means. */
function coursesAbout(x: Float64Array, n: number, from: number, to: number): Float64Array {
  const T = x.length / n;
  const out = new Float64Array(n * (to - from));
  for (let i = 0; i < n; i++) {
    const course = x.subarray(i * T + from, i * T + to);
    const centre = course.reduce((s, v) => s + v, 0) / course.length;
    for (let t = 0; t < course.length; t++) out[i * course.length + t] = course[t] - centre;
  }
  return out;
}

function covarianceOf(la: LinearAlgebra, x: Float64Array, n: number, from: number, to: number): Matrix {
  return la.syrk(matrix(n, to - from, coursesAbout(x, n, from, to)), { alpha: 1 / (to - from) });
}

/** Densities of u/(epsilon·n/2) in equal bins from 0 to 4. */
const BINS = 48;
const LAST = 4;

function histogramOf(
  n: number,
  energies: Readonly<Record<'potential' | 'windowed' | 'loss', Float64Array>>,
): TrajectoryTests['histogram'] {
  const edges = Array.from({ length: BINS + 1 }, (_, k) => (LAST * k) / BINS);
  const count = (u: Float64Array) => {
    const out = new Array<number>(BINS).fill(0);
    for (const v of u) {
      const bin = Math.floor((v / (n / 2) / LAST) * BINS);
      if (bin < BINS) out[bin] += BINS / LAST / u.length;
    }
    return out;
  };
  return {
    edges,
    potential: count(energies.potential),
    windowed: count(energies.windowed),
    loss: count(energies.loss),
  };
}
