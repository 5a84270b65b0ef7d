/** The part of the stage `walk` that runs of layers, and of optimisers, have beside it: the relation under the controls that matter. */
import { join } from 'node:path';
import type { Dataset } from '../../data/dataset.js';
import { InterruptedError } from '../../jobs/context.js';
import { gigabytes } from '../../jobs/memory.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import { recordedBlock } from '../../model/any-network.js';
import { check } from '../../numeric/errors.js';
import { median } from '../../numeric/statistics.js';
import { readCheckpoint } from '../../record/checkpoint.js';
import { writeJson } from '../../record/json.js';
import type { Context } from '../../runs/context.js';
import { contextsOf, hasSeveral, placeOf, windowFile } from '../../runs/layers.js';
import { optimiserIn, penaltyOf } from '../../runs/optimiser.js';
import type { LayerMeasured } from '../../runs/relation/layer.js';
import { CHECKPOINT, historyIn, type RunState, TRAJECTORY, WINDOW_START } from '../../runs/train.js';
import { centreWeights, summaryOf } from '../../runs/window/stages.js';
import { hasWindowStart } from '../../runs/window-writers.js';
import { type FormFailure, whereFormFails } from '../../theory/optimisers/holds.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import { preconditionerOf } from '../../theory/optimisers/own-coordinates.js';
import type { Ends, WindowEnds } from './relation-ends.js';
import { RELATION_WORK, type RelationAnswer, type RelationFound, type RelationJob } from './relation-job.js';

/** File of the relation under its controls. */
export const RELATION = 'relation.json';

/** Holds the relation of a layer under its controls, and what keeps it from deciding. */
export interface RelationDocument {
  readonly optimiser: string;
  /** Whether the stopping rule was met, and in which words. */
  readonly met: boolean;
  readonly stopped: string;
  /** Median over the layer's weights of max(r, 1/r), r = √v at the end over √v at the beginning of the window. */
  readonly moved?: number;
  /** Loss and noise at both ends of the window; undefined in documents of earlier versions. */
  readonly ends?: WindowEnds;
  /** Why the window is not one of a fixed linear form; undefined in documents of earlier versions, which did not ask. */
  readonly fails?: readonly FormFailure[];
  readonly measured?: LayerMeasured;
  /** Why there is nothing measured. */
  readonly missing?: string;
}

/** Most directions of each regime. */
const DIRECTIONS = 48;

const RELATION_JOBS: JobKind<undefined, RelationJob, RelationAnswer> = {
  ...RELATION_WORK,
  worker: new URL('./relation-worker.js', import.meta.url),
  name: ({ job }) => (job === 'ends' ? 'both ends of the window' : 'the relation under its controls'),
};

/** Says whether a run has this part: a perceptron with SGD leaves it to `reproduce controls`. */
export const hasRelation = hasWindowStart;

/** Measures the relation of every recorded layer and writes it to the folder `out`. */
export async function relationStage(context: Context, dataset: Dataset, out: string): Promise<void> {
  for (const own of contextsOf(context))
    writeJson(join(placeOf(own.config, out), RELATION), await relationOf(own, dataset));
}

async function relationOf(context: Context, { train }: Dataset): Promise<RelationDocument> {
  const { folder, config, network } = context;
  const { record, training, analysis, seed } = config;
  const { T, P } = summaryOf(context);
  const optimiser = optimiserIn(config, T / record.windowEpochs);
  const form = linearForm(optimiser);
  const block = recordedBlock(network, record.layer);
  const { stopped } = historyIn(folder.path);
  const [start, end] = [WINDOW_START, CHECKPOINT].map((name) => readCheckpoint<RunState>(folder.file(name), network));
  check(
    start !== undefined && end !== undefined,
    'no-checkpoint',
    () =>
      `${folder.file(start ? CHECKPOINT : WINDOW_START)} is missing, with which the ends of the window are compared; restore it from a copy, or make the run again in another folder.`,
  );
  const [before, after] = [start.optimiser?.squares, end.optimiser?.squares];
  const own = (v: Float32Array) => v.subarray(block.offset, block.offset + block.size);
  const samples = sharedSamples(train);
  const { kernelBuild } = folder.record;
  const ends = (await answerTo(context, {
    job: 'ends',
    kernelBuild,
    network,
    samples,
    layer: record.layer,
    start: start.weights,
    end: end.weights,
  })) as WindowEnds;
  const head = {
    optimiser: optimiser.type,
    met: !stopped.startsWith('the rule '),
    stopped,
    ...(before && after && { moved: movement(own(before), own(after)) }),
    ends,
    fails: whereFormFails({
      form,
      steps: { start: end.state.step - T, end: end.state.step },
      clipped: (end.state.clipped ?? 0) - (start.state.clipped ?? 0),
      ...(before && after && { squares: { start: own(before), end: own(after) } }),
      noise: positive(ends.noise),
      loss: positive(ends.loss),
    }),
  };
  const bytes = 16 * T * P;
  if (training.sampling !== 'shuffled' || training.lastBatch !== 'drop')
    return { ...head, missing: 'The walk is drawn for shuffled batches of one size.' };
  if (bytes > analysis.memoryBudget)
    return {
      ...head,
      missing: `The window of ${T} steps of ${P} weights and its walk need ${gigabytes(bytes)}, more than analysis.memoryBudget.`,
    };
  if (form.adaptive && !after)
    return { ...head, missing: 'The mean squared gradients at the end of the window are not there.' };
  const { kind: provider } = await pinnedProvider(folder.record, config.provider, folder.path);
  const preconditioner = form.adaptive ? preconditionerOf(form, own(after!), end.state.step) : undefined;
  const job: RelationJob = {
    job: 'measure',
    provider,
    kernelBuild,
    trajectory: windowFile(context, TRAJECTORY),
    network,
    weights: await centreWeights(config, network, folder.path),
    samples,
    layer: record.layer,
    optimiser,
    penalty: penaltyOf(config),
    ...(preconditioner && { preconditioner }),
    batchSize: training.batchSize,
    windowEpochs: record.windowEpochs,
    directions: Math.min(DIRECTIONS, typeof analysis.directions === 'number' ? analysis.directions : DIRECTIONS),
    relativeTolerance: Math.max(analysis.relativeTolerance, 1e-3),
    seed,
  };
  const found = (await answerTo(context, job)) as RelationFound;
  return 'missing' in found ? { ...head, ...found } : { ...head, measured: found };
}

/** Does one job in a worker thread. */
async function answerTo({ folder, options, config }: Context, job: RelationJob): Promise<RelationAnswer> {
  let found: RelationAnswer | undefined;
  const of = hasSeveral(config) ? `${config.record.layer}: ` : '';
  const finished = await runJobs(RELATION_JOBS, undefined, [job], {
    workers: 1,
    signal: options.signal,
    onProgress: (_, note, share) =>
      options.onProgress?.({
        stage: 'walk',
        done: Math.round(100 * share),
        total: 100,
        unit: '%',
        note: `${of}${note}`,
      }),
    onDone: (_, answer) => {
      found = answer;
    },
  });
  if (!finished || !found) throw new InterruptedError(folder.path);
  return found;
}

/** Both ends above 0: a loss of 0 is one that has changed without bound. */
const positive = ({ start, end }: Ends): Ends => ({
  start: Math.max(start, Number.MIN_VALUE),
  end: Math.max(end, Number.MIN_VALUE),
});

/** Median over weights of the larger of end to beginning and its inverse; weights that never had a gradient are left out. */
function movement(before: Float32Array, after: Float32Array): number {
  const ratios: number[] = [];
  for (let i = 0; i < before.length; i++) {
    if (!(before[i] > 0 && after[i] > 0)) continue;
    const r = Math.sqrt(after[i] / before[i]);
    ratios.push(Math.max(r, 1 / r));
  }
  return ratios.length > 0 ? median(ratios) : Number.POSITIVE_INFINITY;
}
