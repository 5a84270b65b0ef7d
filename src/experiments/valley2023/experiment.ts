/**
 * `reproduce valley2023`: the degenerate valley as a model, stage by stage, and on real networks; stages that are done
 * are skipped. docs/theory §6.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCells } from '../../jobs/cells.js';
import { FOLDER_WANTS, InterruptedError, type RunOptions, yieldToEvents } from '../../jobs/context.js';
import { bytesIn, checkDisk, needs } from '../../jobs/disk.js';
import { type PoolMemory, poolSize } from '../../jobs/memory.js';
import { secondsOf } from '../../jobs/record.js';
import { factsOf, writeReport } from '../../jobs/report-folder.js';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { writeWhole } from '../../record/files.js';
import { readJson, writeJson } from '../../record/json.js';
import { writeNpz } from '../../record/npz.js';
import type { Finding } from '../../report/finding.js';
import { type ValleyConfig, type ValleyPreset, valleyConfig } from './config.js';
import { valleyDisk } from './disk.js';
import { checkValley, openValley, type ValleyFolder, valleyIn } from './folder.js';
import { MODEL_STAGE_NAMES, type ModelStageName, stageNamed } from './jobs.js';
import type { ValleyModelResults } from './measured.js';
import { type NetworkStudyConfig, networkStudyConfig } from './network/config.js';
import { type NetworkStudyRequest, planNetworkStudy, runNetworkStudy } from './network/experiment.js';
import type { NetworkInput } from './network/measured.js';
import { NETWORK_FOLDER, NETWORK_INPUT, type NetworkStudyRecord } from './network/study.js';
import { PARTS, VALLEY_STUDY } from './study.js';

/** Names the part that is run. */
export type ValleyPart = 'model' | 'network' | 'all';

/** Says which part is run, with how many seeds, and where. */
export interface ValleyRequest extends RunOptions {
  /** `all` by default. */
  readonly part?: ValleyPart;
  readonly preset?: ValleyPreset;
  /** Seeds 0 … n−1; those of the preset by default. */
  readonly seeds?: number;
  readonly out?: string;
  readonly resume?: boolean;
  /** Jobs at a time; 0 (default): one per core, as far as memory allows. */
  readonly workers?: number;
  readonly onStart?: (announcement: string) => void;
  /**
   * For experiments beyond the presets: these replace the preset's config of the model and of the study of networks.
   */
  readonly config?: ValleyConfig;
  readonly network?: NetworkStudyConfig;
}

const VALLEY_WANTS = is.shape<ValleyRequest>({
  ...FOLDER_WANTS,
  part: is.maybe(is.oneOf('all', 'model', 'network')),
  preset: is.maybe(is.oneOf('quick', 'standard')),
  seeds: is.maybe(is.finite),
  workers: is.maybe(is.whole),
  config: is.maybe(is.object),
  network: is.maybe(is.object),
});

/** Holds the results and their folder. */
export interface ValleyRun {
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** Seconds of each stage, over all attempts. */
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Memory of the model part, measured; that of a worker thread includes the kernels and the factors of the largest grid.
 */
const MEMORY: PoolMemory = { base: 100e6, worker: 150e6 };
/** The folder of the study of networks. */
const NETWORK = 'network';
/** Millions of walker-steps a second on one core, roughly, for the announcement only. */
const SPEED = 12;

/**
 * Runs the stages that are missing and writes the report. Results do not depend on the number of workers. A job's
 * document is kept until its stage is done, so that nothing is computed twice after an interruption.
 * @throws InputError for a folder in use or begun with other settings; InterruptedError when stopped, with all finished
 * jobs kept
 */
export async function reproduceValley2023(request: ValleyRequest = {}): Promise<ValleyRun> {
  is.given('reproduceValley2023', { request }, { request: VALLEY_WANTS });
  const preset = request.preset ?? 'standard';
  const path = request.out ?? `valley2023-${preset}`;
  const before = request.resume ? valleyIn(path) : undefined;
  const known = request.preset === undefined ? before?.config : undefined;
  const asked = request.config ?? known ?? valleyConfig(preset);
  const part = request.part ?? 'all';
  // a number of seeds for the networks alone does not change the model
  const config = request.seeds === undefined || part === 'network' ? asked : { ...asked, seeds: request.seeds };
  check(
    Number.isInteger(config.seeds) && config.seeds >= 1,
    'bad-seeds',
    `reproduce valley2023 needs at least one seed; got ${config.seeds}.`,
  );
  const { workers, need } = poolSize(MEMORY, request.workers, {
    who: 'reproduce valley2023',
    advice: 'use fewer --workers.',
  });
  checkValley(path, config, request.resume ?? false);
  const parts = [
    ...(part === 'network' ? [] : valleyDisk(config)),
    ...(part === 'model' ? [] : (await planNetworkStudy(networkRequest(request, config.preset, path))).disk),
  ];
  const disk = checkDisk(parts, path, bytesIn(path));
  const folder = openValley(path, config, request.resume ?? false);
  try {
    const context = { folder, options: request };
    if (part !== 'network') await runModel(context, config, { workers, need, disk }, request.onStart);
    if (part !== 'model') await runNetworks(folder, request, config.preset);
    let findings: readonly Finding[] = [];
    folder.record.stages.report.status = 'waiting';
    await folder.stage('report', request, async () => {
      findings = await reportValley(folder);
    });
    return { folder: path, findings, seconds: secondsIn(folder) };
  } finally {
    folder.close();
  }
}

async function runModel(
  context: Context,
  config: ValleyConfig,
  { workers, need, disk }: { readonly workers: number; readonly need: number; readonly disk: number },
  onStart: ValleyRequest['onStart'],
): Promise<void> {
  const { folder } = context;
  const cost = MODEL_STAGE_NAMES.filter((s) => folder.record.stages[s].status !== 'done')
    .flatMap((s) => stageNamed(s).plan(config))
    .reduce((s, job) => s + job.cost, 0);
  onStart?.(
    `folder ${folder.path}, the model: ${config.seeds} seeds, ${workers} jobs at a time; ${needs(need, disk)}, and ${minutes(cost / SPEED / workers)}`,
  );
  for (const stage of MODEL_STAGE_NAMES)
    await folder.stage(stage, context.options, () => modelStage(context, stage, config, workers));
}

/** Returns the request of the study of real networks, which has a folder of its own. */
function networkRequest(request: ValleyRequest, preset: ValleyPreset, path: string): NetworkStudyRequest {
  const { seeds, workers, signal, onProgress, onStart } = request;
  return {
    config: request.network ?? networkStudyConfig(preset),
    folder: join(path, NETWORK),
    resume: true,
    ...(seeds !== undefined && { seeds }),
    ...(workers !== undefined && { workers }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    ...(onStart && { onStart }),
  };
}

/** Runs the study of real networks, whose folder lies in this one. */
async function runNetworks(folder: ValleyFolder, request: ValleyRequest, preset: ValleyPreset): Promise<void> {
  try {
    await runNetworkStudy(networkRequest(request, preset, folder.path));
  } catch (error) {
    throw error instanceof InterruptedError ? new InterruptedError(folder.path) : error;
  }
}

const minutes = (seconds: number): string =>
  seconds < 90 ? `${Math.max(10, Math.ceil(seconds / 10) * 10)} seconds` : `${Math.ceil(seconds / 60)} minutes`;

/** Returns the seconds of each stage, over all attempts. */
function secondsIn({ record, path }: ValleyFolder): Record<string, number> {
  const study = NETWORK_FOLDER.recordIn(join(path, NETWORK));
  return { ...secondsOf(record.stages), ...(study && { network: study.stages.cells.seconds }) };
}

interface Context {
  readonly folder: ValleyFolder;
  readonly options: RunOptions;
}

/** Does all jobs of a stage that have no document, then writes the document of the stage. */
async function modelStage(
  context: Context,
  name: ModelStageName,
  config: ValleyConfig,
  workers: number,
): Promise<void> {
  const { folder, options } = context;
  const stage = stageNamed(name);
  const cells = await runCells(VALLEY_STUDY, { path: folder.path, record: folder.record, data: undefined }, name, {
    workers,
    signal: options.signal,
    onProgress: options.onProgress,
    unit: 'million steps',
  });
  await yieldToEvents(context);
  // from the files, so that an interrupted run uses the same bits as one that was not
  const result = stage.merge(
    cells.map(({ file }) => readJson(folder.file(file))),
    config,
  );
  const arrays = Object.entries(stage.arrays(result)).map(
    ([key, { shape, data }]) => [key, { shape, data: Float64Array.from(data), type: 'f8' as const }] as const,
  );
  writeWhole(folder.file(`${name}.npz`), writeNpz(arrays));
  writeJson(folder.file(`${name}.json`), result);
  rmSync(folder.file(PARTS, name), { recursive: true, force: true });
}

/** Reads the results of the stages of the model; undefined unless all are done. */
function modelResults({ record, path }: ValleyFolder): ValleyModelResults | undefined {
  if (MODEL_STAGE_NAMES.some((name) => record.stages[name].status !== 'done')) return undefined;
  return Object.fromEntries(
    MODEL_STAGE_NAMES.map((name) => [name, readJson(join(path, `${name}.json`))]),
  ) as unknown as ValleyModelResults;
}

/** Writes the report of everything in the folder, whichever part ran last. */
async function reportValley(folder: ValleyFolder): Promise<readonly Finding[]> {
  // rendering loads large packages, which only this stage needs
  const { renderValley2023 } = await import('./page.js');
  const { record } = folder;
  const model = modelResults(folder);
  const network = readJson<NetworkInput>(folder.file(NETWORK, NETWORK_INPUT));
  const study = NETWORK_FOLDER.recordIn(folder.file(NETWORK));
  const run = factsOf(
    record,
    {
      config: { ...(model && { model: record.config }), ...(study && { networks: networkSettings(study) }) },
      seeds: {
        ...(model && { model: record.config.seeds, keys: 'key(seed)/valley2023/stage/job' }),
        ...(study && { networks: study.seeds }),
      },
    },
    { timings: secondsIn(folder), ...(study && { data: study.data }) },
  );
  const report = renderValley2023({
    title: 'The degenerate valley of SGD: an effective loss that favours flat solutions',
    ...(model && { model }),
    ...(network && { network }),
    run,
  });
  writeReport(folder.path, report);
  return report.findings;
}

/** Returns the settings without those of ivf2021 that the study does not use. */
function networkSettings({ config }: NetworkStudyRecord): unknown {
  const { base, ...rest } = config;
  return { ...rest, data: base.data, network: base.network };
}
