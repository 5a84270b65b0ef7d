/**
 * `reproduce controls`: the decisive experiment of science.md [S6]–[S7]. From the same trained weights, branches under different
 * noise; their windows in different bases; surrogates; and the layer alone, where theory is closed.
 *
 *     controls.json                     what was asked, versions, machine, memory
 *     seeds/seed<n>/base.safetensors    the trained network, base.json its facts
 *     seeds/seed<n>/<cell>.json         one document a cell, whole or not there
 *     report.html report.json findings.json figures/ tables/
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Samples } from '../data/dataset.js';
import { kernelBuild } from '../kernels/load.js';
import { check } from '../numeric/errors.js';
import { makeFolders, writeWhole } from '../record/files.js';
import type { BaseFacts, CellResult, ControlsInput } from '../report/controls-results.js';
import type { Finding } from '../report/finding.js';
import { InterruptedError, type Progress } from './context.js';
import { readBase, trainBase } from './controls-base.js';
import { type CellJob, runCell } from './controls-cell.js';
import { type ControlsConfig, controlsConfig, defaultSeeds } from './controls-config.js';
import { controlsMemory } from './controls-memory.js';
import { readJson, writeJson } from './json.js';
import { lockFolder } from './lock.js';
import { allVersions, type Machine, thisMachine, VERSION, type Versions } from './machine.js';
import { gigabytes, poolSize } from './memory.js';
import { runJobs, type Trade } from './pool.js';
import { loadFor } from './prepare.js';
import { sharedSamples } from './shared-samples.js';
import { sameData } from './staged-folder.js';

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

/** What controls.json holds. */
interface ControlsRecord {
  readonly format: 'thermograd controls';
  readonly thermograd: string;
  readonly config: ControlsConfig;
  seeds: number;
  readonly kernelBuild: string;
  versions: Versions;
  machine: Machine;
  readonly data: unknown;
  readonly memory: unknown;
  /** Wall-clock seconds, over all attempts. */
  seconds: number;
}

/**
 * Runs what is missing of the experiment and writes the report. A cell's document is written whole when the cell is done; with
 * `resume` cells that have one are not run again, and more seeds than before may be asked for.
 * @throws InputError for a folder in use or begun otherwise; InterruptedError when stopped, with all finished cells kept
 */
export async function reproduceControls(request: ControlsRequest = {}): Promise<ControlsRun> {
  const preset = request.preset ?? 'standard';
  const folder = request.out ?? `controls-${preset}`;
  const place = (...names: string[]) => join(folder, ...names);
  const before = readJson<ControlsRecord>(place('controls.json'));
  const asBefore = before !== undefined && request.preset === undefined;
  const config = request.config ?? (asBefore ? before.config : controlsConfig(preset));
  const seeds = request.seeds ?? before?.seeds ?? defaultSeeds(preset);
  check(Number.isInteger(seeds) && seeds >= 1, 'bad-seeds', `the controls need at least one seed; got ${seeds}.`);
  check(
    before === undefined || request.resume === true,
    'run-exists',
    `the folder ${folder} holds controls already; continue them with --resume, or choose another folder with --out.`,
  );
  check(
    before !== undefined || !existsSync(place('run.json')),
    'run-exists',
    `the folder ${folder} holds another run; choose another folder with --out.`,
  );
  check(
    before === undefined || JSON.stringify(before.config) === JSON.stringify(config),
    'config-changed',
    `the controls in ${folder} were begun with other settings (preset ${before?.config.preset}); leave them as they were, or choose another folder with --out.`,
  );
  check(
    before === undefined || before.thermograd === VERSION,
    'other-version',
    `the controls in ${folder} were begun by thermograd ${before?.thermograd}; this is ${VERSION}. Start again in another folder.`,
  );
  const start = performance.now();
  const dataset = await loadFor(config.base);
  check(
    before === undefined || sameData(before.data, dataset.provenance),
    'data-changed',
    `the data set '${config.base.data.set}' is not the one that the controls in ${folder} were begun with.`,
  );
  const memory = controlsMemory(config, dataset);
  const { workers, need } = poolSize(memory, request.workers, {
    who: 'the controls',
    most: 2 ** 31,
    advice: 'use fewer --workers or a smaller network.',
  });
  makeFolders(folder);
  const release = lockFolder(folder);
  try {
    const record: ControlsRecord = before ?? {
      format: 'thermograd controls',
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
    const save = () => writeJson(place('controls.json'), record);
    save();
    request.onStart?.(
      `folder ${folder}: ${record.seeds} seeds, ${config.cells.length} cells each, ${workers} at a time; needs about ${gigabytes(need)} of memory`,
    );
    const earlier = record.seconds;
    const tally = () => {
      record.seconds = Math.round(earlier + (performance.now() - start) / 1000);
      save();
    };
    const stop = () => {
      tally();
      return new InterruptedError(folder);
    };
    const bases: BaseFacts[] = [];
    const jobs: CellJob[] = [];
    const cells: CellResult[] = [];
    for (let seed = 0; seed < record.seeds; seed++) {
      makeFolders(place('seeds', `seed${seed}`));
      const files = { model: seedFile(folder, seed, 'base.safetensors'), facts: seedFile(folder, seed, 'base.json') };
      const tell = (note: string) =>
        request.onProgress?.({ stage: 'train', done: seed, total: record.seeds, unit: 'seeds', note });
      const stopped = async () => {
        await setImmediate();
        return request.signal?.aborted ?? false;
      };
      const base =
        readBase(config.base, files.model, files.facts) ??
        (await trainBase(config.base, seed, dataset, files, tell, stopped));
      if (!base) throw stop();
      bases.push(base.facts);
      for (const { name } of config.cells) {
        const known = readJson<CellResult>(seedFile(folder, seed, `${name}.json`));
        if (known) cells.push(known);
        else
          jobs.push({
            config,
            seed,
            cell: name,
            weights: base.weights,
            kernelBuild: record.kernelBuild as CellJob['kernelBuild'],
          });
      }
    }
    const total = cells.length + jobs.length;
    const shares = new Map<string, number>();
    const finished = await runJobs(CELLS, sharedSamples(dataset.train), jobs, {
      workers,
      signal: request.signal,
      onProgress(job, what, share) {
        shares.set(`${job.seed} ${job.cell}`, share);
        let done = cells.length;
        for (const s of shares.values()) done += s;
        request.onProgress?.({
          stage: 'cells',
          done: Math.round(10 * done) / 10,
          total,
          unit: 'cells',
          note: `seed ${job.seed}, ${job.cell}: ${what}`,
        });
      },
      onDone(job, result) {
        writeJson(seedFile(folder, job.seed, `${job.cell}.json`), result);
        shares.delete(`${job.seed} ${job.cell}`);
        cells.push(result);
        tally();
      },
    });
    if (!finished) throw stop();
    tally();
    return { folder, ...(await writeReport(folder, record, bases)) };
  } finally {
    release();
  }
}

const CELLS: Trade<Samples, CellJob, CellResult> = {
  worker: new URL('./controls-worker.js', import.meta.url),
  run: runCell,
  name: ({ cell, seed }) => `cell ${cell} of seed ${seed}`,
};

const seedFile = (folder: string, seed: number, name: string): string => join(folder, 'seeds', `seed${seed}`, name);

/** Draws the report from the cells that stand in the folder. */
async function writeReport(
  folder: string,
  record: ControlsRecord,
  bases: readonly BaseFacts[],
): Promise<Omit<ControlsRun, 'folder'>> {
  const { renderControls } = await import('../report/controls.js');
  const { config } = record;
  const cells = bases.flatMap(({ seed }) =>
    config.cells.flatMap(({ name }) => readJson<CellResult>(seedFile(folder, seed, `${name}.json`)) ?? []),
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
  makeFolders(join(folder, 'figures'));
  makeFolders(join(folder, 'tables'));
  for (const [name, svg] of Object.entries(figures)) writeWhole(join(folder, 'figures', `${name}.svg`), svg);
  for (const [name, text] of Object.entries(tables)) writeWhole(join(folder, 'tables', name), text);
  writeJson(join(folder, 'findings.json'), findings);
  writeWhole(join(folder, 'report.json'), json);
  writeWhole(join(folder, 'report.html'), html);
  return { findings, cause };
}
