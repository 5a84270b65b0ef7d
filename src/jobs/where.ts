/** Where the cells of a study are computed: in threads of this process, or elsewhere by a runner. What all studies share. */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { type Cell, type CellOptions, type CellRunner, runCells, type Study, type StudyKind } from './cells.js';
import type { RunOptions } from './context.js';
import { needs } from './disk.js';
import type { JobFolder } from './folder.js';
import { gigabytes, type PoolMemory, poolSize } from './memory.js';
import { checkKernel } from './pins.js';

/** Says where the cells of a study are computed. */
export interface WhereRequest {
  /** `threads` (default), `slurm`, or `slurm:partition=all,time=2:00:00` with options of sbatch. */
  readonly on?: string;
  /** Lines of shell that run before the command of every job of Slurm, or a file with such lines. */
  readonly prologue?: string;
  /** Write the folder and its record, with data checked and linear algebra chosen, and stop: `thermograd cell` does the rest. */
  readonly prepare?: boolean;
  /** End the jobs of the folder that wait or run elsewhere, and do nothing else. */
  readonly cancel?: boolean;
  /** Take the lock of the folder from a process of another machine that no longer runs. */
  readonly takeOver?: boolean;
}

/** Says what a {@link WhereRequest} needs. */
export const WHERE_WANTS = {
  on: is.maybe(is.text),
  prologue: is.maybe(is.text),
  prepare: is.maybe(is.flag),
  cancel: is.maybe(is.flag),
  takeOver: is.maybe(is.flag),
};

/** What a study returns that did something else than computing its cells and writing its report. */
export interface Instead {
  readonly did: 'prepared' | 'cancelled';
  readonly sentence: string;
  /** The folder of the cells, where it is another one than that of the study. */
  readonly cells?: string;
}

/** Says where cells are computed, and what that takes. */
export interface Where extends Pick<CellOptions, 'workers' | 'on' | 'memory'> {
  /** Returns a part of the announcement: `2 at a time; about 1.2 GB of memory and 3 MB of disk`. */
  said(disk: number): string;
}

/**
 * Reads where cells are computed, and checks the memory: of all threads here, or of the one process that a machine elsewhere runs for a
 * cell, which only that machine can refuse.
 * @param words - who needs the memory and what to do, as `poolSize` takes them
 * @throws InputError for another place than those there are, and where the memory does not suffice
 */
export async function whereFor(
  { on, prologue, prepare, workers }: WhereRequest & { readonly workers?: number },
  memory: PoolMemory,
  words: Parameters<typeof poolSize>[2],
): Promise<Where> {
  const runner = await runnerFor(on, prologue);
  const one = memory.base + memory.worker;
  if (runner || prepare)
    return {
      workers: workers ?? 0,
      on: runner,
      memory: one,
      said: (disk) =>
        `${runner ? runner.how : 'prepared only'}; a process takes about ${gigabytes(one)} of memory, the folder ${gigabytes(disk)} of disk`,
    };
  const pool = poolSize(memory, workers, words);
  return {
    workers: pool.workers,
    memory: one,
    said: (disk) => `${pool.workers} at a time; ${needs(pool.need, disk)}`,
  };
}

/** Returns the runner of a place; undefined for threads. */
async function runnerFor(on = 'threads', prologue?: string): Promise<CellRunner | undefined> {
  check(
    prologue === undefined || on !== 'threads',
    'bad-place',
    'a prologue is for jobs of Slurm: give --on slurm, or leave --prologue out.',
  );
  if (on === 'threads') return undefined;
  const slurm = /^slurm(?::(.*))?$/s.exec(on);
  check(
    slurm !== null,
    'bad-place',
    `cells are computed on threads or on slurm, with options of sbatch as in slurm:partition=all,time=2:00:00; got '${on}'.`,
  );
  return (await import('./slurm/runner.js')).slurmRunner(slurm[1] ?? '', prologue);
}

/** Ends what was given to a runner from the folder of a study. */
export async function cancelled(folder: string): Promise<Instead> {
  const { cancelSlurm } = await import('./slurm/runner.js');
  return { did: 'cancelled', sentence: await cancelSlurm(folder) };
}

/** Says that a study was prepared, and how many cells it has as far as is known. */
export function prepared<R>(
  { stages, cells }: Pick<StudyKind<R, unknown, unknown, unknown>, 'stages' | 'cells'>,
  study: { readonly path: string; readonly record: R },
): Instead {
  const count = stages.reduce((sum, stage) => sum + cells(study, stage).length, 0);
  return {
    did: 'prepared',
    sentence: `${study.path} is prepared; ${count} cells are known, and none was computed now.`,
  };
}

/**
 * Computes the cells of a stage of an open folder, and keeps its status, its seconds and what was written in the record.
 * @throws InputError (`no-such-kernel`) where this machine cannot run the kernels of the record; what `runCells` throws
 */
export async function cellStage<Name extends string, Head extends object, R, Data, Job, Result>(
  kind: StudyKind<R, Data, Job, Result>,
  folder: JobFolder<Name, Head>,
  study: Study<R, Data>,
  stage: Name,
  {
    request,
    where,
    then,
    writes = [],
    ...counted
  }: Pick<CellOptions, 'unit' | 'title'> & {
    readonly request: RunOptions;
    readonly where: Where;
    /** What belongs to the stage once all cells are there. */
    readonly then?: (cells: readonly Cell<Job>[]) => void | Promise<void>;
    /** The files that `then` writes: with more cells they are written anew, while those of cells never change. */
    readonly writes?: readonly string[];
  },
): Promise<void> {
  checkKernel(folder.record, folder.path);
  const { signal, onProgress } = request;
  const options = { ...where, ...counted, signal, onProgress, onCell: () => folder.saveSometimes() };
  await folder.stage(
    stage,
    request,
    async () => {
      const cells = await runCells(kind, study, stage, options);
      const files = cells.map(({ file }) => file);
      folder.clearBeside(files);
      folder.assign(stage, files);
      await then?.(cells);
    },
    (file) => !writes.includes(file),
  );
}
