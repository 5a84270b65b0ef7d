/**
 * The study of the degenerate valley on real networks: valley2023's claims about solutions found with different eta/B.
 *
 *     network.json                    what was asked, versions, machine, memory
 *     seeds/seed<n>/<cell>.json       one document a cell, whole or not there
 *
 * It computes and keeps; report/valley-network.ts judges and draws.
 */
import { join } from 'node:path';
import { NetworkPasses } from '../analyse/passes.js';
import type { Dataset } from '../data/dataset.js';
import { firstSamples } from '../data/subset.js';
import { kernelBuild } from '../kernels/load.js';
import { parameterCount } from '../model/network.js';
import { check } from '../numeric/errors.js';
import { makeFolders } from '../record/files.js';
import type { NetworkCell, NetworkInput } from '../report/valley-network-results.js';
import { Trainer } from '../train/trainer.js';
import { InterruptedError, type Progress } from './context.js';
import { readJson, writeJson } from './json.js';
import { lockFolder } from './lock.js';
import { allVersions, type Machine, thisMachine, VERSION, type Versions } from './machine.js';
import { gigabytes, type PoolMemory, poolSize } from './memory.js';
import { runJobs, type Trade } from './pool.js';
import { loadFor } from './prepare.js';
import { sharedSamples } from './shared-samples.js';
import { sameData } from './staged-folder.js';
import { type NetworkJob, networkCells, runNetworkCell } from './valley-network-cell.js';
import { type NetworkStudyConfig, networkStudySeeds } from './valley-network-config.js';

export interface NetworkStudyRequest {
  readonly config: NetworkStudyConfig;
  readonly folder: string;
  /** Seeds 0 … n−1; those of the preset by default. */
  readonly seeds?: number;
  /** Cells at a time; 0 or nothing: one per core, as far as memory goes. */
  readonly workers?: number;
  /** Go on with what stands in the folder. */
  readonly resume?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onStart?: (announcement: string) => void;
}

/** What network.json holds. */
export interface NetworkStudyRecord {
  readonly format: 'thermograd valley-network';
  readonly thermograd: string;
  readonly config: NetworkStudyConfig;
  seeds: number;
  readonly kernelBuild: string;
  readonly versions: Versions;
  readonly machine: Machine;
  readonly data: unknown;
  readonly memory: PoolMemory;
  /** Wall-clock seconds, over all attempts. */
  seconds: number;
}

export interface NetworkStudyResult {
  readonly folder: string;
  readonly record: NetworkStudyRecord;
  /** What the report is made from. */
  readonly input: NetworkInput;
}

const RECORD = 'network.json';

/**
 * Runs the cells that are missing. The same numbers on any number of workers; a cell's document is written whole when the cell is done,
 * and with `resume` cells that have one are not run again. More seeds than before may be asked for.
 * @throws InputError for a folder in use or begun otherwise; InterruptedError when stopped, with all finished cells kept
 */
export async function runNetworkStudy(request: NetworkStudyRequest): Promise<NetworkStudyResult> {
  const { config, folder, signal } = request;
  const before = readJson<NetworkStudyRecord>(join(folder, RECORD));
  const seeds = request.seeds ?? before?.seeds ?? networkStudySeeds(config.preset);
  check(Number.isInteger(seeds) && seeds >= 1, 'bad-seeds', `the study needs at least one seed; got ${seeds}.`);
  check(
    before === undefined || request.resume === true,
    'run-exists',
    `the folder ${folder} holds a study of real networks already; continue it with --resume, or choose another folder with --out.`,
  );
  check(
    before === undefined || sameData(before.config, config),
    'config-changed',
    `the study in ${folder} was begun with other settings (preset ${before?.config.preset}); leave them as they were, or choose another folder with --out.`,
  );
  check(
    before === undefined || before.thermograd === VERSION,
    'other-version',
    `the study in ${folder} was begun by thermograd ${before?.thermograd}; this is ${VERSION}. Start again in another folder.`,
  );
  const start = performance.now();
  const dataset = await loadFor(config.base);
  check(
    before === undefined || sameData(before.data, dataset.provenance),
    'data-changed',
    `the data set '${config.base.data.set}' is not the one that the study in ${folder} was begun with.`,
  );
  check(
    dataset.train.labels !== undefined && config.settings.every((s) => s.batchSize <= dataset.train.count),
    'data-does-not-fit',
    `the study trains classifiers, with batches of at most the ${dataset.train.count} training samples of '${config.base.data.set}'.`,
  );
  const memory = networkStudyMemory(config, dataset);
  const { workers, need } = poolSize(memory, request.workers, {
    who: 'the study',
    advice: 'use fewer --workers.',
  });
  makeFolders(folder);
  const release = lockFolder(folder);
  try {
    const record: NetworkStudyRecord = before ?? {
      format: 'thermograd valley-network',
      thermograd: VERSION,
      config,
      seeds,
      kernelBuild: kernelBuild(),
      versions: allVersions(),
      machine: thisMachine(),
      data: dataset.provenance,
      memory,
      seconds: 0,
    };
    record.seeds = Math.max(record.seeds, seeds);
    const earlier = record.seconds;
    const tally = () => {
      record.seconds = Math.round(earlier + (performance.now() - start) / 1000);
      writeJson(join(folder, RECORD), record);
    };
    tally();
    const names = networkCells(config);
    request.onStart?.(
      `folder ${folder}: ${record.seeds} seeds, ${names.length} cells each, ${workers} at a time; needs about ${gigabytes(need)} of memory`,
    );
    const jobs: NetworkJob[] = [];
    for (let seed = 0; seed < record.seeds; seed++) {
      makeFolders(join(folder, 'seeds', `seed${seed}`));
      for (const cell of names)
        if (!readJson(cellFile(folder, seed, cell)))
          jobs.push({ config, seed, cell, kernelBuild: record.kernelBuild as NetworkJob['kernelBuild'] });
    }
    const total = record.seeds * names.length;
    const shares = new Map<string, number>();
    let done = total - jobs.length;
    const data = {
      train: sharedSamples(dataset.train),
      ...(dataset.test && { test: sharedSamples(dataset.test) }),
    };
    const finished = await runJobs(CELLS, data, jobs, {
      workers,
      signal,
      onProgress({ seed, cell }, what, share) {
        shares.set(`${seed} ${cell}`, share);
        const sum = [...shares.values()].reduce((a, b) => a + b, done);
        request.onProgress?.({
          stage: 'cells',
          done: Math.round(10 * sum) / 10,
          total,
          unit: 'cells',
          note: `seed ${seed}, ${cell}: ${what}`,
        });
      },
      onDone({ seed, cell }, result) {
        writeJson(cellFile(folder, seed, cell), result);
        shares.delete(`${seed} ${cell}`);
        done++;
        tally();
      },
    });
    tally();
    if (!finished) throw new InterruptedError(folder);
    return { folder, record, input: inputOf(folder, record, dataset) };
  } finally {
    release();
  }
}

const CELLS: Trade<Pick<Dataset, 'train' | 'test'>, NetworkJob, NetworkCell> = {
  worker: new URL('./valley-network-worker.js', import.meta.url),
  run: runNetworkCell,
  name: ({ cell, seed }) => `cell ${cell} of seed ${seed}`,
};

const cellFile = (folder: string, seed: number, cell: string): string =>
  join(folder, 'seeds', `seed${seed}`, `${cell}.json`);

/** All cells that stand in the folder, with what the report must say of the study. */
function inputOf(folder: string, record: NetworkStudyRecord, dataset: Dataset): NetworkInput {
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
    ceiling: config.ceiling,
    cells: seeds.flatMap((seed) =>
      networkCells(config).flatMap((cell) => readJson<NetworkCell>(cellFile(folder, seed, cell)) ?? []),
    ),
  };
}

/** Before anything starts: the data once, and for each cell a trainer, the passes of the measures, the weights of all epochs. */
export function networkStudyMemory(config: NetworkStudyConfig, { train, test }: Dataset): PoolMemory {
  const spec = config.base.network;
  const P = parameterCount(spec);
  const bytes = [train, test].reduce((sum, s) => sum + (s ? s.values.byteLength + s.count : 0), 0);
  const trainer = Trainer.memoryBytes({ spec, samples: train, learningRate: 1, batchSize: 500 });
  const measured = firstSamples(train, config.measure.samples);
  const passes = NetworkPasses.memoryBytes(spec, measured);
  const basis = 8 * P * (120 + config.measure.pairs);
  return { base: 100e6 + 2 * bytes, worker: 60e6 + trainer + 2 * passes + basis + 4 * P * config.maxEpochs };
}
