/** Why cells have no document: their tasks, how those ended, and what they said last. */
import { relative } from 'node:path';
import type { TaskEnd } from './ends.js';
import type { Launch } from './launch.js';
import { lineAbout, readLog, type TaskLog } from './logs.js';
import { hasEnded } from './queue.js';
import { UNSEEN } from './script.js';

/** Holds what is known of a cell without a document. */
export interface Failure {
  readonly file: string;
  /** Its task, `job_task`; undefined when it was in none. */
  readonly task: string | undefined;
  readonly end: TaskEnd | undefined;
  readonly log: TaskLog | undefined;
  /** The cause in words. */
  readonly cause: string;
}

/** Returns what is known of the cells that are missing. */
export async function failuresOf(launch: Launch): Promise<Failure[]> {
  const jobs = new Set<string>();
  for (const file of launch.missing.keys()) {
    const job = launch.submissions.arrays[launch.taskOf.get(file)?.array ?? -1]?.job;
    if (job) jobs.add(job);
  }
  const ends = await launch.setting.client.ends([...jobs]);
  const logs = new Map<string, TaskLog | undefined>();
  const logAt = (path: string) => {
    if (!logs.has(path)) logs.set(path, readLog(path));
    return logs.get(path);
  };
  return [...launch.missing.values()].map((cell) => {
    const place = launch.taskOf.get(cell.file);
    const job = place && launch.submissions.arrays[place.array]?.job;
    if (!place || !job)
      return { file: cell.file, task: undefined, end: undefined, log: undefined, cause: 'it was in no job' };
    const task = `${job}_${place.index}`;
    const path = launch.files.log(job, place.index);
    const [end, log] = [ended(ends.get(task)), logAt(path)];
    // that it was ended by us is no answer to why it left nothing
    const unstarted = launch.unstarted.get(task);
    if (unstarted !== undefined) return { file: cell.file, task, end: undefined, log, cause: unstarted };
    return {
      file: cell.file,
      task,
      end,
      log,
      cause: causeOf(end, log, log && lineAbout(log, cell.file), relative(launch.folder, path)),
    };
  });
}

/** Leaves out what accounting, which is a little behind, says of a task that has ended since. */
const ended = (end: TaskEnd | undefined): TaskEnd | undefined => (end && hasEnded(end.state) ? end : undefined);

/** Says whether a task could not open its log, or did not find its list. */
export const couldNotOpen = ({ exit }: TaskEnd): boolean => exit === '0:53' || exit === `${UNSEEN}:0`;

/** Says in words why a task left no document. */
function causeOf(end: TaskEnd | undefined, log: TaskLog | undefined, line: string | undefined, path: string): string {
  const node = end?.node || log?.host;
  const on = node ? ` on ${node}` : '';
  if (!log) {
    const no =
      end && couldNotOpen(end)
        ? `it could not open its log${on}, which perhaps does not see this folder`
        : `it left no log${on}`;
    return `${no}${end ? ` (${end.state}, exit code ${end.exit})` : ''}`;
  }
  const how = end
    ? `${end.state}${on}, exit code ${end.exit}`
    : log.exitCode === undefined
      ? `killed${on} before its end`
      : `exit code ${log.exitCode}${on}`;
  return `${how}; ${line === undefined ? 'it said nothing' : `it said: ${line}`} (${path})`;
}

/** Says whether a task is known to have failed, so that its documents are not waited for. */
export const hasFailed = ({ end, log }: Failure): boolean =>
  (end !== undefined && end.state !== 'COMPLETED') || (log?.exitCode !== undefined && log.exitCode !== 0);

/** Writes the cells and their causes, one in a line. */
export const failureLines = (failures: readonly Failure[]): string =>
  failures.map(({ file, task, cause }) => `${file}\t${task ?? '-'}\t${cause}\n`).join('');

/** Says in one sentence how many cells failed, and of three of them why. */
export function failureSentence(failures: readonly Failure[], cells: number, rounds: number, list: string): string {
  const shown = failures
    .slice(0, 3)
    .map(({ file, task, cause }) => `${file}${task ? `, job ${task}` : ''}: ${cause.slice(0, 260)}`);
  const more = failures.length - shown.length;
  return (
    `${failures.length} of the ${cells} cells that were missing have no document after ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of jobs: ${shown.join('; ')}` +
    `${more > 0 ? `; and ${more} more` : ''}. All are listed in ${list}; continue with --resume.`
  );
}
