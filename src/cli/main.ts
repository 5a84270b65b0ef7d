#!/usr/bin/env node
/** The program `thermograd`. */
import { call } from './call.js';

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

await call(process.argv.slice(2));
