#!/usr/bin/env node
/** The program `thermograd`. */
import { kernelBuild } from '../kernels/load.js';

// sets V8's flags while nothing of the program is loaded yet: V8 reads them on threads of its own as soon as it compiles
kernelBuild();

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

const { call } = await import('./call.js');
await call(process.argv.slice(2));
