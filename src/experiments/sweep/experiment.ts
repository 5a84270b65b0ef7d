/**
 * `thermograd sweep`: cells over points and seeds, their tables and the report. The stages in their order:
 *
 *     sweep.json                        the complete sweep, its seeds, versions, machine, memory
 *     cells/<thousands>/<index>.json    one document a cell, whole or absent
 *     table.csv table.parquet           one row a cell; points.csv points.parquet: one row a point, over its seeds
 *     report.html report.json findings.json figures/ tables/
 */

import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { FOLDER_WANTS, type Progress } from '../../jobs/context.js';
import { checkContinued } from '../../jobs/continued.js';
import { bytesIn, bytesOf, checkDisk } from '../../jobs/disk.js';
import { gigabytes, type PoolMemory } from '../../jobs/memory.js';
import { pinnedProvider } from '../../jobs/provider.js';
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
import { counted } from '../../numeric/counted.js';
import { check, InputError, RunError } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { writeWhole } from '../../record/files.js';
import { readJson } from '../../record/json.js';
import type { Finding } from '../../report/finding.js';
import { formatSeconds } from '../../report/format.js';
import { aggregate, hasDiverged } from './aggregate.js';
import { type Column, columnsCsv, columnsParquet } from './columns.js';
import { completeSweep, seedsOf } from './config.js';
import { pointColumns } from './csv.js';
import { damageOfCell, MOST } from './damage.js';
import { cellAt, cellCount, labelled, pointCount, pointsOf } from './design.js';
import type { SweepCell } from './measured.js';
import { type SweepCost, secondsOfAll, sweepCost, sweepDisk, sweepMemory } from './memory.js';
import { rulesOf } from './rules.js';
import type { PartialSweep, Sweep, SweepConfig } from './schema.js';
import { sweepScratch } from './scratch.js';
import { checkFits, loadSweep, provenanceOf, type SweepData, sharedData } from './sets.js';
import { fileOf, joined, providerOf, SWEEP_FOLDER, SWEEP_STUDY, type SweepFolder } from './study.js';
import { cellColumns } from './tables.js';

/** Cells that are begun without being asked twice. */
export const MANY = 20_000;

/** Says where a sweep goes and how it is run. */
export interface SweepRequest extends WhereRequest {
  /** Folder; by default `sweep-<name>`. */
  readonly out?: string;
  readonly resume?: boolean;
  /** Seeds in place of those of the file: 0 … n−1, or these; with `resume` those that are new are appended. */
  readonly seeds?: number | readonly number[];
  /** Cells at a time; 0 (default): one per core, as far as memory allows. */
  readonly workers?: number;
  /** Begins a sweep of more than 20 000 cells. */
  readonly yes?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  readonly onStart?: (announcement: string) => void;
}

const SWEEP_WANTS = is.shape<SweepRequest>({
  ...FOLDER_WANTS,
  ...WHERE_WANTS,
  seeds: is.maybe(is.either(is.count, is.some(is.listOf(is.whole)))),
  workers: is.maybe(is.whole),
  yes: is.maybe(is.flag),
});

/** Holds the folder of a sweep and how much it holds. */
export interface SweepRun {
  readonly folder: string;
  readonly points: number;
  readonly seeds: number;
  readonly cells: number;
  /** Cells that diverged, which is a result. */
  readonly diverged: number;
  readonly findings: readonly Finding[];
  /** What was done in place of that, where the request asked for something else. */
  readonly instead?: Instead;
}

/** States what a sweep is and needs. */
export interface SweepPlan {
  readonly folder: string;
  readonly points: number;
  readonly seeds: number;
  readonly cells: number;
  /** Bytes of the process that coordinates and of one that computes cells. */
  readonly memory: number;
  readonly disk: number;
  /** Of all cells on one core, roughly; null where nothing is known. */
  readonly seconds: number | null;
  /** All of it in a line. */
  readonly words: string;
}

/** Returns the sweep that is asked for: the file with the seeds of the request, or what the folder was begun with. */
async function asked(
  given: PartialSweep | undefined,
  { seeds, resume = false }: SweepRequest,
  path: string,
): Promise<Sweep> {
  const before = resume || given === undefined ? SWEEP_FOLDER.recordIn(path) : undefined;
  if (given === undefined && before === undefined)
    throw new InputError('no-config', `there is no sweep to continue in ${path}: give the file of a sweep.`);
  const sweep: Sweep =
    given === undefined
      ? { config: before!.config, seeds: before!.seeds }
      : completeSweep(given, await rulesOf(given.experiment));
  const own =
    seeds === undefined
      ? sweep.seeds
      : seedsOf({}, typeof seeds === 'number' ? (seeds === 1 ? 0 : `0..${seeds - 1}`) : [...seeds]);
  const whole = { config: sweep.config, seeds: before ? joined(before.seeds, own) : own };
  checkMost(whole);
  return whole;
}

/** States cells, points and seeds. */
function sizeOf(sweep: Sweep): string {
  const [cells, points, seeds] = [cellCount(sweep), pointCount(sweep.config), sweep.seeds.length];
  return `${cells.toLocaleString('en')} cells (${points.toLocaleString('en')} points, ${seeds.toLocaleString('en')} seeds)`;
}

/** Refuses more cells than can be listed. */
function checkMost(sweep: Sweep): void {
  const cells = cellCount(sweep);
  check(
    cells <= MOST,
    'many-cells',
    () =>
      `this sweep has ${sizeOf(sweep)}, and a sweep has up to ${MOST.toLocaleString('en')} cells: take fewer values or seeds, or a design such as {sobol: 256}.`,
  );
}

/** Refuses a sweep of very many cells unless it is wanted. */
function checkMany(sweep: Sweep, yes = false): void {
  const cells = cellCount(sweep);
  check(
    yes || cells <= MANY,
    'many-cells',
    () =>
      `this sweep has ${sizeOf(sweep)}, and about ${gigabytes(bytesOf(sweepDisk(sweep)))} would be written: take fewer values, a design such as {sobol: 256}, or --yes if so many are meant.`,
  );
}

/** A sweep whose data are loaded and fit. */
interface Planned {
  readonly plan: SweepPlan;
  readonly where: Where;
  readonly data: SweepData;
  readonly memory: PoolMemory;
  readonly cost: SweepCost;
}

/** Loads the data, checks that everything fits, and says what the sweep needs. */
async function planned(sweep: Sweep, request: SweepRequest, path: string): Promise<Planned> {
  const data = await loadSweep(sweep.config);
  if (sweep.config.experiment === 'train') checkFits(sweep.config, data);
  const cost = (request.resume && SWEEP_FOLDER.recordIn(path)?.cost) || (await sweepCost(sweep.config, data));
  const memory = sweepMemory(sweep, data, cost);
  const where = await whereFor(request, memory, { who: 'the sweep', advice: 'use fewer --workers.' });
  const disk = checkDisk(sweepDisk(sweep), path, bytesIn(path));
  const { config, seeds } = sweep;
  const plan = {
    folder: path,
    points: pointCount(config),
    seeds: seeds.length,
    cells: cellCount(sweep),
    memory: memory.base + memory.worker,
    disk,
    seconds: secondsOfAll(sweep, cost) ?? null,
    words: '',
  };
  return { plan: { ...plan, words: planWords(plan, where, request) }, where, data, memory, cost };
}

/**
 * States what a sweep would need, after all checks; nothing is written.
 * @throws InputError
 */
export async function planSweep(given: PartialSweep | undefined, request: SweepRequest = {}): Promise<SweepPlan> {
  is.given('planSweep', { given, request }, { given: is.maybe(is.object), request: SWEEP_WANTS });
  const path = folderOf(given, request);
  return (await planned(await asked(given, request, path), request, path)).plan;
}

const folderOf = (given: PartialSweep | undefined, { out }: SweepRequest): string => {
  if (out !== undefined) return out;
  const name = typeof given?.name === 'string' ? given.name : 'sweep';
  return name.startsWith('sweep') ? name : `sweep-${name}`;
};

/**
 * Computes the cells that are missing, and writes the tables and the report. A cell's document is written whole when the cell is done; with
 * `resume` cells that have one are not computed again, and there may be more seeds than before. The same cells give the same bytes on any
 * number of workers, times aside.
 * @param given - the sweep; undefined to continue the one in the folder
 * @throws InputError for a sweep that cannot be, a folder in use or begun with another sweep; InterruptedError when stopped, with all
 * finished cells kept
 */
export async function runSweep(given: PartialSweep | undefined, request: SweepRequest = {}): Promise<SweepRun> {
  is.given('runSweep', { given, request }, { given: is.maybe(is.object), request: SWEEP_WANTS });
  const path = folderOf(given, request);
  if (request.cancel)
    return { folder: path, points: 0, seeds: 0, cells: 0, diverged: 0, findings: [], instead: await cancelled(path) };
  const resume = request.resume ?? false;
  const sweep = await asked(given, request, path);
  const { config } = sweep;
  SWEEP_FOLDER.check(path, config, resume);
  if (resume) await checkContinued(SWEEP_STUDY, path, request.on);
  checkMany(sweep, request.yes);
  const { plan, where, data, memory, cost } = await planned(sweep, request, path);
  const folder = SWEEP_FOLDER.open(
    path,
    { config, seeds: sweep.seeds, data: provenanceOf(data), memory, cost },
    resume,
    request.takeOver,
  );
  const { record } = folder;
  try {
    sweepScratch(path);
    await pinnedProvider(record, providerOf(record), path);
    folder.save();
    request.onStart?.(plan.words);
    const study = { path, record, data: sharedData(data) };
    const whole = { folder: path, points: plan.points, seeds: plan.seeds, cells: plan.cells };
    if (request.prepare) return { ...whole, diverged: 0, findings: [], instead: prepared(SWEEP_STUDY, study) };
    await cellStage(SWEEP_STUDY, folder, study, 'cells', { request, where, unit: 'cells' });
    let done: Pick<SweepRun, 'diverged' | 'findings'> | undefined;
    await folder.stage('report', request, async () => {
      done = await reportSweep(folder, { config, seeds: record.seeds }, request);
    });
    return { ...whole, ...done! };
  } finally {
    sweepScratch(path);
    folder.close();
  }
}

/** States a plan in a line. */
function planWords(
  { folder, points, seeds, cells, disk, seconds }: SweepPlan,
  where: Where,
  { on = 'threads', prepare }: SweepRequest,
): string {
  const here = on === 'threads' && !prepare;
  const cores = here ? Math.min(availableParallelism(), where.workers || cells, cells) : 1;
  const time = seconds === null ? '' : `; roughly ${formatSeconds(seconds / cores)} on ${counted(cores, 'free core')}`;
  return `folder ${folder}: ${counted(points, 'point')} × ${counted(seeds, 'seed')} = ${counted(cells, 'cell')}, ${where.said(disk)}${time}`;
}

/** Reads the documents of all cells. */
export function readCells(path: string, sweep: Sweep): SweepCell[] {
  const at = pointsOf(sweep.config);
  return Array.from({ length: cellCount(sweep) }, (_, index) => {
    const cell = readJson<SweepCell>(`${path}/${fileOf(index)}`);
    if (cell === undefined)
      throw new RunError('no-cell', `the document of cell ${index} is missing in ${path}; continue with --resume.`);
    const { seed, point } = cellAt(sweep, index);
    const damage = damageOfCell(cell, { index, seed, point: labelled(sweep.config.axes, at(point)) });
    if (damage !== undefined)
      throw new RunError(
        'bad-document',
        `${path}/${fileOf(index)} is not the document of cell ${index}: ${damage}; delete it, and --resume computes it again.`,
      );
    return cell;
  });
}

/** Files of a sweep from which on its report says what it is at. */
const LONG_REPORT = 500;

/** Writes the tables and the report from the documents in the folder. */
async function reportSweep(
  folder: SweepFolder,
  sweep: Sweep,
  { onProgress }: SweepRequest,
): Promise<Pick<SweepRun, 'diverged' | 'findings'>> {
  const { renderSweep } = await import('./page.js');
  const { config, seeds } = sweep;
  const { path, record } = folder;
  // of ten thousand cells each part takes seconds; between them, others have their turn
  const part = async (done: number, note: string) => {
    if (record.outputs && Object.keys(record.outputs).length > LONG_REPORT)
      onProgress?.({ stage: 'report', done, total: 4, unit: 'parts', note });
    await setImmediate();
  };
  await part(0, 'cells');
  const cells = readCells(path, sweep);
  await part(1, 'means over seeds');
  const points = aggregate(cells, { atRule: atRule(config) });
  await part(2, 'tables');
  await writeTable(folder, 'table', cellColumns(config, cells));
  await writeTable(folder, 'points', pointColumns(points));
  await part(3, 'laws and figures');
  const report = renderSweep({
    title: `${config.name}: ${config.experiment === 'train' ? 'trainings' : config.experiment} over ${keysIn(config)}`,
    config,
    cells,
    run: factsOf(record, { config, seeds }, { memory: record.memory, timings: secondsOf(record.stages) }),
  });
  writeReport(path, report);
  return { diverged: cells.filter(hasDiverged).length, findings: report.findings };
}

/** Whether runs are compared where they met their rule, which a loss level alone makes a state of its own. */
const atRule = ({ until }: SweepConfig): boolean => until !== null && 'loss' in until;

/** Names the axes for the title. */
const keysIn = ({ axes }: SweepConfig): string =>
  axes.length === 0 ? 'seeds' : axes.map(({ key }) => key.replace(/^.*\./, '')).join(', ');

async function writeTable(folder: SweepFolder, name: string, columns: readonly Column[]): Promise<void> {
  writeWhole(folder.file(`${name}.csv`), columnsCsv(columns));
  writeWhole(folder.file(`${name}.parquet`), await columnsParquet(columns));
}
