/** The options after `--on slurm:`, such as `partition=all,time=2:00:00,mem=4G,tasks=50`: most are those of sbatch. */
import { check } from '../../numeric/errors.js';

/** Holds one option of sbatch by its long name; a flag has no value. */
export interface SbatchOption {
  readonly name: string;
  readonly value?: string;
}

/** Holds the options of one `--on slurm`. */
export interface SlurmOptions {
  /** Options that are given to sbatch as they are, in the order in which they were written. */
  readonly sbatch: readonly SbatchOption[];
  /** Tasks that may run at the same time; all that Slurm starts by default. */
  readonly tasks?: number;
  /** Cells of one task; by default chosen from the time that a cell takes. */
  readonly cells?: number;
}

/** Options of sbatch that have no value. */
const FLAGS = [
  'contiguous',
  'exclusive',
  'no-kill',
  'overcommit',
  'oversubscribe',
  'reboot',
  'spread-job',
  'use-min-nodes',
];
/** Options whose values are often written; a name of these without a value is a mistake and no part of a list. */
const VALUED =
  'account begin cells constraint cpus-per-task exclude gres mem mem-per-cpu nice nodelist partition qos reservation tasks time'.split(
    ' ',
  );

/** Options that the launcher sets itself, and what to do instead. */
const OWN: Readonly<Record<string, string>> = {
  array: 'the launcher chooses the tasks; limit those that run at a time with tasks=N',
  comment: 'the launcher finds its jobs by it',
  'job-name': 'the launcher finds its jobs by it',
  output: 'logs lie in the folder of the study, in slurm/logs',
  error: 'logs lie in the folder of the study, in slurm/logs',
  'open-mode': 'logs lie in the folder of the study, in slurm/logs',
  input: 'tasks read nothing',
  wrap: 'the launcher writes the script; put lines before its command with --prologue',
  export: 'tasks get the environment of this command',
  'export-file': 'tasks get the environment of this command',
  chdir: 'tasks find their files by absolute paths',
  nodes: 'a task is one process on one processor',
  ntasks: 'a task is one process on one processor',
  'ntasks-per-node': 'a task is one process on one processor',
  dependency: 'the launcher submits what can run',
  hold: 'a job on hold never starts by itself',
  clusters: 'run the command on a login node of the cluster that shall do the work',
  requeue: 'it is always set',
  'no-requeue': 'a task that is started again does only what is missing',
  wait: 'the launcher follows the queue',
  'test-only': 'look at a small study first',
  parsable: 'it is always set',
  quiet: 'the launcher reads what sbatch says',
  verbose: 'the launcher reads what sbatch says',
};

/**
 * Reads the options: `name=value` separated by commas. A comma inside brackets, or before a word that is no option, belongs
 * to the value (`exclude=n[1,2]`, `exclude=n1,n2`).
 * @throws InputError for an option that the launcher sets itself, one that is given twice, and one without a value
 */
export function parseSlurmOptions(text: string): SlurmOptions {
  check(
    !/[\p{Cc}]/u.test(text),
    'bad-on',
    `--on slurm: takes options in one line of printable characters; got ${JSON.stringify(text)}.`,
  );
  const all: { name: string; value?: string }[] = [];
  for (const piece of pieces(text)) {
    const [, name, value] = /^([^=]*?)(?:=(.*))?$/s.exec(piece)!;
    const last = all.at(-1);
    if (value === undefined && !FLAGS.includes(name)) {
      check(
        last?.value !== undefined && !VALUED.includes(name) && !(name in OWN),
        'bad-on',
        `--on slurm: takes options of sbatch as name=value, separated by commas, such as partition=all,time=2:00:00; got '${piece}'.`,
      );
      last.value += `,${piece}`;
      continue;
    }
    const known = name.trim().replace(/^--/, '');
    check(
      /^[a-z][a-z0-9-]+$/.test(known) && value !== '',
      'bad-on',
      `--on slurm: takes options of sbatch by their long names, with a value, such as partition=all; got '${piece}'.`,
    );
    check(!Object.hasOwn(OWN, known), 'bad-on', `--on slurm: does not take ${known}: ${OWN[known]}.`);
    check(!all.some((o) => o.name === known), 'bad-on', `--on slurm: takes ${known} once; got '${text}'.`);
    all.push(value === undefined ? { name: known } : { name: known, value: value.trim() });
  }
  const count = (name: string): number | undefined => {
    const given = all.find((o) => o.name === name)?.value;
    if (given === undefined) return undefined;
    check(
      /^[1-9]\d{0,6}$/.test(given),
      'bad-on',
      `--on slurm: takes a whole number above 0 for ${name}; got '${given}'.`,
    );
    return Number(given);
  };
  const [tasks, cells] = [count('tasks'), count('cells')];
  return {
    sbatch: all.filter(({ name }) => name !== 'tasks' && name !== 'cells'),
    ...(tasks !== undefined && { tasks }),
    ...(cells !== undefined && { cells }),
  };
}

/** Splits at commas outside brackets; leaves out empty pieces. */
function pieces(text: string): string[] {
  const out: string[] = [''];
  let depth = 0;
  for (const c of text) {
    if (c === '[' || c === '(') depth++;
    if (c === ']' || c === ')') depth--;
    if (c === ',' && depth <= 0) out.push('');
    else out[out.length - 1] += c;
  }
  return out.map((piece) => piece.trim()).filter((piece) => piece !== '');
}

/** Returns the value of an option of sbatch; undefined where it was not given. */
export const givenTo = ({ sbatch }: SlurmOptions, name: string): string | undefined =>
  sbatch.find((option) => option.name === name)?.value;

/** Returns the seconds of a time limit as sbatch reads it: M, M:S, H:M:S, D-H, D-H:M, D-H:M:S; undefined for none. */
export function secondsOfLimit(text: string | undefined): number | undefined {
  const [, days, rest] = /^(?:(\d+)-)?(\d+(?::\d+){0,2})$/.exec(text ?? '') ?? [];
  if (rest === undefined) return undefined;
  const parts = rest.split(':').map(Number);
  const [h, m, s] =
    days !== undefined
      ? [parts[0], parts[1] ?? 0, parts[2] ?? 0]
      : parts.length === 3
        ? parts
        : [0, parts[0], parts[1] ?? 0];
  return Number(days ?? 0) * 86400 + h * 3600 + m * 60 + s;
}
