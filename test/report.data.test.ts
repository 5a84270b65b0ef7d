/** The numbers of figures, taken from their marks: series by the legend, errors beside their points, names of the axes. */
import * as Plot from '@observablehq/plot';
import { describe, expect, it } from 'vitest';
import { linearAxis, logAxis } from '../src/report/figures/axes.js';
import { drawFigure, type FrameOptions, renamed } from '../src/report/figures/frame.js';
import { COLOURS, RAMP } from '../src/report/figures/palette.js';
import { readCsv } from './support/reading.js';

const { blue, orange, muted, paper, ink } = COLOURS;
const draw = (o: Pick<FrameOptions, 'marks' | 'legend'>) =>
  drawFigure({ name: 'f', title: 't', x: linearAxis('x (m)', [0, 10]), y: logAxis('y (s)', [0.1, 100]), ...o });
const table = (o: Pick<FrameOptions, 'marks' | 'legend'>) => readCsv(draw(o).data);
const points = [
  { x: 1, y: 2, e: 0.5 },
  { x: 3, y: 4.123456789, e: 1 },
];

describe('the numbers of a figure', () => {
  it('name series by the legend and columns by the axes, at eight digits', () => {
    const t = table({
      legend: [
        { label: 'fit', mark: 'line', colour: blue },
        { label: 'measured, all', mark: 'dot', colour: blue },
        { label: 'limit', mark: 'dash', colour: muted },
      ],
      marks: [
        Plot.dot(points, { x: 'x', y: 'y', fill: blue }),
        Plot.line([[0, 1], [10, 9]], { stroke: blue }), // biome-ignore format: points
        Plot.ruleY([50], { stroke: muted, strokeDasharray: '6 4' }),
      ],
    });
    expect(t.heads).toEqual(['series', 'mark', 'x (m)', 'y (s)']);
    expect(t.rows).toEqual([
      ['measured, all', 'point', '1', '2'],
      ['measured, all', 'point', '3', '4.1234568'],
      ['fit', 'line', '0', '1'],
      ['fit', 'line', '10', '9'],
      ['limit', 'reference line', '', '50'],
    ]);
  });
  it('put errors beside their points, and keep what is no error', () => {
    const t = table({
      legend: [{ label: 'a', mark: 'ring', colour: orange }],
      marks: [
        Plot.ruleX(points, { x: 'x', y1: (p) => p.y - p.e, y2: (p) => p.y + p.e, stroke: orange }),
        Plot.dot(points, { x: 'x', y: 'y', stroke: orange }),
        Plot.ruleX([{ x: 1, y1: 70, y2: 80 }], { x: 'x', y1: 'y1', y2: 'y2', stroke: orange }),
      ],
    });
    expect(t.rows).toEqual([
      ['a', 'point', '1', '2', '1.5', '2.5'],
      ['a', 'point', '3', '4.1234568', '3.1234568', '5.1234568'],
      ['a', 'bar', '1', '', '70', '80'],
    ]);
  });
  it('tell curves of one colour apart by their dashes, and points by the line that they lie on', () => {
    const one = (dash: object, y: number) => [
      Plot.line([[0, y], [5, y]], { stroke: ink, ...dash }), // biome-ignore format: points
      Plot.dot([[5, y]], { fill: ink }),
    ];
    const t = table({
      legend: [
        { label: 'full', mark: 'line' },
        { label: 'dashed', mark: 'dash' },
      ],
      marks: [...one({}, 1), ...one({ strokeDasharray: '6 4' }, 2)],
    });
    expect(t.rows.map((r) => [r[0], r[1], r[3]])).toEqual([
      ['full', 'line', '1'],
      ['full', 'line', '1'],
      ['full', 'point', '1'],
      ['dashed', 'line', '2'],
      ['dashed', 'line', '2'],
      ['dashed', 'point', '2'],
    ]);
  });
  it('list cells, further channels, and no backgrounds', () => {
    const t = table({
      legend: [{ label: 'share', mark: 'ramp' }],
      marks: [
        Plot.dot(points, { x: 'x', y: 'y', fill: paper, stroke: paper }),
        Plot.rect([{ v: 0.25 }], { x1: 1, x2: 2, y1: 3, y2: 4, fill: RAMP[3], channels: { value: 'v', 'share of runs': 'v' } }), // biome-ignore format: one line
      ],
    });
    expect(t.heads).toEqual(['series', 'mark', 'x (m)', 'y (s)', 'x (m), from', 'x (m), to', 'y (s), from', 'y (s), to', 'share of runs']); // biome-ignore format: one line
    expect(t.rows).toEqual([['share', 'cell', '', '', '1', '2', '3', '4', '0.25']]);
  });
});

describe('a figure on a page', () => {
  const figure = draw({
    legend: [
      { label: 'measured', mark: 'dot', colour: blue },
      { label: 'theory', mark: 'line', colour: orange },
      { label: 'of nothing', mark: 'area', colour: muted },
    ],
    marks: [
      Plot.line([[0, 1], [10, 9]], { stroke: orange, clip: true }), // biome-ignore format: points
      Plot.dot(points, { x: 'x', y: 'y', fill: blue }),
    ],
  });
  it('has the numbers of its entries at its marks, for those that have marks', () => {
    expect([...figure.onPage.matchAll(/data-s="(\d+)"/g)].map((m) => m[1])).toEqual(['1', '0', '1', '0']); // wide and narrow
    const entries = [...figure.onPage.matchAll(/<g [^>]*class="tg-entry"[^>]*>/g)].map(([tag]) => [/data-series="([^"]+)"/.exec(tag)![1], /data-e="(\d)"/.exec(tag)?.[1]]); // biome-ignore format: one line
    expect(entries.slice(0, 3)).toEqual([['measured', '0'], ['theory', '1'], ['of nothing', undefined]]); // biome-ignore format: one line
  });
  it('says its axes, and has neither styles nor tooltips nor names of groups of its own', () => {
    expect(figure.onPage).toMatch(/ data-x="linear 0 10 [\d.]+ [\d.]+"/);
    expect(figure.onPage).toMatch(/ data-y="log 0\.1 100 \d+ \d+"/);
    expect(figure.onPage).not.toMatch(/<style|<title|<g[^>]*aria-label/);
    expect(figure.svg).not.toMatch(/data-[sexy]=/);
  });
  it('repeats no name of a series below itself', () => {
    const [, text] = /<template data-roles="smxy">([^<]*)<\/template>/.exec(figure.onPage)!;
    expect(text.split('\r\n')).toEqual(['series,mark,x (m),y (s)', 'theory,line,0,1', ',,10,9', 'measured,point,1,2', ',,3,4.1234568', '']); // biome-ignore format: one line
  });
  it('takes its clips along under another name', () => {
    const other = renamed({ ...figure, name: 'f', title: '', caption: '' }, 'g');
    expect(other.svg).toContain('url(#g-clip-0)');
    expect(other.onPage).toContain('id="g-narrow-clip-0"');
    expect(other.onPage).not.toMatch(/[#"]f-/);
  });
});
