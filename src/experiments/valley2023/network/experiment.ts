/**
 * The study of the degenerate valley on real networks: the claims of valley2023 on solutions found with different
 * eta/B.
 *
 * It computes and stores the cells (study.ts); findings.ts judges them and page.ts presents them.
 */
import { join } from 'node:path';
import type { Dataset } from '../../../data/dataset.js';
import { firstSamples } from '../../../data/subset.js';
import { FOLDER_WANTS, type Progress } from '../../../jobs/context.js';
import { checkContinued } from '../../../jobs/continued.js';
import { bytesIn, bytesOf, checkDisk, type DiskPart, documents, FILE_BYTES } from '../../../jobs/disk.js';
import type { PoolMemory } from '../../../jobs/memory.js';
import { sharedSamples } from '../../../jobs/shared-samples.js';
import { cellStage, WHERE_WANTS, type Where, type WhereRequest, whereFor } from '../../../jobs/where.js';
import { parameterCount } from '../../../model/network.js';
import { check } from '../../../numeric/errors.js';
import * as is from '../../../numeric/wants.js';
import { readJson, writeJson } from '../../../record/json.js';
import { loadFor } from '../../../runs/prepare.js';
import { NetworkPasses } from '../../../surface/network/passes.js';
import { Trainer } from '../../../train/trainer.js';
import { networkCells } from './cell.js';
import { type NetworkStudyConfig, networkStudySeeds } from './config.js';
import type { NetworkCell, NetworkInput } from './measured.js';
import {
  NETWORK_FOLDER,
  NETWORK_INPUT,
  NETWORK_STUDY,
  type NetworkStudyFolder,
  type NetworkStudyRecord,
} from './study.js';

/** Says what the study computes and where. */
export interface NetworkStudyRequest extends Omit<WhereRequest, 'cancel'> {
  readonly config: NetworkStudyConfig;
  readonly folder: string;
  /** Seeds 0 … n−1; those of the preset by default. */
  readonly seeds?: number;
  /** Cells at a time; 0 (default): one per core, as far as memory allows. */
  readonly workers?: number;
  /** Continue the study in the folder. */
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onStart?: (announcement: string) => void;
}

const { cancel: _, ...WANTS_HERE } = WHERE_WANTS;
const STUDY_WANTS = is.shape<NetworkStudyRequest>({
  ...FOLDER_WANTS,
  ...WANTS_HERE,
  config: is.shape<NetworkStudyConfig>({ base: is.object, settings: is.listOf(is.object) }),
  folder: is.path,
  seeds: is.maybe(is.finite),
  workers: is.maybe(is.whole),
});

/** Holds the folder of the study and the input of its report. */
export interface NetworkStudyResult {
  readonly folder: string;
  readonly record: NetworkStudyRecord;
  /** What the report is made from. */
  readonly input: NetworkInput;
}

/**
 * Runs the cells that are missing, and writes the input of the report next to them. Results do not depend on the number of workers. A cell's document is written whole
 * when the cell is done, and with `resume` cells that have one are not run again; there may be more seeds than before.
 * @throws InputError for a folder in use or begun with other settings; InterruptedError when stopped, with all finished
 * cells kept
 */
export async function runNetworkStudy(request: NetworkStudyRequest): Promise<NetworkStudyResult> {
  is.given('runNetworkStudy', { request }, { request: STUDY_WANTS });
  const { config, folder: path, resume = false } = request;
  const { seeds, dataset, memory, where, disk } = await planNetworkStudy(request);
  checkDisk(disk, path, bytesIn(path));
  const folder = NETWORK_FOLDER.open(
    path,
    { config, seeds, data: dataset.provenance, memory },
    resume,
    request.takeOver,
  );
  const { record } = folder;
  try {
    const names = networkCells(config);
    request.onStart?.(
      `folder ${path}: ${record.seeds} seeds, ${names.length} cells each, ${where.said(bytesOf(disk))}`,
    );
    const data = {
      train: sharedSamples(dataset.train),
      ...(dataset.test && { test: sharedSamples(dataset.test) }),
      provenance: dataset.provenance,
    };
    // within the stage, which keeps its digest: it changes with the number of seeds
    const then = () => writeJson(folder.file(NETWORK_INPUT), inputOf(folder, dataset));
    const options = { request, where, unit: 'cells', then, writes: [NETWORK_INPUT] };
    if (!request.prepare) await cellStage(NETWORK_STUDY, folder, { path, record, data }, 'cells', options);
    return { folder: path, record, input: inputOf(folder, dataset) };
  } finally {
    folder.close();
  }
}

/** Holds what a study needs, and its data. */
interface NetworkStudyPlan {
  readonly seeds: number;
  readonly dataset: Dataset;
  readonly memory: PoolMemory;
  readonly where: Where;
  readonly disk: readonly DiskPart[];
}

/**
 * Checks everything that can be checked before a study begins, but for the room on the disk, and writes nothing.
 * @throws InputError
 */
export async function planNetworkStudy({
  config,
  folder: path,
  resume = false,
  ...request
}: NetworkStudyRequest): Promise<NetworkStudyPlan> {
  const before = NETWORK_FOLDER.recordIn(path);
  const seeds = request.seeds ?? before?.seeds ?? networkStudySeeds(config.preset);
  check(Number.isInteger(seeds) && seeds >= 1, 'bad-seeds', `a study needs at least one seed; got ${seeds}.`);
  NETWORK_FOLDER.check(path, config, resume);
  if (resume) await checkContinued(NETWORK_STUDY, path, request.on);
  const dataset = await loadFor(config.base);
  check(
    dataset.train.labels !== undefined && config.settings.every((s) => s.batchSize <= dataset.train.count),
    'data-does-not-fit',
    `the study trains classifiers, with batches of at most the ${dataset.train.count} training samples of '${config.base.data.set}'.`,
  );
  const memory = networkStudyMemory(config, dataset);
  const where = await whereFor(request, memory, { who: 'the study', advice: 'use fewer --workers.' });
  const disk = networkStudyDisk(config, Math.max(seeds, before?.seeds ?? 0));
  return { seeds, dataset, memory, where, disk };
}

/** Collects all cells of the folder, with the facts of the study for the report. */
function inputOf({ path, record }: NetworkStudyFolder, dataset: Dataset): NetworkInput {
  const { config } = record;
  const seeds = Array.from({ length: record.seeds }, (_, k) => k);
  return {
    settings: config.settings,
    targetLoss: config.targetLoss,
    maxEpochs: config.maxEpochs,
    seeds,
    widths: config.base.network.widths,
    dataset: dataset.name,
    trainingSamples: dataset.train.count,
    measuredSamples: Math.min(config.measure.samples, dataset.train.count),
    spread: config.measure.spread,
    ceiling: config.ceiling,
    cells: NETWORK_STUDY.cells({ path, record }, 'cells').flatMap(
      ({ file }) => readJson<NetworkCell>(join(path, file)) ?? [],
    ),
  };
}

/**
 * Estimates the memory: the data once, and for each cell a trainer, the passes of the measurements, and the weights of
 * all epochs.
 */
function networkStudyMemory(config: NetworkStudyConfig, { train, test }: Dataset): PoolMemory {
  const spec = config.base.network;
  const P = parameterCount(spec);
  const bytes = [train, test].reduce((sum, s) => sum + (s ? s.values.byteLength + s.count : 0), 0);
  const trainer = Trainer.memoryBytes({ spec, samples: train, learningRate: 1, batchSize: 500 });
  const measured = firstSamples(train, config.measure.samples);
  const passes = NetworkPasses.memoryBytes(spec, measured);
  const basis = 8 * P * (120 + config.measure.pairs);
  return { base: 100e6 + 2 * bytes, worker: 60e6 + trainer + 2 * passes + basis + 4 * P * config.maxEpochs };
}

/** Numbers of a cell beside those of its epochs and rates, and of an epoch. */
const [OF_CELL, OF_EPOCH] = [200, 10];

/** States what the study writes: a document a cell, the input of the report, and all of it in the report and its tables. */
function networkStudyDisk({ settings, ceiling, maxEpochs }: NetworkStudyConfig, seeds: number): DiskPart[] {
  const rates = ceiling.batchSizes.length * 2 * ceiling.most;
  const numbers = settings.length * (OF_CELL + OF_EPOCH * maxEpochs) + OF_CELL + OF_EPOCH * rates;
  return [
    { what: 'the files of the cells', bytes: seeds * (settings.length + 1) * FILE_BYTES, key: '--seeds' },
    documents(seeds * numbers, 4, '--seeds'),
  ];
}
