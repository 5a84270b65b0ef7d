/** Parsers for the values of flags. */
import { InvalidArgumentError } from 'commander';

/**
 * Reads a whole number ≥ 0.
 * @throws InvalidArgumentError for anything else
 */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError(`expected a whole number, got '${text}'.`);
  return value;
}

/**
 * Reads a finite number ≥ 0.
 * @throws InvalidArgumentError for anything else
 */
export function positiveOrZero(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && Number.isFinite(value)))
    throw new InvalidArgumentError(`expected a number from 0 up, got '${text}'.`);
  return value;
}

/**
 * Reads a finite number > 0.
 * @throws InvalidArgumentError for anything else
 */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError(`expected a positive number, got '${text}'.`);
  return value;
}

/**
 * Reads a momentum, a number in [0, 1).
 * @throws InvalidArgumentError for anything else
 */
export function momentum(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 1))
    throw new InvalidArgumentError(`expected a number from 0 to below 1, got '${text}'.`);
  return value;
}

/**
 * Reads `all`, a number of log-spaced ranks, or a list with ranges such as 1-20,50,100 (a single rank: 7,).
 * @throws InvalidArgumentError for anything else
 */
export function directions(text: string): 'all' | number | number[] {
  if (text === 'all') return 'all';
  if (/^\d+$/.test(text)) return wholeNumber(text);
  const list = text.split(',').filter((part) => part !== '');
  const ranks = list.flatMap((part) => {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part.trim());
    const [from, to] = [Number(range?.[1]), Number(range?.[2] ?? range?.[1])];
    if (!range || from < 1 || to < from || to - from > 1e6)
      throw new InvalidArgumentError(`expected all, a number, or ranks such as 1-20,50,100; got '${text}'.`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  if (ranks.length === 0)
    throw new InvalidArgumentError(`expected all, a number, or ranks such as 1-20,50,100; got '${text}'.`);
  return [...new Set(ranks)].sort((a, b) => a - b);
}

/** The words that a parser knows, by the parser. */
const KNOWN = new WeakMap<object, readonly string[]>();

/** Returns the words that a parser of `wordsAmong` knows, and undefined for any other. */
export const wordsOf = (parser: object | undefined): readonly string[] | undefined => parser && KNOWN.get(parser);

/**
 * Makes a parser of known words, one or several separated by commas; it returns the text.
 * @throws InvalidArgumentError, from the parser, for another word
 */
export function wordsAmong(...known: readonly string[]): (text: string) => string {
  const parser = (text: string): string => {
    const other = text.split(',').find((word) => !known.includes(word.trim()));
    if (other !== undefined)
      throw new InvalidArgumentError(`expected one of ${known.join(', ')}, or several with commas; got '${other}'.`);
    return text;
  };
  KNOWN.set(parser, known);
  return parser;
}

/** Reads `all`, or words separated by commas. */
export const listed = (text: string): 'all' | string[] =>
  text.trim() === 'all'
    ? 'all'
    : text
        .split(',')
        .map((w) => w.trim())
        .filter((w) => w !== '');

/**
 * Reads a range of steps: `A:B`, `A:` or `:B`.
 * @throws InvalidArgumentError for anything else
 */
export function stepRange(text: string): { from?: number; to?: number } {
  const [, from, to] = /^(\d*):(\d*)$/.exec(text) ?? [];
  const range = { ...(from && { from: Number(from) }), ...(to && { to: Number(to) }) };
  if (from === undefined || (!from && !to) || (from && to && Number(from) >= Number(to)))
    throw new InvalidArgumentError(
      `expected steps such as 1000:2000, 1000: or :2000 (the end is exclusive), got '${text}'.`,
    );
  return range;
}

/**
 * Reads a time in seconds: `90s`, `10m`, `2h`, or a number of seconds.
 * @throws InvalidArgumentError for anything else
 */
export function duration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h)?$/.exec(text.trim()) ?? [];
  const seconds = Number(number) * ({ s: 1, m: 60, min: 60, h: 3600 }[unit] ?? Number.NaN);
  if (!(seconds > 0)) throw new InvalidArgumentError(`expected a time such as 90s, 10m or 2h, got '${text}'.`);
  return seconds;
}

/** Collects the patterns of a flag that may be given several times, or with commas. */
export const patterns = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(',').map((p) => p.trim()),
];

/**
 * Reads a whole number ≥ 1.
 * @throws InvalidArgumentError for anything else
 */
export function wholeFromOne(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError(`expected a whole number from 1, got '${text}'.`);
  return value;
}
