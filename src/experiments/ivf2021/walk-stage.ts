/** The stage that draws the null of a window: walks with the run's own noise. docs/theory [N1]. */
import { join } from 'node:path';
import { batchShare } from '../../analyse/curvature/batch-curvature.js';
import { isDiffusing } from '../../analyse/trajectory/diffusing.js';
import type { NoWalk, PcaSummary, WalkForm, WalkNull } from '../../analyse/trajectory/results.js';
import { rankLawRanks } from '../../analyse/trajectory/scaling.js';
import type { Dataset } from '../../data/dataset.js';
import { InterruptedError } from '../../jobs/context.js';
import { gigabytes } from '../../jobs/memory.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { readArray } from '../../record/arrays.js';
import { writeJson } from '../../record/json.js';
import type { Context } from '../../runs/context.js';
import { contextsOf, placeOf, windowFile } from '../../runs/layers.js';
import { optimiserIn } from '../../runs/optimiser.js';
import { dynamicsRanks } from '../../runs/ranks.js';
import { ARRAYS, centreWeights, summaryOf } from '../../runs/window/stages.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import { gammaOf, type NoiseSpectrum, WALK_WORK, type WalkAnswer, type WalkJob } from './walk-jobs.js';

/** File of the null. */
export const WALK = 'walk.json';
/** Last rank at which the drawn variances of a walk are compared with those of a run (`walkVariances`). */
const LAST_RANK = 1250;

const WALK_JOBS: JobKind<undefined, WalkJob, WalkAnswer> = {
  ...WALK_WORK,
  worker: new URL('./walk-worker.js', import.meta.url),
  name: ({ job }) => (job === 'noise' ? 'the gradient covariance of the layer' : 'the walks'),
};

/**
 * Measures the gradient covariance of each recorded layer at the centre, draws walks with it, and writes the null, or why there
 * is none, to the folder `out`.
 * @throws InterruptedError
 */
export async function walkStage(context: Context, dataset: Dataset, out: string): Promise<void> {
  for (const own of contextsOf(context)) writeJson(join(placeOf(own.config, out), WALK), await walkNull(own, dataset));
}

async function walkNull(context: Context, dataset: Dataset): Promise<WalkNull | NoWalk> {
  const { folder, config, network } = context;
  const { training, record, analysis, seed } = config;
  const pca = summaryOf(context);
  const missing = whyMissing(context, dataset, pca);
  if (missing !== undefined) return { missing };
  const { kind: provider } = await pinnedProvider(folder.record, config.provider, folder.path);
  const common = { provider, kernelBuild: folder.record.kernelBuild };
  const weights = await centreWeights(config, network, folder.path);
  const { data: mean } = await readArray(windowFile(context, ARRAYS), 'mean');
  const samples = dataset.train;
  const [spectrum] = (await doJobs(context, [
    { job: 'noise', ...common, network, weights, samples, layer: record.layer, mean },
  ])) as [NoiseSpectrum];
  const { eigenvalues, alongWeights } = spectrum;
  const factor = training.learningRate ** 2 * batchShare(samples.count, training);
  const covariance = eigenvalues.map((v) => factor * v);
  const law = rankLawRanks(pca, LAST_RANK);
  const followed = dynamicsRanks(analysis, pca.variances.length).filter(isDiffusing);
  const epochs = record.windowEpochs;
  const forms: WalkJob[] = (['replaced', 'shuffled'] as const)
    .filter((sampling) => sampling === 'replaced' || (pca.T % epochs === 0 && pca.T / epochs >= 2))
    .map((sampling) => ({
      job: 'draws',
      ...common,
      window: { steps: pca.T, sampling, batchesPerEpoch: pca.T / epochs, momentum: training.momentum },
      covariance,
      law,
      followed,
      seed,
    }));
  const trace = eigenvalues.reduce((a, b) => a + b, 0);
  return {
    samples: samples.count,
    stepVariance: factor * trace,
    directions: trace ** 2 / eigenvalues.reduce((a, b) => a + b * b, 0),
    alongWeights,
    ranks: [law[0] ?? Number.NaN, law[law.length - 1] ?? Number.NaN],
    gamma: gammaOf(law, pca.variances),
    forms: (await doJobs(context, forms)) as WalkForm[],
  };
}

/** Fewest weights and steps of a window whose walk is drawn. */
const FEWEST = 2;

function whyMissing({ config }: Context, dataset: Dataset, { P, T }: PcaSummary): string | undefined {
  const { training, analysis } = config;
  if (training.sampling === 'cyclic')
    return 'The same batches in the same order are a periodic force, not a noise with a covariance.';
  if (config.optimiser && linearForm(optimiserIn(config, 1)).adaptive)
    return 'The walk here is that of SGD; the walk through an adaptive optimiser is a control of the relation.';
  if (training.batchSize >= dataset.train.count) return 'Full batches have no noise.';
  if (P < FEWEST || T < 40) return `A window of ${T} steps of ${P} weights is too small for a walk.`;
  const bytes = 24 * P * P;
  return bytes > analysis.memoryBudget
    ? `The gradient covariance of ${P} weights needs ${gigabytes(bytes)} with its eigenproblem, more than analysis.memoryBudget.`
    : undefined;
}

/** Does the jobs in worker threads and returns their answers in the order of the jobs. */
async function doJobs({ config, options, folder }: Context, jobs: readonly WalkJob[]): Promise<WalkAnswer[]> {
  const answers = new Map<WalkJob, WalkAnswer>();
  const finished = await runJobs(WALK_JOBS, undefined, jobs, {
    workers: config.workers,
    signal: options.signal,
    onProgress: (_, note, share) =>
      options.onProgress?.({ stage: 'walk', done: Math.round(100 * share), total: 100, unit: '%', note }),
    onDone: (job, answer) => {
      answers.set(job, answer);
    },
  });
  if (!finished) throw new InterruptedError(folder.path);
  return jobs.map((job) => answers.get(job)!);
}
