/**
 * The stages that measure a recorded window, each of which reads and writes files: principal directions, their motion,
 * widths along them.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PcaSummary } from '../../analyse/trajectory/results.js';
import type { Dataset } from '../../data/dataset.js';
import { InterruptedError } from '../../jobs/context.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { type AnyNetwork, recordedBlock } from '../../model/any-network.js';
import type { ProviderChoice } from '../../numeric/linalg/provider.js';
import { readArray } from '../../record/arrays.js';
import { readPart, writeJson } from '../../record/json.js';
import type { Context } from '../context.js';
import { measureInBatches, PARTIAL } from '../flatness/stage.js';
import { dynamicsRanks, flatnessRanks } from '../ranks.js';
import type { AnyConfig } from '../schema.js';
import { finalWeights, TRAJECTORY } from '../train.js';
import { runWindowJob, type WindowJob } from './jobs.js';

/** The documents of a measured window. */
export const ARRAYS = 'pca.zarr';
export const [PCA, DYNAMICS, FLATNESS] = ['pca.json', 'dynamics.json', 'flatness.json'];

/**
 * Computes the principal directions and their drift and diffusion, which depend on the recorded window alone.
 * @throws InterruptedError; InputError when this machine does not have the linear algebra of an earlier attempt
 */
export async function windowStages(context: Context): Promise<void> {
  const { folder, config, options } = context;
  const { stages } = folder.record;
  if (stages.pca.status === 'done' && stages.dynamics.status === 'done') return;
  const { kind: provider } = await pinnedProvider(folder.record, config.provider, folder.path);
  await folder.stage('pca', options, () =>
    doJob(context, {
      ...common(context, provider),
      job: 'pca',
      summary: folder.file(PCA),
      budget: config.analysis.memoryBudget,
    }),
  );
  await folder.stage('dynamics', options, async () => {
    const ranks = dynamicsRanks(config.analysis, summaryOf(context).variances.length);
    await doJob(context, { ...common(context, provider), job: 'dynamics', ranks, result: folder.file(DYNAMICS) });
  });
}

function common({ folder }: Context, provider: ProviderChoice) {
  const { kernelBuild } = folder.record;
  return { trajectory: folder.file(TRAJECTORY), arrays: folder.file(ARRAYS), provider, kernelBuild };
}

const WINDOW_JOBS: JobKind<undefined, WindowJob, void> = {
  worker: new URL('./worker.js', import.meta.url),
  run: runWindowJob,
  name: ({ job }) => `the ${job} stage`,
};

async function doJob({ options, folder }: Context, job: WindowJob): Promise<void> {
  const finished = await runJobs(WINDOW_JOBS, undefined, [job], {
    workers: 1,
    signal: options.signal,
    onProgress: (_, what, share) =>
      options.onProgress?.({
        stage: job.job,
        done: Math.round(100 * share),
        total: 100,
        unit: '%',
        // the eigenproblem follows when all rows are read, and cannot report its progress
        note: job.job === 'pca' && share === 1 ? 'eigenvalues and directions' : what,
      }),
    onDone: () => {},
  });
  if (!finished) throw new InterruptedError(folder.path);
}

/** Reads the summary of the principal component analysis. */
export function summaryOf({ folder }: Context): PcaSummary {
  return readPart<PcaSummary>(folder.file(PCA), ['T', 'P', 'variances', 'totalVariance']);
}

/**
 * Returns all weights of a run, flat: the recorded layer at the centre that the config names, the others at the end of the window.
 */
export async function centreWeights(
  { record, analysis }: Pick<AnyConfig, 'record' | 'analysis'>,
  network: AnyNetwork,
  run: string,
): Promise<Float32Array> {
  const weights = finalWeights(run, network);
  const centre = await readArray(join(run, ARRAYS), analysis.centre);
  weights.set(Float32Array.from(centre.data), recordedBlock(network, record.layer).offset);
  return weights;
}

/**
 * Measures the widths of the valley along the directions of the config, and writes them to the folder `out`.
 * @throws InterruptedError
 */
export async function flatnessStage(context: Context, dataset: Dataset, out: string): Promise<void> {
  const { folder, config, network } = context;
  const { variances } = summaryOf(context);
  const ranks = flatnessRanks(config.analysis, variances.length);
  const weights = await centreWeights(config, network, folder.path);
  const { data: directions } = await readArray(folder.file(ARRAYS), 'directions');
  const summary = await measureInBatches(
    context,
    { weights, samples: dataset.train, ranks, variances, directions },
    out,
  );
  writeJson(join(out, FLATNESS), summary);
  rmSync(join(out, PARTIAL), { force: true });
}
