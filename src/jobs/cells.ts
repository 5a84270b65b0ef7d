/**
 * Studies in cells: independent pieces of work, each with one document that is whole or absent.
 *
 * A cell is computed by a function of the folder and an index: it reads the record, the data and the documents that it
 * needs, and writes its own document. It takes no lock, so that threads, and processes on other machines with access to
 * the folder, can compute different cells at the same time. One process, which holds the lock, decides which cells are
 * missing and writes the record.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../numeric/errors.js';
import { writeJson } from '../record/json.js';
import { InterruptedError, type Progress } from './context.js';
import { type JobKind, type ReportProgress, runJobs } from './pool.js';

/** Holds what all cells of a study share, as plain data, so that it can be passed to threads. */
export interface Study<Record, Data> {
  readonly path: string;
  readonly record: Record;
  readonly data: Data;
}

/** Describes one cell. */
export interface Cell<Job> {
  /** Path of its document inside the folder. */
  readonly file: string;
  readonly job: Job;
  /** Short description, for progress and messages. */
  readonly name: string;
  /** Units of progress; one by default. */
  readonly weight?: number;
}

/** Defines a kind of study; the experiment provides it. */
export interface StudyKind<Record, Data, Job, Result> {
  /** URL of the compiled module of the worker, whose whole content is `serveJobs({ run: doJob(kind) })`. */
  readonly worker: URL;
  /** Reads the record of a folder, without a lock. */
  read(path: string): Record;
  /** Loads the data that the record names; every process does this itself. */
  load(record: Record): Promise<Data>;
  /**
   * Lists the cells of a stage, as far as the documents in the folder determine them; the order never changes, later
   * ones are appended.
   */
  cells(study: Omit<Study<Record, Data>, 'data'>, stage: string): readonly Cell<Job>[];
  /** Computes a cell. Any file other than its document it writes whole, before it returns. */
  run(job: Job, study: Study<Record, Data>, report: ReportProgress): Result | Promise<Result>;
}

/** Says how cells are computed and how progress is reported. */
interface CellOptions {
  /** Cells at a time; 0: one per core. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** The unit in which progress is counted. */
  readonly unit: string;
  /** The name of the stage in progress reports; by default its own. */
  readonly title?: string;
  /** Called after each cell, e.g. to save the record. */
  readonly onCell?: () => void;
}

/**
 * Computes the cells of a stage that have no document, in worker threads, until none is missing: new documents may add
 * cells.
 * @throws InterruptedError when stopped; all finished cells are kept
 */
export async function runCells<Record, Data, Job, Result>(
  kind: StudyKind<Record, Data, Job, Result>,
  study: Study<Record, Data>,
  stage: string,
  { workers, signal, onProgress, unit, title = stage, onCell }: CellOptions,
): Promise<readonly Cell<Job>[]> {
  const jobs: JobKind<Study<Record, Data>, Cell<Job>, Result> = {
    worker: kind.worker,
    run: doCell(kind),
    name: ({ name }) => name,
  };
  for (;;) {
    const all = kind.cells(study, stage);
    const missing = all.filter(({ file }) => !existsSync(join(study.path, file)));
    if (missing.length === 0) return all;
    const weight = ({ weight: w = 1 }: Cell<Job>) => w;
    const total = all.reduce((sum, cell) => sum + weight(cell), 0);
    const left = new Map(missing.map((cell) => [cell, 1]));
    const say = (note?: string) => {
      let behind = total;
      for (const [cell, share] of left) behind -= share * weight(cell);
      const progress = { stage: title, done: rounded(behind), total: rounded(total), unit };
      onProgress?.(note === undefined ? progress : { ...progress, note });
    };
    say();
    const finished = await runJobs(jobs, study, missing, {
      workers,
      signal,
      onProgress(cell, what, share) {
        left.set(cell, 1 - share);
        say(`${cell.name}: ${what}`);
      },
      onDone(cell, result) {
        left.delete(cell);
        writeJson(join(study.path, cell.file), result);
        onCell?.();
        say(cell.name);
      },
    });
    if (!finished) throw new InterruptedError(study.path);
  }
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Makes the function that computes a cell in a worker thread. */
export const doCell =
  <Record, Data, Job, Result>(kind: Pick<StudyKind<Record, Data, Job, Result>, 'run'>) =>
  ({ job }: Cell<Job>, study: Study<Record, Data>, report: ReportProgress) =>
    kind.run(job, study, report);

/**
 * Computes one cell of a folder that another process coordinates, and writes its document unless that exists.
 * @returns path of the document
 * @throws InputError for a folder without a record, and for an index that its stage does not have
 */
export async function doCellAt<Record, Data, Job, Result>(
  kind: StudyKind<Record, Data, Job, Result>,
  path: string,
  stage: string,
  index: number,
): Promise<string> {
  const record = kind.read(path);
  const cells = kind.cells({ path, record }, stage);
  const cell = cells[index];
  check(
    cell !== undefined,
    'no-cell',
    () => `stage ${stage} of ${path} has the cells 0 to ${cells.length - 1}; got ${index}.`,
  );
  const file = join(path, cell.file);
  if (!existsSync(file))
    writeJson(file, await kind.run(cell.job, { path, record, data: await kind.load(record) }, () => {}));
  return file;
}
