/**
 * The controls that every inverse variance-flatness claim needs. docs/theory [S6], [S7].
 *
 * A direction chosen because it happened to vary much in a window is then reported to vary much: the variances of same-window
 * PCA are biased by the choice. There are two remedies: directions from one half of the window and variances from the other; or a
 * basis that does not depend on the window (eigenvectors of the Hessian). Modes are then compared with theory in fixed groups.
 */
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { type Matrix, matrix } from '../../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import { type PowerLawFit, type PowerLawOptions, powerLaw } from '../../numeric/powerlaw.js';
import { mean } from '../../numeric/statistics.js';
import { type Pca, type PcaOptions, pca } from './pca.js';
import { forEachBatch, type RowSource, rowRange } from './rows.js';

const ROWS = 256;

/**
 * Computes the variance of the rows along given directions about the mean of these rows, (1/T) Σ_t ((w_t − w̄)·p_k)², in one pass
 * over the stream: 2KTP flops, K×P + 256·(K + P) numbers.
 * @param directions - K×P, unit vectors as rows (`Pca.components` as a matrix; the transpose of eigenvectors in columns)
 * @throws InputError when the directions have another number of weights than the window, or T < 2
 */
export async function variancesAlong(
  source: RowSource,
  directions: Matrix,
  la: Pick<LinearAlgebra, 'gemm'>,
): Promise<Float64Array> {
  const { T, P } = source;
  check(
    directions.cols === P && T >= 2,
    'shape',
    () =>
      `variances along directions of ${directions.cols} weights in a window of ${T} rows of ${P} weights do not exist.`,
  );
  const K = directions.rows;
  const sum = new Float64Array(K);
  const square = new Float64Array(K);
  let origin: Float64Array | undefined; // the first row's coordinates: sums of squares about it do not cancel
  await forEachBatch(source, ROWS, new Float64Array(P), (batch, _first, rows) => {
    const x = la.gemm(matrix(rows, P, batch), directions, { transposeB: true }).data;
    origin ??= x.slice(0, K);
    for (let r = 0; r < rows; r++)
      for (let k = 0; k < K; k++) {
        const d = x[r * K + k] - origin[k];
        sum[k] += d;
        square[k] += d * d;
      }
  });
  return square.map((s, k) => Math.max(0, s / T - (sum[k] / T) ** 2));
}

/** Holds directions from one half of a window and their variances in both halves. */
interface HalfWindows {
  /** Directions from this half, by rows `from` … `to`−1. */
  readonly directions: Pca;
  /** sigma_i² of these directions in the half that chose them and in the other one, in the order of `directions.indices`. */
  readonly same: Float64Array;
  readonly other: Float64Array;
}

/**
 * Takes the principal directions of each half of a window and their variances in the other half; element [0] has the directions
 * of the first half. For odd T the middle row is left out. Where `same` exceeds `other` systematically, the spectrum is an
 * effect of choosing the directions.
 *
 * The halves are disjoint but adjacent: a drift or a mode slower than T/2 makes them dependent, and contributes less to the
 * variance of each half than to that of the whole (docs/theory [S4]). Costs two PCAs and two projections.
 * @throws InputError for fewer than 4 rows, and as `pca`
 */
export async function halfWindows(
  source: RowSource,
  la: LinearAlgebra,
  options: Omit<PcaOptions, 'from' | 'to'> = {},
): Promise<readonly [HalfWindows, HalfWindows]> {
  const half = Math.floor(source.T / 2);
  check(half >= 2, 'too-short', () => `half a window needs at least 2 rows; the window has ${source.T}.`);
  const halves = [rowRange(source, 0, half), rowRange(source, source.T - half, source.T)];
  const one = async (own: RowSource, rest: RowSource): Promise<HalfWindows> => {
    const directions = await pca(own, la, options);
    const axes = matrix(directions.indices.length, source.P, directions.components);
    const same = Float64Array.from(directions.indices, (i) => directions.summary.variances[i - 1]);
    return { directions, same, other: await variancesAlong(rest, axes, la) };
  };
  return [await one(halves[0], halves[1]), await one(halves[1], halves[0])];
}

/** Names the first and the last rank of a group of modes, from 1, inclusive. */
type ModeGroup = readonly [from: number, to: number];

/** Groups of Hessian modes, by descending curvature, in which theory and measurement are compared. */
export const MODE_GROUPS: readonly ModeGroup[] = [
  [1, 10],
  [11, 50],
  [51, 200],
  [201, 800],
];

/** Largest |measured/predicted − 1| of a group that counts as agreement. */
const TOLERANCE = 0.3;

/** Compares measured with predicted variances in one group of modes. */
interface GroupAgreement {
  readonly group: ModeGroup;
  /** Modes of the group that exist and could be compared. */
  readonly modes: number;
  /** Mean over the group's modes of measured/predicted; error over seeds (NaN for one seed), n seeds. */
  readonly ratio: Estimate;
  /** Sum of measured over sum of predicted: weighs the largest variances. */
  readonly ratioOfSums: Estimate;
  /** Farther from 1 than `TOLERANCE`. */
  readonly off: boolean;
  /** Modes left out because a value was not finite or not positive, over all seeds. */
  readonly leftOut: number;
}

/**
 * Divides measured by predicted variances and averages by groups of modes, with errors over seeds (each seed has its own
 * network, window, H and C). Exact theory gives 1 with a scatter per mode of √(2/n_eff), where n_eff counts the independent
 * draws of that mode in a window. Groups without modes are left out.
 * @param measured - one list per seed, mode by mode, rank 1 first
 * @param predicted - the same shape
 * @throws InputError when the lists differ in number or length
 */
export function groupAgreement(
  measured: readonly ArrayLike<number>[],
  predicted: readonly ArrayLike<number>[],
  groups: readonly ModeGroup[] = MODE_GROUPS,
): GroupAgreement[] {
  check(
    measured.length >= 1 &&
      measured.length === predicted.length &&
      measured.every((m, s) => m.length === predicted[s].length),
    'shape',
    () =>
      `agreement needs one list of measured and one of predicted variances of equal length for each seed; got ${measured.length} and ${predicted.length} seeds.`,
  );
  const out: GroupAgreement[] = [];
  for (const group of groups) {
    let [modes, leftOut] = [0, 0];
    const ratios: number[] = [];
    const sums: number[] = [];
    measured.forEach((m, seed) => {
      const p = predicted[seed];
      let [n, ratio, top, bottom] = [0, 0, 0, 0];
      for (let i = group[0] - 1; i < Math.min(group[1], m.length); i++) {
        if (!(m[i] > 0 && p[i] > 0 && Number.isFinite(m[i]) && Number.isFinite(p[i]))) {
          leftOut++;
          continue;
        }
        n++;
        ratio += m[i] / p[i];
        top += m[i];
        bottom += p[i];
      }
      modes = Math.max(modes, n);
      if (n > 0) {
        ratios.push(ratio / n);
        sums.push(top / bottom);
      }
    });
    if (modes + leftOut === 0) continue;
    const ratio = overSeeds(ratios);
    out.push({
      group,
      modes,
      ratio,
      ratioOfSums: overSeeds(sums),
      off: !(Math.abs(ratio.value - 1) <= TOLERANCE),
      leftOut,
    });
  }
  return out;
}

/** Returns the mean over seeds with its standard error, which is NaN for one seed; `method` then says so. */
export function overSeeds(values: readonly number[]): Estimate {
  const n = values.length;
  if (n === 0) return estimate(Number.NaN, Number.NaN, 0, 'no seed gave a value', false);
  const centre = mean(values);
  const error = n < 2 ? Number.NaN : Math.sqrt(values.reduce((s, v) => s + (v - centre) ** 2, 0) / (n * (n - 1)));
  return estimate(centre, error, n, n < 2 ? 'one seed: no error' : `mean over ${n} seeds`);
}

/** Names the process that sets the variance of a mode in a window. docs/theory [S3], [S4]. */
type Regime = 'long window' | 'short window' | 'shuffled, flat' | 'shuffled, curved';

/** States the variance and psi of one regime. */
interface RegimePrediction {
  readonly regime: Regime;
  /** sigma_i² in this regime. */
  readonly variance: string;
  /** psi with sigma_i² ~ F_i^−psi. */
  readonly psi: number;
}

/**
 * Returns what each regime predicts for psi when C_ii ~ H_ii^gamma, docs/theory [S6]: with F ~ h^(−1/2) a variance C/h falls as
 * F^(−2(gamma−1)) and a variance ∝ C as F^(−2 gamma). For gamma = 1 (noise like the Hessian) psi is 0 or 2, for gamma = 2 it is
 * 2 or 4: the exponent −4 of ivf2021 needs gamma = 2 and modes that do not relax within the window or under the shuffling, or
 * gamma = 3.
 */
export function psiByRegime(gamma: number): RegimePrediction[] {
  return [
    { regime: 'long window', variance: 'eta C/(2h)', psi: 2 * (gamma - 1) },
    { regime: 'short window', variance: 'eta² C T/6', psi: 2 * gamma },
    { regime: 'shuffled, flat', variance: 'eta² C (M+1)/6', psi: 2 * gamma },
    { regime: 'shuffled, curved', variance: 'eta C/(2h)', psi: 2 * (gamma - 1) },
  ];
}

/** Gives the curvatures at which regimes meet, in nat/weight². */
interface Crossovers {
  /** h_x = 3(1−mu)/(eta (M+1)), below which shuffling sets the variance. NaN without shuffling. */
  readonly shuffling: number;
  /** (1−mu)·3/(eta T), below which a mode under white noise does not relax within the window (eta² C T/6 = eta C/(2h)). */
  readonly window: number;
}

/**
 * Computes the curvatures at which regimes meet, docs/theory [S3], [S4]; with momentum the relaxation rate is eta h/(1−mu) per
 * step.
 * @param o - `window` is T in steps, `batchesPerEpoch` is M (leave it out for batches that are not shuffled)
 */
export function crossovers(o: {
  readonly learningRate: number;
  readonly momentum?: number;
  readonly batchesPerEpoch?: number;
  readonly window: number;
}): Crossovers {
  const rate = o.learningRate / (1 - (o.momentum ?? 0));
  const M = o.batchesPerEpoch;
  return { shuffling: M === undefined ? Number.NaN : 3 / (rate * (M + 1)), window: 3 / (rate * o.window) };
}

/**
 * Returns the regime of a mode of curvature h ≥ 0. For shuffled batches it assumes a window of at least one epoch: the noise
 * sums to zero over every epoch.
 */
export function regimeOf(h: number, at: Crossovers): Regime {
  if (!Number.isNaN(at.shuffling)) return h < at.shuffling ? 'shuffled, flat' : 'shuffled, curved';
  return h < at.window ? 'short window' : 'long window';
}

/**
 * Fits gamma of C_ii ~ H_ii^gamma over the modes whose curvature and noise both exceed `floor` of their largest (default 1e-8;
 * lower values are rounding), by an orthogonal line with its bracket (`powerLaw`). The scale of C (per sample or per batch)
 * does not matter.
 */
export function noiseExponent(
  curvatures: ArrayLike<number>,
  noise: ArrayLike<number>,
  options: PowerLawOptions & { readonly floor?: number },
): PowerLawFit {
  const { floor = 1e-8, ...rest } = options;
  const top = (x: ArrayLike<number>) => Array.from(x).reduce((m, v) => Math.max(m, v), 0);
  const [h, c] = [floor * top(curvatures), floor * top(noise)];
  const kept = Array.from(curvatures, (_, i) => i).filter((i) => curvatures[i] > h && noise[i] > c);
  return powerLaw(
    kept.map((i) => curvatures[i]),
    kept.map((i) => noise[i]),
    rest,
  );
}
