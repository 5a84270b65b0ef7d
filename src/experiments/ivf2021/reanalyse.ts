/** Measuring a recorded run again with other settings, and writing its report again, without training. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { RUN_OPTIONS_WANTS, type RunOptions, yieldToEvents } from '../../jobs/context.js';
import { bytesIn, checkDisk, needs } from '../../jobs/disk.js';
import { sweep } from '../../jobs/folder.js';
import { measure, type Outputs, refuseLinks, verifyOutputs } from '../../jobs/outputs.js';
import { FINDINGS_FILE } from '../../jobs/report-folder.js';
import { forceKernelBuild } from '../../kernels/load.js';
import { check } from '../../numeric/errors.js';
import { sameData } from '../../numeric/json.js';
import { shellWord } from '../../numeric/shell-word.js';
import * as is from '../../numeric/wants.js';
import { readPart, writeJson } from '../../record/json.js';
import { THEORY_FILE } from '../../report/theory.js';
import { completeRunConfig } from '../../runs/config.js';
import type { Context } from '../../runs/context.js';
import { PARTIAL } from '../../runs/flatness/stage.js';
import { openRun, RUN, type RunRecord, readRecord } from '../../runs/folder.js';
import { contextsOf, eachLayer, LAYERS, placeOf } from '../../runs/layers.js';
import { analysisDisk, directionsDisk } from '../../runs/memory.js';
import { asWritten } from '../../runs/optimiser.js';
import { loadRun, needOf } from '../../runs/prepare.js';
import { checkRanks } from '../../runs/ranks.js';
import type { AnyConfig, PartialConfig } from '../../runs/schema.js';
import { finalWeights } from '../../runs/train.js';
import { FLATNESS, flatnessStage, summaryOf, windowStages } from '../../runs/window/stages.js';
import { hasRelation, RELATION, relationStage } from './relation-stage.js';
import { ANALYSIS, fitsStage, readMotion, reportStage } from './stages.js';
import { WALK, walkStage } from './walk-stage.js';

/** File of the settings of an analysis, with the digests of what it wrote. */
const SETTINGS = 'settings.json';
/** What an analysis leaves in its folder. */
const FILES = [
  ...[SETTINGS, FLATNESS, PARTIAL, WALK, RELATION, ANALYSIS, FINDINGS_FILE, THEORY_FILE],
  ...['report.html', 'report.json', 'figures', 'tables', LAYERS],
];

/** Says what is measured differently, and where the results go. */
export interface AnalyseRequest extends RunOptions {
  /** Settings that differ from those of the run. */
  readonly analysis?: NonNullable<PartialConfig['analysis']>;
  readonly workers?: number;
  /** Folder of the results; `analysis-2`, `analysis-3`, … inside the run folder when absent. */
  readonly out?: string;
  /** Called once everything is checked, before the first step. */
  readonly onStart?: (announcement: string) => void;
}

/** The content of settings.json. */
interface Settings {
  readonly run: string;
  readonly configHash: string;
  readonly analysis: AnyConfig['analysis'];
  readonly outputs: Outputs;
}

/**
 * Refuses a folder that holds anything but an analysis of the same run with the same settings, which is made again or continued.
 * @throws InputError
 */
function checkOwn(out: string, { configHash, analysis }: Settings): void {
  if (!existsSync(out)) return;
  check(lstatSync(out).isDirectory(), 'out-exists', `${out} is not a folder; choose another with --out.`);
  refuseLinks(out);
  const held = readdirSync(out).filter((name) => !/\.(?:tmp|stale)$/.test(name));
  if (held.length === 0) return;
  const foreign = held.find((name) => !FILES.includes(name));
  check(
    foreign === undefined && held.includes(SETTINGS),
    'out-exists',
    () => `the folder ${out} holds ${foreign ?? held[0]} and is no analysis; choose another with --out.`,
  );
  const before = readPart<Partial<Settings>>(join(out, SETTINGS), []);
  check(
    before.configHash === configHash && sameData(before.analysis, analysis),
    'out-exists',
    `the folder ${out} holds an analysis of another run or with other settings; choose another with --out.`,
  );
}

/**
 * Measures the flatness of a run again, with fits and a report. Principal directions are taken from the run folder
 * (computed there first if they are missing); the run's own results do not change.
 * @returns the folder of the results
 * @throws InputError for a run that is not trained to the end; InterruptedError
 */
export async function analyseRun(path: string, request: AnalyseRequest = {}): Promise<string> {
  const wants = {
    ...RUN_OPTIONS_WANTS,
    analysis: is.maybe(is.object),
    workers: is.maybe(is.whole),
    out: is.maybe(is.path),
  };
  is.given('analyseRun', { path, request }, { path: is.path, request: is.shape(wants) });
  const before = readRecord(path);
  check(
    before.stages.train.status === 'done',
    'not-trained',
    `the run in ${path} is not trained to the end (${before.stages.train.status}); continue it with thermograd train --resume --out ${shellWord(path)}.`,
  );
  const overrides: PartialConfig = {
    ...(request.analysis && { analysis: request.analysis }),
    ...(request.workers !== undefined && { workers: request.workers }),
  };
  const config = completeRunConfig(asWritten(before.config), overrides);
  const out = request.out ?? nextFolder(path);
  const settings: Settings = { run: path, configHash: before.configHash, analysis: config.analysis, outputs: {} };
  checkOwn(out, settings);
  const { dataset, network } = await loadRun(config, request);
  const { steps, memory } = needOf(config, { dataset, network });
  const { pca } = before.stages;
  const parts = [
    analysisDisk(config, network, steps),
    ...(pca.status === 'done' ? [] : [directionsDisk(config, network, steps)]),
  ];
  const disk = checkDisk(parts, out, bytesIn(out));
  forceKernelBuild(before.kernelBuild);
  const folder = openRun(path);
  try {
    const context: Context = { folder, config, network, options: request };
    request.onStart?.(`analysis of the run in ${path}, into ${out}; ${needs(memory.peak, disk)}`);
    await windowStages(context);
    for (const own of contextsOf(context)) {
      checkRanks(config.analysis.directions, summaryOf(own).variances.length, own.config.record.layer);
      readMotion(own);
    }
    finalWeights(path, network);
    sweep(out);
    // from here on the folder is this analysis, also where it is stopped
    writeJson(join(out, SETTINGS), settings);
    await flatnessStage(context, dataset, out);
    await walkStage(context, dataset, out);
    if (hasRelation(context)) await relationStage(context, dataset, out);
    await yieldToEvents(context);
    fitsStage(context, out);
    const record: RunRecord = { ...folder.record, config };
    const documents = [FLATNESS, WALK, ...(hasRelation(context) ? [RELATION] : []), ANALYSIS];
    const written = [
      ...eachLayer(config).flatMap((own) => documents.map((name) => relative(out, join(placeOf(own, out), name)))),
      FINDINGS_FILE,
    ].map((name) => [name.split(sep).join('/'), { stage: 'analyse', ...measure(join(out, name)) }]);
    writeJson(join(out, SETTINGS), { ...settings, outputs: Object.fromEntries(written) });
    await reportStage(record, out);
    return out;
  } finally {
    folder.close();
    forceKernelBuild(undefined);
  }
}

/**
 * Writes the report of a run folder, or of an analysis of one, again, and returns the path of the page. The run of an analysis is
 * the folder around it, or else the one that its settings name.
 * @throws InputError when there is no finished analysis
 */
export async function reportRun(path: string): Promise<string> {
  is.given('reportRun', { path }, { path: is.path });
  const own = existsSync(join(path, RUN.file)) || !existsSync(join(path, SETTINGS));
  if (!own) refuseLinks(path);
  const settings = own ? undefined : readPart<Partial<Settings>>(join(path, SETTINGS), []);
  const around = dirname(path);
  const home = own ? path : existsSync(join(around, RUN.file)) ? around : (settings?.run ?? around);
  const record = readRecord(home);
  check(
    settings?.configHash === undefined || settings.configHash === record.configHash,
    'config-changed',
    `the analysis in ${path} is of another run than the one in ${home}; put them together again, or analyse the run anew.`,
  );
  verifyOutputs(path, settings ? settings.outputs : record.outputs, [ANALYSIS, FINDINGS_FILE, LAYERS]);
  // the page states the settings of the analysis, not those of the run
  const analysis = settings?.analysis ?? record.config.analysis;
  await reportStage({ ...record, config: { ...record.config, analysis } }, path);
  return join(path, 'report.html');
}

function nextFolder(path: string): string {
  for (let k = 2; ; k++) {
    const candidate = join(path, `analysis-${k}`);
    if (!existsSync(candidate)) return candidate;
  }
}
