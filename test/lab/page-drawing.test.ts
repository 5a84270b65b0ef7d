/** The panels of the view Fluctuate as functions of their data: where the marks lie, read back in units of the axes. */
import { describe, expect, it } from 'vitest';
import type { Mark } from '../../src/lab/page/charts/draw.js';
import type { Theme } from '../../src/lab/page/theme.js';
import { drawPlane } from '../../src/lab/page/views/fluctuate/draw-plane.js';
import { drawRelation } from '../../src/lab/page/views/fluctuate/draw-relation.js';
import { drawSpectrum } from '../../src/lab/page/views/fluctuate/draw-spectrum.js';
import { drawTemperature } from '../../src/lab/page/views/fluctuate/draw-temperature.js';
import { estimate } from '../../src/numeric/estimate.js';

const theme: Theme = {
  name: 'light',
  ink: 'ink',
  paper: 'paper',
  muted: 'muted',
  grid: 'grid',
  blue: 'blue',
  orange: 'orange',
  green: 'green',
  purple: 'purple',
  ramp: () => 'ramp',
};
const size = { width: 500, height: 300 };
const of = (value: number, error: number) => estimate(value, error, 100, 'made up');
const basis = { step: 400, rows: 300, every: 1, weights: 2500 };

/** A context that draws nothing and keeps what it was asked. */
function paper() {
  const calls: string[] = [];
  const lines: [number, number][] = [];
  const answer = (name: string) =>
    name === 'measureText'
      ? (t: string) => ({ width: 7 * t.length })
      : (...args: number[]) => {
          calls.push(name);
          if (name === 'lineTo') lines.push([args[0], args[1]]);
        };
  const ctx = new Proxy({}, { get: (_, name) => answer(String(name)), set: () => true }) as CanvasRenderingContext2D;
  return { ctx, calls, lines };
}

/** Slope of y against x over marks, in pixels. */
const slope = (a: Mark, b: Mark) => (b.y - a.y) / (b.x - a.x);

it('spectrum: marks of a power law lie on one line, each with its rank, and rounding is left out', () => {
  const variances = Float64Array.from({ length: 100 }, (_, i) => (i + 1) ** -2);
  const marks = drawSpectrum(
    paper().ctx,
    { basis, variances, resolution: 4e-4, totalVariance: 2, gamma: of(2, 0.1) },
    size,
    theme,
    undefined,
    0,
  );
  const ranks = marks.map((m) => m.rank!);
  expect(ranks[0]).toBe(1);
  expect(Math.max(...ranks)).toBe(49); // 1/50² is not above the resolution
  const first = slope(marks[0], marks[1]);
  for (let k = 2; k < marks.length; k++) expect(slope(marks[0], marks[k])).toBeCloseTo(first, 6);
  expect(first).toBeGreaterThan(0); // downwards
});

it('relation: open directions are left out, the highlighted one is ringed, a control lies beside', () => {
  const part = (index: number, flatness: number | null, variance: number) => ({
    direction: {
      index,
      variance,
      left: null,
      right: null,
      flatness,
      open: null,
      slope: 0,
      curvature: 1,
      quadraticRatio: 1,
      asymmetry: 0,
      evaluations: 9,
    },
    profile: { displacement: [], loss: [] },
  });
  const parts = [part(1, 0.1, 1e-2), part(2, null, 1e-3), part(3, 1, 1e-6)];
  const control = {
    name: 'half' as const,
    words: 'other half',
    psi: of(2, 0.1),
    r2: 1,
    points: 2,
    open: 0,
    flatness: [0.1, 1],
    variance: [1e-3, 1e-5],
  };
  const plain = paper();
  const alone = drawRelation(plain.ctx, { parts, fit: undefined, control: undefined }, size, theme, undefined, 0);
  expect(alone.map((m) => m.rank)).toEqual([1, 3]);
  // a fit through both points is drawn from one to the other
  const fitted = paper();
  const power = {
    exponent: of(-4, 0.1),
    intercept: of(-6, 0.1),
    range: [0.1, 1] as const,
    points: 2,
    scatter: 0,
    r2: 1,
  };
  const ends = drawRelation(fitted.ctx, { parts, fit: power, control: undefined }, size, theme, undefined, 0);
  const [from, to] = fitted.lines.slice(-2);
  for (const [at, mark] of [
    [from, ends[0]],
    [to, ends[1]],
  ] as const) {
    expect(at[0]).toBeCloseTo(mark.x, 6);
    expect(at[1]).toBeCloseTo(mark.y, 6);
  }
  const lit = paper();
  drawRelation(lit.ctx, { parts, fit: undefined, control: undefined }, size, theme, 3, 0);
  expect(lit.calls.filter((c) => c === 'arc').length).toBe(plain.calls.filter((c) => c === 'arc').length + 1);
  const both = drawRelation(paper().ctx, { parts, fit: undefined, control }, size, theme, undefined, 0);
  expect(both).toHaveLength(4);
  // in decades: the same window falls by 4 a decade of width, the control by 2
  expect(slope(both[0], both[1]) / slope(both[2], both[3])).toBeCloseTo(2, 6);
});

it('temperature: higher is hotter, and what has no temperature is left out', () => {
  const marks = drawTemperature(
    paper().ctx,
    {
      basis,
      directions: [
        { index: 1, variance: 1e-2, temperature: of(1e-3, 1e-4) },
        { index: 2, variance: 1e-3, temperature: of(1e-4, 1e-5) },
        { index: 3, variance: 1e-4, temperature: of(Number.NaN, Number.NaN) },
      ],
    },
    size,
    theme,
    undefined,
    0,
  );
  expect(marks.map((m) => m.rank)).toEqual([1, 2]);
  expect(marks[0].y).toBeLessThan(marks[1].y);
  expect(marks[0].x).toBeGreaterThan(marks[1].x);
});

describe('plane', () => {
  const now = { learningRate: 0.1, batchSize: 50 };
  const ceiling = (edge: number) => ({
    step: 1,
    curvature: of(10, 1),
    edge: of(edge, 0.01),
    share: of(0.1 / edge, 0.01),
    learningRate: 0.1,
    batchSize: 50,
    momentum: 0,
    words: '',
  });

  it('has the present point alone before anything is measured', () => {
    const marks = drawPlane(
      paper().ctx,
      { ceiling: undefined, noise: undefined, now, before: [] },
      size,
      theme,
      undefined,
      0,
    );
    expect(marks).toHaveLength(1);
    expect(marks[0].label).toContain('η = 0.1, B = 50');
  });

  it.each([
    [0.2, true],
    [0.05, false],
  ])('a largest stable rate of %f lies above the point: %s', (edge, above) => {
    const [point, line] = drawPlane(
      paper().ctx,
      { ceiling: ceiling(edge), noise: undefined, now, before: [] },
      size,
      theme,
      undefined,
      0,
    );
    expect(line.y < point.y).toBe(above);
  });
});
