/** Numbers as reports print them, read back: typographic minus, thin spaces between thousands, powers of ten, `value ± error`. */

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const PLAIN = String.raw`[\u2212-]?\d+(?:[\u202f,]\d{3})*(?:\.\d+)?`;
const POWER = String.raw`(?:\s?×\s?10(?:\^?[\u2212-]?\d+|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))`;

/** An exponent behind `10`: `^−3`, `−3` or `⁻³`. */
const exponent = (s: string): number =>
  Number(
    [...s.replace('^', '')]
      .map((c) => (c === '⁻' || c === '\u2212' ? '-' : SUPERSCRIPTS.includes(c) ? String(SUPERSCRIPTS.indexOf(c)) : c))
      .join(''),
  );

const plain = (s: string): number => Number(s.replace('\u2212', '-').replace(/[\u202f,]/g, ''));

/**
 * One printed number: `−0.12`, `12 000`, `3.1 × 10⁻⁵`, `3×10^−5`, `10⁻⁵`; NaN for anything else, the dash of a missing
 * number among it.
 */
export function numberIn(text: string): number {
  const s = text.trim();
  const power = /^(?:(.*?)\s?×\s?)?([\u2212-]?)10(\^[\u2212-]?\d+|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/.exec(s);
  if (power) {
    const mantissa = power[1] === undefined ? 1 : plain(power[1]);
    const n = exponent(power[3]);
    // dividing by a whole power is exact where multiplying by its inverse is not
    return (power[2] ? -1 : 1) * (n < 0 ? mantissa / 10 ** -n : mantissa * 10 ** n);
  }
  return new RegExp(`^${PLAIN}$`).test(s) ? plain(s) : Number.NaN;
}

/** All numbers of a text in order, those of estimates and of powers of ten among them (`3 × 10⁻⁵` is one number). */
export const numbersIn = (text: string): number[] =>
  [...text.matchAll(new RegExp(`(?<![\\p{L}\\d.])${PLAIN}${POWER}?`, 'gu'))].map((m) => numberIn(m[0]));

/**
 * `value ± error` wherever it stands in a text; `(4.36 ± 0.02) × 10⁻⁵` has both scaled. `value (exact)` and `value (no spread)`
 * have the error 0, and `value (numerical error 0.02)` has that one.
 */
export function estimatesIn(text: string): { value: number; error: number }[] {
  const number = `${PLAIN}${POWER}?`;
  const found = text.matchAll(
    new RegExp(
      `\\(?(${number})(?: ± (${number})(?:\\)(${POWER}))?| \\((?:exact|no spread|numerical error (${number}))\\))`,
      'gu',
    ),
  );
  return [...found].map(([, value, error, scale = '', numerical = '0']) => ({
    value: numberIn(value + scale),
    error: error === undefined ? numberIn(numerical) : numberIn(error + scale),
  }));
}

/** Size of one unit in the last printed digit of a number. */
function lastDigit(text: string): number {
  const [, decimals = ''] = /^[\u2212-]?[\d\u202f,]+(?:\.(\d+))?/.exec(text.trim()) ?? [];
  const power = /×\s?(10\S+)$/.exec(text.trim());
  return 10 ** -decimals.length * (power ? numberIn(power[1]) : 1);
}

/** Whether a printed number is `value`, rounded to the digits that are shown; `digits` of them at least (leading zeros do not count). */
export function prints(text: string, value: number, digits = 2, unit = lastDigit(text)): boolean {
  const shown = /^[\u2212-]?([\d\u202f,.]+)/.exec(text.trim())?.[1].replace(/\D/g, '').replace(/^0+/, '').length ?? 0;
  const whole = Number.isInteger(value) && numberIn(text) === value;
  return (whole || shown >= digits) && Math.abs(numberIn(text) - value) <= 0.5 * unit * (1 + 1e-9) + 1e-300;
}

/** The same of `value ± error`, the first in the text: its value to the decimals of its error, its error to one or two digits. */
export function printsEstimate(text: string, e: { readonly value: number; readonly standardError: number }): boolean {
  const m = new RegExp(`(${PLAIN}${POWER}?) ± (${PLAIN}${POWER}?)(?:\\)(${POWER}))?`, 'u').exec(text);
  if (!m) return false;
  const scale = m[3] ?? '';
  // an error of 120 is printed as one of tens, and so is its value
  const zeros = /^\d+?(0*)$/.exec(m[2])?.[1].length ?? 0;
  const unit = 10 ** zeros * lastDigit(m[2] + scale);
  return prints(m[1] + scale, e.value, 1, unit) && prints(m[2] + scale, e.standardError, 1, unit);
}
