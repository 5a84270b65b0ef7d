/**
 * `reproduce controls`: the experiment of docs/theory [S6]–[S7]. From the same trained weights it runs branches under
 * different noise, and analyses their windows in different bases, surrogates of them, and the layer alone, for which
 * the theory has no free assumption.
 *
 *     controls.json                     settings, versions, machine, memory
 *     seeds/seed<n>/base.safetensors    the trained network, base.json its facts
 *     seeds/seed<n>/<cell>.json         one document a cell, whole or absent
 *     report.html report.json findings.json figures/ tables/
 */

import { FOLDER_WANTS, type Progress } from '../../jobs/context.js';
import { checkContinued } from '../../jobs/continued.js';
import { bytesIn, checkDisk } from '../../jobs/disk.js';
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
import { isLayered, recordedBlock } from '../../model/any-network.js';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { readJson } from '../../record/json.js';
import type { Finding } from '../../report/finding.js';
import { networkTitle } from '../../runs/network.js';
import { loadRun } from '../../runs/prepare.js';
import type { PartialConfig } from '../../runs/schema.js';
import { type ControlsConfig, controlsConfig, defaultSeeds, LARGEST } from './config.js';
import type { BaseFacts, CellResult, ControlsInput } from './measured.js';
import { controlsDisk, controlsMemory } from './memory.js';
import { CONTROLS_FOLDER, CONTROLS_STUDY, type ControlsFolder } from './study.js';

/** Says which preset is run, with how many seeds, and where. */
export interface ControlsRequest extends WhereRequest {
  readonly preset?: 'quick' | 'standard';
  /** Seeds 0 … n−1; 5 by default, 2 in the quick preset. */
  readonly seeds?: number;
  readonly out?: string;
  readonly resume?: boolean;
  /** Cells at a time; 0 (default): one per core, as far as memory allows. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onStart?: (announcement: string) => void;
  /** Config of the base over that of the preset: network, optimiser, layer, data. */
  readonly base?: readonly PartialConfig[];
  /** For experiments beyond the presets: replaces the preset's config. */
  readonly config?: ControlsConfig;
}

const CONTROLS_WANTS = is.shape<ControlsRequest>({
  ...FOLDER_WANTS,
  ...WHERE_WANTS,
  preset: is.maybe(is.oneOf('quick', 'standard')),
  seeds: is.maybe(is.finite),
  workers: is.maybe(is.whole),
  base: is.maybe(is.listOf(is.object)),
  config: is.maybe(is.object),
});

/** Holds the results and their folder. */
export interface ControlsRun {
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** What determines the exponent, in sentences. */
  readonly cause: readonly string[];
  /** What was done in place of that, where the request asked for something else. */
  readonly instead?: Instead;
}

/**
 * Runs the cells that are missing and writes the report. A cell's document is written whole when the cell is done; with
 * `resume` cells that have one are not run again, and there may be more seeds than before.
 * @throws InputError for a folder in use or begun with other settings; InterruptedError when stopped, with all finished
 * cells kept
 */
export async function reproduceControls(request: ControlsRequest = {}): Promise<ControlsRun> {
  is.given('reproduceControls', { request }, { request: CONTROLS_WANTS });
  const preset = request.preset ?? 'standard';
  const path = request.out ?? `controls-${preset}`;
  if (request.cancel) return { ...NOTHING, folder: path, instead: await cancelled(path) };
  const resume = request.resume ?? false;
  const before = CONTROLS_FOLDER.recordIn(path);
  const asBefore = before !== undefined && request.preset === undefined && request.base === undefined;
  const config = request.config ?? (asBefore ? before.config : controlsConfig(preset, request.base));
  const seeds = request.seeds ?? before?.seeds ?? defaultSeeds(preset);
  check(Number.isInteger(seeds) && seeds >= 1, 'bad-seeds', `the controls need at least one seed; got ${seeds}.`);
  CONTROLS_FOLDER.check(path, config, resume);
  if (resume) await checkContinued(CONTROLS_STUDY, path, request.on);
  const loaded = await loadRun(config.base);
  const { dataset, network } = loaded;
  const { name, size } = recordedBlock(network, config.base.record.layer);
  check(
    !isLayered(network) || size <= LARGEST,
    'block-too-large',
    () =>
      `the controls form the Hessian of the recorded layer, which in a network of layers may have up to ${LARGEST} weights; ${name} has ${size}: choose another with --layer, or take reproduce generality.`,
  );
  const memory = controlsMemory(config, loaded);
  const where = await whereFor(request, memory, {
    who: 'the controls',
    most: 2 ** 31,
    advice: 'use fewer --workers or a smaller network.',
  });
  const disk = checkDisk(controlsDisk(config, network, Math.max(seeds, before?.seeds ?? 0)), path, bytesIn(path));
  const folder = CONTROLS_FOLDER.open(
    path,
    { config, seeds, data: dataset.provenance, memory },
    resume,
    request.takeOver,
  );
  const { record } = folder;
  try {
    await pinnedProvider(record, config.base.provider, path);
    folder.save();
    request.onStart?.(`folder ${path}: ${record.seeds} seeds, ${config.cells.length} cells each, ${where.said(disk)}`);
    if (request.prepare) return { ...NOTHING, folder: path, instead: prepared(CONTROLS_STUDY, { path, record }) };
    const data = { train: sharedSamples(dataset.train), network, provenance: dataset.provenance };
    for (const stage of ['bases', 'cells'] as const)
      await cellStage(CONTROLS_STUDY, folder, { path, record, data }, stage, { request, where, unit: 'cells' });
    let report: Omit<ControlsRun, 'folder'> | undefined;
    await folder.stage('report', request, async () => {
      report = await reportControls(folder);
    });
    return { folder: path, ...report! };
  } finally {
    folder.close();
  }
}

/** What a run has that did something else. */
const NOTHING: Omit<ControlsRun, 'folder'> = { findings: [], cause: [] };

/** Writes the report from the cells in the folder. */
async function reportControls(folder: ControlsFolder): Promise<Omit<ControlsRun, 'folder'>> {
  const { renderControls } = await import('./page.js');
  const { path, record } = folder;
  const { config } = record;
  const documents = <Result>(stage: string) =>
    CONTROLS_STUDY.cells({ path, record }, stage).flatMap(({ file }) => readJson<Result>(folder.file(file)) ?? []);
  const [bases, cells] = [documents<BaseFacts>('bases'), documents<CellResult>('cells')];
  const { network, data, training, optimiser } = config.base;
  const input: ControlsInput = {
    title: `What causes the inverse variance-flatness relation: ${networkTitle(config.base)}${optimiser ? `, ${optimiser.type},` : ''} on ${data.set}, ${bases.length} ${bases.length === 1 ? 'seed' : 'seeds'}`,
    mainWindow: config.mainWindow,
    bases,
    cells,
    run: factsOf(
      record,
      {
        config: {
          ...config,
          base: { network, data, training, ...(optimiser && { optimiser }), layer: config.base.record.layer },
        },
        seeds: { count: record.seeds, base: 'key(seed)/init, key(seed)/batches', cells: 'key(seed)/controls/cell' },
      },
      { memory: record.memory, timings: secondsOf(record.stages) },
    ),
  };
  const report = renderControls(input);
  writeReport(path, report);
  return { findings: report.findings, cause: report.cause };
}
