/** A config file as text and as a mapping: from a file, or from the pipe of a process substitution. */
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { parse } from 'yaml';
import { check, InputError } from '../numeric/errors.js';
import { readWhole } from '../record/files.js';

/** Most bytes of a config. */
const MOST = 1e7;
/** Milliseconds between looks at a pipe, and looks without a byte after which it is given up: 10 s. */
const [PAUSE, LOOKS] = [10, 1000];
/** The names under which shells hand over a pipe. */
const PIPE = /^\/(?:dev|proc\/(?:self|\d+))\/fd\/\d+$|^\/dev\/stdin$/;

/**
 * Reads a config file, JSON or YAML (JSON is YAML); `-` is standard input. A key `$schema` at its top, by which editors find the schema, is
 * left out.
 * @throws InputError when it cannot be read, is not a mapping, refers to itself or has a key such as `__proto__`
 */
export function readMapping(given: string): Record<string, unknown> {
  const path = given === '-' ? 'standard input' : given;
  const text = decoded(given === '-' ? standardInput() : bytesOf(given), path);
  let value: unknown;
  try {
    value = parse(text, { logLevel: 'error' });
  } catch (error) {
    throw new InputError('bad-config', `${path} is neither JSON nor YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  check(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    'bad-config',
    `${path} must hold a mapping of config keys.`,
  );
  refuseCycles(value, path, []);
  const { $schema, ...mapping } = value as Record<string, unknown>;
  check(
    $schema === undefined || typeof $schema === 'string',
    'bad-config',
    `${path} has a key $schema that is no text; it is the path or the address of a JSON Schema, or left out.`,
  );
  return mapping;
}

/** Refuses values that contain themselves (an alias of what encloses it), and keys that a mapping cannot have. */
function refuseCycles(value: unknown, path: string, above: readonly unknown[]): void {
  if (typeof value !== 'object' || value === null) return;
  check(
    !above.includes(value),
    'bad-config',
    `${path} has an alias of something that contains it, so that it has no end; write the values out.`,
  );
  check(above.length < 30, 'bad-config', `${path} is nested more than 30 deep; no config is.`);
  for (const [key, below] of Object.entries(value)) {
    check(
      key !== '__proto__' && key !== 'constructor' && key !== 'prototype',
      'unknown-key',
      `${path} has the key '${key}', which no config has.`,
    );
    refuseCycles(below, path, [...above, value]);
  }
}

/** Decodes UTF-8; another encoding would change letters without a word. */
function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError('bad-config', `${path} is not text in UTF-8; save it in this encoding.`);
  }
}

function bytesOf(path: string): Uint8Array {
  if (PIPE.test(path)) return fromPipe(path);
  let bytes: Uint8Array | undefined;
  try {
    bytes = readWhole(path);
  } catch (error) {
    throw new InputError('no-config', `cannot read the config file: ${(error as Error).message}`);
  }
  check(bytes !== undefined, 'no-config', `cannot read the config file ${path}: there is no such file.`);
  check(bytes.length <= MOST, 'no-config', `the config file ${path} has ${bytes.length} bytes; no config is so long.`);
  return bytes;
}

/** What standard input held, which can be read only once. */
let input: Uint8Array | undefined;

function standardInput(): Uint8Array {
  input ??= fromInput();
  return input;
}

function fromInput(): Uint8Array {
  check(
    !isatty(0),
    'no-config',
    'the config is to come from standard input (-), which is the terminal; pipe one in, as in: thermograd simulate - < valley.yaml.',
  );
  try {
    // a pipe is read without waiting in the system; a socket, as programs give one, cannot be opened by name
    return fstatSync(0).isFIFO() ? fromPipe('/dev/stdin') : readFileSync(0);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError('no-config', `cannot read the config from standard input: ${(error as Error).message}.`);
  }
}

/**
 * Reads a pipe to its end without waiting in the system, so that a writer that never writes stops nobody for ever.
 * @param looks - how often it looks in vain, every 10 ms, before it gives up
 */
export function fromPipe(path: string, looks = LOOKS): Uint8Array {
  const parts: Uint8Array[] = [];
  let [length, idle] = [0, 0];
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new InputError('no-config', `cannot read the config file ${path}: ${(error as Error).message}.`);
  }
  try {
    const kind = fstatSync(file);
    check(
      kind.isFIFO() || kind.isFile(),
      'no-config',
      `${path} is neither a file nor a pipe; give a config file, or a process substitution such as <(command).`,
    );
    const buffer = new Uint8Array(65536);
    const clock = new Int32Array(new SharedArrayBuffer(4));
    for (;;) {
      let got: number;
      try {
        got = readSync(file, buffer, 0, buffer.length, null);
      } catch (error) {
        if ((error as { code?: string }).code !== 'EAGAIN') throw error;
        check(
          ++idle < looks,
          'no-config',
          `nothing came from ${path} for ${(looks * PAUSE) / 1000} s; does its command write and end?`,
        );
        Atomics.wait(clock, 0, 0, PAUSE);
        continue;
      }
      idle = 0;
      if (got === 0) break;
      parts.push(buffer.slice(0, got));
      length += got;
      check(length <= MOST, 'no-config', `${path} gives more than ${MOST} bytes; no config is so long.`);
    }
  } finally {
    closeSync(file);
  }
  return Buffer.concat(parts);
}
