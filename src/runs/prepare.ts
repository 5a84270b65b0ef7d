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
import { type AnyNetwork, endsOf, recordedBlock } from '../model/any-network.js';
import { check } from '../numeric/errors.js';
import { sameData } from '../numeric/json.js';
import { randomKey } from '../numeric/random.js';
import { checkScheduleFits } from '../train/optimisers/schedule.js';
import { checkLayers, completeRunConfig, configHash } from './config.js';
import type { Context } from './context.js';
import { type DatasetPart, type DatasetRequest, loadDataset } from './datasets.js';
import { differenceOf, openRun, RUN, type RunHead, readRecord, type StageName } from './folder.js';
import { layersIn } from './layers.js';
import { diskNeed, memoryNeed } from './memory.js';
import { networkOf } from './network.js';
import { asWritten, optimiserIn } from './optimiser.js';
import { checkRanks } from './ranks.js';
import type { AnyConfig, Config, PartialConfig } from './schema.js';

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
function defaultFolder(config: Pick<AnyConfig, 'experiment' | 'preset' | 'seed'>): string {
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
    ? continueRun(layers, path ?? defaultFolder(completeRunConfig(...layers)), options, leastSteps)
    : begin(layers, path, options, leastSteps);
}

async function begin(
  layers: readonly (PartialConfig | undefined)[],
  path: string | undefined,
  options: RunOptions,
  leastSteps: number,
): Promise<Prepared> {
  const config = completeRunConfig(...layers);
  checkLayers(config, undefined);
  const place = path ?? defaultFolder(config);
  JobFolder.check(RUN, place, { resume: false });
  useKernel(config.kernel);
  const start = performance.now();
  const { dataset, network } = await loadRun(config, options);
  const seconds = Math.round(performance.now() - start) / 1000;
  const { memory, disk } = checkedNeed(config, { dataset, network }, leastSteps, place);
  const seeds = {
    seed: config.seed,
    init: 'key(seed)/init',
    batches: 'key(seed)/batches/epoch',
    generator: 'Philox4x32-10',
  };
  const own = 'widths' in config.network ? {} : { network };
  const head = { config, ...own, configHash: configHash(config), seeds, data: dataset.provenance, memory };
  const folder = JobFolder.open<StageName, RunHead>(RUN, place, head, { resume: false });
  folder.record.stages.load = { status: 'done', seconds };
  folder.save();
  return { context: { folder, config, network, options }, dataset, memory, disk };
}

async function continueRun(
  layers: readonly (PartialConfig | undefined)[],
  path: string,
  options: RunOptions,
  leastSteps: number,
): Promise<Prepared> {
  const before = readRecord(path);
  const config = completeRunConfig(asWritten(before.config), ...layers);
  JobFolder.check<StageName, RunHead>(RUN, path, {
    resume: true,
    differs: (record) => differenceOf(record, config, path),
  });
  useKernel(before.kernelBuild, `the run in ${path} was begun`);
  const folder = openRun(path);
  try {
    const start = performance.now();
    const { dataset, network } = await loadRun(config, options);
    check(
      sameData(dataset.provenance, folder.record.data),
      'data-changed',
      `the data set '${config.data.set}' is not the one that the run in ${path} was begun with (its files differ); start a new run with --out.`,
    );
    const { memory, disk } = checkedNeed(config, { dataset, network }, leastSteps, path);
    const { stages } = folder.record;
    if (stages.load.status !== 'done') {
      // an earlier process was killed between its first record and this one
      stages.load = { status: 'done', seconds: Math.round(performance.now() - start) / 1000 };
      folder.save();
    }
    return { context: { folder, config, network, options }, dataset, memory, disk };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** The data of a run and the network that fits them. */
export interface Loaded {
  readonly dataset: Dataset;
  readonly network: AnyNetwork;
}

/**
 * Loads the data set of a config and checks that the network fits it.
 * @throws InputError
 */
export async function loadFor(config: AnyConfig, options: RunOptions = {}): Promise<Dataset> {
  return (await loadRun(config, options)).dataset;
}

/**
 * Loads the data set of a config, and completes the network by what follows from the data.
 * @throws InputError for a network that does not fit them
 */
export async function loadRun(config: AnyConfig, options: RunOptions = {}): Promise<Loaded> {
  options.onProgress?.({ stage: 'load', done: 0, unit: 'files', note: config.data.set });
  const { set, teacher, limit, classes, normalize } = config.data;
  const request = set === 'teacher' ? { teacher: teacher! } : set;
  const part = {
    ...(limit !== undefined && { limit }),
    ...(classes !== undefined && { classes }),
    ...(normalize && { normalize }),
  };
  const dataset = await loadDataset(request as DatasetRequest, part as DatasetPart);
  const network = networkOf(config, dataset);
  return { dataset: forLoss(dataset, network), network };
}

/**
 * Gives the loss what it needs: labels become one-hot targets of the squared error.
 * @throws InputError for targets where cross-entropy needs labels
 */
function forLoss(dataset: Dataset, network: AnyNetwork): Dataset {
  const { train, test, name } = dataset;
  const { loss } = network;
  check(
    loss === 'squared-error' || train.labels !== undefined,
    'no-labels',
    `the data set '${name}' has targets and no labels, which cross-entropy needs: set network.loss to squared-error.`,
  );
  if (loss === 'cross-entropy' || !train.labels) return dataset;
  const { outputs } = endsOf(network);
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
): Promise<RunNeed & { readonly network: AnyNetwork }> {
  const config = completeRunConfig(...layers);
  checkLayers(config, undefined);
  useKernel(config.kernel);
  const loaded = await loadRun(config, options);
  return { ...needOf(config, loaded, leastSteps), network: loaded.network };
}

/**
 * Checks window length, batch size, ranks and memory before the first step, and returns what the run needs.
 * @throws InputError
 */
export function needOf(config: AnyConfig, { dataset, network }: Loaded, leastSteps = LEAST_STEPS): RunNeed {
  const { training, record, analysis } = config;
  const plan = batchPlan({ count: dataset.train.count, ...training, key: randomKey(config.seed) });
  const steps = plan.batchesPerEpoch * record.windowEpochs;
  check(
    steps >= leastSteps,
    'window-too-short',
    `the window has ${steps} steps (${record.windowEpochs} epochs of ${plan.batchesPerEpoch} batches); its fluctuations need at least ${leastSteps}: raise record.windowEpochs.`,
  );
  for (const layer of layersIn(config))
    checkRanks(analysis.directions, Math.min(recordedBlock(network, layer).size, steps - 1), layer);
  const { schedule } = optimiserIn(config, plan.batchesPerEpoch);
  if (schedule) checkScheduleFits(schedule, plan.batchesPerEpoch * training.maxEpochs);
  const memory = memoryNeed(config, { dataset, network }, steps);
  checkMemory(memory, usableMemory());
  return { steps, memory, disk: diskNeed(config, network, steps) };
}

/** Checks the same and the disk, and returns memory and the bytes on disk. */
function checkedNeed(config: AnyConfig, loaded: Loaded, leastSteps: number, path: string) {
  const { memory, disk } = needOf(config, loaded, leastSteps);
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
