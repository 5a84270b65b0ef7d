/** What a user puts before the command of every task: lines of shell, and perhaps a program that runs the command. */
import { readFileSync } from 'node:fs';
import { check } from '../../numeric/errors.js';
import { entryAt } from '../../record/files.js';

/** Holds a prologue. */
export interface Prologue {
  /** Lines that the shell of a task runs before its command, such as `module load node/20`. */
  readonly lines: readonly string[];
  /** What stands before the command in its own line, such as `apptainer exec image.sif`; may be empty. */
  readonly prefix: string;
}

/** No prologue. */
export const NO_PROLOGUE: Prologue = { lines: [], prefix: '' };

/** Beginnings of a line that run the command which follows them. */
const RUNNERS =
  /^(?:exec\s+)?(?:(?:apptainer|singularity)\s+(?:-\S+\s+)*(?:exec|run)|(?:docker|podman)(?:-hpc)?\s+run|enroot\s+start|shifter|ch-run|srun|env|nice|taskset|numactl|time|(?:conda|mamba|micromamba|pixi)\s+run)(?:\s|$)/;

/**
 * Returns the prologue that `--prologue` names: the lines of a file where there is one of that name, else the text itself.
 * @throws InputError for a file that is not there or not readable
 */
export function readPrologue(given: string): Prologue {
  const path = given.trim();
  const isFile = !path.includes('\n') && entryAt(path)?.isFile() === true;
  check(
    isFile || !/^(?:\.{0,2}\/)?[^\s;&|]+\.(?:sh|bash|txt)$/.test(path),
    'no-prologue',
    `--prologue takes a file with lines of shell, or such lines themselves; there is no file ${path}.`,
  );
  return parsePrologue(isFile ? readFileSync(path, 'utf8') : given);
}

/**
 * Divides a text into lines that run before the command, and what stands in front of the command. The last line stands in front of it
 * when it ends in a backslash, as a line of shell that goes on, or when it begins with a program that runs another one, as `apptainer
 * exec` and `srun` do.
 * @throws InputError for a text with characters that no script has
 */
export function parsePrologue(text: string): Prologue {
  check(!text.includes('\0'), 'bad-prologue', '--prologue takes lines of shell; the text contains a zero byte.');
  const lines = text.split(/\r?\n/).map((line) => line.trimEnd());
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  // the last command begins after the last line that does not go on
  let start = lines.length - 1;
  while (start > 0 && lines[start - 1].endsWith('\\')) start--;
  const last = lines.slice(start).join('\n').trim();
  if (last.endsWith('\\')) return { lines: lines.slice(0, start), prefix: last.slice(0, -1).trimEnd() };
  if (RUNNERS.test(last)) return { lines: lines.slice(0, start), prefix: last };
  return { lines, prefix: '' };
}
