/** Numbers, words and markup of the report's kit: each rule from both sides, and what is printed read back. */
import { describe, expect, test } from 'vitest';
import {
  formatCount,
  formatEstimate,
  formatNumber,
  formatPlain,
  formatRange,
  formatSeconds,
  formatTick,
  fullStop,
  sentence,
  subscript,
  superscript,
} from '../src/report/format.js';
import { caption, escapeText, html, prose } from '../src/report/markup.js';

const q = (value: number, standardError: number) => formatEstimate({ value, standardError });

describe('numbers', () => {
  test.each<[number, number | undefined, string]>([
    [0.001, undefined, '0.00100'],
    [0.0009994, undefined, '9.99 × 10⁻⁴'],
    [0.0009996, undefined, '0.00100'],
    [999_994, 3, '999\u202f994'],
    [-999_999, 1, '−999\u202f999'],
    [999_994.2, 3, '1.00 × 10⁶'],
    [1_000_001, 6, '1.00000 × 10⁶'],
    [9_996_000, 3, '1.00 × 10⁷'],
    [999_994, 6, '999\u202f994'],
    [999_999.4, 6, '999\u202f999'],
    [999_999.6, 6, '1.00000 × 10⁶'],
    [1e6, undefined, '1.00 × 10⁶'],
    [123_456.7, 3, '123\u202f000'],
    [9999.5, 4, '10\u202f000'],
    [9999.4, 4, '9999'],
    [2.5, 1, '3'],
    [2.49, 1, '2'],
    [1234.56, 0, '1000'],
    [Math.PI, 99, '3.14159'],
    [-0.5, 2, '−0.50'],
    [7, 3, '7'],
    [-12_345, 3, '−12\u202f345'],
    [Number.NEGATIVE_INFINITY, 3, '–'],
  ])('%f to %d digits is %s', (x, digits, s) => {
    expect(formatNumber(x, digits)).toBe(s);
  });
  test('what is not there is a dash', () => {
    expect([formatNumber(null), formatNumber(undefined), formatCount(null), formatCount(undefined)]).toEqual(
      Array(4).fill('–'),
    );
    expect([formatCount(Number.NaN), formatSeconds(Number.NaN), q(Number.POSITIVE_INFINITY, 1)]).toEqual(
      Array(3).fill('–'),
    );
  });
  test('counts are whole, negative ones with a minus; a fraction is printed as a number', () => {
    expect([formatCount(1234), formatCount(12_345), formatCount(-98_765), formatCount(2.256)]).toEqual([
      '1234',
      '12\u202f345',
      '−98\u202f765',
      '2.26',
    ]);
  });
  test('chosen numbers have no zeros at their end', () => {
    expect([0.1, 2, 100, 1e-7, 1.5e8, 0.25, 1200, 10.05].map((x) => formatPlain(x))).toEqual([
      '0.1',
      '2',
      '100',
      '1 × 10⁻⁷',
      '1.5 × 10⁸',
      '0.25',
      '1200',
      '10.1',
    ]);
    expect(formatPlain(10.05, 4)).toBe('10.05');
    expect(formatPlain(null)).toBe('–');
    expect(formatRange([0.5, 20_000])).toBe('0.5 … 20\u202f000');
    expect(formatRange([1.23456, 9.87654], 5)).toBe('1.2346 … 9.8765');
  });
});

describe('estimates', () => {
  test.each<[number, number, string]>([
    // two digits of the error up to 3.54, one above
    [1, 0.354, '1.00 ± 0.35'],
    [1, 0.356, '1.0 ± 0.4'],
    [1, 0.0949, '1.00 ± 0.09'],
    [1, 0.0951, '1.00 ± 0.10'],
    [1, 0.95, '1.0 ± 1.0'],
    // errors from ten on round the value to their place
    [1234, 12.4, '1234 ± 12'],
    [1234, 48, '1230 ± 50'],
    [123_456, 1234, '123\u202f500 ± 1200'],
    [-123_456, 5678, '−123\u202f000 ± 6000'],
    // powers of ten where value and error are both small, or large
    [0.0012, 0.0001, '0.00120 ± 0.00010'],
    [0.00012, 0.00001, '(1.20 ± 0.10) × 10⁻⁴'],
    [0.00012, 0.002, '0.0001 ± 0.0020'],
    [1.2e7, 1e5, '(1.200 ± 0.010) × 10⁷'],
    [-4.81e-5, 1.13e-6, '(−4.81 ± 0.11) × 10⁻⁵'],
    // more than six digits are never printed
    [1.234567891, 1e-9, '1.23457 ± 1.0 × 10⁻⁹'],
    [12.3456789, 0.000123, '12.3457 ± 1.2 × 10⁻⁴'],
    [12.3456789, 0.00123, '12.3457 ± 0.0012'],
    [2.5, 0, '2.5 (exact)'],
    [2.5, -1, '2.50'],
    [0, 0.05, '0.00 ± 0.05'],
    [0, 0.5, '0.0 ± 0.5'],
    [0.004, 0.3, '0.00 ± 0.30'],
    [-0.004, 0.3, '0.00 ± 0.30'],
    [-0.006, 0.3, '−0.01 ± 0.30'],
  ])('%f with error %f is %s', (value, error, s) => {
    expect(q(value, error)).toBe(s);
  });
});

describe('ticks', () => {
  test('are short: powers of ten outside 0.001 … 99 999, or where asked', () => {
    const plain = [0, 0.001, 0.00099, 99_990, 1e5, -2000, 12_000, 0.5];
    expect(plain.map((x) => formatTick(x))).toEqual([
      '0',
      '0.001',
      '9.9×10⁻⁴',
      '99\u202f990',
      '10⁵',
      '−2000',
      '12\u202f000',
      '0.5',
    ]);
    expect([1, -1, 20, -300, 0, 0.15].map((x) => formatTick(x, true))).toEqual([
      '10⁰',
      '−10⁰',
      '2×10¹',
      '−3×10²',
      '0',
      '1.5×10⁻¹',
    ]);
    expect(formatTick(0.30000000000000004)).toBe('0.3');
  });
});

describe('words', () => {
  test('end in one full stop and begin with a capital', () => {
    expect(['a b', ' a. ', 'why?', 'no!', ''].map(fullStop)).toEqual(['a b.', 'a.', 'why?', 'no!', '']);
    expect(['a b', ' xy. ', 'ψ rises', ''].map(sentence)).toEqual(['A b.', 'Xy.', 'Ψ rises.', '']);
  });
  test('raised and lowered digits', () => {
    expect(superscript('−12.5')).toBe('⁻¹²·⁵');
    expect(superscript(-30)).toBe('⁻³⁰');
    expect(superscript('x4')).toBe('x⁴');
    expect(subscript(1024)).toBe('₁₀₂₄');
  });
  test('seconds, minutes, hours', () => {
    expect([0.004, 9.994, 10, 59.94, 59.96, 60, 3599.4, 3599.6, 3600, 7261, 7169, 7171].map(formatSeconds)).toEqual([
      '0.0040 s',
      '10 s',
      '10 s',
      '59.9 s',
      '60.0 s',
      '1 min 0 s',
      '59 min 59 s',
      '1 h 0 min',
      '1 h 0 min',
      '2 h 1 min',
      '1 h 59 min',
      '2 h 0 min',
    ]);
  });
});

describe('markup', () => {
  test('escapes the five signs, and what neither HTML nor XML may hold', () => {
    expect(escapeText(`&<>"'`)).toBe('&amp;&lt;&gt;&quot;&#39;');
    expect(escapeText('\t\n\r ')).toBe('\t\n\r ');
    expect(escapeText('\u0000\u0008\u000b\u000c\u001f')).toBe('\ufffd'.repeat(5));
    expect(escapeText('\ud7ff\udfff\ud800.\ue000\ufffd\ufffe\uffff')).toBe(
      '\ud7ff\ufffd\ufffd.\ue000\ufffd\ufffd\ufffd',
    );
    expect(escapeText('\u{1d6d3}')).toBe('\u{1d6d3}');
  });
  test('a template keeps its own text and escapes what is put in', () => {
    expect(html`<i>${'<'}</i>${['a', html`<b>&amp;</b>`, ['&']]}${null}${undefined}${false}`.text).toBe(
      '<i>&lt;</i>a<b>&amp;</b>&amp;',
    );
  });
  test('letters by name, where they stand alone', () => {
    expect(prose('sigma psi gamma tau theta eta lambda kappa Delta Phi').text).toBe('σ ψ γ τ θ η λ κ Δ Φ');
    expect(prose('beta, thetas, 2eta, a.psi, eta2, delta, phi').text).toBe(
      'beta, thetas, 2eta, a.psi, eta2, delta, phi',
    );
    expect(prose('(eta/4)·sigma²').text).toBe('(η/4)·σ²');
  });
  test('powers and indices', () => {
    expect(prose('F^-2, F^−1.5, x^ab, x^12. y').text).toBe(
      'F<sup>−2</sup>, F<sup>−1.5</sup>, x<sup>ab</sup>, x<sup>12</sup>. y',
    );
    expect(prose('p_1 p_12 x_i x_j x_x x_y D_SGD L_sharp L_flat').text).toBe(
      'p<sub>1</sub> p<sub>12</sub> x<sub>i</sub> x<sub>j</sub> x<sub>x</sub> x<sub>y</sub> D<sub>SGD</sub> L<sub>sharp</sub> L<sub>flat</sub>',
    );
    expect(prose('N_c h_max B_noise Q_ij x′_i, 2γ_CH').text).toBe(
      'N<sub>c</sub> h<sub>max</sub> B<sub>noise</sub> Q<sub>ij</sub> x′<sub>i</sub>, 2γ<sub>CH</sub>',
    );
    const names = '1_2 _i p_1a a_SGDx a_b fc_1 fc2_1 conv_max step_norm x_1_2';
    expect(prose(names).text).toBe(names);
    expect(prose('edge^(1−a) D^(-1/2), x^() x^(a').text).toBe('edge<sup>1−a</sup> D<sup>−1/2</sup>, x^() x^(a');
    expect(caption('N_c, u_SGD and a_b: F^−psi, step_norm, conv_1').text).toBe(
      'N<sub>c</sub>, u<sub>SGD</sub> and a<sub>b</sub>: F<sup>−ψ</sup>, step_norm, conv_1',
    );
    expect(prose('<x> & p_1 <y>').text).toBe('&lt;x&gt; &amp; p<sub>1</sub> &lt;y&gt;');
  });
});
