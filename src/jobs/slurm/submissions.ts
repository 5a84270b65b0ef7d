/** The document of what was submitted for a folder: slurm/submissions.json. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import { InputError } from '../../numeric/errors.js';
import { readJson, writeJson } from '../../record/json.js';
import { slurmFiles } from './script.js';

const FORMAT = 'thermograd slurm submissions';

/** Holds one array of tasks. It is written before sbatch is called, so that its job is found again whatever happens. */
export interface SubmittedArray {
  readonly round: number;
  /** The number of its first task among those of the round, and how many tasks it has. */
  readonly first: number;
  readonly tasks: number;
  /** Seconds that its longest task is expected to take, where that is known. */
  readonly seconds?: number;
  /** Number of the job; null until sbatch has told it. */
  job: string | null;
}

/** Holds all arrays that were submitted for a folder. */
export interface Submissions {
  readonly format: string;
  /** Names the folder in the comments of its jobs. */
  readonly id: string;
  readonly arrays: SubmittedArray[];
}

/** Returns the comment of the jobs of an array: the folder, and the place of the array in the document. */
export const commentOf = ({ id }: Pick<Submissions, 'id'>, place: number): string => `thermograd:${id}:${place}`;

/** Returns the place that a comment names; undefined when it is of another folder. */
function placeIn({ id }: Pick<Submissions, 'id'>, comment: string): number | undefined {
  const [, folder, place] = /^thermograd:([0-9a-f]+):(\d+)$/.exec(comment) ?? [];
  return folder === id ? Number(place) : undefined;
}

/** Returns the place of the array to which a job in the queue belongs; undefined when it is of another folder. */
export function placeOf(
  submissions: Submissions,
  { job, comment }: { readonly job: string; readonly comment: string },
): number | undefined {
  // some sites put a comment of their own in the place of ours
  if (/^thermograd:/.test(comment)) return placeIn(submissions, comment);
  const place = submissions.arrays.findIndex((array) => array.job === job);
  return place < 0 ? undefined : place;
}

/**
 * Reads the document of a folder, or begins one.
 * @throws InputError when it is damaged
 */
export function readSubmissions(folder: string): Submissions {
  const path = slurmFiles(folder).submissions;
  const refuse = () =>
    new InputError(
      'bad-submissions',
      `${path} is damaged; look with squeue whether jobs of it are left, end them, and delete the file.`,
    );
  let value: Submissions | undefined;
  try {
    value = readJson<Submissions>(path);
  } catch {
    throw refuse();
  }
  if (value === undefined) return { format: FORMAT, id: newId(folder), arrays: [] };
  const right = ({ round, first, tasks, job }: SubmittedArray) =>
    [round, first, tasks].every(Number.isInteger) && (job === null || /^\d+$/.test(job));
  if (
    value.format !== FORMAT ||
    !/^[0-9a-f]+$/.test(value.id) ||
    !Array.isArray(value.arrays) ||
    !value.arrays.every(right)
  )
    throw refuse();
  return value;
}

/** Says whether anything was submitted for a folder. */
export const wasSubmitted = (folder: string): boolean => existsSync(slurmFiles(folder).submissions);

/** Writes the document whole. */
export function saveSubmissions(folder: string, submissions: Submissions): void {
  writeJson(slurmFiles(folder).submissions, submissions);
}

/** Returns the documents of a task, as its list names them. */
export function listOf(folder: string, round: number, task: number): string[] {
  try {
    return readFileSync(slurmFiles(folder).list(round, task), 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** Makes a name for a folder that no other one has, also a copy of it that is begun later. */
const newId = (folder: string): string =>
  createHash('sha256')
    .update(
      [
        existsSync(folder) ? realpathSync(folder) : folder,
        hostname(),
        pid,
        performance.timeOrigin + performance.now(),
      ].join('\n'),
    )
    .digest('hex')
    .slice(0, 16);
