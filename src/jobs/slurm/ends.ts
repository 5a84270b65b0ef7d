/** How tasks ended: what sacct says where there is accounting, else what the controller still knows. */

/** Holds how one task ended. */
export interface TaskEnd {
  /** COMPLETED, FAILED, TIMEOUT, OUT_OF_MEMORY, NODE_FAIL, CANCELLED and so on. */
  readonly state: string;
  /** Exit code and signal, as `1:0`. */
  readonly exit: string;
  /** The node that it ran on; empty where there was none. */
  readonly node: string;
}

/** The columns that sacct is asked for. */
export const SACCT_COLUMNS = 'JobID,State,ExitCode,NodeList';

/** Reads `sacct -X -n -P -o SACCT_COLUMNS`: how each task ended, by its name `job_task`. */
export function parseSacct(text: string): Map<string, TaskEnd> {
  const out = new Map<string, TaskEnd>();
  for (const line of text.split('\n')) {
    const [id, state, exit, node] = line.trim().split('|');
    if (!/^\d+_\d+$/.test(id) || state === undefined) continue;
    out.set(id, { state: state.split(' ')[0], exit: exit ?? '', node: nodeOf(node) });
  }
  return out;
}

/** Reads `scontrol show job -o`, which knows ended jobs for some minutes: how each task ended, by its name `job_task`. */
export function parseJobs(text: string): Map<string, TaskEnd> {
  const out = new Map<string, TaskEnd>();
  for (const line of text.split('\n')) {
    const field = (name: string) => new RegExp(`(?:^|\\s)${name}=(\\S*)`).exec(line)?.[1];
    const [job, task, state] = [field('ArrayJobId'), field('ArrayTaskId'), field('JobState')];
    if (!job || !task || !/^\d+$/.test(task) || !state) continue;
    out.set(`${job}_${task}`, {
      state,
      exit: field('ExitCode') ?? '',
      node: nodeOf(field('BatchHost') ?? field('NodeList')),
    });
  }
  return out;
}

const nodeOf = (text: string | undefined): string =>
  text === undefined || /^(?:\(null\)|None assigned)$/.test(text) ? '' : text;
