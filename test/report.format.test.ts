/** Numbers, powers and ticks as the report prints them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  computed,
  type ErrorKind,
  errorOf,
  estimate,
  exactly,
  minus,
  quotient,
  scaled,
} from '../src/numeric/estimate.js';
import { linearTicks, logDomain, logTicks, thinLog } from '../src/report/figures/axes.js';
import {
  formatCount,
  formatCounts,
  formatEstimate,
  formatMarked,
  formatNumber,
  formatRange,
  formatSeconds,
  formatShare,
  formatTick,
} from '../src/report/format.js';
import { escapeText, html, prose } from '../src/report/markup.js';
import { starred } from '../src/report/sections/tables.js';
import { findingLines } from '../src/terminal/findings.js';

const q = (value: number, standardError: number) => formatEstimate({ value, standardError });

/** Reads a printed number back, by hand: minus signs, thin spaces, superscripts. */
function read(s: string): number {
  const exponent = /10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/.exec(s)?.[1] ?? '⁰';
  const e = [...exponent].map((c) => (c === '⁻' ? '-' : String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(c)))).join('');
  const head = s
    .replace(/ × 10.*$/, '')
    .replace(/[()\u202f]/g, '')
    .replace('\u2212', '-');
  return Number(head) * 10 ** Number(e);
}
const significant = (s: string): number => s.replace(/ × .*/, '').replace(/[^\d]/g, '').replace(/^0+/, '').length;

describe('numbers', () => {
  test.each([
    [0, '0'],
    [Math.PI, '3.14'],
    [-0.00275, '\u22120.00275'],
    [Math.E, '2.72'],
    [0.1, '0.100'],
    [12_000, '12\u202f000'],
    [60_000, '60\u202f000'],
    [2500, '2500'],
    [4.83e-5, '4.83 × 10⁻⁵'],
    [-1.5e-12, '\u22121.50 × 10⁻¹²'],
    [9.996, '10.0'],
    [1e300, '1.00 × 10³⁰⁰'],
    [Number.NaN, '–'],
    [Number.POSITIVE_INFINITY, '–'],
  ])('%f is printed %s', (x, s) => {
    expect(formatNumber(x)).toBe(s);
  });

  test('six digits at most, and what is printed is the number', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-200, max: 1e200, noNaN: true }),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        (x, negative, digits) => {
          const value = negative ? -x : x;
          const s = formatNumber(value, digits);
          expect(significant(s)).toBeLessThanOrEqual(6);
          expect(Math.abs(read(s) - value)).toBeLessThanOrEqual(
            Math.abs(value) * 0.51 * 10 ** (1 - Math.min(digits, 6)),
          );
        },
      ),
      { seed: 1, numRuns: 1000 },
    );
  });

  test('counts keep all their digits, fractions are never grouped', () => {
    expect(formatCount(9007199254740991)).toBe('9\u202f007\u202f199\u202f254\u202f740\u202f991');
    expect(formatNumber(0.123456789, 6)).toBe('0.123457');
    expect(formatRange([0.9, 12])).toBe('0.9 … 12');
  });

  test('lists of whole numbers end where they would be long', () => {
    expect(formatCounts([9, 4, 7])).toBe('9, 4, 7');
    expect(formatCounts([1, 2, 3, 4, 5, 6, 7, 8])).toBe('1, 2, 3, 4, 5, 6, 7, 8');
    expect(formatCounts(Array.from({ length: 50 }, (_, k) => 49 - k))).toBe('0 to 49');
    expect(formatCounts([30, 12, 40, 21, 20, 22, 21, 20, 33])).toBe('12 to 40 (median 21)');
  });

  test('seconds', () => {
    expect([0.4231, 31.23, 163.4, 7810, 3599.7].map(formatSeconds)).toEqual([
      '0.42 s',
      '31.2 s',
      '2 min 43 s',
      '2 h 10 min',
      '1 h 0 min',
    ]);
  });
});

describe('shares', () => {
  test.each([
    [1, 3, '100 %'],
    [0.99996, 3, 'more than 99.9 %'],
    [0.9994, 3, '99.9 %'],
    [0.9964, 2, '99.6 %'],
    [0.0213, 2, '2.1 %'],
    [0, 3, '0 %'],
  ])('%d to %d digits', (share, digits, words) => {
    expect(formatShare(share, digits)).toBe(words);
  });
});

describe('values with errors', () => {
  test.each([
    [3.918, 0.112, '3.92 ± 0.11'],
    [2.531, 0.043, '2.53 ± 0.04'],
    [-0.12, 0.2, '\u22120.12 ± 0.20'],
    [4.812e-5, 1.13e-6, '(4.81 ± 0.11) × 10⁻⁵'],
    [12_345.678, 120, '12\u202f350 ± 120'],
    [-0.0001, 0.05, '0.00 ± 0.05'],
    [0.02, 5, '0 ± 5'],
    [0, 1.3e-7, '(0.0 ± 1.3) × 10⁻⁷'],
    [4.2, Number.NaN, '4.20'],
    [Number.NaN, 0.1, '–'],
    [2, 0, '2 (exact)'],
    [-0.204499, 6e-15, '\u22120.2045 (exact)'],
    [0, 0, '0 (exact)'],
    [0.0993, 0.0099, '0.099 ± 0.010'],
    [1.4, 0.098, '1.40 ± 0.10'],
  ])('%f with error %f is %s', (value, error, s) => {
    expect(q(value, error)).toBe(s);
  });

  test('rounding is no error, and what was not sampled has none of the statistical kind', () => {
    const of = (value: number, standardError: number, n: number, kind?: ErrorKind) =>
      formatEstimate({ value, standardError, n, ...(kind && { kind }) });
    expect(of(94.48, 0, 5)).toBe('94.48 (no spread)');
    expect(of(0, 0, 3)).toBe('0 (no spread)');
    expect(of(-0.204499, 6e-15, 5)).toBe('\u22120.2045 (no spread)');
    // one part in 10¹² is rounding, and a little more is not
    expect(of(3, 2.9e-12, 5)).toBe('3 (no spread)');
    expect(of(3, 3.1e-12, 5)).toBe('3 ± 3.1 × 10⁻¹²');
    expect(of(1e-20, 1e-21, 5)).toBe('(1.00 ± 0.10) × 10⁻²⁰');
    expect(of(9.601, 0, 200, 'exact')).toBe('9.601 (exact)');
    expect(of(9.601, 0, 200, 'numerical')).toBe('9.601 (exact)');
    expect(of(0.02284, 0.0012, 200, 'numerical')).toBe('0.02284 (numerical error 0.001)');
    expect(of(4.123456, 3.2e-9, 60, 'numerical')).toBe('4.123 (numerical error 3 × 10⁻⁹)');
  });

  test('a value that did not converge carries the same words everywhere; no value carries none', () => {
    const e = (value: number, converged: boolean) => estimate(value, 0.1, 4, 'a fit', converged);
    expect(formatMarked(e(2, false))).toBe('2.00 ± 0.10 (not converged)');
    expect(formatMarked(e(2, true))).toBe('2.00 ± 0.10');
    expect(formatMarked(e(Number.NaN, false))).toBe('–');
    expect([starred(e(2, false)), starred(e(2, true)), starred(e(Number.NaN, false))]).toEqual([
      '2.00 ± 0.10\u202f*',
      '2.00 ± 0.10',
      '–',
    ]);
    const finding = {
      id: 'a',
      claim: '',
      source: '',
      unit: 'm',
      stated: '2',
      verdict: 'reproduced',
      reason: '',
    } as const;
    expect(findingLines([{ ...finding, measured: e(2, false) }], { columns: 120, bold: false })[3]).toContain(
      '2.00 ± 0.10 (not converged) m',
    );
    // and of two estimates together, when one of them did not
    expect(minus(e(2, true), e(1, false)).converged).toBe(false);
    expect(quotient(e(2, false), e(1, true)).converged).toBe(false);
    expect(quotient(e(2, true), e(1, true)).converged).toBe(true);
  });

  test('an error of two estimates is statistical when one of them is', () => {
    const sampled = estimate(2, 0.3, 4, 'walkers');
    const solved = computed(1, 0.4, 100, 'grid');
    const known = exactly(5, 'closed form');
    expect(minus(solved, sampled)).toEqual(estimate(-1, 0.5, 100, 'grid'));
    expect(minus(sampled, known)).toEqual(estimate(-3, 0.3, 4, 'walkers'));
    expect(minus(solved, known)).toEqual(computed(-4, 0.4, 100, 'grid'));
    expect(errorOf(minus(known, known))).toBe('exact');
    expect(errorOf(scaled(solved, 2))).toBe('numerical');
    expect(errorOf({ value: 1, standardError: Number.NaN })).toBe('unknown');
    expect(errorOf({ value: 1, standardError: Number.NaN, kind: 'exact' })).toBe('unknown');
  });

  test('a value that its error rounds up to the next power of ten is written with that power', () => {
    expect(q(996_000, 36_000)).toBe('(1.00 ± 0.04) × 10⁶');
    expect(q(-996_000, 36_000)).toBe('(−1.00 ± 0.04) × 10⁶');
    expect(q(994_000, 36_000)).toBe('990\u202f000 ± 40\u202f000');
    expect(q(0.000996, 0.00004)).toBe('0.00100 ± 0.00004');
    expect(q(0.000994, 0.00004)).toBe('(9.9 ± 0.4) × 10⁻⁴');
  });

  test('rounding moves a value by less than its error', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-7, max: 1e5, noNaN: true }),
        (value, error) => {
          fc.pre(error > 1e-12 * Math.abs(value));
          const s = q(value, error);
          const [, head, tail = ''] = /^\(?(.*?) ± .*?\)?( × 10.*)?$/.exec(s) ?? [];
          expect(significant(head)).toBeLessThanOrEqual(6);
          const resolution = Math.max(0.6 * error, Math.abs(value) * 1e-5);
          expect(
            Math.abs(read(head.includes('×') || !s.startsWith('(') ? head : head + tail) - value),
          ).toBeLessThanOrEqual(resolution);
        },
      ),
      { seed: 2, numRuns: 1000 },
    );
  });
});

describe('ticks', () => {
  const tenPower = fc.double({ min: -12, max: 8, noNaN: true });
  test('between two and fourteen on any logarithmic domain, inside it, each with its own label', () => {
    fc.assert(
      fc.property(tenPower, fc.double({ min: 0, max: 14, noNaN: true }), (a, span) => {
        const domain = logDomain([10 ** a, 10 ** (a + span)]);
        const ticks = logTicks(domain);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(14);
        for (const t of ticks) expect(t >= domain[0] * 0.999 && t <= domain[1] * 1.001).toBe(true);
        expect(new Set(ticks.map((t) => formatTick(t))).size).toBe(ticks.length);
      }),
      { seed: 3, numRuns: 1000 },
    );
  });
  test('between three and nine on any linear domain', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e3, max: 1e3, noNaN: true }), tenPower, (lo, width) => {
        const hi = lo + Math.max(10 ** width, Math.abs(lo) * 1e-3);
        const ticks = linearTicks([lo, hi], 5);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(9);
      }),
      { seed: 4, numRuns: 1000 },
    );
  });
  test('labels', () => {
    expect([1e-5, 3e-5, 0.01, 1, 1500, 1e6].map((t) => formatTick(t))).toEqual([
      '10⁻⁵',
      '3×10⁻⁵',
      '0.01',
      '1',
      '1500',
      '10⁶',
    ]);
    expect([0.01, 1, 100].map((t) => formatTick(t, true))).toEqual(['10⁻²', '10⁰', '10²']);
  });
  test('thinning keeps the ends and the dense beginning', () => {
    const kept = thinLog(2500);
    expect(kept.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, k) => k));
    expect(kept.at(-1)).toBe(2499);
    expect(kept.length).toBeLessThan(300);
    expect(thinLog(1)).toEqual([0]);
  });
});

describe('markup', () => {
  test('escapes text, and drops what XML forbids', () => {
    expect(escapeText(`<a href="x" title='y'>&\u0000\ud800`)).toBe(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;\ufffd\ufffd',
    );
    expect(html`<p>${'<b>'}${html`<i>${'&'}</i>`}${[false, null, 'x']}</p>`.text).toBe('<p>&lt;b&gt;<i>&amp;</i>x</p>');
  });
  test('sets formulas written in words', () => {
    expect(prose('σ² ∝ F^−ψ, or F^-3.9. i^γ').text).toBe('σ² ∝ F<sup>−ψ</sup>, or F<sup>−3.9</sup>. i<sup>γ</sup>');
    expect(prose('sigma_i² ~ i^−gamma, p_1, w0').text).toBe('σ<sub>i</sub>² ~ i<sup>−γ</sup>, p<sub>1</sub>, w0');
    expect(prose('the eta of beta, ivf.psi, a_name, a^<b>').text).toBe('the η of beta, ivf.psi, a_name, a^&lt;b&gt;');
  });
});
