/** The preparation of a run, from its config to the first step: data, checks, folder, lock, kernel build. */
import type { Dataset } from '../data/dataset.js';
import { oneHot } from '../data/one-hot.js';
import { batchPlan } from '../data/samplers.js';
import type { RunOptions } from '../jobs/context.js';
import { bytesIn, checkDisk, type DiskPart } from '../jobs/disk.js';
import { JobFolder } from '../jobs/folder.js';
import { usableMemory } from '../jobs/machine.js';
import { checkMemory, type MemoryNeed } from '../jobs/memory.js';
import { forceKernelBuild, type KernelBuild, kernelBuild } from '../kernels/load.js';
import { layerNamed } from '../model/network.js';
import { check } from '../numeric/errors.js';
import { sameData } from '../numeric/json.js';
import { randomKey } from '../numeric/random.js';
import { checkLayers, completeConfig, configHash } from './config.js';
import type { Context } from './context.js';
import { type DatasetPart, type DatasetRequest, loadDataset } from './datasets.js';
import { differenceOf, openRun, RUN, type RunHead, readRecord, type StageName } from './folder.js';
import { diskNeed, memoryNeed } from './memory.js';
import { checkRanks } from './ranks.js';
import type { Config, PartialConfig } from './schema.js';

/** Holds a run that is ready for its first step. */
export interface Prepared {
  readonly context: Context;
  readonly dataset: Dataset;
  readonly memory: MemoryNeed;
  /** Bytes that the run writes. */
  readonly disk: number;
}

/** Fewest steps of a window that is recorded. */
const LEAST_STEPS = 20;

/** Returns the folder of a run when none is given. */
function defaultFolder(config: Pick<Config, 'experiment' | 'preset' | 'seed'>): string {
  return `${config.experiment}-${config.preset}-seed${config.seed}`;
}

/**
 * Begins a run, or continues one that was stopped. Everything that can be refused is refused before the folder exists.
 * @param layers - layers of the config, later ones overriding; on `resume` they may only repeat the run's own settings
 * @param path - the run folder; `defaultFolder` of the config when undefined
 * @param leastSteps - fewest steps of the window that what follows can use
 * @throws InputError for a wrong config, data that do not fit the network, too little memory, and a folder that cannot
 * be used
 */
export async function prepare(
  layers: readonly (PartialConfig | undefined)[],
  path: string | undefined,
  resume: boolean,
  options: RunOptions,
  leastSteps = LEAST_STEPS,
): Promise<Prepared> {
  return resume
    ? continueRun(layers, path ?? defaultFolder(completeConfig(...layers)), options, leastSteps)
    : begin(layers, path, options, leastSteps);
}

async function begin(
  layers: readonly (PartialConfig | undefined)[],
  path: string | undefined,
  options: RunOptions,
  leastSteps: number,
): Promise<Prepared> {
  const config = completeConfig(...layers);
  checkLayers(config, undefined);
  const place = path ?? defaultFolder(config);
  JobFolder.check(RUN, place, { resume: false });
  useKernel(config.kernel);
  const start = performance.now();
  const dataset = await loadFor(config, options);
  const seconds = Math.round(performance.now() - start) / 1000;
  const { memory, disk } = checkedNeed(config, dataset, leastSteps, place);
  const seeds = {
    seed: config.seed,
    init: 'key(seed)/init',
    batches: 'key(seed)/batches/epoch',
    generator: 'Philox4x32-10',
  };
  const head = { config, configHash: configHash(config), seeds, data: dataset.provenance, memory };
  const folder = JobFolder.open<StageName, RunHead>(RUN, place, head, { resume: false });
  folder.record.stages.load = { status: 'done', seconds };
  folder.save();
  return { context: { folder, config, options }, dataset, memory, disk };
}

async function continueRun(
  layers: readonly (PartialConfig | undefined)[],
  path: string,
  options: RunOptions,
  leastSteps: number,
): Promise<Prepared> {
  const before = readRecord(path);
  const config = completeConfig(before.config as PartialConfig, ...layers);
  JobFolder.check<StageName, RunHead>(RUN, path, {
    resume: true,
    differs: (record) => differenceOf(record, config, path),
  });
  useKernel(before.kernelBuild, `the run in ${path} was begun`);
  const folder = openRun(path);
  try {
    const start = performance.now();
    const dataset = await loadFor(config, options);
    check(
      sameData(dataset.provenance, folder.record.data),
      'data-changed',
      `the data set '${config.data.set}' is not the one that the run in ${path} was begun with (its files differ); start a new run with --out.`,
    );
    const { memory, disk } = checkedNeed(config, dataset, leastSteps, path);
    const { stages } = folder.record;
    if (stages.load.status !== 'done') {
      // an earlier process was killed between its first record and this one
      stages.load = { status: 'done', seconds: Math.round(performance.now() - start) / 1000 };
      folder.save();
    }
    return { context: { folder, config, options }, dataset, memory, disk };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/**
 * Loads the data set of a config and checks that the network fits it.
 * @throws InputError
 */
export async function loadFor(config: Config, options: RunOptions = {}): Promise<Dataset> {
  options.onProgress?.({ stage: 'load', done: 0, unit: 'files', note: config.data.set });
  const { set, teacher, limit, classes, normalize } = config.data;
  const request = set === 'teacher' ? { teacher: teacher! } : set;
  const part = {
    ...(limit !== undefined && { limit }),
    ...(classes !== undefined && { classes }),
    ...(normalize && { normalize }),
  };
  const dataset = await loadDataset(request as DatasetRequest, part as DatasetPart);
  const { widths } = config.network;
  const [inputs, outputs] = [widths[0], widths[widths.length - 1]];
  check(
    inputs === dataset.train.size && (dataset.train.targets ? outputs === dataset.classes : outputs >= dataset.classes),
    'network-does-not-fit',
    () =>
      `the data set '${dataset.name}' has ${dataset.train.size} inputs and ${dataset.classes} classes; the network ${widths.join('-')} ` +
      `has ${inputs} inputs and ${outputs} outputs: set network.widths to [${dataset.train.size}, …, ${dataset.classes}].`,
  );
  return forLoss(dataset, config);
}

/**
 * Gives the loss what it needs: labels become one-hot targets of the squared error.
 * @throws InputError for targets where cross-entropy needs labels
 */
function forLoss(dataset: Dataset, { network: { loss, widths } }: Config): Dataset {
  const { train, test, name } = dataset;
  check(
    loss === 'squared-error' || train.labels !== undefined,
    'no-labels',
    `the data set '${name}' has targets and no labels, which cross-entropy needs: set network.loss to squared-error.`,
  );
  if (loss === 'cross-entropy' || !train.labels) return dataset;
  const outputs = widths[widths.length - 1];
  return { ...dataset, train: oneHot(train, outputs), ...(test && { test: oneHot(test, outputs) }) };
}

/** States the memory and the disk that a run needs. */
export interface RunNeed {
  /** Steps of the window. */
  readonly steps: number;
  readonly memory: MemoryNeed;
  readonly disk: readonly DiskPart[];
}

/**
 * States what a run will need, after the checks that `prepare` makes but for those of its folder; nothing is written.
 * @throws InputError for a wrong config, data that do not fit the network, too little memory
 */
export async function planRun(
  layers: readonly (PartialConfig | undefined)[],
  options: RunOptions,
  leastSteps = LEAST_STEPS,
): Promise<RunNeed> {
  const config = completeConfig(...layers);
  checkLayers(config, undefined);
  useKernel(config.kernel);
  return needOf(config, await loadFor(config, options), leastSteps);
}

/**
 * Checks window length, batch size, ranks and memory before the first step, and returns what the run needs.
 * @throws InputError
 */
export function needOf(config: Config, dataset: Dataset, leastSteps = LEAST_STEPS): RunNeed {
  const { training, record, analysis } = config;
  const plan = batchPlan({ count: dataset.train.count, ...training, key: randomKey(config.seed) });
  const steps = plan.batchesPerEpoch * record.windowEpochs;
  const layer = layerNamed(config.network, record.layer);
  const ranks = Math.min(layer.inputs * layer.outputs, steps - 1);
  check(
    steps >= leastSteps,
    'window-too-short',
    `the window has ${steps} steps (${record.windowEpochs} epochs of ${plan.batchesPerEpoch} batches); its fluctuations need at least ${leastSteps}: raise record.windowEpochs.`,
  );
  checkRanks(analysis.directions, ranks);
  const memory = memoryNeed(config, dataset, steps);
  checkMemory(memory, usableMemory());
  return { steps, memory, disk: diskNeed(config, steps) };
}

/** Checks the same and the disk, and returns memory and the bytes on disk. */
function checkedNeed(config: Config, dataset: Dataset, leastSteps: number, path: string) {
  const { memory, disk } = needOf(config, dataset, leastSteps);
  return { memory, disk: checkDisk(disk, path, bytesIn(path)) };
}

/** Chooses the kernel build by name; `auto` takes the best that the engine has. */
function useKernel(wanted: Config['kernel'], who = 'the config asks for'): KernelBuild {
  forceKernelBuild(undefined);
  const best = kernelBuild();
  if (wanted === 'auto' || wanted === best) return best;
  check(
    wanted === 'simd',
    'no-such-kernel',
    `${who} with the kernel build 'fma', which this engine cannot run (no relaxed SIMD); use Node 20 or newer on a machine with FMA, or a new run with kernel: simd.`,
  );
  forceKernelBuild(wanted);
  return wanted;
}

/**
 * Does `body` with the kernel build that a config names; afterwards the best one is taken again.
 * @throws InputError for a build that this engine cannot run
 */
export async function withKernel<T>(wanted: Config['kernel'], body: (build: KernelBuild) => Promise<T>): Promise<T> {
  const build = useKernel(wanted);
  try {
    return await body(build);
  } finally {
    forceKernelBuild(undefined);
  }
}
