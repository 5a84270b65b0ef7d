/**
 * `reproduce controls`: the decisive experiment of docs/theory [S6]–[S7]. From the same trained weights, branches under different
 * noise; their windows in different bases; surrogates; and the layer alone, where theory is closed.
 *
 *     controls.json                     what was asked, versions, machine, memory
 *     seeds/seed<n>/base.safetensors    the trained network, base.json its facts
 *     seeds/seed<n>/<cell>.json         one document a cell, whole or not there
 *     report.html report.json findings.json figures/ tables/
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Dataset, Samples } from '../../data/dataset.js';
import { CellFolder, type CellKind } from '../../jobs/cell-folder.js';
import { InterruptedError, type Progress } from '../../jobs/context.js';
import { writeJson } from '../../jobs/json.js';
import { gigabytes, poolSize } from '../../jobs/memory.js';
import type { JobKind } from '../../jobs/pool.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import { makeFolders, writeWhole } from '../../record/files.js';
import type { Finding } from '../../report/finding.js';
import { loadFor } from '../../runs/prepare.js';
import { readBase, trainBase } from './base.js';
import { type CellJob, runCell } from './cell.js';
import { type ControlsConfig, controlsConfig, defaultSeeds } from './config.js';
import type { BaseFacts, CellResult, ControlsInput } from './measured.js';
import { controlsMemory } from './memory.js';

export interface ControlsRequest {
  readonly preset?: 'quick' | 'standard';
  /** Seeds 0 … n−1; 5 by default, 2 in the quick preset. */
  readonly seeds?: number;
  readonly out?: string;
  readonly resume?: boolean;
  /** Cells at a time; 0 or nothing: one per core, as far as memory goes. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onStart?: (announcement: string) => void;
  /** For experiments beyond the presets: replaces the preset's config. */
  readonly config?: ControlsConfig;
}

export interface ControlsRun {
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** What makes the exponent, in sentences. */
  readonly cause: readonly string[];
}

const KIND: CellKind = { file: 'controls.json', format: 'thermograd controls', what: 'controls' };

type ControlsFolder = CellFolder<ControlsConfig>;

/**
 * Runs what is missing of the experiment and writes the report. A cell's document is written whole when the cell is done; with
 * `resume` cells that have one are not run again, and more seeds than before may be asked for.
 * @throws InputError for a folder in use or begun otherwise; InterruptedError when stopped, with all finished cells kept
 */
export async function reproduceControls(request: ControlsRequest = {}): Promise<ControlsRun> {
  const preset = request.preset ?? 'standard';
  const path = request.out ?? `controls-${preset}`;
  const resume = request.resume ?? false;
  const before = CellFolder.read<ControlsConfig>(KIND, path);
  const asBefore = before !== undefined && request.preset === undefined;
  const config = request.config ?? (asBefore ? before.config : controlsConfig(preset));
  const seeds = request.seeds ?? before?.seeds ?? defaultSeeds(preset);
  CellFolder.check(KIND, path, { config, seeds, resume });
  const dataset = await loadFor(config.base);
  const memory = controlsMemory(config, dataset);
  const { workers, need } = poolSize(memory, request.workers, {
    who: 'the controls',
    most: 2 ** 31,
    advice: 'use fewer --workers or a smaller network.',
  });
  const folder = CellFolder.open(KIND, path, { config, seeds, data: dataset.provenance, memory, resume });
  const { record } = folder;
  try {
    request.onStart?.(
      `folder ${path}: ${record.seeds} seeds, ${config.cells.length} cells each, ${workers} at a time; needs about ${gigabytes(need)} of memory`,
    );
    const bases: BaseFacts[] = [];
    const jobs: CellJob[] = [];
    for (let seed = 0; seed < record.seeds; seed++) {
      const base = await baseOf(folder, seed, dataset, request);
      bases.push(base.facts);
      for (const { name } of config.cells)
        if (!folder.cell(seed, name))
          jobs.push({ config, seed, cell: name, weights: base.weights, kernelBuild: record.kernelBuild });
    }
    const known = record.seeds * config.cells.length - jobs.length;
    const { signal, onProgress } = request;
    await folder.run(CELLS, sharedSamples(dataset.train), jobs, { workers, known, signal, onProgress });
    return { folder: path, ...(await writeReport(folder, bases)) };
  } finally {
    folder.close();
  }
}

/** The trained network of a seed, read or made. @throws InterruptedError */
async function baseOf(
  folder: ControlsFolder,
  seed: number,
  dataset: Dataset,
  { signal, onProgress }: Pick<ControlsRequest, 'signal' | 'onProgress'>,
) {
  const { config, seeds } = folder.record;
  const files = { model: folder.file(seed, 'base.safetensors'), facts: folder.file(seed, 'base.json') };
  const report = (note: string) => onProgress?.({ stage: 'train', done: seed, total: seeds, unit: 'seeds', note });
  const stopped = async () => {
    await setImmediate();
    return signal?.aborted ?? false;
  };
  const base =
    readBase(config.base, files.model, files.facts) ??
    (await trainBase(config.base, seed, dataset, files, report, stopped));
  folder.tally();
  if (!base) throw new InterruptedError(folder.path);
  return base;
}

const CELLS: JobKind<Samples, CellJob, CellResult> = {
  worker: new URL('./worker.js', import.meta.url),
  run: runCell,
  name: ({ cell, seed }) => `cell ${cell} of seed ${seed}`,
};

/** Draws the report from the cells that stand in the folder. */
async function writeReport(folder: ControlsFolder, bases: readonly BaseFacts[]): Promise<Omit<ControlsRun, 'folder'>> {
  const { renderControls } = await import('./render.js');
  const { path, record } = folder;
  const { config } = record;
  const cells = bases.flatMap(({ seed }) =>
    config.cells.flatMap(({ name }) => folder.cell<CellResult>(seed, name) ?? []),
  );
  const { network, data, training } = config.base;
  const input: ControlsInput = {
    title: `What causes the inverse variance-flatness relation: ${network.widths.join('-')} on ${data.set}, ${bases.length} ${bases.length === 1 ? 'seed' : 'seeds'}`,
    mainWindow: config.mainWindow,
    bases,
    cells,
    run: {
      config: { ...config, base: { network, data, training, layer: config.base.record.layer } },
      seeds: { count: record.seeds, base: 'key(seed)/init, key(seed)/batches', cells: 'key(seed)/controls/cell' },
      versions: record.versions,
      kernel: record.kernelBuild,
      machine: record.machine,
      memory: record.memory,
      timings: { total: record.seconds },
    },
  };
  const { findings, cause, html, figures, tables, json } = renderControls(input);
  makeFolders(join(path, 'figures'));
  makeFolders(join(path, 'tables'));
  for (const [name, svg] of Object.entries(figures)) writeWhole(join(path, 'figures', `${name}.svg`), svg);
  for (const [name, text] of Object.entries(tables)) writeWhole(join(path, 'tables', name), text);
  writeJson(join(path, 'findings.json'), findings);
  writeWhole(join(path, 'report.json'), json);
  writeWhole(join(path, 'report.html'), html);
  return { findings, cause };
}
