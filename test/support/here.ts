/** Runs a command line of the program in this process, from its sources: no start of Node, half a second of work, for each call. */
import { call } from '../../src/cli/call.js';
import { type Outcome, thermograd } from './cli.js';

/** In CI, and where THERMOGRAD_MAIN names another build, every command line starts the built program. */
const STARTS = process.env.CI !== undefined || process.env.THERMOGRAD_MAIN !== undefined;

/**
 * Gives the exit code and all that the program writes, as `thermograd` does for the built program. For tests of what a
 * command says and leaves; those of threads, signals and streams start the built program. One call at a time.
 */
export const thermogradHere = async (...args: string[]): Promise<Outcome> =>
  STARTS ? thermograd(...args) : callHere(...args);

/** The same in any case in this process, where a test has put something else in the place of a module. */
export async function callHere(...args: string[]): Promise<Outcome> {
  const said = { stdout: '', stderr: '' };
  const kept = { stdout: process.stdout.write, stderr: process.stderr.write, exitCode: process.exitCode };
  for (const name of ['stdout', 'stderr'] as const)
    process[name].write = ((text: string | Uint8Array) => {
      said[name] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
      return true;
    }) as typeof process.stdout.write;
  process.exitCode = undefined;
  try {
    await call(args);
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    process.stdout.write = kept.stdout;
    process.stderr.write = kept.stderr;
    process.exitCode = kept.exitCode;
  }
}
