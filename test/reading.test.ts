/** The readers of figures, tables and pages, on documents whose numbers are known. */
import * as Plot from '@observablehq/plot';
import { describe, expect, it } from 'vitest';
import { linearAxis, logAxis } from '../src/report/figures/axes.js';
import { drawFrame } from '../src/report/figures/frame.js';
import { html } from '../src/report/markup.js';
import { renderPage } from '../src/report/page.js';
import { table } from '../src/report/sections/tables.js';
import {
  csvLines,
  errorBars,
  estimatesIn,
  extent,
  lineThrough,
  marks,
  numberIn,
  numbersIn,
  offBy,
  pageTables,
  pageText,
  prints,
  printsEstimate,
  readCsv,
  readFigure,
  scaleOf,
  svgLines,
} from './support/reading.js';

const data = [
  { x: 0.002, y: -3, low: -3.5, high: -2.2 },
  { x: 0.05, y: 1, low: 0.5, high: 1.8 },
  { x: 3, y: 7, low: 6, high: 9 },
];
const svg = drawFrame({
  name: 'made-up',
  title: 'three points',
  x: logAxis('width σ² (weight²)', [1e-3, 10]),
  y: linearAxis('height (m)', [-5, 10]),
  legend: [
    { label: 'points', mark: 'dot', colour: '#112233' },
    { label: 'law F^−ψ', mark: 'dash', colour: '#445566' },
    { label: 'open', mark: 'ring', colour: '#778899' },
    {
      label: 'rank',
      mark: 'ramp',
      ticks: [
        { at: 0, label: '1' },
        { at: 0.75, label: '10' },
      ],
    },
  ],
  marks: [
    Plot.rect([0], { x1: 0.01, x2: 1, y1: -2, y2: 4, fill: '#abcdef', fillOpacity: 0.2 }),
    Plot.ruleX(data, { x: 'x', y1: 'low', y2: 'high', stroke: '#112233' }),
    Plot.ruleY([0], { stroke: '#999999', strokeDasharray: '3 2' }),
    Plot.dot(data, { x: 'x', y: 'y', r: 4, fill: '#112233' }),
    Plot.dot(data.slice(1), { x: 'x', y: 'y', r: 4, stroke: '#778899', symbol: 'triangle' }),
    Plot.line(
      [0.01, 1].map((x) => ({ x, y: 3 * Math.log10(x) + 4 })),
      { x: 'x', y: 'y', stroke: '#445566', strokeDasharray: '6 4' },
    ),
    Plot.link(data, { x1: (d) => d.x / 2, x2: (d) => d.x * 2, y1: 'y', y2: 'y', stroke: '#778899' }),
  ],
});
const figure = readFigure(svg);

describe('a figure is read in units of its data', () => {
  it('scales, labels, frame', () => {
    expect([figure.x.type, figure.y.type]).toEqual(['log', 'linear']);
    expect([figure.title, figure.xLabel, figure.yLabel]).toEqual([
      'three points',
      'width σ^2 (weight^2)',
      'height (m)',
    ]);
    expect(figure.domain.x[0] / 1e-3).toBeCloseTo(1, 3);
    expect(figure.domain.x[1] / 10).toBeCloseTo(1, 3);
    expect(figure.domain.y[0]).toBeCloseTo(-5, 2);
    expect(figure.domain.y[1]).toBeCloseTo(10, 2);
  });

  it('dots, symbols, lines, rects', () => {
    const points = data.map(({ x, y }) => [x, y] as const);
    const dots = marks(figure, { kind: 'dot', fill: '#112233' });
    expect(offBy(figure, dots, points)).toBeLessThan(0.05);
    expect(offBy(figure, dots, [...points.slice(0, 2), [3.05, 7]])).toBeGreaterThan(0.5);
    expect(offBy(figure, dots, points.slice(1))).toBe(Infinity);
    expect(dots.map((d) => d.r)).toEqual([4, 4, 4]);
    expect(offBy(figure, marks(figure, { element: 'path', kind: 'dot' }), points.slice(1))).toBeLessThan(0.05);
    const [line] = marks(figure, { kind: 'line' });
    expect(line.dash).toBe('6 4');
    expect(lineThrough(figure, line).slope).toBeCloseTo(3, 2);
    expect(lineThrough(figure, line).intercept).toBeCloseTo(4, 2);
    const { x, y } = extent(marks(figure, { kind: 'rect' })[0]);
    expect([x[0], x[1], y[0], y[1]].map((v) => Number(v.toPrecision(2)))).toEqual([0.01, 1, -2, 4]);
  });

  it('error bars of both directions, without the rules that cross the frame', () => {
    const bars = errorBars(figure);
    expect(bars.map((b) => [b.at, b.low, b.high].map((v) => Number(v.toPrecision(2))))).toEqual(
      data.map((d) => [d.x, d.low, d.high].map((v) => Number(v.toPrecision(2)))),
    );
    expect(errorBars(figure, 'x').length).toBe(3);
    expect(errorBars(figure, 'x')[1].low).toBeCloseTo(0.025, 4);
    expect(marks(figure, { kind: 'rule', dash: '3 2' })[0].y).toBeCloseTo(0, 2);
  });

  it('the legend', () => {
    expect(figure.legend.map((l) => [l.label, l.element, l.colour, l.hollow, l.dash])).toEqual([
      ['points', 'circle', '#112233', false, ''],
      ['law F^−ψ', 'line', '#445566', false, '6 4'],
      ['open', 'circle', '#778899', true, ''],
      ['rank', 'ramp', figure.legend[3].colour, false, ''],
    ]);
    expect(figure.legend[3].ticks).toEqual([
      { label: '1', at: expect.closeTo(0, 3) },
      { label: '10', at: expect.closeTo(0.75, 3) },
    ]);
    expect(figure.legend[3].steps).toHaveLength(10);
  });

  it('an axis that fits no scale, or two, is refused', () => {
    const at = (...ticks: [number, string][]) => ticks.map(([pixel, label]) => ({ pixel, label }));
    expect(() => scaleOf(at([0, '1'], [1, '2'], [5, '3']), {})).toThrow(/fit 0 scales/);
    expect(() => scaleOf(at([0, '1'], [10, '2']), {})).toThrow(/fit 2 scales/);
    expect(scaleOf(at([0, '1'], [10, '100']), { type: 'log' }).value(5)).toBeCloseTo(10, 10);
    expect(() => scaleOf(at([0, 'a'], [10, 'b']), {})).toThrow(/no scale/);
    expect(scaleOf(at([0, 'a'], [10, 'b']), { values: [3, 1], type: 'linear' }).value(5)).toBeCloseTo(2, 10);
  });
});

describe('printed numbers', () => {
  it('one', () => {
    expect(
      ['3.92', '\u22120.5', '12\u202f345', '3.1 × 10⁻⁵', '10⁻³', '3×10^\u22122', '10^4', '–', 'nine'].map(numberIn),
    ).toEqual([3.92, -0.5, 12_345, 3.1e-5, 1e-3, 0.03, 1e4, Number.NaN, Number.NaN]);
  });

  it('many, and those with errors', () => {
    expect(numbersIn('from 1.2 … 35 in 2\u202f500 steps, σ2 is \u22122 × 10⁻³.')).toEqual([1.2, 35, 2500, -2e-3]);
    expect(estimatesIn('ψ = 3.92 ± 0.11, v = (\u22124.36 ± 0.02) × 10⁻⁵.')).toEqual([
      { value: 3.92, error: 0.11 },
      { value: -4.36 / 1e5, error: 0.02 / 1e5 },
    ]);
  });
});

describe('a printed number is the value rounded', () => {
  it('to the digits shown, of which there are enough', () => {
    for (const [text, value] of [
      ['3.92', 3.918],
      ['\u22120.50', -0.4951],
      ['4.83 × 10⁻⁵', 4.8299e-5],
      ['12\u202f345', 12_345.4],
      ['1.0×10^3', 1040],
      ['2', 2],
    ] as const)
      expect(prints(text, value), text).toBe(true);
    for (const [text, value] of [
      ['3.92', 3.926],
      ['0.5', -0.5],
      ['4.83 × 10⁻⁵', 4.83e-4],
      ['3', 3.2],
      ['–', 3],
    ] as const)
      expect(prints(text, value), text).toBe(false);
    expect(prints('3.92', 3.921, 4)).toBe(false);
  });

  it('an estimate, both its parts', () => {
    expect(printsEstimate('ψ = 3.92 ± 0.11', { value: 3.918, standardError: 0.112 })).toBe(true);
    expect(printsEstimate('ψ = 3.92 ± 0.11', { value: 3.93, standardError: 0.112 })).toBe(false);
    expect(printsEstimate('ψ = 3.92 ± 0.11', { value: 3.918, standardError: 0.12 })).toBe(false);
    expect(printsEstimate('(4.360 ± 0.021) × 10⁻⁵', { value: 4.36e-5, standardError: 2.1e-7 })).toBe(true);
    expect(printsEstimate('4160 ± 330', { value: 4159, standardError: 328 })).toBe(true);
    expect(printsEstimate('4160 ± 330', { value: 4151, standardError: 328 })).toBe(false);
    expect(printsEstimate('3.92', { value: 3.92, standardError: 0 })).toBe(false);
  });
});

describe('tables and pages', () => {
  it('CSV with quotes, commas, empty fields', () => {
    const t = readCsv('a,b\r\n"x, ""y""",1e-3\r\nz,\r\n');
    expect(t.heads).toEqual(['a', 'b']);
    expect(t.column('a')).toEqual(['x, "y"', 'z']);
    expect(t.numbers('b')).toEqual([1e-3, Number.NaN]);
    expect(() => t.numbers('a')).toThrow(/no number/);
    expect(() => t.column('c')).toThrow(/no column/);
    expect(() => readCsv('a,b\r\n1,2')).toThrow(/line end/);
  });

  it('a page as lines and as tables', () => {
    const text = renderPage({
      title: 'Made up',
      head: html`<p>One sentence. Another, of 0.5 ± 0.1 &amp; more.</p>`,
      sections: [
        [
          't',
          'A table',
          table(
            'Caption.',
            [
              { head: 'name', cell: (r: string[]) => r[0] },
              { head: 'F', cell: (r) => r[1] },
            ],
            [
              ['first', '1'],
              ['second', '2 ± 1'],
            ],
          ),
        ],
      ],
    });
    const [t] = pageTables(text);
    expect([t.caption, t.heads, t.rows]).toEqual([
      'Caption.',
      ['name', 'F'],
      [
        ['first', '1'],
        ['second', '2 ± 1'],
      ],
    ]);
    expect(t.column('F')).toEqual(['1', '2 ± 1']);
    const lines = pageText(text).split('\n');
    for (const l of [
      '# Made up',
      'One sentence.',
      '  Another, of 0.5 ± 0.1 & more.',
      '## A table',
      '! name',
      '| 2 ± 1',
    ])
      expect(lines).toContain(l);
    expect(pageText(text)).not.toMatch(/<|\{/);
  });

  it('snapshots lose digits of coordinates and cells, not of words', () => {
    const lines = svgLines(
      '<svg><style>x</style><g><path d="M1.234,5.678L-0.06,2" /><text x="3.14159">ψ = 3.92 ± 0.11</text></g></svg>',
    );
    expect(lines.split('\n')).toEqual([
      '<svg>',
      '<g>',
      '<path d="M1.2,5.7L-0.1,2" />',
      '<text x="3.1">ψ = 3.92 ± 0.11</text>',
      '</g>',
      '</svg>',
      '',
    ]);
    expect(csvLines('a,b\r\n0.30000000000000004,text 1.23456789012\r\n-1.00000000001e-20,\r\n')).toBe(
      'a,b\n0.3,text 1.23456789012\n-1e-20,\n',
    );
  });
});
