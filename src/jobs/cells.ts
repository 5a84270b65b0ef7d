/**
 * Studies in cells: independent pieces of work, each with one document that is whole or absent.
 *
 * A cell is computed by a function of the folder and its job: it reads the record, the data and the documents that it
 * needs, and writes its own document, which then never changes. It takes no lock, so that threads, and processes on other machines with access to
 * the folder, can compute different cells at the same time. One process, which holds the lock, decides which cells are
 * missing and writes the record. `open-study.ts` does single cells of a folder by their names.
 */
import { join } from 'node:path';
import { RunError } from '../numeric/errors.js';
import type { ProviderChoice } from '../numeric/linalg/provider.js';
import { writeJsonOnce } from '../record/json.js';
import { InterruptedError, type Progress } from './context.js';
import { type JobKind, type ReportProgress, runJobs } from './pool.js';
import { presentIn, waitFor } from './present.js';

/** Holds what all cells of a study share, as plain data, so that it can be passed to threads. */
export interface Study<Record, Data> {
  readonly path: string;
  readonly record: Record;
  readonly data: Data;
}

/** Describes one cell. */
export interface Cell<Job> {
  /** Path of its document inside the folder: the name of the cell, which never changes. */
  readonly file: string;
  readonly job: Job;
  /** Short description, for progress and messages. */
  readonly name: string;
  /** Units of progress; one by default. */
  readonly weight?: number;
  /** Files of the folder that it reads beside the record; the cell can be done once all of them are there. None by default. */
  readonly needs?: readonly string[];
}

/** Defines a kind of study; the experiment provides it. */
export interface StudyKind<Record, Data, Job, Result> {
  /** URL of the compiled module of the worker, whose whole content is `serveJobs({ run: doCell(kind) })`. */
  readonly worker: URL;
  /**
   * Whether a thread does one cell after another, which saves many short cells the start of a thread each; by default every cell has a new
   * one, whose memory is freed.
   */
  readonly keepsThreads?: boolean;
  /** The stages that consist of cells, in their order. */
  readonly stages: readonly string[];
  /** Reads the record of a folder, without a lock. */
  read(path: string): Record;
  /** Loads the data that the record names; every process does this itself. */
  load(record: Record): Promise<Data>;
  /** Returns the provenance of loaded data, as the record has it under `data`; absent where a study has none. */
  provenance?(data: Data): unknown;
  /** Returns the choice of linear algebra of the record; absent where the cells use none. */
  provider?(record: Record): ProviderChoice;
  /**
   * Lists the cells of a stage, as far as the documents in the folder determine them; the order never changes, later
   * ones are appended.
   */
  cells(study: Omit<Study<Record, Data>, 'data'>, stage: string): readonly Cell<Job>[];
  /** Says why a document, which holds named values or a list, cannot be that of a cell; undefined where it can. By default any can. */
  damage?(document: object, job: Job, record: Record): string | undefined;
  /** Estimates the seconds of a cell on one core; undefined where nothing is known. */
  seconds?(record: Record, job: Job): number | undefined;
  /** Computes a cell. Any file other than its document it writes whole, before it returns. */
  run(job: Job, study: Study<Record, Data>, report: ReportProgress): Result | Promise<Result>;
}

/** Describes cells that a runner is to have done. */
export interface CellWork {
  /** The folder of the study, and the one that `thermograd cell` is given. */
  readonly folder: string;
  readonly root: string;
  readonly stage: string;
  /** The stage in words, for messages. */
  readonly what: string;
  /** The cells without a document; all of them can be done now. Files are relative to `root`. */
  readonly cells: readonly {
    readonly file: string;
    readonly name: string;
    readonly weight: number;
    /** Estimated seconds on one core, where the study knows them. */
    readonly seconds?: number;
  }[];
  /** Bytes of one process that does one cell after another. */
  readonly memory: number;
}

/** Has cells done elsewhere than in threads of this process: by `thermograd cell`, called with their files. */
export interface CellRunner {
  /** How it does them, for the announcement: `as jobs of Slurm`. */
  readonly how: string;
  /** Seconds for which a document that it reports may stay unseen on this machine; 60 by default. */
  readonly late?: number;
  /**
   * Has all cells of `work` done. `onDone` is called when a cell's document is there, and `onProgress` with the number of finished
   * cells and, if there is anything to say, a note. Only documents count in the end.
   * @returns false when the signal stopped the waiting; what was begun elsewhere goes on
   * @throws RunError when cells failed for good
   */
  run(
    work: CellWork,
    io: {
      readonly signal?: AbortSignal;
      onProgress?(finished: number, note?: string): void;
      onDone(file: string): void;
    },
  ): Promise<boolean>;
}

/** Says how cells are computed and how progress is reported. */
export interface CellOptions {
  /** Cells at a time in threads; 0: one per core. */
  readonly workers: number;
  /** What does the cells; threads of this process when it is absent. */
  readonly on?: CellRunner | undefined;
  /** Bytes of one process that does cells, which a runner asks for. */
  readonly memory?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** The unit in which progress is counted. */
  readonly unit: string;
  /** The name of the stage in progress reports; by default its own. */
  readonly title?: string;
  /** Called after each cell, e.g. to save the record. */
  readonly onCell?: () => void;
}

/** Default of `CellRunner.late`. */
const LATE = 60;

/**
 * Computes the cells of a stage that have no document, in worker threads or by a runner, until none is missing: new documents may add
 * cells.
 * @throws InterruptedError when stopped; all finished cells are kept. RunError (`cells-missing`) when a runner ends and documents are
 * missing
 */
export async function runCells<Record, Data, Job, Result>(
  kind: StudyKind<Record, Data, Job, Result>,
  study: Study<Record, Data>,
  stage: string,
  options: CellOptions,
): Promise<readonly Cell<Job>[]> {
  for (;;) {
    const all = kind.cells(study, stage);
    const present = presentIn(study.path);
    const missing = all.filter(({ file }) => !present(file));
    if (missing.length === 0) return all;
    const tally = new Tally(all, missing, stage, options);
    const finished = await (options.on
      ? runElsewhere(kind, study, { stage, missing, tally }, options, options.on)
      : runInThreads(kind, study, { missing, tally }, options));
    if (!finished) throw new InterruptedError(study.path);
  }
}

/** Counts what is done of a stage, in the weights of its cells, and reports it. */
class Tally<Job> {
  private readonly total: number;
  private behind: number;
  /** Shares that are done of cells under way. */
  private readonly begun = new Map<Cell<Job>, number>();

  constructor(
    all: readonly Cell<Job>[],
    missing: readonly Cell<Job>[],
    private readonly stage: string,
    private readonly options: CellOptions,
  ) {
    const sum = (cells: readonly Cell<Job>[]) => cells.reduce((s, cell) => s + weightOf(cell), 0);
    this.total = sum(all);
    this.behind = this.total - sum(missing);
    this.say();
  }

  /** Sets the share of a cell that is done. */
  share(cell: Cell<Job>, share: number, note?: string): void {
    const before = this.begun.get(cell) ?? 0;
    this.behind += (share - before) * weightOf(cell);
    this.begun.set(cell, share);
    this.say(note);
  }

  say(note?: string): void {
    const { onProgress, title = this.stage, unit } = this.options;
    const progress = { stage: title, done: rounded(this.behind), total: rounded(this.total), unit };
    onProgress?.(note === undefined ? progress : { ...progress, note });
  }
}

const weightOf = ({ weight = 1 }: { readonly weight?: number }): number => weight;

interface Missing<Job> {
  readonly missing: readonly Cell<Job>[];
  readonly tally: Tally<Job>;
}

function runInThreads<Record, Data, Job, Result>(
  kind: StudyKind<Record, Data, Job, Result>,
  study: Study<Record, Data>,
  { missing, tally }: Missing<Job>,
  { workers, signal, onCell }: CellOptions,
): Promise<boolean> {
  const jobs: JobKind<Study<Record, Data>, Cell<Job>, Result> = {
    worker: kind.worker,
    run: doCell(kind),
    name: ({ name }) => name,
    ...(kind.keepsThreads && { prepare: (shared) => shared }),
  };
  return runJobs(jobs, study, missing, {
    workers,
    signal,
    onProgress: (cell, what, share) => tally.share(cell, share, `${cell.name}: ${what}`),
    onDone(cell, result) {
      writeJsonOnce(join(study.path, cell.file), result);
      onCell?.();
      tally.share(cell, 1, cell.name);
    },
  });
}

/** Has cells done by a runner, and then looks for their documents itself. */
async function runElsewhere<Record, Data, Job, Result>(
  kind: StudyKind<Record, Data, Job, Result>,
  study: Study<Record, Data>,
  { stage, missing, tally }: Missing<Job> & { readonly stage: string },
  { signal, onCell, memory = 0, title = stage }: CellOptions,
  on: CellRunner,
): Promise<boolean> {
  const byFile = new Map(missing.map((cell) => [cell.file, cell]));
  const cells = missing.map((cell) => {
    const seconds = kind.seconds?.(study.record, cell.job);
    const { file, name } = cell;
    return { file, name, weight: weightOf(cell), ...(seconds !== undefined && { seconds }) };
  });
  const { path } = study;
  const finished = await on.run(
    { folder: path, root: path, stage, what: title, cells, memory },
    {
      ...(signal && { signal }),
      onProgress: (_, note) => tally.say(note),
      onDone(file) {
        const cell = byFile.get(file);
        if (!cell) return;
        onCell?.();
        tally.share(cell, 1, cell.name);
      },
    },
  );
  if (!finished) return false;
  const files = missing.map(({ file }) => file);
  const unseen = await waitFor(path, files, on.late ?? LATE, signal);
  if (signal?.aborted) return false;
  if (unseen.length > 0)
    throw new RunError(
      'cells-missing',
      `${unseen.length} of ${files.length} cells of ${path} have no document (the first is ${unseen[0]}): do them with thermograd cell, or continue with --resume.`,
    );
  return true;
}

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Makes the function that computes a cell in a worker thread. */
export const doCell =
  <Record, Data, Job, Result>(kind: Pick<StudyKind<Record, Data, Job, Result>, 'run'>) =>
  ({ job }: Cell<Job>, study: Study<Record, Data>, report: ReportProgress) =>
    kind.run(job, study, report);
