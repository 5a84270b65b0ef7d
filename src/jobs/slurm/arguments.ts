/** The arguments of sbatch. */
import { givenTo, type SlurmOptions } from './options.js';

/** Describes one array. */
export interface ArrayJob {
  readonly tasks: number;
  readonly name: string;
  readonly comment: string;
  /** Folder of the logs. */
  readonly logs: string;
  readonly script: string;
  /** Bytes of one process that does one cell. */
  readonly memory: number;
  /** Seconds that the longest task is expected to take; undefined where that is unknown. */
  readonly seconds: number | undefined;
}

/** Memory is asked for with a quarter more than the estimate, and time with four times as much, at least ten minutes. */
const [MORE_MEMORY, MORE_TIME, LEAST_MINUTES] = [1.25, 4, 10];

/** Returns the arguments of sbatch for an array. What a user has chosen takes the place of our own estimates. */
export function sbatchArguments(array: ArrayJob, options: SlurmOptions): string[] {
  const { tasks, name, comment, logs, script, memory, seconds } = array;
  const given = (...names: string[]) => names.some((n) => givenTo(options, n) !== undefined);
  const megabytes = Math.max(1, Math.ceil((MORE_MEMORY * memory) / 2 ** 20));
  return [
    '--parsable',
    `--array=0-${tasks - 1}${options.tasks === undefined ? '' : `%${options.tasks}`}`,
    `--job-name=${name}`,
    `--comment=${comment}`,
    // sbatch replaces %A, %a and others in the path
    `--output=${logs.replaceAll('%', '%%')}/%A_%a.log`,
    '--open-mode=append',
    '--requeue',
    '--ntasks=1',
    ...(given('cpus-per-task') ? [] : ['--cpus-per-task=1']),
    ...(given('mem', 'mem-per-cpu') ? [] : [`--mem=${megabytes}M`]),
    ...(given('time') || seconds === undefined ? [] : [`--time=${minutesFor(seconds)}`]),
    ...optionWords(options),
    script,
  ];
}

/** Returns the options of a user as sbatch takes them. */
export const optionWords = ({ sbatch }: SlurmOptions): string[] =>
  sbatch.map(({ name, value }) => (value === undefined ? `--${name}` : `--${name}=${value}`));

/** Returns the minutes that are asked for. */
export const minutesFor = (seconds: number): number => Math.max(LEAST_MINUTES, Math.ceil((MORE_TIME * seconds) / 60));

/** Returns the longest task that fits into a time limit which a user chose. */
export const longestIn = (limit: number | undefined): number | undefined =>
  limit === undefined ? undefined : limit / MORE_TIME;
