/** Starts a Python that serves a model of the user, and the pipes to it. docs/reference/bridge-protocol.md. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { env } from 'node:process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { InputError } from '../../numeric/errors.js';
import type { Channel } from '../../surface/process/channel.js';
import { pipesChannel } from './pipes.js';

/** Says which Python is started, and who hears what it prints. */
export interface PythonOptions {
  /** The Python to start; by default that of an active virtual environment, otherwise `python3`. */
  readonly python?: string | undefined;
  /** Called with every line that the user's code prints; by default it goes to stderr. */
  readonly onOutput?: ((line: string) => void) | undefined;
}

/** The Python package of this very version; used where Python has none installed. */
const PACKAGE = fileURLToPath(new URL('../../../python/src', import.meta.url));
/** Starts the bridge with that folder at the end of the path, so that an installed thermograd comes first. */
const START = `import runpy, sys; sys.path.append(sys.argv.pop(1)); runpy.run_module('thermograd.bridge', run_name='__main__')`;
/** Milliseconds for which a Python may take leave before it is killed, and its last words may take to arrive. */
const [LEAVE, LAST_WORDS] = [3000, 500];
/** Characters of what was printed last that are kept for the sentence of an end. */
const KEPT = 2000;

/**
 * Starts `python -m thermograd.bridge SPEC` and returns the channel to it. Its prints never reach our stdout.
 * @throws InputError when there is no such Python
 */
export async function pythonChannel(spec: string, { python, onOutput }: PythonOptions = {}): Promise<Channel> {
  const program = python ?? (env.VIRTUAL_ENV ? join(env.VIRTUAL_ENV, 'bin', 'python') : 'python3');
  const child = spawn(program, ['-c', START, PACKAGE, spec, '--fds', '3,4'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const ended = endOf(child, onOutput ?? ((line) => console.error(line)));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new InputError(
          'no-python',
          `a surface in Python needs a Python: '${program}' cannot be started (${error.code ?? error.message}); name one with --python PATH.`,
        ),
      ),
    );
  });
  const [to, from] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  const channel = pipesChannel(spec, from, to, ended);
  const holdAll = (waiting: boolean) => {
    channel.hold?.(waiting);
    for (const one of [child, child.stdout, child.stderr] as (ChildProcess | Socket)[])
      waiting ? one.ref() : one.unref();
  };
  return {
    ...channel,
    hold: holdAll,
    async close() {
      holdAll(true);
      await channel.close();
      const kill = setTimeout(() => child.kill('SIGKILL'), LEAVE);
      await ended;
      clearTimeout(kill);
    },
  };
}

/** Resolves when a Python has ended, with a sentence that says how and what it printed last. */
function endOf(child: ChildProcess, onOutput: (line: string) => void): Promise<string> {
  let said = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop()!;
      for (const line of lines) onOutput(line);
      if (stream === child.stderr) said = (said + text).slice(-KEPT);
    });
    stream.on('end', () => rest && onOutput(rest));
  }
  return new Promise((resolve) => {
    const end = (code: number | null, signal: string | null) => {
      const last = said.trim().split('\n').pop()?.trim();
      const how = signal
        ? `its Python was ended by ${signal}${signal === 'SIGKILL' ? ', perhaps because memory ran out' : ''}`
        : `its Python ended with exit code ${code}`;
      resolve(`${how}${last ? `; the last it printed was: ${last}` : ''}${last && /[.!?]$/.test(last) ? '' : '.'}`);
    };
    child.once('close', end);
    // something that it started may hold its outputs open
    child.once('exit', (code, signal) => setTimeout(() => end(code, signal), LAST_WORDS).unref());
    child.once('error', () => resolve('its Python could not be started.'));
  });
}
