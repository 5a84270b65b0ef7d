/**
 * Axes of a sweep: a config key, and the values that it takes. The values of a range are computed one at a time and are never held in
 * memory, so that a design of any size can be counted.
 */
import { isTree } from '../../jobs/config-keys.js';
import { check, InputError, shown } from '../../numeric/errors.js';

/** A value as it stands in tables. */
export type Scalar = number | string | boolean;

/**
 * How the values of an axis are written:
 * `list` values one by one; `range` whole numbers, both ends included; `lin` and `log` numbers at equal distances or ratios, or without
 * `count` any number between the ends (random and Sobol' designs alone); `powers` base^from … base^to.
 */
export type AxisForm =
  | { readonly kind: 'list'; readonly values: readonly unknown[] }
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'lin' | 'log'; readonly from: number; readonly to: number; readonly count?: number }
  | { readonly kind: 'powers'; readonly base: number; readonly from: number; readonly to: number };

/** One axis of a sweep. */
export interface Axis {
  /** Config key, dotted. */
  readonly key: string;
  readonly form: AxisForm;
  /** Values of `lin` and `log` are rounded to whole numbers, which the key needs. */
  readonly whole?: boolean;
}

/** Digits of the values of `lin` and `log`; the ends are exact. */
const DIGITS = 12;
const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?`;
const SPACED = new RegExp(String.raw`^(lin|log)\s+(${NUMBER})\s*\.\.\s*(${NUMBER})(?:\s*[x×]\s*(\d+))?$`);
const POWERS = new RegExp(String.raw`^(${NUMBER})\^(-?\d+)\s*\.\.\s*(${NUMBER})\^(-?\d+)$`);
const RANGE = /^(-?\d+)\s*\.\.\s*(-?\d+)$/;

/** Shows the forms, for messages. */
const FORMS = "0..99, 'lin 0..1 x 5', 'log 0.01..1 x 8', '2^0..2^6', a list such as [10, 50, 250], or one value";

/**
 * Reads the values of an axis as a person writes them.
 * @throws InputError for anything that looks like a range and is none, and for a list that is empty or holds a value twice
 */
export function axisOf(key: string, written: unknown): Axis {
  return { key, form: formOf(key, written) };
}

function formOf(key: string, written: unknown): AxisForm {
  if (Array.isArray(written)) return listOf(key, written);
  if (typeof written !== 'string') {
    check(
      written !== null && written !== undefined,
      'bad-axis',
      () => `the axis ${key} has no values; write ${FORMS}.`,
    );
    return listOf(key, [written]);
  }
  const text = written.trim();
  const range = RANGE.exec(text);
  if (range) return rangeOf(key, text, Number(range[1]), Number(range[2]));
  const powers = POWERS.exec(text);
  if (powers) return powersOf(key, text, powers.slice(1).map(Number));
  const spaced = SPACED.exec(text);
  if (spaced) return spacedOf(key, text, spaced);
  check(
    !/^(?:lin|log)\s|\d\s*\.\.|\.\.\s*-?\d/.test(text),
    'bad-axis',
    () => `the axis ${key} has the values '${text.slice(0, 80)}', which cannot be read; write ${FORMS}.`,
  );
  return { kind: 'list', values: [text] };
}

function listOf(key: string, values: readonly unknown[]): AxisForm {
  check(values.length > 0, 'bad-axis', `the axis ${key} is an empty list; give it at least one value.`);
  const seen = new Set<Scalar>();
  for (const value of values) {
    check(
      value !== null && value !== undefined && !(typeof value === 'number' && !Number.isFinite(value)),
      'bad-axis',
      () => `the axis ${key} has the value ${shown(value)}, which no config key can have.`,
    );
    const label = labelOf(value);
    check(!seen.has(label), 'bad-axis', () => `the axis ${key} has the value ${shown(value)} twice; leave one out.`);
    seen.add(label);
  }
  return { kind: 'list', values };
}

function rangeOf(key: string, text: string, from: number, to: number): AxisForm {
  check(
    Number.isSafeInteger(from) && Number.isSafeInteger(to) && from <= to,
    'bad-axis',
    () => `the axis ${key} has the range ${text}; a range goes up, from a whole number to another, such as 0..99.`,
  );
  return { kind: 'range', from, to };
}

function powersOf(key: string, text: string, [base, from, other, to]: number[]): AxisForm {
  check(
    base === other && base > 0 && base !== 1 && from <= to,
    'bad-axis',
    () => `the axis ${key} has the range ${text}; powers go up and have one base, such as 2^0..2^6.`,
  );
  for (const exponent of [from, to])
    check(
      Number.isFinite(base ** exponent) && base ** exponent > 0,
      'bad-axis',
      () => `the axis ${key} has the range ${text}, and ${base}^${exponent} is no number that a computer can hold.`,
    );
  return { kind: 'powers', base, from, to };
}

function spacedOf(key: string, text: string, [, word, low, high, times]: RegExpExecArray): AxisForm {
  const kind = word as 'lin' | 'log';
  const [from, to] = [Number(low), Number(high)];
  check(
    Number.isFinite(from) && Number.isFinite(to) && from < to,
    'bad-axis',
    () => `the axis ${key} has the range ${text}; it goes up, such as '${kind} 0.01..1 x 8'.`,
  );
  check(
    kind === 'lin' || from > 0,
    'bad-axis',
    () => `the axis ${key} has the range ${text}; a logarithmic range begins above 0: use lin, or another beginning.`,
  );
  if (times === undefined) return { kind, from, to };
  const count = Number(times);
  check(
    Number.isSafeInteger(count) && count >= 2,
    'bad-axis',
    () => `the axis ${key} has the range ${text}; it needs at least two values: both ends belong to it.`,
  );
  return { kind, from, to, count };
}

/** Returns the number of values of an axis; undefined where it takes any number between its ends. */
export function axisSize({ form }: Axis): number | undefined {
  if (form.kind === 'list') return form.values.length;
  if (form.kind === 'lin' || form.kind === 'log') return form.count;
  return form.to - form.from + 1;
}

/** Returns value `i` of an axis that has a number of values. */
export function axisValue(axis: Axis, i: number): unknown {
  const { form } = axis;
  const size = axisSize(axis);
  if (size === undefined || !Number.isInteger(i) || i < 0 || i >= size)
    throw new InputError('bad-axis', `the axis ${axis.key} has ${size ?? 'no'} numbered values; got the index ${i}.`);
  if (form.kind === 'list') return form.values[i];
  if (form.kind === 'range') return form.from + i;
  if (form.kind === 'powers') return Number((form.base ** (form.from + i)).toPrecision(15));
  return between(axis, size === 1 ? 0 : i / (size - 1));
}

/**
 * Returns the value of an axis at a share of its length, 0 ≤ u ≤ 1: in equal distances of the value or of its logarithm; of an axis that
 * has a number of values that of the index ⌊u·n⌋.
 */
export function axisAt(axis: Axis, u: number): unknown {
  const size = axisSize(axis);
  return size === undefined ? between(axis, u) : axisValue(axis, Math.min(size - 1, Math.floor(u * size)));
}

/** Returns a value between the ends of `lin` or `log`; both ends are exact. */
function between({ form, whole = false }: Axis, u: number): number {
  const { kind, from, to } = form as { kind: 'lin' | 'log'; from: number; to: number };
  const exact = u <= 0 ? from : u >= 1 ? to : kind === 'log' ? from * (to / from) ** u : from + u * (to - from);
  if (whole) return Math.round(exact);
  return u <= 0 || u >= 1 ? exact : Number(exact.toPrecision(DIGITS));
}

/** Says whether the values of an axis are numbers. */
export const isNumeric = ({ form }: Axis): boolean =>
  form.kind !== 'list' || form.values.every((value) => typeof value === 'number');

/**
 * Returns a value as tables show it: numbers, texts and truth values as they are, a list of numbers joined by dashes, anything else as
 * JSON.
 */
export function labelOf(value: unknown): Scalar {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((v) => typeof v === 'number' && v >= 0)) return value.join('-');
  return JSON.stringify(value);
}

/** Lays a value over a config at a dotted key. A part of digits is an index where there is a list, so that `network.widths.1` is one width. */
export function placed(
  config: Readonly<Record<string, unknown>>,
  key: string,
  value: unknown,
): Record<string, unknown> {
  const put = (under: unknown, path: readonly string[]): unknown => {
    if (path.length === 0) return value;
    const [name, ...rest] = path;
    if (Array.isArray(under)) {
      const index = Number(name);
      check(
        Number.isInteger(index) && index >= 0 && index < under.length,
        'bad-axis',
        () => `the axis ${key} names the entry '${name}' of a list of ${under.length}, which are counted from 0.`,
      );
      return under.map((entry, i) => (i === index ? put(entry, rest) : entry));
    }
    const tree = isTree(under) ? under : {};
    return { ...tree, [name]: put(tree[name], rest) };
  };
  return put(config, key.split('.')) as Record<string, unknown>;
}
