/** One call of the program: streams, signals, exit codes, and the reporting of results and errors. */

import { InterruptedError, type RunOptions } from '../jobs/context.js';
import { InputError, RunError, readable, ThermogradError } from '../numeric/errors.js';
import { jsonLine } from '../numeric/json.js';
import { type ProgressLine, progressLine, TICK } from './progress.js';
import { layoutOf, wrapped } from './wrap.js';

/**
 * Returns the exit code for an error: 1 the run failed, 2 wrong input or use, 130 stopped by the user. (0 means done.)
 */
export function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return 130;
  return error instanceof InputError ? 2 : 1;
}

/** Gives a command its progress line, the signal to stop, and the output of its result. */
export interface Session extends RunOptions {
  readonly line: ProgressLine;
  readonly signal: AbortSignal;
  /**
   * Prints the one result of the call: JSON for machines or text for people, whose long lines are broken for a terminal.
   * @param exact - prints the text as it is, where it is a file or a list for other programs
   */
  result(json: unknown, text: string, exact?: boolean): void;
}

/**
 * Runs a command. The first Ctrl-C (or SIGTERM, or SIGHUP of a closed terminal) asks the run to stop at the next safe point, the second ends it at once.
 * So does a reader of its messages who has gone (`thermograd … 2>&1 | head`): what is done is saved, and the lock released.
 * @param resumeWith - the command that continues an interrupted run, given its folder
 */
export async function session(
  json: boolean,
  body: (session: Session) => Promise<void>,
  resumeWith?: (folder: string) => string,
): Promise<void> {
  const line = progressLine(process.stderr, () => Date.now());
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
    line.say('stopping at the next safe point (Ctrl-C again quits at once)');
  };
  const onGone = () => stop.abort();
  const ticking = setInterval(() => line.tick(), TICK);
  ticking.unref();
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  process.stderr.on('error', onGone);
  try {
    await body({
      line,
      signal: stop.signal,
      onProgress: (progress) => line.show(progress),
      result(value, text, exact = false) {
        line.end(true);
        const { isTTY = false } = process.stdout;
        const shown = isTTY && !exact ? wrapped(text, layoutOf(process.stdout).columns) : text;
        process.stdout.write(json ? `${jsonLine(value)}\n` : shown === '' ? '' : `${shown}\n`);
      },
    });
  } catch (error) {
    line.end(false);
    reportError(error, json, resumeWith);
    process.exitCode = exitCodeOf(error);
  } finally {
    clearInterval(ticking);
    process.stderr.off('error', onGone);
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    process.off('SIGHUP', onSignal);
  }
}

/** Says whether an error is the engine's refusal to allocate. */
const isOutOfMemory = (error: unknown): boolean =>
  error instanceof RangeError &&
  /allocation failed|Invalid (?:typed )?array (?:buffer )?length|string length/i.test(error.message);

/** Reports an error: a sentence on stderr; with --json also {error: {code, message}} on stdout. */
export function reportError(error: unknown, json: boolean, resumeWith?: (folder: string) => string): void {
  const known = error instanceof ThermogradError;
  const memory = !known && isOutOfMemory(error);
  const message = memory
    ? `there is not enough memory for what was asked (${(error as Error).message}); make it smaller, or use a machine with more.`
    : readable(error instanceof Error ? error.message : String(error));
  const code = known ? error.code : memory ? 'out-of-memory' : 'unexpected';
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  if (error instanceof InterruptedError) {
    process.stderr.write(`${message}\n`);
    if (resumeWith) process.stderr.write(`continue with:  ${resumeWith(error.folder)}\n`);
    return;
  }
  process.stderr.write(`thermograd: ${message}\n`);
  if (error instanceof RunError && resumeWith)
    process.stderr.write('What was recorded before stays readable in the run folder.\n');
  if (!known && !memory && error instanceof Error)
    process.stderr.write(`This should not happen; please report it with these lines:\n${error.stack}\n`);
}
