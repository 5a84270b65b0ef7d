/** The frame of a figure: domains, ticks, colours, legend, margins, raised digits, and what a standalone document needs. */
import * as Plot from '@observablehq/plot';
import { Resvg } from '@resvg/resvg-js';
import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import {
  linearAxis,
  linearDomain,
  linearTicks,
  logAxis,
  logDomain,
  logTicks,
  rampTicks,
  rowsAxis,
  sameScale,
  scaleWords,
  stepTicks,
  thinLog,
} from '../src/report/figures/axes.js';
import { barMarks, beyondWords } from '../src/report/figures/bars.js';
import { drawFigure, drawFrame, type FrameOptions, type LegendEntry } from '../src/report/figures/frame.js';
import { COLOURS, FIGURE_CSS, RAMP, RAMP_STEPS, rampColour } from '../src/report/figures/palette.js';
import { typeset } from '../src/report/figures/typeset.js';
import { renderPng } from '../src/report/png.js';
import { marks, offBy, readFigure } from './support/reading.js';

const close = (xs: readonly number[]) => xs.map((x) => expect.closeTo(x, 9));

describe('domains', () => {
  test('of logarithms: padded in decades, at least so many wide, zeros and negatives left out', () => {
    expect(logDomain([1, 100])).toEqual(close([10 ** -0.08, 10 ** 2.08]));
    expect(logDomain([1, 100], 0.5)).toEqual(close([10 ** -0.5, 10 ** 2.5]));
    expect(logDomain([0, -5, Number.NaN, Number.POSITIVE_INFINITY, 10, 1000])).toEqual(close([10 ** 0.92, 10 ** 3.08]));
    // one value: 0.35 decades with it in the middle
    expect(logDomain([10])).toEqual(close([10 ** (1 - 0.08 - 0.175), 10 ** (1 + 0.08 + 0.175)]));
    expect(logDomain([1, 10 ** 0.25])).toEqual(close([10 ** -0.13, 10 ** 0.38]));
    expect(logDomain([1, 2], 0, 1)[1] / logDomain([1, 2], 0, 1)[0]).toBeCloseTo(10, 9);
    expect([logDomain([]), logDomain([0, -1])]).toEqual([
      [0.1, 10],
      [0.1, 10],
    ]);
  });
  test('of linear axes: padded by a share of their width', () => {
    expect(linearDomain([0, 10])).toEqual(close([-0.4, 10.4]));
    expect(linearDomain([-3, 1], 0.5)).toEqual(close([-5, 3]));
    expect(linearDomain([5, Number.NaN, Number.NEGATIVE_INFINITY, 1])).toEqual(close([0.84, 5.16]));
    expect(linearDomain([5])).toEqual(close([4.8, 5.2]));
    expect(linearDomain([-5])).toEqual(close([-5.2, -4.8]));
    expect(linearDomain([0])).toEqual(close([-0.04, 0.04]));
    expect(linearDomain([])).toEqual([0, 1]);
  });
});

describe('ticks', () => {
  test('of logarithms: whole decades, or finer where there are fewer than three', () => {
    expect(logTicks([0.9, 1100])).toEqual([1, 10, 100, 1000]);
    expect(logTicks([0.009, 1.1])).toEqual([0.01, 0.1, 1]);
    expect(logTicks([0.9, 11])).toEqual([1, 3, 10]);
    expect(logTicks([1.5, 35])).toEqual([3, 10, 30]);
    expect(logTicks([1.5, 6])).toEqual([1.5, 2, 3, 4, 6]);
    expect(logTicks([0.9, 5.5])).toEqual([1, 2, 5]);
    expect(logTicks([2.6, 4.5])).toEqual([2.6, 4.5]);
    expect(logTicks([2.4, 4.5])).toEqual([2.5, 3, 4]);
    expect(logTicks([0.89, 1.21])).toEqual([0.9, 1, 1.2]);
    // ends of the domain count, to rounding
    expect(logTicks([1, 100])).toEqual([1, 10, 100]);
    expect(logTicks([1 + 7e-13, 100 * (1 - 7e-13)])).toEqual([1, 10, 100]);
    expect(logTicks([1 + 2e-12, 1000 * (1 - 2e-12)])).toEqual([3, 10, 30, 100, 300]);
  });
  test('of many decades: every second, every third', () => {
    expect(logTicks([1e-6, 1e2])).toEqual([1e-6, 1e-4, 1e-2, 1, 1e2]);
    expect(logTicks([1e-3, 1e3])).toEqual([1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]);
    expect(logTicks([1, 1e15])).toEqual([1, 1e3, 1e6, 1e9, 1e12, 1e15]);
    expect(logTicks([1, 1e4], 2)).toEqual([1, 1e3]);
  });
  test('of linear axes: steps of 1, 2, 5 times a power of ten, whichever is nearest in the logarithm', () => {
    expect(linearTicks([0, 10], 5)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(linearTicks([0, 10], 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(linearTicks([-1, 1], 4)).toEqual([-1, -0.5, 0, 0.5, 1]);
    expect(linearTicks([0, 0.3], 3)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(linearTicks([0, 10 * (1 - 7e-13)], 5)).toHaveLength(6);
    expect(linearTicks([0, 10 * (1 - 2e-12)], 5)).toHaveLength(5);
    const step = (raw: number) => linearTicks([0, 6 * raw], 6)[1];
    expect([1.41, 1.42, 3.16, 3.17, 7.07, 7.08].map(step)).toEqual([1, 2, 2, 5, 5, 10]);
    expect([0.0141, 0.0143].map(step)).toEqual([0.01, 0.02]);
  });
  test('are labelled as powers of ten on log axes from a hundredth and ten thousand on', () => {
    const labels = (domain: readonly [number, number]) => {
      const { ticks, tickFormat } = logAxis('x', domain);
      return ticks.map(tickFormat);
    };
    expect(labels([0.01, 1e4])).toEqual(['0.01', '0.1', '1', '10', '100', '1000', '10\u202f000']);
    expect(labels([0.001, 1])).toEqual(['10⁻³', '10⁻²', '10⁻¹', '10⁰']);
    expect(labels([1e3, 1e5])).toEqual(['10³', '10⁴', '10⁵']);
  });
  test('and on linear axes where all are below a thousandth or one is above a hundred thousand', () => {
    const labels = (domain: readonly [number, number]) => {
      const { ticks, tickFormat } = linearAxis('x', domain, 2);
      return ticks.map(tickFormat);
    };
    expect(labels([0, 0.001])).toEqual(['0', '0.0005', '0.001'].map((s) => s.replace('0.0005', '5×10⁻⁴')));
    expect(labels([0, 0.0009])).toEqual(['0', '5×10⁻⁴']);
    expect(labels([-0.0008, 0])).toEqual(['−5×10⁻⁴', '0']);
    expect(labels([0, 1e5])).toEqual(['0', '5×10⁴', '10⁵']);
    expect(labels([0, 99_000])).toEqual(['0', '50\u202f000']);
    expect(linearAxis('x', [0, 12]).ticks).toEqual([0, 2, 4, 6, 8, 10, 12]);
  });
  test('axes keep their label, type and domain', () => {
    expect(logAxis('B (samples)', [1, 10])).toMatchObject({
      type: 'log',
      label: 'B (samples)',
      domain: [1, 10],
      labelAnchor: 'center',
      labelArrow: 'none',
    });
    expect(linearAxis('y', [0, 1])).toMatchObject({ type: 'linear', label: 'y', domain: [0, 1] });
  });
});

test('a long list is thinned evenly in the logarithm behind its dense beginning', () => {
  expect(thinLog(0)).toEqual([]);
  expect(thinLog(40)).toHaveLength(40);
  expect(thinLog(41)).toEqual(Array.from({ length: 41 }, (_, k) => k));
  const kept = thinLog(1025, 1, 10);
  expect(kept).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
  expect(thinLog(100_001, 10, 4)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 1000, 10_000, 100_000]);
});

describe('colours', () => {
  test('of the ramp: ten, from first to last, its ends those of the palette', () => {
    expect([RAMP.length, RAMP_STEPS, RAMP[0], RAMP[9]]).toEqual([10, 10, '#262a78', '#dc7a1e']);
    // a third and two thirds of the way lie the inner stops
    expect([RAMP[3], RAMP[6]]).toEqual(['#7a2a8f', '#c23a63']);
    // a third of the way between the first two stops, rounded
    expect(RAMP[1]).toBe('#422a80');
    expect([-1, 0, 0.099, 0.1, 0.55, 0.999, 1, 7, Number.NaN].map(rampColour)).toEqual(
      [0, 0, 0, 1, 5, 9, 9, 9, 0].map((k) => RAMP[k]),
    );
    const light = (c: string) =>
      [1, 3, 5].reduce((s, k, i) => s + [0.2126, 0.7152, 0.0722][i] * Number.parseInt(c.slice(k, k + 2), 16), 0);
    for (let k = 1; k < 10; k++) expect(light(RAMP[k])).toBeGreaterThan(light(RAMP[k - 1]));
  });
  test('have each a counterpart for dark screens, both as fill and as stroke', () => {
    const dark = FIGURE_CSS.slice(FIGURE_CSS.indexOf('@media'));
    const rule = (c: string) =>
      [...dark.matchAll(new RegExp(`\\[(fill|stroke)="${c}"\\]\\{(fill|stroke):(#[0-9a-f]{6})\\}`, 'g'))].map((m) => [
        m[1] === m[2],
        m[3],
      ]);
    for (const c of [...Object.values(COLOURS), ...RAMP]) {
      const rules = rule(c);
      expect(
        rules.map(([same]) => same),
        c,
      ).toEqual([true, true]);
      expect(rules[0][1]).toBe(rules[1][1]);
    }
    expect(rule(RAMP[0])[0][1]).toBe('#7187ff');
    expect(rule(RAMP[9])[0][1]).toBe('#ffcc6e');
    expect(rule(COLOURS.blue)[0][1]).toBe('#68b5f5');
  });
});

const frame = (changes: Partial<FrameOptions> = {}): FrameOptions => ({
  name: 'made-up',
  title: 'A made-up figure',
  x: linearAxis('x (m)', [0, 10]),
  y: linearAxis('y (s)', [0, 5]),
  marks: [
    Plot.line(
      [
        [0, 0],
        [10, 5],
      ],
      { stroke: COLOURS.blue },
    ),
  ],
  legend: [{ label: 'a line', mark: 'line', colour: COLOURS.blue }],
  ...changes,
});
const root = (svg: string) => (parseHTML(svg) as unknown as { document: Document }).document.querySelector('svg')!;

describe('a frame', () => {
  const svg = drawFrame(frame());
  const f = readFigure(svg);
  test('shows the data in its axes', () => {
    expect(offBy(f, marks(f, { kind: 'line' }), [[0, 0], [10, 5]])).toBeLessThan(0.05); // biome-ignore format: two points
    expect([f.xLabel, f.yLabel, f.title]).toEqual(['x (m)', 'y (s)', 'A made-up figure']);
    expect(f.x.ticks.map((t) => t.label)).toEqual(['0', '2', '4', '6', '8', '10']);
  });
  test('is a document of its own: namespace, role, sentence, styles, fonts', () => {
    const s = root(svg);
    expect(svg.startsWith('<svg')).toBe(true);
    const at = (name: string) => s.getAttribute(name);
    expect([at('xmlns'), at('role'), at('aria-label'), at('color'), at('font-size'), at('style')]).toEqual([
      'http://www.w3.org/2000/svg',
      'img',
      'A made-up figure',
      COLOURS.ink,
      '13',
      null,
    ]);
    expect(at('font-family')).toMatch(/^system-ui, .*sans-serif$/);
    expect(s.querySelectorAll('style')).toHaveLength(1);
    expect(s.querySelector('style')!.textContent).toBe(FIGURE_CSS);
    expect(s.querySelector('title')!.textContent).toBe('A made-up figure');
    expect(s.children[0].localName).toBe('title');
    expect(() => new Resvg(svg)).not.toThrow();
  });
  test('has the size asked for, and grows by the rows of its legend', () => {
    const size = (changes: Partial<FrameOptions>) => {
      const s = root(drawFrame(frame(changes)));
      return [Number(s.getAttribute('width')), Number(s.getAttribute('height'))];
    };
    expect(size({})).toEqual([560, 380]);
    expect(size({ width: 700, height: 200 })).toEqual([700, 220]);
    expect(size({ legend: [] })).toEqual([560, 360]);
    const wide = Array.from({ length: 3 }, (_, k): LegendEntry => ({ label: 'x'.repeat(50) + k, mark: 'line' }));
    expect(size({ legend: wide })).toEqual([560, 420]);
  });
  test('leaves room for the labels of its ticks', () => {
    const left = (domain: readonly [number, number]) =>
      Number(root(drawFrame(frame({ y: linearAxis('y', domain), marks: [] }))).querySelector('[aria-label="frame"]')!.getAttribute('x')); // biome-ignore format: one line
    // three characters at least; five of 0.002 and six of −0.002
    expect(left([0, 5])).toBeCloseTo(42 + 3 * 7.4, 1);
    expect(left([0, 0.01])).toBeCloseTo(42 + 5 * 7.4, 1);
    expect(left([-0.01, 0])).toBeCloseTo(42 + 6 * 7.4, 1);
  });
  test('rounds coordinates to hundredths and names clip paths after itself', () => {
    const clipped = drawFrame(
      frame({ marks: [Plot.line([[0, 1 / 3], [9.999, 4]], { clip: true }), Plot.dot([[1, 1]], { clip: true })] }), // biome-ignore format: short
    );
    expect(clipped.match(/(?:d|x|y|cx|cy|x1|x2|transform)="[^"]*\d\.\d{3}/)).toBeNull();
    const ids = [...root(clipped).querySelectorAll('clipPath')].map((c) => c.id);
    expect(ids.length).toBeGreaterThan(0);
    ids.forEach((id, k) => {
      expect(id).toBe(`made-up-clip-${k}`);
      expect(clipped).toContain(`clip-path="url(#${id})"`);
    });
    expect(drawFrame(frame({ marks: [Plot.line([[0, 1], [2, 3]], { clip: true })] }))).toBe(drawFrame(frame({ marks: [Plot.line([[0, 1], [2, 3]], { clip: true })] }))); // biome-ignore format: short
  });
});

describe('a legend', () => {
  const legend = (...entries: LegendEntry[]) => root(drawFrame(frame({ legend: entries }))).querySelector('[aria-label="legend"]')!; // biome-ignore format: one line
  const sample = (mark: LegendEntry['mark']) =>
    legend({ label: 'a', mark, colour: COLOURS.green }).children[0].children[0];
  const of = (e: Element, ...names: string[]) => names.map((n) => e.getAttribute(n));
  const left = 42 + 3 * 7.4;

  test('draws each mark as it looks in the figure', () => {
    for (const [mark, dash] of [
      ['line', null],
      ['dash', '6 4'],
      ['dots', '2 3'],
    ] as const) {
      const e = sample(mark);
      expect([e.localName, ...of(e, 'stroke', 'stroke-width', 'stroke-dasharray', 'y1')]).toEqual(
        ['line', COLOURS.green, '2', dash, e.getAttribute('y2')],
      ); // biome-ignore format: short
      expect(Number(e.getAttribute('x2')) - Number(e.getAttribute('x1'))).toBeCloseTo(24, 6);
    }
    expect(of(sample('bar'), 'stroke-width')).toEqual(['3.5']);
    const rule = sample('rule');
    expect(of(rule, 'stroke', 'stroke-dasharray', 'stroke-width', 'x1')).toEqual([COLOURS.green, '3 2', '1.5', rule.getAttribute('x2')]); // biome-ignore format: one line
    expect(Number(rule.getAttribute('y2')) - Number(rule.getAttribute('y1'))).toBe(14);
    expect(of(sample('area'), 'width', 'height', 'fill', 'fill-opacity')).toEqual(['24', '12', COLOURS.green, '0.18']);
    expect(of(sample('dot'), 'r', 'fill', 'stroke')).toEqual(['3.5', COLOURS.green, null]);
    expect(of(sample('ring'), 'r', 'fill', 'stroke', 'stroke-width')).toEqual(['3.5', 'none', COLOURS.green, '1.5']);
    const mid = Math.round(100 * (left + 12)) / 100;
    expect(of(sample('triangle'), 'd', 'fill', 'stroke')).toEqual([
      `M${mid},13L${Math.round(100 * (mid + 5)) / 100},22H${Math.round(100 * (mid - 5)) / 100}Z`,
      'none',
      COLOURS.green,
    ]);
    expect(of(sample('cross'), 'd')).toEqual([`M${Math.round(100 * (mid - 4)) / 100},14l8,8m0,-8l-8,8`]);
    expect(of(legend({ label: 'a', mark: 'dot' }).children[0].children[0], 'fill')).toEqual(['currentColor']);
  });

  test('has its words behind the mark, and its entries side by side with room between', () => {
    const entries = [...legend({ label: 'abc', mark: 'line' }, { label: 'd', mark: 'line' }).children];
    const [[, a], [second, b]] = entries.map((e) => [...e.children]);
    expect(entries.map((e) => of(e, 'data-series', 'data-mark'))).toEqual([
      ['abc', 'line'],
      ['d', 'line'],
    ]);
    expect([a.textContent, b.textContent]).toEqual(['abc', 'd']);
    expect(Number(a.getAttribute('x'))).toBeCloseTo(left + 30, 2);
    expect(of(a, 'y', 'dy')).toEqual(['18', '0.35em']);
    // a sample, a gap, three characters, a gap
    expect(Number(second.getAttribute('x1'))).toBeCloseTo(left + 24 + 6 + 3 * 7.4 + 18, 2);
  });

  test('breaks into rows where it would leave the frame', () => {
    // 560 − 64.2 − 18 wide; two entries of w and their last gap fit where 2w ≤ 477.8 + 18
    const rows = (n: number) => {
      const texts = [...legend(...[1, 2, 3].map((): LegendEntry => ({ label: 'x'.repeat(n), mark: 'line' }))).querySelectorAll('text')]; // biome-ignore format: one line
      return texts.map((t) => Number(t.getAttribute('y')));
    };
    expect(48 + 27 * 7.4).toBeLessThan(495.8 / 2);
    expect(rows(26)).toEqual([18, 18, 38]);
    expect(48 + 28 * 7.4).toBeGreaterThan(495.8 / 2);
    expect(rows(28)).toEqual([18, 38, 58]);
  });

  test('shows a ramp as a bar with numbers at their places', () => {
    const ticks = [0, 0.5, 1].map((at) => ({ at, label: `${10 ** (4 * at)}` }));
    const [ramp, next] = legend({ label: 'loss', mark: 'ramp', ticks }, { label: 'x', mark: 'line' }).children;
    const steps = [...ramp.querySelectorAll('rect')];
    expect(steps.map((e) => e.getAttribute('fill'))).toEqual(RAMP);
    // behind the words and half of the first number
    const start = left + 4 * 7.4 + 12 + 0.5 * 7.4;
    steps.forEach((e, k) => {
      expect(Number(e.getAttribute('x'))).toBeCloseTo(start + 16 * k, 1);
      expect(of(e, 'y', 'width', 'height')).toEqual(['13', '16.3', '10']);
    });
    const texts = [...ramp.querySelectorAll('text')];
    expect(texts.map((t) => t.textContent)).toEqual(['loss', '1', '100', '10000']);
    expect(texts.slice(1).map((t) => Number(t.getAttribute('x')))).toEqual(close([0, 80, 160].map((x) => Math.round(100 * (start + x)) / 100))); // biome-ignore format: one line
    // the last number reaches beyond the bar
    expect(Number(next.children[0].getAttribute('x1'))).toBeCloseTo(start + 160 + 2.5 * 7.4 + 18, 1);
  });

  test('of fewer steps has them as long', () => {
    const bar = legend({ label: 'P', mark: 'ramp', steps: RAMP.slice(0, 4) }).querySelectorAll('rect');
    expect([...bar].map((e) => of(e, 'width', 'fill'))).toEqual(RAMP.slice(0, 4).map((c) => ['40.3', c]));
  });

  test('breaks words that are wider than the figure into lines', () => {
    const label = 'measured along the principal directions of the window, with ψ = 3.2';
    const g = root(drawFrame(frame({ width: 380, legend: [{ label, mark: 'line' }, { label: 'next', mark: 'dot' }] }))); // biome-ignore format: one line
    const texts = [...g.querySelectorAll('[aria-label="legend"] text')];
    expect(texts.map((t) => [t.textContent, ...of(t, 'x', 'y')])).toEqual([
      ['measured along the principal directions of', '40', '18'],
      ['the window, with ψ = 3.2', '40', '34'],
      ['next', '40', '54'],
    ]);
  });
});

describe('numbers of a bar of colour', () => {
  test('are round ones at their places', () => {
    expect(rampTicks([0, 8])).toEqual([0, 2, 4, 6, 8].map((v) => ({ at: v / 8, label: String(v) })));
    expect(rampTicks([5, 5e3], true)).toEqual(
      [10, 100, 1000].map((v) => ({ at: expect.closeTo(Math.log(v / 5) / Math.log(1e3), 9), label: String(v) })),
    );
    // a short range, and one whose round numbers are long
    expect(rampTicks([0.0275, 0.0319], true).map((t) => t.label)).toEqual(['0.028', '0.03']);
    expect(rampTicks([12_001, 15_600]).map((t) => t.label)).toEqual(['13\u202f000', '15\u202f000']);
    expect(rampTicks([3, 3])).toEqual([{ at: 0.5, label: '3' }]);
  });
  test('stand in the middle of steps, as many as fit', () => {
    expect(stepTicks(['a', 'b'])).toEqual([
      { at: 0.25, label: 'a' },
      { at: 0.75, label: 'b' },
    ]);
    expect(stepTicks(['0.125', '0.375', '0.875', '1.25']).map((t) => t.label)).toEqual(['0.125', '0.875']);
  });
});

describe('a narrow figure', () => {
  const wide = frame({
    x: linearAxis('a quantity with so long a name that it has no room in one line (loss²/weight²)', [0, 12_000], 8),
    y: linearAxis('another one that is long too, longer than the axis is high (weight²)', [0, 5]),
    width: 820,
    height: 600,
  });
  const { svg, narrow } = drawFigure(wide);
  test('is laid out anew: as wide as the screen, letters as large, fewer ticks, labels in lines', () => {
    const [w, n] = [svg, narrow].map((s) => readFigure(s));
    const at = (s: string, k: string) => root(s).getAttribute(k);
    expect([at(narrow, 'width'), at(narrow, 'font-size'), at(svg, 'font-size')]).toEqual(['380', '13', '13']);
    expect(w.x.ticks.map((t) => t.label)).toEqual(['0', '2000', '4000', '6000', '8000', '10\u202f000', '12\u202f000']);
    expect(n.x.ticks.map((t) => t.label)).toEqual(['0', '5000', '10\u202f000']);
    const lines = (s: string, axis: string) =>
      [...root(s).querySelectorAll(`[aria-label="${axis}-axis label"] text`)].map((t) => t.textContent);
    expect(lines(svg, 'x')).toHaveLength(1);
    expect(lines(narrow, 'x')).toHaveLength(2);
    expect(lines(narrow, 'x').join(' ').replace('loss2/weight2', 'loss²/weight²')).toBe(wide.x.label);
    expect(lines(narrow, 'y').join(' ').replace('weight2', 'weight²')).toBe(wide.y.label);
    // the same marks at the same numbers
    expect(offBy(n, marks(n, { kind: 'line' }), [[0, 0], [10, 5]])).toBeLessThan(0.05); // biome-ignore format: two points
    expect(Number(at(narrow, 'height'))).toBe(380 + 20 + 16);
  });
  test('may have marks and axes of its own', () => {
    const own = drawFigure({ ...wide, narrow: { y: rowsAxis(['a long name of a row', 'b'], 0.6, 8), marks: [] } });
    const n = root(own.narrow);
    expect([...n.querySelectorAll('[aria-label="y-axis tick label"] text')].map((t) => t.children.length)).toEqual([
      3, 0,
    ]);
    expect(n.querySelectorAll('[aria-label="line"]')).toHaveLength(0);
    expect(root(own.svg).querySelectorAll('[aria-label="line"]')).toHaveLength(1);
  });
  test('keeps the names of its clip paths apart', () => {
    const clipped = drawFigure(frame({ marks: [Plot.line([[0, 0], [1, 1]], { clip: true })] })); // biome-ignore format: short
    expect(root(clipped.svg).querySelector('clipPath')!.id).toBe('made-up-clip-0');
    expect(root(clipped.narrow).querySelector('clipPath')!.id).toBe('made-up-narrow-clip-0');
  });
});

describe('planes', () => {
  const circle = Array.from({ length: 61 }, (_, k) => [
    3 * Math.cos((k * Math.PI) / 30),
    3 * Math.sin((k * Math.PI) / 30),
  ]);
  const plane = (x: [number, number], y: [number, number]) =>
    drawFigure(frame({ equal: true, x: linearAxis('x', x), y: linearAxis('y', y), marks: [Plot.line(circle)] }));
  test.each([
    [
      [-3, 3],
      [-3, 3],
    ],
    [
      [-10, 30],
      [-3, 3],
    ],
    [
      [-3, 3],
      [-20, 6],
    ],
  ] as [[number, number], [number, number]][])('over %j and %j draw a circle as a circle', (x, y) => {
    for (const s of Object.values(plane(x, y)).slice(0, 2)) {
      const f = readFigure(s);
      const [line] = marks(f, { kind: 'line' });
      const size = (k: 0 | 1) => Math.max(...line.pixels.map((p) => p[k])) - Math.min(...line.pixels.map((p) => p[k]));
      expect(size(0) / size(1)).toBeCloseTo(1, 2);
      // nothing of the domains is lost
      expect(f.domain.x[0]).toBeLessThan(x[0] + 1e-3);
      expect(f.domain.y[1]).toBeGreaterThan(y[1] - 1e-3);
    }
  });
  test('are told from those whose axes are too unlike', () => {
    expect([sameScale([0, 6], [0, 1]), sameScale([0, 1], [0, 6.1]), sameScale([0, 1], [2, 3])]).toEqual([
      true,
      false,
      true,
    ]);
    expect(scaleWords([0, 60], [0, 1])).toMatch(/upright one is stretched/);
    expect(scaleWords([0, 1], [0, 60])).toMatch(/level one is stretched/);
    expect(scaleWords([0, 1], [0, 1])).toBe('');
  });
});

describe('error bars', () => {
  test('end at the frame with an arrow that points out of it', () => {
    const bars = [
      { at: 1, low: -3, high: 2, colour: COLOURS.blue },
      { at: 2, low: 1, high: 9, colour: COLOURS.orange },
      { at: 3, low: 2, high: 4, colour: COLOURS.green },
      { at: 4, low: 7, high: 9, colour: COLOURS.green },
    ];
    for (const along of ['x', 'y'] as const) {
      const [k, j] = along === 'x' ? [0, 1] : [1, 0];
      const axes = { x: linearAxis('x', [0, 5]), y: linearAxis('y', [0, 5]) };
      const svg = drawFrame(frame({ ...axes, marks: barMarks(bars, along, [0, 5]) }));
      const f = readFigure(svg);
      const drawn = marks(f, { kind: 'link' }).map((m) => [...m.points.map((p) => p[k])].sort((a, b) => a - b));
      expect(drawn).toEqual([[0, 2], [1, 5], [2, 4], [5, 5]].map((e) => e.map((v) => expect.closeTo(v, 2)))); // biome-ignore format: short
      const tips = marks(f, { kind: 'dot' });
      expect(tips.map((t) => [t.points[0][j], t.fill])).toEqual([
        [expect.closeTo(1, 2), COLOURS.blue],
        [expect.closeTo(2, 2), COLOURS.orange],
        [expect.closeTo(4, 2), COLOURS.green],
      ]);
      // within the frame, close to its edge
      expect(tips[0].points[0][k]).toBeGreaterThan(0);
      expect(tips[0].points[0][k]).toBeLessThan(0.2);
      expect(tips[1].points[0][k]).toBeGreaterThan(4.8);
      expect(tips[1].points[0][k]).toBeLessThan(5);
      const turns = [...root(svg).querySelectorAll('[aria-label="dot"] path, path[aria-label="dot"]')].map(
        (e) => /rotate\(([-\d.]+)/.exec(e.getAttribute('transform')!)?.[1] ?? '0',
      );
      expect(turns).toEqual(along === 'y' ? ['180', '0', '0'] : ['-90', '90', '90']);
    }
  });
});

describe('error bars on an axis that runs downwards', () => {
  test.each(['x', 'y'] as const)('have their arrows at the other ends (%s)', (along) => {
    const bars = [
      { at: 1, low: -1, high: 2, colour: COLOURS.blue },
      { at: 2, low: 1, high: 9, colour: COLOURS.orange },
    ];
    const axes = { x: linearAxis('x', [0, 5]), y: linearAxis('y', [0, 5]) };
    const svg = drawFrame(
      frame({
        ...axes,
        [along]: { ...axes[along], reverse: true },
        marks: barMarks(bars, along, [0, 5], { reverse: true }),
      }),
    );
    const [f, k] = [readFigure(svg), along === 'x' ? 0 : 1];
    const dots = marks(f, { kind: 'dot' }).map((m) => m.pixels[0][k]);
    const turns = [...root(svg).querySelectorAll('[aria-label="dot"] path, path[aria-label="dot"]')].map(
      (e) => /rotate\(([-\d.]+)/.exec(e.getAttribute('transform')!)?.[1] ?? '0',
    );
    // zero is at the right and above: there the arrow points out of the frame
    expect(turns).toEqual(along === 'x' ? ['90', '-90'] : ['0', '180']);
    // four pixels within the frame, whose edges the cut ends touch
    const ends = marks(f, { kind: 'link' }).flatMap((m) => m.pixels.map((p) => p[k]));
    const [least, most] = [Math.min(...ends), Math.max(...ends)];
    expect(dots).toEqual((along === 'x' ? [most - 4, least + 4] : [least + 4, most - 4]).map((p) => expect.closeTo(p, 1))); // biome-ignore format: a pair
  });

  test('are named where they are cut, and only there', () => {
    const words = ' A bar with an arrow reaches beyond the frame.';
    expect(beyondWords([{ low: 1, high: 2 }], [1, 2])).toBe('');
    expect(beyondWords([{ low: 0.9, high: 2 }], [1, 2])).toBe(words);
    expect(beyondWords([{ low: 1, high: 2.1 }], [1, 2])).toBe(words);
    expect(beyondWords([{ low: 0, high: 0 }, { low: Number.NaN, high: Number.NaN }], [1, 2])).toBe(''); // biome-ignore format: a pair
  });
});

describe('raised and lowered digits', () => {
  const runs = (s: string) => {
    const { document } = parseHTML('<svg><text></text></svg>') as unknown as { document: Document };
    const text = document.querySelector('text')!;
    text.textContent = s;
    typeset(document, text, 10);
    return [...text.children].map((e) => [e.textContent, e.getAttribute('dy'), e.getAttribute('font-size')]);
  };
  test('become shifted spans; the line comes back behind them', () => {
    expect(runs('plain')).toEqual([]);
    expect(runs('10⁻³')).toEqual([
      ['10', null, null],
      ['−3', '-3.60', '7.50'],
    ]);
    expect(runs('σᵢ² x')).toEqual([
      ['σ', null, null],
      ['i', '2.00', '7.50'],
      ['2', '-5.60', '7.50'],
      [' x', '3.60', null],
    ]);
    expect(runs('x₁₀ of F^−ψ')).toEqual([
      ['x', null, null],
      ['10', '2.00', '7.50'],
      [' of F', '-2.00', null],
      ['−ψ', '-3.60', '7.50'],
    ]);
    expect(runs('F^3.9 aᵀ')).toEqual([
      ['F', null, null],
      ['3.9', '-3.60', '7.50'],
      [' a', '3.60', null],
      ['T', '-3.60', '7.50'],
    ]);
    expect(runs('λ′²D_y²/(4λ³D_x)').map(([t, dy]) => [t, dy === null ? 0 : Number(dy)])).toEqual([
      ['λ′', 0],
      ['2', -3.6],
      ['D', 3.6],
      ['y', 2],
      ['2', -5.6],
      ['/(4λ', 3.6],
      ['3', -3.6],
      ['D', 3.6],
      ['x', 2],
      [')', -2],
    ]);
    expect(runs('axes N_c of h_max, s_θ²').map(([t]) => t)).toEqual(['axes N', 'c', ' of h', 'max', ', s', 'θ', '2']);
    expect(runs('wₗ').map(([t]) => t)).toEqual(['w', 'l']);
    // a name is no symbol
    expect(runs('step_norm and x1_y')).toEqual([]);
    expect(runs('⁰¹²³⁴⁵⁶⁷⁸⁹').map(([s]) => s)).toEqual(['0123456789']);
    expect(runs('a₀₁₂₃₄₅₆₇₈₉').map(([s]) => s)).toEqual(['a', '0123456789']);
  });
});

describe('pictures', () => {
  const png = async (svg: string, width?: number) => {
    const bytes = await renderPng(svg, width);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return [view.getUint32(16), view.getUint32(20)];
  };
  test('are as wide as asked, 1520 where nothing is', async () => {
    const svg = drawFrame(frame({ width: 560, height: 260, legend: [] }));
    expect(await png(svg)).toEqual([1520, Math.round((1520 * 260) / 560)]);
    expect(await png(svg, 280)).toEqual([280, 130]);
  });
  test('do not depend on screen styles or fonts that are named', async () => {
    const svg = drawFrame(frame({ legend: [] }));
    const plain = svg.replace(/<style>[\s\S]*?<\/style>/, '').replace(/ font-family="[^"]*"/, ' font-family="Arial"');
    expect(Buffer.from(await renderPng(svg, 100)).equals(Buffer.from(await renderPng(plain, 100)))).toBe(true);
  });
});
