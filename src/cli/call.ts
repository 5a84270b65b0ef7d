/** One call of the program, from its arguments to its exit code. */
import { CommanderError } from 'commander';
import { InputError, readable } from '../numeric/errors.js';
import { reportError } from '../terminal/session.js';
import { program } from './commands.js';

/**
 * Runs the command that the arguments name, writes its result or the sentence about an error, and leaves the exit code in
 * `process.exitCode`: 0 (or none) done, 1 the run failed, 2 wrong input or use, 130 stopped.
 * @param words - what follows the name of the program
 */
export async function call(words: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has written its sentence to stderr
      if (error.exitCode !== 0 && words.includes('--json'))
        process.stdout.write(
          `${JSON.stringify({ error: { code: 'usage', message: readable(error.message.replace(/^error: /, '')) } })}\n`,
        );
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      reportError(error, words.includes('--json'));
      process.exitCode = error instanceof InputError ? 2 : 1;
    }
  }
}
