/**
 * The null of a window, measured and drawn in worker threads: a walk with the run's own noise and no restoring force.
 * docs/theory [N1].
 */

import { gradientCovariance } from '../../analyse/noise/noise.js';
import type { OverDraws, WalkForm } from '../../analyse/trajectory/results.js';
import type { Samples } from '../../data/dataset.js';
import type { ReportProgress, Work } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { type AnyNetwork, isLayered, recordedBlock } from '../../model/any-network.js';
import { chooseProvider, type LinearAlgebra, type Matrix } from '../../numeric/linalg/index.js';
import type { ProviderChoice } from '../../numeric/linalg/provider.js';
import { leastSquares } from '../../numeric/lines.js';
import { type Key, randomKey } from '../../numeric/random.js';
import { logSpaced } from '../../numeric/spacing.js';
import { mean, median, variance } from '../../numeric/statistics.js';
import { surfaceBlock, surfaceOf } from '../../runs/surface.js';
import { gather } from '../../surface/blocks.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { type WalkWindow, walkShare, walkTimes, walkVariances } from '../../theory/walk.js';
import { walkExponents } from '../../theory/walk-motion.js';

interface Common {
  readonly provider: ProviderChoice;
  readonly kernelBuild: KernelBuild;
}

/** Asks for the spectrum of C1 at the centre of the window. */
interface NoiseJob extends Common {
  readonly job: 'noise';
  readonly network: AnyNetwork;
  /** All weights at the centre, flat. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly layer: string;
  /** Mean weights of the layer. */
  readonly mean: Float64Array;
}

/** Holds the spectrum of C1. */
export interface NoiseSpectrum {
  /** Eigenvalues of C1, PER SAMPLE, descending. */
  readonly eigenvalues: Float64Array;
  /** Root mean square cosine of a step with the mean weights: √(mᵀC1m/(mᵀm·Tr C1)). */
  readonly alongWeights: number;
}

/** Asks for the draws of one form of the walk. */
interface DrawJob extends Common {
  readonly job: 'draws';
  readonly window: WalkWindow;
  /** Eigenvalues of the covariance of one step, descending, weight². */
  readonly covariance: Float64Array;
  /** Ranks of the rank law, and ranks 10–100 whose motion is followed. */
  readonly law: readonly number[];
  readonly followed: readonly number[];
  readonly seed: number;
}

export type WalkJob = NoiseJob | DrawJob;
export type WalkAnswer = NoiseSpectrum | WalkForm;

/** Draws of spectra and of motions, which cost about half a second each, and of shares, which cost milliseconds. */
const [DRAWS, DRAWS_OF_SHARE] = [8, 200];
/** Bytes of per-sample states that one pass may keep. */
const CACHE = 256 * 2 ** 20;

export const WALK_WORK: Work<undefined, WalkJob, WalkAnswer> = {
  async run(job, _, report) {
    forceKernelBuild(job.kernelBuild);
    const la = await chooseProvider({ prefer: job.provider });
    return job.job === 'noise' ? noise(job, la) : draws(job, la, report);
  },
};

/** Returns C1 of the layer: second moment minus the square of the gradient. */
async function layerCovariance({ network, weights, samples, layer }: NoiseJob): Promise<Matrix> {
  const w = Float64Array.from(weights);
  if (!isLayered(network))
    return gradientCovariance(new NetworkPasses({ spec: network, weights: w, samples, cacheBytes: CACHE }), layer)
      .covariance;
  const surface = surfaceOf(network, samples);
  const block = surfaceBlock(recordedBlock(network, layer));
  const moment = await surface.secondMoment(w, block);
  const g = gather(block, (await surface.gradient(w)).gradient);
  for (let i = 0; i < block.size; i++)
    for (let j = 0; j < block.size; j++) moment.data[i * block.size + j] -= g[i] * g[j];
  await surface.close();
  return moment;
}

async function noise(job: NoiseJob, la: LinearAlgebra): Promise<NoiseSpectrum> {
  const { mean } = job;
  const covariance = await layerCovariance(job);
  const P = covariance.rows;
  let [along, square, trace] = [0, 0, 0];
  for (let i = 0; i < P; i++) {
    let row = 0;
    for (let k = 0; k < P; k++) row += covariance.data[i * P + k] * mean[k];
    along += mean[i] * row;
    square += mean[i] ** 2;
    trace += covariance.data[i * P + i];
  }
  const eigenvalues = la
    .eigvalsh(covariance)
    .map((v) => Math.max(0, v))
    .reverse();
  return { eigenvalues, alongWeights: Math.sqrt(along / (square * trace)) };
}

function draws(
  { window, covariance, law, followed, seed }: DrawJob,
  la: LinearAlgebra,
  report: ReportProgress,
): WalkForm {
  const { sampling } = window;
  const key = randomKey(seed).child('walk').child(sampling);
  const times = walkTimes(window);
  const share = overDraws(DRAWS_OF_SHARE, key.child('share'), (k) => walkShare(la, { covariance, times, key: k }));
  report('share of the first direction', 0.1);
  const spectra = eachDraw(DRAWS, key.child('variances'), (k, n) => {
    report('variances of the walk', 0.1 + (0.45 * n) / DRAWS);
    return walkVariances(la, { covariance, times, key: k });
  });
  const motions = eachDraw(DRAWS, key.child('motion'), (k, n) => {
    report('motion of the walk', 0.55 + (0.45 * n) / DRAWS);
    return walkExponents(la, { ...window, covariance, ranks: [1, ...followed], key: k });
  });
  const index = logSpaced(spectra[0].length, 100);
  return {
    sampling,
    variances: { index, value: index.map((i) => spectra.reduce((s, v) => s + v[i - 1] / DRAWS, 0)) },
    gamma: summarised(spectra.map((v) => gammaOf(law, v))),
    share,
    first: summarised(motions.map((m) => m[0])),
    // a short window has directions without an exponent, and then no median either
    median: summarised(
      motions.map((m) => (followed.length > 0 && m.every(Number.isFinite) ? median(m.slice(1)) : Number.NaN)),
    ),
  };
}

/** Fits gamma of variances ~ rank^−gamma by least squares in logarithms; NaN below five ranks. */
export function gammaOf(ranks: readonly number[], variances: ArrayLike<number>): number {
  if (ranks.length < 5) return Number.NaN;
  return -leastSquares(
    ranks.map(Math.log10),
    ranks.map((i) => Math.log10(variances[i - 1])),
  ).slope;
}

const eachDraw = <T>(count: number, key: Key, draw: (key: Key, n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => draw(key.child(n), n));

const overDraws = (count: number, key: Key, draw: (key: Key) => number): OverDraws =>
  summarised(eachDraw(count, key, draw));

const summarised = (values: readonly number[]): OverDraws => ({
  mean: mean(values),
  deviation: Math.sqrt(variance(values, 1)),
  draws: values.length,
});
