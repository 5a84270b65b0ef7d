/**
 * `reproduce valley2023`: the degenerate valley as a model, stage by stage, and on real networks; stages that are done
 * are skipped. docs/theory §6.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDER_WANTS, InterruptedError, type RunOptions, yieldToEvents } from '../../jobs/context.js';
import { checkContinued } from '../../jobs/continued.js';
import { bytesIn, checkDisk } from '../../jobs/disk.js';
import type { PoolMemory } from '../../jobs/memory.js';
import { secondsOf } from '../../jobs/record.js';
import { factsOf, writeReport } from '../../jobs/report-folder.js';
import {
  cancelled,
  cellStage,
  type Instead,
  prepared,
  WHERE_WANTS,
  type Where,
  type WhereRequest,
  whereFor,
} from '../../jobs/where.js';
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
import { NETWORK_FOLDER, NETWORK_INPUT, NETWORK_STUDY, type NetworkStudyRecord } from './network/study.js';
import { PARTS, SPEED, VALLEY_STUDY } from './study.js';

/** Names the part that is run. */
export type ValleyPart = 'model' | 'network' | 'all';

/** Says which part is run, with how many seeds, and where. */
export interface ValleyRequest extends RunOptions, WhereRequest {
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
  ...WHERE_WANTS,
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
  /** What was done in place of that, where the request asked for something else. */
  readonly instead?: Instead;
}

/**
 * Memory of the model part, measured; that of a worker thread includes the kernels and the factors of the largest grid.
 */
const MEMORY: PoolMemory = { base: 100e6, worker: 150e6 };
/** The folder of the study of networks. */
const NETWORK = 'network';

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
  if (request.cancel) return { ...NOTHING, folder: path, instead: await cancelledIn(path) };
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
  const where = await whereFor(request, MEMORY, { who: 'reproduce valley2023', advice: 'use fewer --workers.' });
  checkValley(path, config, request.resume ?? false);
  if (request.resume) await checkContinued(VALLEY_STUDY, path, request.on);
  const parts = [
    ...(part === 'network' ? [] : valleyDisk(config)),
    ...(part === 'model' ? [] : (await planNetworkStudy(networkRequest(request, config.preset, path))).disk),
  ];
  const disk = checkDisk(parts, path, bytesIn(path));
  const folder = openValley(path, config, request.resume ?? false, request.takeOver);
  try {
    const context = { folder, options: request };
    if (part !== 'network') await runModel(context, config, { where, disk }, request);
    if (part !== 'model') await runNetworks(folder, request, config.preset);
    if (request.prepare) return { ...NOTHING, folder: path, instead: preparedIn(folder, part) };
    let findings: readonly Finding[] = [];
    folder.record.stages.report.status = 'waiting';
    await folder.stage('report', request, async () => {
      // a process elsewhere may have done a job again after its stage was done
      if (modelResults(folder))
        for (const name of MODEL_STAGE_NAMES) rmSync(folder.file(PARTS, name), { recursive: true, force: true });
      findings = await reportValley(folder);
    });
    return { folder: path, findings, seconds: secondsIn(folder) };
  } finally {
    folder.close();
  }
}

/** What a run has that did something else. */
const NOTHING: Omit<ValleyRun, 'folder'> = { findings: [], seconds: {} };

async function runModel(
  context: Context,
  config: ValleyConfig,
  { where, disk }: { readonly where: Where; readonly disk: number },
  { onStart, prepare = false }: Pick<ValleyRequest, 'onStart' | 'prepare'>,
): Promise<void> {
  const { folder } = context;
  const cost = MODEL_STAGE_NAMES.filter((s) => folder.record.stages[s].status !== 'done')
    .flatMap((s) => stageNamed(s).plan(config))
    .reduce((s, job) => s + job.cost, 0);
  onStart?.(
    `folder ${folder.path}, the model: ${config.seeds} seeds, ${where.said(disk)}, and ${minutes(cost / SPEED / (where.workers || 1))}${where.workers ? '' : ' on one core'}`,
  );
  if (!prepare) for (const stage of MODEL_STAGE_NAMES) await modelStage(context, stage, config, where);
}

/** Returns the request of the study of real networks, which has a folder of its own. */
function networkRequest(request: ValleyRequest, preset: ValleyPreset, path: string): NetworkStudyRequest {
  const { seeds, workers, signal, onProgress, onStart, on, prepare, takeOver } = request;
  return {
    config: request.network ?? networkStudyConfig(preset),
    folder: join(path, NETWORK),
    resume: true,
    ...(seeds !== undefined && { seeds }),
    ...(workers !== undefined && { workers }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    ...(onStart && { onStart }),
    ...(on !== undefined && { on }),
    ...(prepare && { prepare }),
    ...(takeOver && { takeOver }),
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
async function modelStage(context: Context, name: ModelStageName, config: ValleyConfig, where: Where): Promise<void> {
  const { folder, options: request } = context;
  const stage = stageNamed(name);
  const then = async (cells: readonly { readonly file: string }[]) => {
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
  };
  const study = { path: folder.path, record: folder.record, data: undefined };
  const writes = [`${name}.npz`, `${name}.json`];
  await cellStage(VALLEY_STUDY, folder, study, name, { request, where, unit: 'million steps', then, writes });
}

/** Says that the folder, and that of the networks in it, is prepared. */
function preparedIn(folder: ValleyFolder, part: ValleyPart): Instead {
  const network = folder.file(NETWORK);
  const said = [
    ...(part === 'network' ? [] : [prepared(VALLEY_STUDY, folder)]),
    ...(part === 'model' ? [] : [prepared(NETWORK_STUDY, { path: network, record: NETWORK_FOLDER.read(network) })]),
  ];
  const sentence = said.map((one) => one.sentence).join(' ');
  return { did: 'prepared', sentence, ...(part === 'network' && { cells: network }) };
}

/** Ends what was given to a runner from the folder, and from that of the networks in it. */
async function cancelledIn(path: string): Promise<Instead> {
  const inside = NETWORK_FOLDER.recordIn(join(path, NETWORK)) === undefined ? [] : [join(path, NETWORK)];
  const said: string[] = [];
  for (const folder of [path, ...inside]) said.push((await cancelled(folder)).sentence);
  return { did: 'cancelled', sentence: said.join(' ') };
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
