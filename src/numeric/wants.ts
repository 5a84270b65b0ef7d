/**
 * What the arguments of a public function must be, written as a table at its door:
 *
 *     import * as is from '../numeric/wants.js';
 *     is.given('gridCentres', { grid, axis }, { grid: GRID_WANTS, axis: is.oneOf(0, 1) });
 *
 * A value of a wrong type gets one sentence that names the function, the argument, what is needed and what came. Checks
 * cost as much as reading the arguments once; typed arrays are not read. Whether values fit one another (sizes, ranges) is
 * checked by the functions themselves.
 */
import { InputError, kindOf, shown } from './errors.js';

/** Says what is wrong with a value that is called `name`; returns undefined when nothing is. */
export interface Want {
  (value: unknown, name: string): string | undefined;
  /** What follows "must be". */
  readonly words: string;
}

/** Makes a want from a test, and words that follow "must be". */
export function wanted(words: string, fits: (value: unknown) => boolean): Want {
  return wantOf(words, (value, name) => (fits(value) ? undefined : `${name} must be ${words}; got ${kindOf(value)}`));
}

const wantOf = (words: string, fault: (value: unknown, name: string) => string | undefined): Want =>
  Object.assign(fault, { words });

/** Any number, NaN and infinities included. */
export const number = wanted('a number', (v) => typeof v === 'number');
/** A finite number. */
export const finite = wanted('a finite number', Number.isFinite);
/** A number that may be infinite but is none of NaN. */
export const real = wanted('a number', (v) => typeof v === 'number' && !Number.isNaN(v));
/** A number above 0, infinity included. */
export const positive = wanted('a number above 0', (v) => typeof v === 'number' && v > 0);
/** A whole number ≥ 0. */
export const whole = wanted('a whole number ≥ 0', (v) => Number.isSafeInteger(v) && (v as number) >= 0);
/** A whole number ≥ 1. */
export const count = wanted('a whole number ≥ 1', (v) => Number.isSafeInteger(v) && (v as number) >= 1);
export const text = wanted('a text', (v) => typeof v === 'string');
/** The name of a file or folder: a text without a zero byte, which no system takes. */
export const path = wantOf('a text', (value, name) => {
  if (typeof value !== 'string') return `${name} must be a text; got ${kindOf(value)}`;
  return value.includes('\0') ? `${name} must be a path without a zero byte; got ${shown(value)}` : undefined;
});
export const flag = wanted('true or false', (v) => typeof v === 'boolean');
export const func = wanted('a function', (v) => typeof v === 'function');
/** An object that is neither an array nor nothing. */
export const object = wanted('an object', isObject);

/** Numbers in a typed array or a plain array. */
export const numbers = wantOf('an array of numbers or a typed array', (value, name) => {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView) && typeof (value as never)[0] !== 'bigint') return;
  const wrong = Array.isArray(value) ? value.findIndex((v) => typeof v !== 'number') : 0;
  if (wrong < 0) return;
  const where = Array.isArray(value) && wrong > 0 ? `, and ${kindOf(value[wrong])} at position ${wrong}` : '';
  return `${name} must be an array of numbers or a typed array; got ${kindOf(value)}${where}`;
});

/** At least one of what `want` says. */
export function some(want: Want): Want {
  const words = `${want.words} that is not empty`;
  return wantOf(
    words,
    (value, name) =>
      want(value, name) ??
      ((value as ArrayLike<unknown>).length > 0 ? undefined : `${name} must be ${words}; got nothing in it`),
  );
}

/** Bytes, as files are read. */
export const bytes = wanted('a Uint8Array', (v) => v instanceof Uint8Array);
/** The float32 numbers that kernels keep: weights and velocities. */
export const float32 = wanted('a Float32Array', (v) => v instanceof Float32Array);
/** Numbers of samples, in their order. */
export const order = wanted('a Uint32Array', (v) => v instanceof Uint32Array);

/** Anything that can be walked through, such as an array or a Map, but a text. */
export const iterable = wanted(
  'an array or another iterable',
  (v) => typeof v === 'object' && typeof (v as Iterable<unknown> | null)?.[Symbol.iterator] === 'function',
);
/** A name and what it names. */
export const pair = wanted(
  'a name and what it names',
  (v) => Array.isArray(v) && typeof v[0] === 'string' && isObject(v[1]),
);

/** A matrix of linear algebra. */
export const matrix = wanted('a matrix, such as matrix(rows, cols, data) or fromRows(rows) makes', (v) => {
  const { rows, cols, data } = (v ?? {}) as { rows?: unknown; cols?: unknown; data?: unknown };
  return (
    Number.isInteger(rows) &&
    Number.isInteger(cols) &&
    data instanceof Float64Array &&
    data.length === (rows as number) * (cols as number)
  );
});

/** A provider of linear algebra. */
export const algebra = wanted(
  'linear algebra, such as embeddedLinearAlgebra() or await chooseProvider() gives',
  (v) => typeof (v as { gemm?: unknown } | undefined | null)?.gemm === 'function',
);

/** A key of random numbers. */
export const key = wanted(
  'a key of random numbers, such as randomKey(0)',
  (v) => typeof (v as { child?: unknown } | undefined | null)?.child === 'function',
);

/** One of the given texts or numbers. */
export function oneOf(...options: readonly (string | number)[]): Want {
  const words = options.map((o) => (typeof o === 'string' ? `'${o}'` : o)).join(' or ');
  return wanted(words, (v) => options.includes(v as never));
}

/** What `want` says, or nothing at all. */
export function maybe(want: Want): Want {
  return wantOf(want.words, (value, name) => (value === undefined ? undefined : want(value, name)));
}

/** All that two wants say. */
export function both(first: Want, second: Want): Want {
  return wantOf(first.words, (value, name) => first(value, name) ?? second(value, name));
}

/** One of several wants. */
export function either(...wants: readonly Want[]): Want {
  const words = wants.map((want) => want.words).join(' or ');
  return wantOf(words, (value, name) =>
    wants.some((want) => want(value, name) === undefined)
      ? undefined
      : `${name} must be ${words}; got ${kindOf(value)}`,
  );
}

/** A list of things of one kind. */
export function listOf(want: Want): Want {
  return wantOf(`an array, each of it ${want.words}`, (value, name) => {
    if (!Array.isArray(value)) return `${name} must be an array; got ${kindOf(value)}`;
    for (let i = 0; i < value.length; i++) {
      const fault = want(value[i], `${name}[${i}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  });
}

/** A matrix, or an array of its rows. */
export const matrixOrRows = either(matrix, listOf(numbers));

/** An object with these values in it; it may have others. `is` says what it is where the names of the values would not. */
export function shape<T>(wants: { readonly [K in keyof T]?: Want }, is?: string): Want {
  const entries = Object.entries(wants) as [string, Want][];
  const needed = entries.filter(([entry, want]) => want(undefined, entry) !== undefined);
  const described = needed.map(([entry, want]) => (needed.length > 1 ? entry : `${entry}, ${want.words}`));
  const words = is ?? (needed.length > 0 ? `an object with ${described.join(', ')}` : 'an object');
  return wantOf(words, (value, name) => {
    if (!isObject(value)) return `${name} must be ${words}; got ${kindOf(value)}`;
    for (const [entry, want] of entries) {
      const fault = want((value as Record<string, unknown>)[entry], `${name}.${entry}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  });
}

/** An object of one of several kinds, told by what stands under `tag`. */
export function kinds<T>(tag: keyof T & string, wants: Readonly<Record<string, Want>>): Want {
  const name = oneOf(...Object.keys(wants));
  const words = `an object with a ${tag} (${name.words})`;
  return wantOf(words, (value, at) => {
    if (!isObject(value)) return `${at} must be ${words}; got ${kindOf(value)}`;
    const kind = (value as Record<string, unknown>)[tag];
    return name(kind, `${at}.${tag}`) ?? wants[kind as string](value, at);
  });
}

/** An object of the program's own that is known by functions in it; `words` says how it is made. */
export function having(words: string, ...names: readonly string[]): Want {
  return wanted(
    words,
    (v) => isObject(v) && names.every((n) => typeof (v as Record<string, unknown>)[n] === 'function'),
  );
}

/**
 * Checks what was handed to `call`.
 * @throws InputError that names the first argument that is not what it must be
 */
export function given<T extends object>(call: string, values: T, wants: { readonly [K in keyof T]: Want }): void {
  for (const name in wants) {
    const fault = wants[name](values[name], name);
    if (fault !== undefined) throw new InputError('wrong-argument', `${call}: ${fault}.`);
  }
}

/**
 * Reads a document of many parts, of which only the first are checked by a want.
 * @throws InputError in place of a TypeError where something in it is missing or of another kind
 */
export function reading<T>(call: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InputError('wrong-argument', `${call}: something in ${what} is missing or of another kind.`, error);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}
