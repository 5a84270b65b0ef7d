/** Numbers for readers: few digits, precision set by the error, typographic signs. Documents for programs take full precision instead. */
import { type Estimate, errorOf, unconverged } from '../numeric/estimate.js';
import { median } from '../numeric/statistics.js';

/** What is printed where a number does not exist. */
export const MISSING = '–';
const MINUS = '\u2212';
const THIN = '\u202f';
const SUPER: Record<string, string> = { '-': '⁻', '.': '·' };
for (const [k, c] of [...'⁰¹²³⁴⁵⁶⁷⁸⁹'].entries()) SUPER[k] = c;

/** Writes digits, sign and point as Unicode superscripts. */
export const superscript = (s: string | number): string =>
  [...String(s)].map((c) => SUPER[c === MINUS ? '-' : c] ?? c).join('');

/** Writes digits as Unicode subscripts. */
export const subscript = (n: number): string =>
  [...String(n)].map((c) => String.fromCharCode(0x2080 + Number(c))).join('');

/** `10ⁿ`, `m × 10ⁿ`. */
const power = (mantissa: string, exponent: number): string => `${mantissa} × 10${superscript(exponent)}`;

/** Exponent of ten of the leading digit once `x` is rounded to `digits` significant digits. */
const exponentOf = (x: number, digits: number): number =>
  Number(
    Math.abs(x)
      .toExponential(digits - 1)
      .split('e')[1],
  );

const outOfRange = (exponent: number): boolean => exponent < -3 || exponent > 5;
const signed = (s: string): string => s.replace('-', MINUS);
/** Groups the integer part in threes from five digits on. */
const grouped = (s: string): string => s.replace(/(?<![.\d])\d{5,}/, (d) => d.replace(/\B(?=(\d{3})+$)/g, THIN));
/** No zeros at the end of a fraction. */
const trimmed = (s: string): string => s.replace(/(\.\d*?)0+(?=$| )/, '$1').replace(/\.(?=$| )/, '');

/**
 * Writes a number to `digits` significant digits (at most 6), and as a power of ten outside 0.001 … 999 999. A whole number within
 * this range keeps all its digits.
 */
export function formatNumber(x: number | null | undefined, digits = 3): string {
  if (x === null || x === undefined || !Number.isFinite(x)) return MISSING;
  if (x === 0) return '0';
  const d = Math.min(6, Math.max(1, digits));
  const whole = Number.isInteger(x) && Math.abs(x) < 1e6;
  const e = exponentOf(x, d);
  if (outOfRange(e) && !whole) return signed(power((x / 10 ** e).toFixed(d - 1), e));
  return signed(grouped(whole ? String(x) : Number(x.toPrecision(d)).toFixed(Math.max(0, d - 1 - e))));
}

/** Writes a whole number with all its digits, in groups of three. */
export function formatCount(n: number | null | undefined): string {
  if (n === null || n === undefined || !Number.isFinite(n)) return MISSING;
  return Number.isInteger(n) ? signed(grouped(String(n))) : formatNumber(n);
}

/** Whole numbers that are written one by one; of more only the ends are. */
const FEW = 8;

/** Writes whole numbers, `4, 7, 9`; of more than eight `0 to 49` where they are consecutive, and otherwise `12 to 40 (median 21)`. */
export function formatCounts(values: readonly number[]): string {
  if (values.length <= FEW) return values.map(formatCount).join(', ');
  const sorted = [...values].sort((a, b) => a - b);
  const ends = `${formatCount(sorted[0])} to ${formatCount(sorted[sorted.length - 1])}`;
  return sorted.every((v, k) => v === sorted[0] + k) ? ends : `${ends} (median ${formatNumber(median(sorted))})`;
}

/** An error and the number of significant digits to print it with: two for leading digits 1.0 … 3.5, otherwise one; 9.5 and more is 10. */
function deserved(error: number): [error: number, digits: number] {
  const [mantissa, exponent] = error.toExponential(2).split('e').map(Number);
  if (mantissa >= 9.5) return [10 ** (exponent + 1), 2];
  return [error, mantissa <= 3.54 ? 2 : 1];
}

/**
 * Writes an estimate as `3.92 ± 0.11`: the standard error sets the decimals of the value. Small and large values are written as
 * `(4.81 ± 0.11) × 10⁻⁵`. A value without an error has three significant digits. There are never more than six.
 *
 * What follows ± is always one standard error. A value whose error is none is followed by a word: `(exact)`, `(no spread)` for a
 * sample that gave the same number each time, `(numerical error 0.02)` for what was computed and not sampled.
 */
export function formatEstimate(q: (Pick<Estimate, 'value' | 'standardError'> & Partial<Estimate>) | undefined): string {
  if (q === undefined || !Number.isFinite(q.value)) return MISSING;
  const { value, standardError } = q;
  const kind = errorOf(q);
  if (kind === 'unknown') return formatNumber(value);
  if (kind === 'exact' || kind === 'no spread') return `${formatPlain(value, 4)} (${kind})`;
  if (kind === 'numerical') return `${formatNumber(value, 4)} (numerical error ${formatNumber(standardError, 1)})`;
  const [error, digits] = deserved(standardError);
  const last = exponentOf(error, digits) - digits + 1; // decimal place of the error's last digit
  const rounded = Math.round(value / 10 ** last) * 10 ** last; // 996 000 ± 40 000 is a million
  const scale = Math.max(exponentOf(error, digits), rounded === 0 ? -400 : exponentOf(rounded, 6));
  const shift = outOfRange(scale) ? scale : 0;
  if (scale - last >= 6) return `${formatNumber(value, 6)} ± ${formatNumber(error, digits)}`;
  const decimals = Math.max(0, shift - last);
  const unit = 10 ** Math.max(0, last - shift); // an error of 120 rounds the value to tens
  const text = (x: number) => signed(grouped((Math.round(x / 10 ** shift / unit) * unit).toFixed(0)));
  const fixed = (x: number) => (unit > 1 ? text(x) : signed(grouped((x / 10 ** shift).toFixed(decimals))));
  const body = `${clearZero(fixed(value))} ± ${fixed(error)}`;
  return shift === 0 ? body : `(${body}) × 10${superscript(shift)}`;
}

/** The mark of an estimate that did not converge, the same in terminal and page; empty for all others. */
export const convergenceMark = (e: Estimate): string => (unconverged(e) ? ' (not converged)' : '');

/** Writes an estimate with that mark. */
export const formatMarked = (e: Estimate): string => formatEstimate(e) + convergenceMark(e);

/** Removes the minus sign before a rounded zero. */
const clearZero = (s: string): string => (/^\u2212[0.]*$/.test(s) ? s.slice(1) : s);

/** Writes a number as `formatNumber` does, without trailing zeros: for numbers that were chosen and not measured. */
export const formatPlain = (x: number | null | undefined, digits = 3): string => trimmed(formatNumber(x, digits));

/** Writes a share as a percentage; one that is not whole never becomes `100 %`. */
export function formatShare(share: number, digits = 3): string {
  const percent = formatNumber(100 * share, digits);
  if (percent !== '100' || share === 1) return `${percent} %`;
  return share >= 0.9995 ? 'more than 99.9 %' : `${formatNumber(100 * share)} %`;
}

/** Writes the label of a tick: without trailing zeros, and as a power of ten where asked or where the digits would be long. */
export function formatTick(x: number, powers = false): string {
  if (x === 0) return '0';
  const e = exponentOf(x, 4);
  const short = Number(x.toPrecision(4));
  if (!powers && e >= -3 && e < 5) return signed(grouped(String(short)));
  const mantissa = String(Number((short / 10 ** e).toPrecision(4)));
  const head = mantissa === '1' ? '' : mantissa === '-1' ? '-' : `${mantissa}×`;
  return signed(`${head}10${superscript(e)}`);
}

/** Writes the two ends of an interval, `1.2 … 35`. */
export const formatRange = (r: readonly [number, number], digits = 3): string =>
  `${formatPlain(r[0], digits)} … ${formatPlain(r[1], digits)}`;

/** Adds a full stop where the text has none. */
export const fullStop = (s: string): string => `${s.trim()}${/[.!?]$/.test(s.trim()) || s.trim() === '' ? '' : '.'}`;

/** Begins the text with a capital and ends it with a full stop. */
export const sentence = (s: string): string => fullStop(s.trim().charAt(0).toUpperCase() + s.trim().slice(1));

/** Writes seconds as `0.42 s`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatSeconds(s: number): string {
  if (!Number.isFinite(s)) return MISSING;
  if (s < 60) return `${formatNumber(s, s < 10 ? 2 : 3)} s`;
  const whole = Math.round(s);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
