/**
 * Wrong values for every parameter of a call: what the caller of a library in plain JavaScript may hand over by mistake.
 * Each must be refused with one sentence that names the function and says what came, or be accepted with the right meaning.
 */
import { isDeepStrictEqual } from 'node:util';
import { InputError, ThermogradError } from '../../../src/numeric/errors.js';

/** One call that succeeds: its function, and arguments made anew each time. */
export interface Call {
  readonly call: (...args: never[]) => unknown;
  readonly args: () => readonly unknown[];
  /** The arguments are right, and then refused for what they name, such as a folder that is not there: nothing is run. */
  readonly refused?: boolean;
  /** Paths whose wrong values are refused later or mean something: `1.title`. */
  readonly free?: readonly string[];
}

/** Objects that the library made, or that are documents: they are replaced as a whole and not changed inside. */
const MADE = new WeakSet<object>();
export function made<T extends object>(value: T): T {
  MADE.add(value);
  return value;
}

export const call = (f: (...args: never[]) => unknown, args: () => readonly unknown[], ...free: string[]): Call => ({
  call: f,
  args,
  free,
});

export const refused = (f: (...args: never[]) => unknown, args: () => readonly unknown[], ...free: string[]): Call => ({
  ...call(f, args, ...free),
  refused: true,
});

const WRONG: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['text', 'wrong'],
  ['number', 3.5],
  ['nan', Number.NaN],
  ['flag', true],
  ['function', () => 1],
  ['list', []],
  ['texts', ['a', 'b']],
  ['rows', [[1, 2], [3, 4]]], // biome-ignore format: a matrix
  ['numbers', [1, 2]],
  ['object', {}],
  ['bigint', 10n],
];

/** What a value is to a caller. */
function kind(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length > 0 && value.every((v) => typeof v === 'number') ? 'numbers' : 'list';
  if (ArrayBuffer.isView(value)) return 'numbers';
  return typeof value;
}

/** Whether a wrong value is of the kind of the right one, so that only its content may be refused. */
function alike(right: unknown, name: string): boolean {
  const of = kind(right);
  if (right instanceof Object && 'rows' in right && 'cols' in right) return ['object', 'rows', 'list'].includes(name);
  if (of === 'list') {
    const [first] = right as readonly unknown[];
    return name === 'list' || name === { string: 'texts', list: 'rows', numbers: 'rows' }[kind(first)];
  }
  const likes = { numbers: ['numbers', 'list'], object: ['object'], string: ['text'], boolean: ['flag'] } as Record<
    string,
    string[]
  >;
  return (likes[of] ?? [of]).includes(name);
}

/** Numbers that are not numbers and values that are missing, anywhere in a result. */
function holes(value: unknown, depth = 0): number {
  if (typeof value === 'number') return Number.isNaN(value) ? 1 : 0;
  if (typeof value !== 'object' || value === null || depth > 5) return 0;
  if (ArrayBuffer.isView(value)) return (value as Float64Array).some?.((v) => Number.isNaN(v)) ? 1 : 0;
  return Object.values(value).reduce((n: number, v) => n + holes(v, depth + 1), 0);
}

/** A result as text in which all arrays of numbers look alike. */
const inNumbers = (value: unknown) =>
  JSON.stringify(value, (_, v) => (ArrayBuffer.isView(v) ? Array.from(v as Float64Array) : v));

const plain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype && !MADE.has(value);

/** Every place in the arguments that a caller writes: the arguments, and the values of options, two levels deep. */
function places(args: readonly unknown[]): (readonly (string | number)[])[] {
  const inside = (value: unknown, path: readonly (string | number)[]): (readonly (string | number)[])[] => [
    path,
    ...(plain(value) && path.length < 3 ? Object.keys(value).flatMap((key) => inside(value[key], [...path, key])) : []),
  ];
  return args.flatMap((value, i) => inside(value, [i]));
}

const at = (args: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], args);

/** A copy of the arguments with another value at a place. */
function changed(args: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  const inner = rest.length === 0 ? value : changed((args as Record<string, unknown>)[key], rest, value);
  if (Array.isArray(args)) return args.map((v, i) => (i === key ? inner : v));
  return { ...(args as object), [key]: inner };
}

/** What was refused wrongly, crashed, or was taken without a word; empty when the door holds. */
export async function faults(name: string, { call, args, free = [], refused = false }: Call): Promise<string[]> {
  const run = async (given: readonly unknown[]) => {
    const value = await (call as (...all: unknown[]) => unknown)(...given);
    const walk = value as Iterator<unknown> & Iterable<unknown>;
    return typeof walk?.next === 'function' && typeof walk[Symbol.iterator] === 'function' ? [...walk] : value;
  };
  const found: string[] = [];
  const good = await run(args()).catch((error: unknown) => {
    if (!refused || !(error instanceof ThermogradError) || error.message.startsWith(`${name}: `)) throw error;
  });
  for (const path of places(args())) {
    const where = path.join('.');
    if (free.includes(where)) continue;
    const right = at(args(), path);
    for (const [label, wrong] of WRONG) {
      if ((label === 'nothing' && right === undefined) || (label === 'function' && typeof right === 'function'))
        continue;
      if (free.includes(`${where}=${label}`)) continue;
      const what = `${name} ${where} = ${label}`;
      try {
        const value = await run(changed(args(), path, wrong) as unknown[]);
        const optional = label === 'nothing' || alike(right, label);
        if (!optional) found.push(`${what}: taken without a word`);
        else if (holes(value) > holes(good)) found.push(`${what}: taken, and the result has a hole`);
      } catch (error) {
        const { message } = error as Error;
        if (!(error instanceof InputError) && !(alike(right, label) && error instanceof ThermogradError))
          found.push(`${what}: ${(error as Error).name}: ${message.slice(0, 120)}`);
        else if (/undefined|\[object|\n/.test(message) || message.length > 700 || !/[.?]$/.test(message))
          found.push(`${what}: no plain sentence: ${message.slice(0, 200)}`);
        else if (
          !alike(right, label) &&
          !(label === 'nothing' && path.length > 1) &&
          !(label === 'nan' && typeof right === 'number') &&
          !message.includes(name.replace(/^new /, ''))
        )
          found.push(`${what}: does not name the function: ${message.slice(0, 160)}`);
      }
    }
    // the same numbers in another kind of array are the same numbers, or refused
    if (kind(right) === 'numbers' && !(right instanceof Uint8Array)) {
      const list = Array.from(right as ArrayLike<number>);
      const other = Array.isArray(right) ? Float64Array.from(list) : list;
      try {
        const value = await run(changed(args(), path, other) as unknown[]);
        if (!isDeepStrictEqual(inNumbers(value), inNumbers(good)))
          found.push(`${name} ${where}: another array of the same numbers gives another result`);
      } catch (error) {
        if (!(error instanceof InputError))
          found.push(
            `${name} ${where} as another array: ${(error as Error).name}: ${(error as Error).message.slice(0, 120)}`,
          );
      }
    }
  }
  return found;
}
