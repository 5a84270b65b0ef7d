/** Opens the surface that `--surface` names. */
import { fstatSync } from 'node:fs';
import { check, shown } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import type { Channel } from '../../surface/process/channel.js';
import type { Patience } from '../../surface/process/requests.js';
import { type ProcessSurface, processSurface } from '../../surface/process/surface.js';
import { descriptorsChannel } from './pipes.js';
import { type PythonOptions, pythonChannel } from './python.js';

/** Says how a surface is opened. */
export interface OpenSurfaceOptions extends PythonOptions {
  readonly patience?: Patience;
}

const FORMS = 'python:FILE.py:make or python:package.module:make';

/**
 * Opens a surface by its name:
 *
 * - `python:train.py:make` runs the file in Python and measures what its function `make` returns; `:make` may be left out;
 * - `python:package.module:make` imports a module instead;
 * - `fd:3,4` speaks to the program that started this one, over file descriptors to read from and to write to.
 *
 * @throws InputError for another name, for a Python that is missing or lacks PyTorch, and with the line of the user's code when that fails
 */
export async function openSurface(spec: string, options: OpenSurfaceOptions = {}): Promise<ProcessSurface> {
  is.given(
    'openSurface',
    { spec, options },
    {
      spec: is.text,
      options: is.shape<OpenSurfaceOptions>({
        python: is.maybe(is.text),
        onOutput: is.maybe(is.func),
        patience: is.maybe(is.shape<Patience>({ silence: is.maybe(is.positive), stuck: is.maybe(is.positive) })),
      }),
    },
  );
  return processSurface(await channelOf(spec, options), options.patience);
}

async function channelOf(spec: string, options: OpenSurfaceOptions): Promise<Channel> {
  const [, kind, rest] = /^([a-z]+):(.+)$/s.exec(spec) ?? [];
  if (kind === 'python') return pythonChannel(rest, options);
  const descriptors = kind === 'fd' ? /^(\d{1,6}),(\d{1,6})$/.exec(rest) : null;
  check(descriptors !== null, 'bad-surface', () => `a surface is named ${FORMS}; got ${shown(spec)}.`);
  const [read, write] = descriptors.slice(1).map(Number);
  for (const fd of [read, write])
    check(
      isPipe(fd),
      'bad-surface',
      () => `${spec} names file descriptors of the program that starts this one; ${fd} is no open pipe.`,
    );
  return descriptorsChannel('the model in Python', read, write);
}

function isPipe(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return fd > 2 && (found.isFIFO() || found.isSocket());
  } catch {
    return false;
  }
}
