/** Figures of the landscape and of the training of ivf2021 read back from their marks and compared with the made-up analysis they were drawn from. */
import { describe, expect, test } from 'vitest';
import type { Analysis, DirectionFlatness } from '../src/analyse/trajectory/results.js';
import { lossPlane } from '../src/experiments/ivf2021/figures/plane.js';
import { lossProfiles } from '../src/experiments/ivf2021/figures/profiles.js';
import { curvatureByFlatness } from '../src/experiments/ivf2021/figures/secondary.js';
import { trainingErrors, trainingLoss } from '../src/experiments/ivf2021/figures/training.js';
import { estimate } from '../src/numeric/estimate.js';
import { COLOURS } from '../src/report/figures/palette.js';
import { correlationTimes } from '../src/report/figures/window/correlation.js';
import { flatnessByRank } from '../src/report/figures/window/flatness.js';
import { labels, lg, PIXEL, small, width } from './support/ivf2021-figures.js';
import { syntheticAnalysis } from './support/ivf2021-results.js';
import {
  errorBars,
  extent,
  type FigureReading,
  lineThrough,
  type Mark,
  marks,
  numberIn,
  numbersIn,
  offBy,
  type Point,
  readNamed,
} from './support/reading.js';

const FIGURES = {
  'loss-plane': lossPlane,
  'loss-profiles': lossProfiles,
  flatness: flatnessByRank,
  curvature: curvatureByFlatness,
  'correlation-time': correlationTimes,
  'training-loss': trainingLoss,
  'training-errors': trainingErrors,
};
const drawn = (analysis: Analysis, name: keyof typeof FIGURES) => readNamed([FIGURES[name](analysis)], name);

/** Points of marks by ascending abscissa, for marks whose order does not matter. */
const sorted = (f: FigureReading, points: readonly Point[]) =>
  [...points].sort((a, b) => f.x.pixel(a[0]) - f.x.pixel(b[0]));
const byAbscissa = (ms: readonly Mark[]) => [...ms].sort((a, b) => a.pixels[0][0] - b.pixels[0][0]);

describe('loss along principal directions', () => {
  const { figure, caption } = drawn(small, 'loss-profiles');
  const { profiles, centreLoss, directions } = small.flatness;

  test('curves, the threshold e·L₀, and the crossings of both sides in the colours of the curves', () => {
    const lines = marks(figure, { kind: 'line' });
    expect(lines.length).toBe(profiles.length);
    profiles.forEach((p, k) => {
      expect(
        offBy(
          figure,
          lines[k],
          p.displacement.map((d, j) => [d, p.loss[j]]),
        ),
      ).toBeLessThan(PIXEL);
      expect(figure.legend[k]).toMatchObject({ label: `PC ${p.index}`, colour: lines[k].stroke });
    });
    const [threshold] = marks(figure, { kind: 'rule' });
    expect(threshold.y / (Math.E * centreLoss)).toBeCloseTo(1, 3);
    const crossings = profiles.flatMap((p, k) => {
      const d = directions.find((q) => q.index === p.index)!;
      return [d.left, d.right].flatMap((x) =>
        x === null ? [] : [{ at: [x, threshold.y] as Point, fill: lines[k].stroke }],
      );
    });
    expect(crossings.length).toBeGreaterThan(4);
    const dots = marks(figure, { kind: 'dot' });
    expect(
      offBy(
        figure,
        dots,
        crossings.map((c) => c.at),
      ),
    ).toBeLessThan(PIXEL);
    expect(dots.map((d) => d.fill)).toEqual(crossings.map((c) => c.fill));
    expect(labels(figure).slice(-2)).toEqual(['e·L_0', 'crossing']);
    expect([figure.xLabel, figure.yLabel]).toEqual(['displacement δ along p_i (weight)', 'loss (mean per sample)']);
    expect([figure.x.type, figure.y.type]).toEqual(['linear', 'log']);
  });

  test('the caption names centre, loss and samples; another factor is printed as a number', () => {
    expect(caption).toContain('Loss over 60\u202f000 training samples');
    expect(caption).toContain('from the mean weights of the window (L₀ = 4.83 × 10⁻⁵)');
    const other = { ...small, flatness: { ...small.flatness, centre: 'last' as const, factor: 2.5 } };
    const f = drawn(other, 'loss-profiles');
    expect(f.caption).toContain('from the last weights of the window');
    expect(labels(f.figure)).toContain('2.5·L_0');
    expect(marks(f.figure, { kind: 'rule' })[0].y / centreLoss).toBeCloseTo(2.5, 2);
  });

  test('at most six curves, and none of the loss beyond thirty thresholds sets the scale', () => {
    const many = Array.from({ length: 11 }, (_, k) => ({ ...profiles[0], index: 5 + k }));
    const f = drawn({ ...small, flatness: { ...small.flatness, profiles: many } }, 'loss-profiles').figure;
    expect(labels(f).slice(0, -2)).toEqual([5, 7, 9, 11, 13, 15].map((i) => `PC ${i}`));
    const steep = { ...profiles[0], loss: profiles[0].loss.map((l, k) => (k === 0 ? 1 : l)) };
    const g = drawn({ ...small, flatness: { ...small.flatness, profiles: [steep] } }, 'loss-profiles').figure;
    expect(g.domain.y[1]).toBeLessThan(31 * Math.E * centreLoss * 1.2);
    const high = { ...profiles[0], loss: profiles[0].loss.map((l, k) => (k === 0 ? 29 * Math.E * centreLoss : l)) };
    const h = drawn({ ...small, flatness: { ...small.flatness, profiles: [high] } }, 'loss-profiles').figure;
    expect(h.domain.y[1]).toBeGreaterThan(29 * Math.E * centreLoss);
  });
});

describe('flatness by rank', () => {
  const { figure, caption } = drawn(small, 'flatness');
  const all = small.flatness.directions;

  test('widths, lower bounds of half-open valleys, and valleys open on both sides at the upper edge', () => {
    const dots = marks(figure, { kind: 'dot', element: 'circle' });
    expect(
      offBy(
        figure,
        dots,
        all.filter(width).map((d) => [d.index, d.flatness]),
      ),
    ).toBeLessThan(PIXEL);
    const half = all.filter((d) => d.open === 'left' || d.open === 'right');
    const both = all.filter((d) => d.open === 'both');
    expect(half.length * both.length).toBeGreaterThan(0);
    expect(new Set(half.map((d) => d.open)).size).toBe(2);
    const bound = (d: DirectionFlatness) => (d.open === 'left' ? d.right! : -d.left!);
    const triangles = marks(figure, { kind: 'dot', element: 'path', colour: COLOURS.orange });
    expect(
      offBy(
        figure,
        triangles,
        half.map((d) => [d.index, bound(d)]),
      ),
    ).toBeLessThan(PIXEL);
    const crosses = marks(figure, { kind: 'dot', element: 'path', colour: COLOURS.purple });
    expect(
      offBy(
        figure,
        crosses,
        both.map((d) => [d.index, 0.93 * figure.domain.y[1]]),
      ),
    ).toBeLessThan(PIXEL);
    expect(figure.legend.map((l) => [l.label, l.colour])).toEqual([
      ['width F', COLOURS.blue],
      ['one side open: lower bound', COLOURS.orange],
      ['open on both sides', COLOURS.purple],
    ]);
    const counts = numbersIn(caption);
    expect(counts).toEqual([all.length, dots.length, half.length, both.length]);
    expect([figure.xLabel, figure.yLabel]).toEqual(['rank i', 'flatness F_i (weight)']);
  });

  test('where all close nothing else is said', () => {
    const closed = { ...small, flatness: { ...small.flatness, directions: all.filter(width) } };
    const f = drawn(closed, 'flatness');
    expect(labels(f.figure)).toEqual(['width F']);
    expect(f.caption).toMatch(/Every valley is closed/);
  });
});

describe('curvature and correlation time', () => {
  test('curvature against width, with the line of a quadratic valley 8(e−1)L₀/F²', () => {
    const { figure, caption } = drawn(small, 'curvature');
    const closed = small.flatness.directions.filter(width);
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'dot' }),
        closed.map((d) => [d.flatness, d.curvature]),
      ),
    ).toBeLessThan(PIXEL);
    const [line] = marks(figure, { kind: 'line' });
    const valley = (F: number) => (8 * (Math.E - 1) * small.flatness.centreLoss) / F ** 2;
    expect(
      offBy(
        figure,
        line,
        line.points.map(([x]) => [x, valley(x)]),
      ),
    ).toBeLessThan(PIXEL);
    expect(lineThrough(figure, line).slope).toBeCloseTo(-2, 2);
    expect(line.points.map((p) => p[0])).toEqual(figure.domain.x.map((v) => expect.closeTo(v, 2)));
    expect(labels(figure)[1]).toBe('quadratic valley, 8(e−1)L_0/F^2');
    expect(caption).not.toMatch(/curve downwards/);
    expect([figure.xLabel, figure.yLabel]).toEqual(['flatness F (weight)', 'curvature p^THp (loss/weight^2)']);
    const bent = small.flatness.directions.map((d, k) => (k < 3 ? { ...d, curvature: -1 } : d));
    const f = drawn({ ...small, flatness: { ...small.flatness, directions: bent } }, 'curvature');
    expect(marks(f.figure, { kind: 'dot' }).length).toBe(closed.length - 3);
    expect(f.caption).toContain('3 closed directions have a negative curvature');
  });

  const withTime = (value: number, error: number, index: number): Analysis => ({
    ...small,
    dynamics: small.dynamics.map((d) =>
      d.index === index ? { ...d, correlationTime: estimate(value, error, 9, 'made up') } : d,
    ),
  });
  const widths = new Map(small.flatness.directions.map((d) => [d.index, d.flatness]));

  test('correlation times with bars of one standard error, direction 1 a ring', () => {
    const { figure } = drawn(small, 'correlation-time');
    const shown = small.dynamics.filter((d) => widths.get(d.index));
    expect(shown.length).toBeGreaterThan(4);
    const place = (d: (typeof shown)[number]): Point => [widths.get(d.index)!, d.correlationTime.value];
    const dots = marks(figure, { kind: 'dot', where: (m) => m.fill !== 'none' });
    expect(offBy(figure, dots, shown.filter((d) => d.index !== 1).map(place))).toBeLessThan(PIXEL);
    expect(offBy(figure, marks(figure, { kind: 'dot', fill: 'none' }), [place(shown[0])])).toBeLessThan(PIXEL);
    const bars = errorBars(figure);
    const ends = shown.flatMap((d): Point[] => {
      const { value, standardError } = d.correlationTime;
      return [
        [widths.get(d.index)!, value - standardError],
        [widths.get(d.index)!, value + standardError],
      ];
    });
    const drawnEnds = bars.flatMap((b): Point[] => [
      [b.at, b.low],
      [b.at, b.high],
    ]);
    expect(drawnEnds.length).toBe(ends.length);
    drawnEnds.forEach(([x, y], k) => {
      expect(x / ends[k][0]).toBeCloseTo(1, 2);
      expect(y / ends[k][1]).toBeCloseTo(1, 2);
    });
    expect(labels(figure)).toEqual(['τ ± standard error', 'direction 1 (drift)']);
    expect([figure.xLabel, figure.yLabel]).toEqual(['flatness F (weight)', 'correlation time τ (steps)']);
  });

  test('a bar that reaches zero ends at the frame with an arrow; an unknown error has none', () => {
    const figureOf = (a: Analysis) => drawn(a, 'correlation-time').figure;
    const here = (x: number) => Math.abs(x / widths.get(2)! - 1) < 0.01;
    const figure = figureOf(withTime(500, 900, 2));
    const wide = errorBars(figure).find((b) => here(b.at))!;
    expect([wide.low / figure.domain.y[0], wide.high / 1400]).toEqual([1, 1].map((v) => expect.closeTo(v, 2)));
    expect(wide.low).toBeLessThan(50);
    expect(marks(figure, { kind: 'dot', element: 'path' }).map((m) => here(m.x))).toEqual([true]);
    expect(errorBars(figureOf(withTime(500, Number.NaN, 2))).some((b) => here(b.at))).toBe(false);
  });

  test('by rank where fewer than two directions have a width', () => {
    const open = (keep: number) =>
      drawn(
        {
          ...small,
          flatness: {
            ...small.flatness,
            directions: small.flatness.directions.map((d) =>
              d.index <= keep ? d : { ...d, flatness: null, open: 'both' as const },
            ),
          },
        },
        'correlation-time',
      ).figure;
    expect(open(2).xLabel).toBe('flatness F (weight)');
    const f = open(1);
    expect(f.xLabel).toBe('rank i');
    expect(
      offBy(
        f,
        byAbscissa(marks(f, { kind: 'dot' })),
        sorted(
          f,
          small.dynamics.map((d) => [d.index, d.correlationTime.value]),
        ),
      ),
    ).toBeLessThan(PIXEL);
  });
});

describe('training', () => {
  const { epoch, runningLoss, trainLoss, testLoss, runningAccuracy, trainErrors, testAccuracy, window } = small.curves;
  const series = (y: readonly number[]) =>
    epoch.map((e, k): Point => [e, y[k]]).filter(([, v]) => Number.isFinite(v) && v > 0);
  const COLOUR = [COLOURS.blue, COLOURS.orange, COLOURS.green];

  test('the loss of all three kinds, and the recorded window', () => {
    const { figure, caption } = drawn(small, 'training-loss');
    const all = [runningLoss, trainLoss, testLoss].map(series);
    expect(all.map((s) => s.length)).toEqual([60, 20, 20]);
    all.forEach((s, k) => {
      expect(offBy(figure, marks(figure, { kind: 'line', stroke: COLOUR[k] }), s)).toBeLessThan(PIXEL);
      // few points are dotted, so that a single one is seen
      expect(offBy(figure, marks(figure, { kind: 'dot', fill: COLOUR[k] }), s.length > 30 ? [] : s)).toBeLessThan(
        PIXEL,
      );
    });
    const { x, y } = extent(marks(figure, { kind: 'rect' })[0]);
    expect(x).toEqual([window[0] - 1, window[1]].map((v) => expect.closeTo(v, 1)));
    expect(y.map(lg)).toEqual(figure.domain.y.map((v) => expect.closeTo(lg(v), 4)));
    expect(figure.legend.map((l) => [l.label, l.dash])).toEqual([
      ['running', ''],
      ['training set', '6 4'],
      ['test set', '2 3'],
      ['recorded window', ''],
    ]);
    expect(marks(figure, { kind: 'line' }).map((l) => l.dash)).toEqual(['', '6 4', '2 3']);
    expect(caption).toContain('the recorded window, epochs 51 to 60.');
    expect([figure.x.type, figure.y.type, figure.xLabel, figure.yLabel]).toEqual([
      'linear',
      'log',
      'time (epochs)',
      'loss (mean per sample)',
    ]);
  });

  test('errors in percent of the samples; stretches without any are bars', () => {
    const { figure, caption } = drawn(small, 'training-errors');
    const percent = (accuracy: number) => 100 * (1 - accuracy);
    const all = [runningAccuracy.map(percent), trainErrors.map((n) => n / 600), testAccuracy.map(percent)];
    all.forEach((s, k) => {
      expect(offBy(figure, marks(figure, { kind: 'line', stroke: COLOUR[k] }), series(s))).toBeLessThan(PIXEL);
    });
    const zero = epoch.filter((_, k) => trainErrors[k] === 0);
    expect(zero.length).toBeGreaterThan(1);
    const [bar] = errorBars(figure, 'x', { stroke: COLOURS.orange });
    expect([bar.low, bar.high]).toEqual([zero[0] - 0.5, zero.at(-1)! + 0.5].map((v) => expect.closeTo(v, 1)));
    expect(bar.at / figure.domain.y[0]).toBeCloseTo(1.13 ** 2, 2); // second of the three curves
    expect(labels(figure).at(-1)).toBe('no errors');
    expect(figure.yLabel).toBe('errors (%)');
    const last = 100 * (1 - testAccuracy[59]);
    expect(Math.abs(Number(/last test error is ([\d.]+) %/.exec(caption)![1]) - last)).toBeLessThan(0.005);
  });

  test('stretches without errors are bars of their own, a single epoch too', () => {
    const errors = epoch.map((e) => ([20, 25, 40, 45, 60].includes(e) ? 0 : e % 5 === 0 ? 3 : Number.NaN));
    const { figure } = drawn({ ...small, curves: { ...small.curves, trainErrors: errors } }, 'training-errors');
    const bars = errorBars(figure, 'x', { stroke: COLOURS.orange }).map((b) => [b.low, b.high]);
    expect(bars).toEqual(
      [
        [19.5, 25.5],
        [39.5, 45.5],
        [59.5, 60.5],
      ].map((b) => b.map((v) => expect.closeTo(v, 1))),
    );
  });

  test('one epoch is a dot and its window one epoch', () => {
    const one = syntheticAnalysis({ epochs: 1, P: 60, steps: 20 });
    const { figure, caption } = drawn(one, 'training-loss');
    expect(marks(figure, { kind: 'line' })).toEqual([]);
    expect(marks(figure, { kind: 'dot' }).map((m) => m.x)).toEqual([1, 1, 1].map((v) => expect.closeTo(v, 2)));
    expect(caption).toContain('the recorded window, epoch 1.');
  });
});

test('figures without numbers are named with the reason', () => {
  const missing = (f: object) => (f as { missing?: string }).missing;
  const { flatness, dynamics, curves } = small;
  expect(missing(flatnessByRank({ ...small, flatness: { ...flatness, directions: [] } }))).toBe(
    'no direction was measured.',
  );
  expect(missing(lossProfiles({ ...small, flatness: { ...flatness, profiles: [] } }))).toBe(
    'no loss profile was measured.',
  );
  const short = flatness.profiles.map((p) => ({ ...p, displacement: [0], loss: [1] }));
  expect(missing(lossProfiles({ ...small, flatness: { ...flatness, profiles: short } }))).toBe(
    'no loss profile was measured.',
  );
  const bent = flatness.directions.map((d) => ({ ...d, curvature: -1 }));
  expect(missing(curvatureByFlatness({ ...small, flatness: { ...flatness, directions: bent } }))).toMatch(
    /^no direction has both a width/,
  );
  const timeless = dynamics.map((d) => ({ ...d, correlationTime: estimate(Number.NaN, Number.NaN, 0, '') }));
  expect(missing(correlationTimes({ ...small, dynamics: timeless }))).toBe('no correlation time was measured.');
  const gone = curves.epoch.map(() => Number.NaN);
  const none = {
    ...curves,
    runningLoss: gone,
    trainLoss: gone,
    testLoss: gone,
    runningAccuracy: gone,
    trainErrors: gone,
    testAccuracy: gone,
  };
  expect(missing(trainingLoss({ ...small, curves: none }))).toBe('no epoch has a positive, finite loss.');
  expect(missing(trainingErrors({ ...small, curves: none }))).toBe('no epoch has an accuracy.');
  const perfect = { ...none, runningAccuracy: curves.epoch.map(() => 1) };
  expect(missing(trainingErrors({ ...small, curves: perfect }))).toBe('no epoch has an accuracy.');
});

describe('the loss in a plane', () => {
  const { figure, caption } = drawn(small, 'loss-plane');
  const plane = small.flatness.plane!;
  const a = plane.x[14];
  const b = plane.y[14];
  const lossAt = (x: number, y: number) =>
    small.flatness.centreLoss * Math.exp((x / a) ** 2 + 1.6 * (y / b) ** 2 + (0.7 * x * y) / (a * b));
  const [low, high] = [Math.min(...plane.loss), Math.max(...plane.loss)];

  test('has steps of colour even in the logarithm of the loss, with numbers', () => {
    const bar = figure.legend[0];
    expect(bar.label).toBe('loss');
    expect(bar.ticks.length).toBeGreaterThan(1);
    for (const t of bar.ticks) {
      const value = numberIn(t.label);
      expect(t.at).toBeCloseTo(Math.log(value / low) / Math.log(high / low), 2);
    }
    const contours = marks(figure, { kind: 'contour' }).filter((m) => m.fill !== 'none' && m.points.length > 0);
    expect(contours.map((m) => m.fill)).toEqual(bar.steps.slice(1));
    let tested = 0;
    contours.forEach((m, k) => {
      const level = low * (high / low) ** ((k + 1) / 10);
      const inside = m.points.filter(([x, y]) => Math.abs(x) < 0.99 * a && Math.abs(y) < 0.99 * b);
      tested += inside.length;
      // straight between grid points in the logarithm
      for (const [x, y] of inside) expect(Math.abs(Math.log(lossAt(x, y) / level))).toBeLessThan(0.12);
    });
    expect(tested).toBeGreaterThan(100);
  });
  test('shows the path, its two ends, and the threshold of the widths', () => {
    const path = small.paths[0];
    const at = path.x.map((x, k): Point => [x, path.y[k]]);
    for (const line of marks(figure, { kind: 'line' })) expect(offBy(figure, line, at)).toBeLessThan(PIXEL);
    expect(offBy(figure, marks(figure, { kind: 'dot' }), [at[0], at[at.length - 1]])).toBeLessThan(PIXEL);
    const [threshold] = marks(figure, { kind: 'contour', dash: '6 4' });
    const inside = threshold.points.filter(([x, y]) => Math.abs(x) < 0.99 * a && Math.abs(y) < 0.99 * b);
    for (const [x, y] of inside)
      expect(Math.abs(Math.log(lossAt(x, y) / (Math.E * small.flatness.centreLoss)))).toBeLessThan(0.12);
    expect(labels(figure)).toEqual(['loss', 'path', 'start', 'end', 'e·L_0']);
  });
  test('says what it cost, and the share of the variance outside the plane', () => {
    const [first, second] = small.pca.variances;
    expect(caption).toMatch(/15 × 15 points .* \(225 evaluations\)/);
    const off = Number(/([\d.]+) % of the variance lies outside/.exec(caption)![1]);
    expect(off).toBeCloseTo(100 * (1 - (first + second) / small.pca.totalVariance), 1);
  });
  test('is missing in an analysis of an earlier version, with the reason', () => {
    const { plane: _, ...flatness } = small.flatness;
    expect(lossPlane({ ...small, flatness })).toMatchObject({ missing: expect.stringMatching(/earlier version/) });
    const bad = { ...small.flatness, plane: { ...plane, loss: plane.loss.map(() => Number.NaN) } };
    expect(lossPlane({ ...small, flatness: bad })).toMatchObject({ missing: expect.stringMatching(/no loss/) });
  });
});
