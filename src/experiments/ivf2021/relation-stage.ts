/** The part of the stage `walk` that runs of layers, and of optimisers, have beside it: the relation under the controls that matter. */
import { join } from 'node:path';
import type { Dataset } from '../../data/dataset.js';
import { InterruptedError } from '../../jobs/context.js';
import { gigabytes } from '../../jobs/memory.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { isLayered, recordedBlock } from '../../model/any-network.js';
import { median } from '../../numeric/statistics.js';
import { readCheckpoint } from '../../record/checkpoint.js';
import { writeJson } from '../../record/json.js';
import type { Context } from '../../runs/context.js';
import { optimiserIn, penaltyOf } from '../../runs/optimiser.js';
import type { LayerMeasured } from '../../runs/relation/layer.js';
import { CHECKPOINT, historyIn, TRAJECTORY, WINDOW_START } from '../../runs/train.js';
import { centreWeights, summaryOf } from '../../runs/window/stages.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import { preconditionerOf } from '../../theory/optimisers/own-coordinates.js';
import { RELATION_WORK, type RelationAnswer, type RelationJob } from './relation-job.js';

/** File of the relation under its controls. */
export const RELATION = 'relation.json';

/** Holds the relation of a run under its controls, and what keeps it from deciding. */
export interface RelationDocument {
  readonly optimiser: string;
  /** Whether the stopping rule was met, and in which words. */
  readonly met: boolean;
  readonly stopped: string;
  /** Median over the layer's weights of max(r, 1/r), r = √v at the end over √v at the beginning of the window. */
  readonly moved?: number;
  readonly measured?: LayerMeasured;
  /** Why there is nothing measured. */
  readonly missing?: string;
}

/** Most directions of each regime. */
const DIRECTIONS = 48;

const RELATION_JOBS: JobKind<undefined, RelationJob, RelationAnswer> = {
  ...RELATION_WORK,
  worker: new URL('./relation-worker.js', import.meta.url),
  name: () => 'the relation under its controls',
};

/** Says whether a run has this part: a perceptron with SGD leaves it to `reproduce controls`. */
export const hasRelation = ({ network, config }: Pick<Context, 'network' | 'config'>): boolean =>
  isLayered(network) || config.optimiser !== undefined;

/** Measures the relation and writes it to the folder `out`. */
export async function relationStage(context: Context, dataset: Dataset, out: string): Promise<void> {
  writeJson(join(out, RELATION), await relationOf(context, dataset));
}

async function relationOf(context: Context, { train }: Dataset): Promise<RelationDocument> {
  const { folder, config, network, options } = context;
  const { record, training, analysis, seed } = config;
  const { T, P } = summaryOf(context);
  const optimiser = optimiserIn(config, T / record.windowEpochs);
  const form = linearForm(optimiser);
  const block = recordedBlock(network, record.layer);
  const { stopped } = historyIn(folder.path);
  const [start, end] = [WINDOW_START, CHECKPOINT].map((name) => readCheckpoint<object>(folder.file(name), network));
  const [before, after] = [start?.optimiser?.squares, end?.optimiser?.squares];
  const own = (v: Float32Array) => v.subarray(block.offset, block.offset + block.size);
  const head = {
    optimiser: optimiser.type,
    met: !stopped.startsWith('the rule '),
    stopped,
    ...(before && after && { moved: movement(own(before), own(after)) }),
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
  const preconditioner = form.adaptive ? preconditionerOf(form, own(after!), stepsIn(end!.state)) : undefined;
  const job: RelationJob = {
    provider,
    kernelBuild: folder.record.kernelBuild,
    trajectory: folder.file(TRAJECTORY),
    network,
    weights: await centreWeights(config, network, folder.path),
    samples: train,
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
  let found: RelationAnswer | undefined;
  const finished = await runJobs(RELATION_JOBS, undefined, [job], {
    workers: 1,
    signal: options.signal,
    onProgress: (_, note, share) =>
      options.onProgress?.({ stage: 'walk', done: Math.round(100 * share), total: 100, unit: '%', note }),
    onDone: (_, answer) => {
      found = answer;
    },
  });
  if (!finished || !found) throw new InterruptedError(folder.path);
  return 'missing' in found ? { ...head, ...found } : { ...head, measured: found };
}

const stepsIn = (state: object): number => (state as { step: number }).step;

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
