/** The logs of tasks: when a task began and ended, and what it said last. */
import { readFileSync } from 'node:fs';

/** Holds what a log says about the last attempt at its task. */
export interface TaskLog {
  /** Seconds from the line at its beginning to that at its end; undefined while it runs, and when it was killed. */
  readonly seconds?: number;
  readonly exitCode?: number;
  readonly host?: string;
  /** The lines that are not those of the script, without empty ones. */
  readonly said: readonly string[];
}

const BEGIN = /^thermograd: task \d+ begins at (\d+) on (\S+), restart \d+$/;
const END = /^thermograd: task \d+ ends at (\d+) with exit code (\d+)$/;

/** Reads the text of a log. */
export function parseLog(text: string): TaskLog {
  const said: string[] = [];
  let begin: RegExpExecArray | undefined;
  let end: RegExpExecArray | undefined;
  for (const line of text.split(/\r?\n|\r/)) {
    const [began, ended] = [BEGIN.exec(line), END.exec(line)];
    if (began) [begin, end, said.length] = [began, undefined, 0];
    else if (ended) end = ended;
    else if (line.trim() !== '') said.push(line.trim());
  }
  return {
    said,
    ...(begin && { host: begin[2] }),
    ...(begin && end && { seconds: Number(end[1]) - Number(begin[1]), exitCode: Number(end[2]) }),
  };
}

/** Reads a log; undefined where there is none. */
export function readLog(path: string): TaskLog | undefined {
  try {
    return parseLog(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Returns the line that says most about a cell: the sentence that begins with its document, else the last sentence of the program, else
 * the last line that names an error, else the last one.
 */
export const lineAbout = ({ said }: TaskLog, file: string): string | undefined =>
  said.findLast((line) => line.includes(`${file}: `)) ??
  said.findLast((line) => line.startsWith('thermograd: ')) ??
  said.findLast((line) => /error|killed|cannot|not found/i.test(line)) ??
  said.at(-1);
