/** Cells of a page's tables and the numbers in its sentences, against the numbers they stand for. */
import { expect } from 'vitest';
import type { Estimate } from '../../src/numeric/estimate.js';
import { estimatesIn, numberIn, numbersIn, type PageTable } from './reading.js';

/** What a cell has to show: an estimate with its error, a number to some digits, or words. */
export type Shown = Pick<Estimate, 'value' | 'standardError'> | { readonly number: number; readonly digits: number; readonly unit?: string } | string | RegExp; // biome-ignore format: one line

/** A number to so many significant digits, 3 where not said. */
export const to = (number: number, digits = 3): Shown => ({ number, digits });

/** A share, printed in percent. */
export const percent = (share: number, digits = 3): Shown => ({ number: 100 * share, digits, unit: ' %' });

/** An estimate is printed to the digits that its error deserves: at least to a sixth of that error; both are. */
export function showsEstimate(text: string, { value, standardError }: Pick<Estimate, 'value' | 'standardError'>): void {
  if (!Number.isFinite(value)) {
    expect(text).toBe('–');
    return;
  }
  if (!Number.isFinite(standardError)) {
    showsNumber(text, value, 3);
    return;
  }
  const [found, ...more] = estimatesIn(text);
  expect(found !== undefined && more.length === 0, `${text} is one estimate`).toBe(true);
  if (standardError === 0) {
    expectClose(found.value, value, 4, text);
    expect(found.error).toBe(0);
    return;
  }
  expect(Math.abs(found.value - value), `${text} for ${value}`).toBeLessThanOrEqual(0.16 * standardError);
  expect(Math.abs(found.error - standardError), `${text} for ±${standardError}`).toBeLessThanOrEqual(
    0.16 * standardError,
  );
}

/** The number is that of the text, rounded to so many digits. */
export function showsNumber(text: string, number: number, digits = 3): void {
  if (!Number.isFinite(number)) {
    expect(text).toBe('–');
    return;
  }
  expectClose(numberIn(text), number, digits, text);
}

function expectClose(found: number, number: number, digits: number, text: string): void {
  const unit = number === 0 ? 0 : 10 ** (Math.floor(Math.log10(Math.abs(number))) - digits + 1);
  expect(Math.abs(found - number), `${text} for ${number}`).toBeLessThanOrEqual(0.5001 * unit);
}

/** Cell by cell. */
export function shows(cells: readonly string[], wanted: readonly Shown[]): void {
  expect(cells).toHaveLength(wanted.length);
  wanted.forEach((w, k) => {
    if (typeof w === 'string') expect(cells[k]).toBe(w);
    else if (w instanceof RegExp) expect(cells[k]).toMatch(w);
    else if ('number' in w) {
      const { unit = '' } = w;
      expect(cells[k].endsWith(unit), `${cells[k]} in${unit}`).toBe(true);
      showsNumber(cells[k].slice(0, cells[k].length - unit.length), w.number, w.digits);
    } else showsEstimate(cells[k], w);
  });
}

/** A table has these columns in this order, each with its head and its cells from the first row to the last. */
export function tableIs(
  table: PageTable,
  columns: readonly (readonly [head: string | RegExp, cells: readonly Shown[]])[],
): void {
  // biome-ignore format: one line
  shows(table.heads, columns.map(([head]) => head)); // biome-ignore format: one line
  columns.forEach(([, cells], k) => {
    shows(table.rows.map((r) => r[k]), cells); // biome-ignore format: one line
  });
}

/** All numbers of a sentence in their order: an estimate is two of them, others have three digits where not said. */
export function sentenceHas(
  text: string,
  wanted: readonly (
    | number
    | Pick<Estimate, 'value' | 'standardError'>
    | { readonly number: number; readonly digits: number }
  )[],
): void {
  // biome-ignore format: one line
  const found = numbersIn(text);
  let at = 0;
  for (const w of wanted) {
    if (typeof w === 'number') expectClose(found[at++], w, 3, text);
    else if ('number' in w) expectClose(found[at++], w.number, w.digits, text);
    else if (!Number.isFinite(w.standardError)) expectClose(found[at++], w.value, 3, text);
    else {
      showsEstimate(`${found[at]} ± ${found[at + 1]}`.replaceAll('-', '\u2212'), w);
      at += 2;
    }
  }
  expect(found, text).toHaveLength(at);
}
