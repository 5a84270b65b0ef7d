#!/usr/bin/env node
/** The program `thermograd`. */
import { CommanderError } from 'commander';
import { InputError, readable } from '../numeric/errors.js';
import { reportError } from '../terminal/session.js';
import { program } from './commands.js';

// A reader that closes the pipe early (head, less) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  process.stderr.write(
    `thermograd: the result cannot be written to standard output (${error.code}); what the command wrote into files is complete.\n`,
  );
  process.exit(1);
});
// Nothing can be said when the terminal is closed; the signal that comes with it ends the run.
process.stderr.on('error', () => {});

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has written its sentence to stderr
    if (error.exitCode !== 0 && process.argv.includes('--json'))
      process.stdout.write(
        `${JSON.stringify({ error: { code: 'usage', message: readable(error.message.replace(/^error: /, '')) } })}\n`,
      );
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    reportError(error, process.argv.includes('--json'));
    process.exitCode = error instanceof InputError ? 2 : 1;
  }
}
