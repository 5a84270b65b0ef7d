/** The queue of Slurm: what squeue prints, and the tasks that it names. */

/** The arguments of squeue that give one line for each job, or for the tasks of an array that wait together. */
export const QUEUE_FORMAT = '%i|%T|%k|%r';

/** Holds one line of the queue. */
export interface QueueLine {
  /** Number of the job, for an array that of the whole array. */
  readonly job: string;
  /** Numbers of the tasks in the array; undefined for a job that is no array, and where squeue cut the list short. */
  readonly tasks: readonly number[] | undefined;
  /** PENDING, RUNNING and so on. */
  readonly state: string;
  readonly comment: string;
  /** Why it waits. */
  readonly reason: string;
}

/** States of jobs that have ended; all others are in the queue. */
const ENDED = /^(?:BOOT_FAIL|CANCELLED|COMPLETED|DEADLINE|FAILED|NODE_FAIL|OUT_OF_MEMORY|PREEMPTED|REVOKED|TIMEOUT)/;

/** Says whether a state is one of an ended job. */
export const hasEnded = (state: string): boolean => ENDED.test(state);

/** Reads the lines of `squeue -h -o QUEUE_FORMAT`; leaves out lines of another form and jobs that have ended. */
export function parseQueue(text: string): QueueLine[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\d+)(?:_(?:(\d+)|\[([^\]]*)\]))?\|([^|]*)\|([^|]*)\|(.*)$/.exec(line.trim());
    if (!found || hasEnded(found[4])) return [];
    const [, job, one, several, state, comment, reason] = found;
    return [{ job, tasks: one !== undefined ? [Number(one)] : numbersOf(several), state, comment, reason }];
  });
}

/** Returns the numbers in a list such as `0-4,7,9-13:2%5`; undefined where it is none or was cut short. */
export function numbersOf(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  const out: number[] = [];
  for (const part of text.replace(/%\d+$/, '').split(',')) {
    const found = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(part);
    if (!found) return undefined;
    const [from, to, by] = [Number(found[1]), Number(found[2] ?? found[1]), Number(found[3] ?? 1)];
    for (let n = from; n <= to; n += by) out.push(n);
  }
  return out;
}
