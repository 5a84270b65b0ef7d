/**
 * `reproduce generality`: where the relation of variance and flatness holds, over networks, optimisers, layers, data sets, batch sizes
 * and learning rates, and what of it survives the controls. The rules of the verdicts are in docs/rules/generality.md.
 *
 *     generality.json       settings, versions, machine, memory
 *     runs/<name>.json      one document a run, whole or absent
 *     report.html report.json findings.json figures/ tables/
 */
import type { Dataset } from '../../data/dataset.js';
import { FOLDER_WANTS, type Progress } from '../../jobs/context.js';
import { checkContinued } from '../../jobs/continued.js';
import { bytesIn, checkDisk, type DiskPart, documents, FILE_BYTES } from '../../jobs/disk.js';
import { type PoolMemory, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { secondsOf } from '../../jobs/record.js';
import { factsOf, writeReport } from '../../jobs/report-folder.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import {
  cancelled,
  cellStage,
  type Instead,
  prepared,
  WHERE_WANTS,
  type WhereRequest,
  whereFor,
} from '../../jobs/where.js';
import { layeredCount } from '../../model/layered/parameters.js';
import { check, InputError } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { readJson } from '../../record/json.js';
import type { Finding } from '../../report/finding.js';
import { networkFor } from './cell.js';
import {
  defaultSeeds,
  GENERALITY_CONFIG_WANTS,
  type GeneralityConfig,
  type GridPart,
  generalityConfig,
  gridRuns,
  partOfGrid,
} from './config.js';
import type { RunResult } from './measured.js';
import {
  GENERALITY_FOLDER,
  GENERALITY_STUDY,
  type GeneralityFolder,
  type GridData,
  loadSets,
  provenanceOf,
} from './study.js';

/** Says which preset is run, with how many seeds, on which data, and where. */
export interface GeneralityRequest extends GridPart, WhereRequest {
  readonly preset?: 'quick' | 'standard';
  /** Seeds 0 … n−1; 3 by default, 1 in the quick preset. */
  readonly seeds?: number;
  /** Data sets in place of those of the preset, separated by commas: mnist, fashion-mnist, cifar10:DIR. */
  readonly data?: string;
  readonly out?: string;
  readonly resume?: boolean;
  /** Runs at a time; 0 (default): one per core, as far as memory allows. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onStart?: (announcement: string) => void;
  /** For experiments beyond the presets: replaces the preset's config. */
  readonly config?: GeneralityConfig;
}

const GENERALITY_WANTS = is.shape<GeneralityRequest>({
  ...FOLDER_WANTS,
  ...WHERE_WANTS,
  preset: is.maybe(is.oneOf('quick', 'standard')),
  seeds: is.maybe(is.finite),
  data: is.maybe(is.text),
  networks: is.maybe(is.text),
  optimisers: is.maybe(is.text),
  workers: is.maybe(is.whole),
  config: is.maybe(GENERALITY_CONFIG_WANTS),
});

/** Holds the results and their folder. */
export interface GeneralityRun {
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** Where the relation holds, in sentences. */
  readonly answer: readonly string[];
  /** What was done in place of that, where the request asked for something else. */
  readonly instead?: Instead;
}

/**
 * Makes the runs that are missing and writes the report. A run's document is written whole when the run is done; with `resume` runs
 * that have one are not made again, and there may be more seeds than before.
 * @throws InputError for a folder in use or begun with other settings; InterruptedError when stopped, with all finished runs kept
 */
export async function reproduceGenerality(request: GeneralityRequest = {}): Promise<GeneralityRun> {
  is.given('reproduceGenerality', { request }, { request: GENERALITY_WANTS });
  const preset = request.preset ?? 'standard';
  const path = request.out ?? `generality-${preset}`;
  if (request.cancel) return { ...NOTHING, folder: path, instead: await cancelled(path) };
  const resume = request.resume ?? false;
  const before = GENERALITY_FOLDER.recordIn(path);
  const { data: named, networks, optimisers } = request;
  const asBefore = before !== undefined && [request.preset, named, networks, optimisers].every((x) => x === undefined);
  const grid = () => partOfGrid(generalityConfig(preset, setsOf(named)), request);
  const wanted = request.config ?? (asBefore ? before.config : grid());
  const seeds = request.seeds ?? before?.seeds ?? defaultSeeds(preset);
  check(Number.isInteger(seeds) && seeds >= 1, 'bad-seeds', `generality needs at least one seed; got ${seeds}.`);
  const { config, data, missing } = await present(wanted, asBefore || named !== undefined);
  GENERALITY_FOLDER.check(path, config, resume);
  if (resume) await checkContinued(GENERALITY_STUDY, path, request.on);
  const memory = memoryOf(config, data);
  const where = await whereFor(request, memory, { who: 'the study', advice: 'use fewer --workers.' });
  const runs = gridRuns(config, Math.max(seeds, before?.seeds ?? 0));
  const disk = checkDisk(diskOf(config, runs.length, data), path, bytesIn(path));
  const head = { config, seeds, missing, data: provenanceOf(data), memory };
  const folder = GENERALITY_FOLDER.open(path, head, resume, request.takeOver);
  const { record } = folder;
  try {
    await pinnedProvider(record, 'auto', path);
    folder.save();
    request.onStart?.(
      `folder ${path}: ${runs.length} runs of ${config.networks.join(', ')} on ${config.sets.join(', ')}, ${where.said(disk)}${missing.length > 0 ? `; left out, because their files are not there: ${missing.join(', ')}` : ''}`,
    );
    const shared = Object.fromEntries(
      Object.entries(data).map(([set, d]) => [set, { ...d, train: sharedSamples(d.train) }]),
    );
    const study = { path, record, data: shared };
    if (request.prepare) return { ...NOTHING, folder: path, instead: prepared(GENERALITY_STUDY, study) };
    await cellStage(GENERALITY_STUDY, folder, study, 'runs', { request, where, unit: 'units of work' });
    let report: Omit<GeneralityRun, 'folder'> | undefined;
    await folder.stage('report', request, async () => {
      report = await reportGenerality(folder);
    });
    return { folder: path, ...report! };
  } finally {
    folder.close();
  }
}

/** What a run has that did something else. */
const NOTHING: Omit<GeneralityRun, 'folder'> = { findings: [], answer: [] };

/** Reads a list of data sets. */
function setsOf(data: string | undefined): string[] | undefined {
  if (data === undefined) return undefined;
  const sets = data.split(',').map((set) => set.trim());
  for (const set of sets)
    check(
      /^(mnist|fashion-mnist|cifar10:.+)$/.test(set),
      'no-such-dataset',
      `generality takes mnist, fashion-mnist and cifar10:DIR, separated by commas; got '${set}'.`,
    );
  check(
    new Set(sets.map((s) => s.replace(/:.*$/, ''))).size === sets.length,
    'no-such-dataset',
    `generality takes each data set once; got ${data}.`,
  );
  return sets;
}

/** Loads the data; sets of a preset whose files are not on this machine are left out, unless none remains. */
async function present(
  config: GeneralityConfig,
  all: boolean,
): Promise<{ config: GeneralityConfig; data: GridData; missing: string[] }> {
  if (all) return { config, data: await loadSets(config), missing: [] };
  const data: Record<string, Dataset> = {};
  const missing: string[] = [];
  for (const set of config.sets) {
    try {
      Object.assign(data, await loadSets({ ...config, sets: [set] }));
    } catch (error) {
      if (!(error instanceof InputError && error.code === 'no-dataset-files') || config.sets.length === 1) throw error;
      missing.push(set);
    }
  }
  return { config: { ...config, sets: Object.keys(data) }, data, missing };
}

/** Writes the report from the runs in the folder. */
async function reportGenerality(folder: GeneralityFolder): Promise<Omit<GeneralityRun, 'folder'>> {
  const { renderGenerality } = await import('./page.js');
  const { path, record } = folder;
  const { config, missing } = record;
  const runs = GENERALITY_STUDY.cells({ path, record }, 'runs').flatMap(
    ({ file }) => readJson<RunResult>(folder.file(file)) ?? [],
  );
  const report = renderGenerality({
    title: `Where the inverse variance-flatness relation holds: ${config.networks.join(', ')}, ${config.optimisers.length} optimisers`,
    config,
    runs,
    missing,
    run: factsOf(
      record,
      {
        config,
        seeds: { count: record.seeds, runs: 'key(seed)/generality/set/network' },
      },
      { memory: record.memory, timings: secondsOf(record.stages) },
    ),
  });
  writeReport(path, report);
  return { findings: report.findings, answer: report.answer };
}

/** Bytes that the passes of a surface and a trainer take beside the rows of the window. */
const PASSES = 700e6;

/** Estimates the memory: the data, and for each worker the rows of window and walk and the passes. */
function memoryOf(config: GeneralityConfig, data: GridData): PoolMemory {
  const { networks, windowSteps, mostNumbers, settings, limit } = config;
  const batch = Math.min(...settings.map((s) => s.batchSize));
  const steps = windowSteps + Math.ceil(limit / batch);
  const largest = Math.max(
    ...Object.values(data).flatMap((d) =>
      networks.map((network) => layeredCount(networkFor({ network, loss: 'cross-entropy' }, d))),
    ),
  );
  const rows = Math.min(largest * steps, Math.max(mostNumbers, steps * largest));
  const bytes = Object.values(data).reduce((sum, { train }) => sum + train.values.byteLength, 0);
  return { base: PROGRAM_BYTES + 2 * bytes, worker: THREAD_BYTES + PASSES + 8 * rows + 8 * 4 * steps ** 2 };
}

/** Numbers of a layer's document. */
const OF_LAYER = 5 * 60 + 80;

function diskOf({ networks, sets }: GeneralityConfig, runs: number, data: GridData): DiskPart[] {
  const layers = Math.max(
    ...sets.flatMap((set) =>
      networks.map((network) => networkFor({ network, loss: 'cross-entropy' }, data[set]).layers.length),
    ),
  );
  return [
    { what: 'the files of the runs', bytes: runs * FILE_BYTES, key: '--seeds' },
    documents(runs * layers * OF_LAYER, 3, '--seeds'),
  ];
}
