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
import { type AnyNetwork, isLayered, recordedBlock } from '../../model/any-network.js';
import type { ProviderChoice } from '../../numeric/linalg/provider.js';
import { readArray } from '../../record/arrays.js';
import { readPart, writeJson } from '../../record/json.js';
import type { Context } from '../context.js';
import { HALF, type PlaneRequest, planeRequest } from '../flatness/plane.js';
import { measureInBatches, PARTIAL } from '../flatness/stage.js';
import { contextsOf, hasSeveral, placeOf, windowFile } from '../layers.js';
import { dynamicsRanks, flatnessRanks } from '../ranks.js';
import type { AnyConfig } from '../schema.js';
import { finalWeights, TRAJECTORY } from '../train.js';
import { type DynamicsResult, runWindowJob, type WindowJob } from './jobs.js';

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
  await folder.stage('pca', options, async () => {
    for (const own of contextsOf(context))
      await doJob(own, {
        ...common(own, provider),
        job: 'pca',
        summary: windowFile(own, PCA),
        budget: config.analysis.memoryBudget,
      });
  });
  await folder.stage('dynamics', options, async () => {
    for (const own of contextsOf(context)) {
      const ranks = dynamicsRanks(config.analysis, summaryOf(own).variances.length);
      await doJob(own, { ...common(own, provider), job: 'dynamics', ranks, result: windowFile(own, DYNAMICS) });
    }
  });
}

function common(context: Context, provider: ProviderChoice) {
  const { kernelBuild } = context.folder.record;
  return { trajectory: windowFile(context, TRAJECTORY), arrays: windowFile(context, ARRAYS), provider, kernelBuild };
}

const WINDOW_JOBS: JobKind<undefined, WindowJob, void> = {
  worker: new URL('./worker.js', import.meta.url),
  run: runWindowJob,
  name: ({ job }) => `the ${job} stage`,
};

async function doJob({ options, folder, config }: Context, job: WindowJob): Promise<void> {
  const of = hasSeveral(config) ? `${config.record.layer}: ` : '';
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
        note: `${of}${job.job === 'pca' && share === 1 ? 'eigenvalues and directions' : what}`,
      }),
    onDone: () => {},
  });
  if (!finished) throw new InterruptedError(folder.path);
}

/** Reads the summary of the principal component analysis of the layer that the context measures. */
export function summaryOf(context: Context): PcaSummary {
  return readPart<PcaSummary>(windowFile(context, PCA), ['T', 'P', 'variances', 'totalVariance']);
}

/**
 * Returns all weights of a run, flat: the layer that the config measures at the centre that it names, the others at the end of the window.
 */
export async function centreWeights(
  config: Pick<AnyConfig, 'record' | 'analysis'>,
  network: AnyNetwork,
  run: string,
): Promise<Float32Array> {
  const weights = finalWeights(run, network);
  const centre = await readArray(join(placeOf(config, run), ARRAYS), config.analysis.centre);
  weights.set(Float32Array.from(centre.data), recordedBlock(network, config.record.layer).offset);
  return weights;
}

/** The grid around the path in the plane of the two largest principal directions; undefined where that path was not followed. */
function planeIn(context: Context): PlaneRequest | undefined {
  const { paths } = readPart<Pick<DynamicsResult, 'paths'>>(windowFile(context, DYNAMICS), ['paths']);
  const path = paths.find(({ indices: [i, j] }) => i === 1 && j === 2);
  const half = isLayered(context.network) ? HALF.layers : HALF.perceptron;
  return path && planeRequest(path, context.config.analysis.centre, half);
}

/**
 * Measures the widths of the valley along the directions of the config, in every recorded layer, and writes them to the folder `out`.
 * @throws InterruptedError
 */
export async function flatnessStage(context: Context, dataset: Dataset, out: string): Promise<void> {
  const layers = contextsOf(context);
  for (const own of layers) {
    const { folder, config, network } = own;
    const { variances } = summaryOf(own);
    const ranks = flatnessRanks(config.analysis, variances.length);
    const weights = await centreWeights(config, network, folder.path);
    const { data: directions } = await readArray(windowFile(own, ARRAYS), 'directions');
    const place = placeOf(config, out);
    const request = { weights, samples: dataset.train, ranks, variances, directions, plane: planeIn(own) };
    writeJson(join(place, FLATNESS), await measureInBatches(own, request, place));
  }
  // what was measured of the first layers is kept until the last one is done, for a run that is stopped between them
  for (const { config } of layers) rmSync(join(placeOf(config, out), PARTIAL), { force: true });
}
