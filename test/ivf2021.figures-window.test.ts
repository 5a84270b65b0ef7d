/** Figures of the relation and of the fluctuations of ivf2021 read back from their marks and compared with the made-up analysis they were drawn from. */
import { describe, expect, test } from 'vitest';
import type { Analysis, DirectionFlatness } from '../src/analyse/trajectory/results.js';
import { displacementCurves } from '../src/experiments/ivf2021/figures/msd.js';
import { trajectories } from '../src/experiments/ivf2021/figures/trajectory.js';
import { varianceFlatness } from '../src/experiments/ivf2021/figures/variance-flatness.js';
import { rankedVariances } from '../src/experiments/ivf2021/figures/variances.js';
import { estimate } from '../src/numeric/estimate.js';
import { COLOURS, RAMP } from '../src/report/figures/palette.js';
import { syntheticAnalysis } from './support/ivf2021-results.js';
import {
  estimatesIn,
  extent,
  type FigureReading,
  lineThrough,
  marks,
  numbersIn,
  offBy,
  type Point,
  readNamed,
} from './support/reading.js';

const small = syntheticAnalysis({ epochs: 60, directions: 60, P: 400, steps: 80 });
/** Agreement within the rounding of coordinates, in pixels. */
const PIXEL = 0.05;

const FIGURES = { 'variance-flatness': varianceFlatness, variances: rankedVariances, msd: displacementCurves };
const drawn = (analysis: Analysis, name: string) =>
  readNamed(name in FIGURES ? [FIGURES[name as keyof typeof FIGURES](analysis)] : trajectories(analysis), name);

const lg = Math.log10;
const width = (d: DirectionFlatness): d is DirectionFlatness & { flatness: number } => d.flatness !== null;
const labels = (f: FigureReading) => f.legend.map((l) => l.label);
const sample = (f: FigureReading, label: string) => f.legend.find((l) => l.label.startsWith(label))!;

describe('variance against flatness', () => {
  const { figure, caption } = drawn(small, 'variance-flatness');
  const fit = small.scaling.varianceFlatness;
  const [from, to] = fit.range;
  const closed = small.flatness.directions.filter(width);
  const enters = (d: DirectionFlatness & { flatness: number }) =>
    d.index >= 2 && d.variance > 10 * small.pca.resolution && d.flatness >= from && d.flatness <= to;
  const place = (d: DirectionFlatness & { flatness: number }): Point => [d.flatness, d.variance];

  test('a filled point for every direction of the fit, a ring for every other with a width', () => {
    const filled = marks(figure, { kind: 'dot', where: (m) => m.fill !== 'none' });
    const rings = marks(figure, { kind: 'dot', fill: 'none' });
    expect(closed.length).toBeLessThan(small.flatness.directions.length); // some stay open, and are not drawn
    expect(rings.length).toBeGreaterThan(3);
    expect(offBy(figure, filled, closed.filter(enters).map(place))).toBeLessThan(PIXEL);
    expect(offBy(figure, rings, closed.filter((d) => !enters(d)).map(place))).toBeLessThan(PIXEL);
    expect([figure.x.type, figure.y.type, figure.xLabel, figure.yLabel]).toEqual([
      'log',
      'log',
      'flatness F (weight)',
      'variance σ^2 (weight^2)',
    ]);
  });

  test('colours run with the logarithm of the rank from the first of the ramp to the last', () => {
    const [first, last] = [closed[0].index, closed[closed.length - 1].index];
    const all = [...marks(figure, { kind: 'dot' })];
    for (const d of closed) {
      const t = Math.log(d.index / first) / Math.log(last / first);
      const m = all.find((q) => offBy(figure, [q], [place(d)]) < PIXEL)!;
      const colour = m.fill === 'none' ? m.stroke : m.fill;
      expect(colour).toBe(RAMP[Math.max(0, Math.ceil(10 * t) - 1)]);
    }
    expect(labels(figure)[0]).toBe(`rank ${first} … ${last}`);
  });

  test('the line has the stated slope, height and ends; its band is one standard error wide', () => {
    const [line] = marks(figure, { kind: 'line' });
    const { slope, intercept } = lineThrough(figure, line);
    expect(slope).toBeCloseTo(fit.exponent.value, 2);
    expect(intercept).toBeCloseTo(fit.intercept.value, 2);
    const law = (x: number) => 10 ** (fit.intercept.value + fit.exponent.value * lg(x));
    const at = Array.from({ length: 41 }, (_, k) => from * (to / from) ** (k / 40));
    expect(
      offBy(
        figure,
        line,
        at.map((x) => [x, law(x)]),
      ),
    ).toBeLessThan(PIXEL);
    // errors of slope and height are independent about the centroid of the points fitted
    const logs = closed.filter(enters).map((d) => lg(d.flatness));
    const centre = logs.reduce((a, b) => a + b) / logs.length;
    const error = (x: number) =>
      Math.sqrt(fit.scatter ** 2 / fit.points + (fit.exponent.standardError * (lg(x) - centre)) ** 2);
    const edge = (sign: number) => at.map((x): Point => [x, law(x) * 10 ** (sign * error(x))]);
    const [band] = marks(figure, { kind: 'area' });
    const top = band.points.slice(0, 41);
    const outline =
      lg(top[20][1]) > lg(law(at[20])) ? [...edge(1), ...edge(-1).reverse()] : [...edge(-1), ...edge(1).reverse()];
    expect(offBy(figure, band, outline)).toBeLessThan(PIXEL);
    expect(fit.scatter / Math.sqrt(fit.points)).toBeGreaterThan(0.01); // the band is not a line
  });

  test('the range of the fit and ten resolutions are marked', () => {
    const rules = marks(figure, { kind: 'rule' });
    expect(rules.map((r) => r.x)).toEqual([expect.closeTo(from, 2), expect.closeTo(to, 1)]);
    expect(rules[0].dash).toBe('3 2');
    const noisy = { ...small, pca: { ...small.pca, resolution: small.pca.variances[300] / 10 } };
    const { figure: f } = drawn(noisy, 'variance-flatness');
    const { x, y } = extent(marks(f, { kind: 'rect' })[0]);
    expect(y[1] / small.pca.variances[300]).toBeCloseTo(1, 2);
    expect([y[0] / f.domain.y[0], x[0] / f.domain.x[0], x[1] / f.domain.x[1]]).toEqual(
      [1, 1, 1].map((v) => expect.closeTo(v, 4)),
    );
    expect(labels(f).at(-1)).toBe('10 × resolution');
    // what lies under ten resolutions is in no fit
    for (const m of marks(f, { kind: 'dot', where: (q) => q.fill !== 'none' })) expect(m.y).toBeGreaterThan(y[1]);
    const clean = { ...small, pca: { ...small.pca, resolution: 1e-30 } };
    expect(marks(drawn(clean, 'variance-flatness').figure, { kind: 'rect' })).toEqual([]);
  });

  test('legend and caption state the exponent, its error, the range and the numbers of directions', () => {
    expect(labels(figure)).toContain('fit σ^2 ∝ F^−ψ, ψ = 3.92 ± 0.11');
    expect(sample(figure, 'fit').colour).toBe(marks(figure, { kind: 'line' })[0].stroke);
    expect(sample(figure, 'fit range').dash).toBe('3 2');
    expect(labels(figure)).toContain('not in the fit');
    expect(estimatesIn(caption)).toEqual([{ value: 3.918, error: 0.112 }].map(() => ({ value: 3.92, error: 0.11 })));
    const open = small.flatness.directions.length - closed.length;
    expect(caption).toContain(`F = 0.9 … 12 (${fit.points} directions`);
    expect(caption).toContain('scatter 0.16 decades, R² = 0.981');
    expect(caption).toContain(`Shown: ${closed.length} directions; ${open} without a width`);
    const whole = { ...small, flatness: { ...small.flatness, directions: closed } };
    expect(drawn(whole, 'variance-flatness').caption).toMatch(new RegExp(`Shown: ${closed.length} directions\\.$`));
  });

  test('without a fit there is no line, no band, no range, and every point is filled', () => {
    const none = { ...fit, exponent: estimate(Number.NaN, Number.NaN, 0, 'none') };
    const { figure: f, caption: c } = drawn(
      { ...small, scaling: { ...small.scaling, varianceFlatness: none } },
      'variance-flatness',
    );
    expect(marks(f, { where: (m) => m.kind !== 'dot' && m.kind !== 'rect' })).toEqual([]);
    expect(marks(f, { kind: 'dot', fill: 'none' })).toEqual([]);
    expect(c).toContain('No line could be fitted.');
    expect(labels(f).join()).not.toMatch(/fit/);
    const one = { ...fit, points: 1 };
    expect(
      marks(drawn({ ...small, scaling: { ...small.scaling, varianceFlatness: one } }, 'variance-flatness').figure, {
        kind: 'line',
      }),
    ).toEqual([]);
  });

  test('an unknown error or scatter leaves its part of the band out', () => {
    const at = (change: Partial<typeof fit>) => {
      const { figure: f } = drawn(
        { ...small, scaling: { ...small.scaling, varianceFlatness: { ...fit, ...change } } },
        'variance-flatness',
      );
      const [band] = marks(f, { kind: 'area' });
      const tall = (k: number) => Math.abs(lg(band.points[k][1] / band.points[81 - k][1]));
      return [tall(0), tall(20)];
    };
    const flat = at({ exponent: { ...fit.exponent, standardError: Number.NaN } });
    expect(flat[0]).toBeCloseTo((2 * fit.scatter) / Math.sqrt(fit.points), 2);
    expect(flat[1]).toBeCloseTo(flat[0], 2);
    const logs = closed.filter(enters).map((d) => lg(d.flatness));
    const centre = logs.reduce((p, q) => p + q) / logs.length;
    const [end, middle] = at({ scatter: Number.NaN });
    expect(end).toBeCloseTo(2 * 0.112 * (centre - lg(0.9)), 2);
    expect(middle).toBeCloseTo(2 * 0.112 * Math.abs(centre - (lg(0.9) + lg(12)) / 2), 2);
  });
});

describe('variance against flatness, other inputs', () => {
  const at = (directions: DirectionFlatness[], change = {}) =>
    drawn(
      {
        ...small,
        flatness: { ...small.flatness, directions },
        scaling: { ...small.scaling, varianceFlatness: { ...small.scaling.varianceFlatness, ...change } },
      },
      'variance-flatness',
    ).figure;
  const [one] = small.flatness.directions;
  const many = (n: number) =>
    Array.from({ length: n }, (_, k) => ({ ...one, index: k + 2, flatness: 1 + k / 100, variance: 1e-3 / (k + 1) }));

  test('colours of ranks that do not begin at 1', () => {
    const ranks = [5, 10, 20, 40, 80];
    const f = at(ranks.map((index, k) => ({ ...one, index, flatness: k + 1, variance: 10 ** -k })));
    // halves, quarters, … of ln 16
    expect(marks(f, { kind: 'dot' }).map((m) => m.fill)).toEqual([0, 2, 4, 7, 9].map((k) => RAMP[k]));
    expect(labels(f)[0]).toBe('rank 5 … 80');
  });

  test('the points at both ends of the range are in the fit', () => {
    const ten = many(10);
    const ends = (from: number, to: number) =>
      marks(at(ten, { range: [ten[from].flatness, ten[to].flatness] }), { kind: 'dot', fill: 'none' }).length;
    expect([ends(0, 9), ends(1, 9), ends(0, 8), ends(2, 6)]).toEqual([0, 1, 1, 5]);
  });

  test('more than four hundred points are smaller and have no rims', () => {
    for (const [n, rim, r] of [
      [400, COLOURS.paper, 3.4],
      [401, 'none', 2],
    ] as const) {
      const dots = marks(at(many(n), { range: [0.5, 9] }), { kind: 'dot', where: (m) => m.fill !== 'none' });
      expect(dots.length).toBe(n);
      expect([dots[0].stroke, dots[0].r]).toEqual([rim, r]);
    }
  });

  test('where no point shown is in the fit its band is narrowest in the middle of the range', () => {
    const f = at(many(9), { range: [100, 10_000] });
    const [band] = marks(f, { kind: 'area' });
    const tall = (k: number) => Math.abs(lg(band.points[k][1] / band.points[81 - k][1]));
    expect(tall(0)).toBeCloseTo(tall(40), 2);
    expect(tall(0)).toBeCloseTo(2 * Math.hypot(0.164 / Math.sqrt(small.scaling.varianceFlatness.points), 0.112), 2);
    expect(tall(20)).toBeCloseTo((2 * 0.164) / Math.sqrt(small.scaling.varianceFlatness.points), 2);
  });
});

describe('variances by rank', () => {
  const { figure, caption } = drawn(small, 'variances');
  const { pca, scaling } = small;

  test('points are (i, σ_i²): the first forty, then log-spaced ones to the last', () => {
    const ranks = marks(figure, { kind: 'dot' }).map((m) => Math.round(m.x));
    expect(ranks.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, k) => k + 1));
    expect(ranks.at(-1)).toBe(400);
    expect(new Set(ranks).size).toBe(ranks.length);
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'dot' }),
        ranks.map((i) => [i, pca.variances[i - 1]]),
      ),
    ).toBeLessThan(PIXEL);
    expect([figure.xLabel, figure.yLabel]).toEqual(['rank i', 'variance σ_i^2 (weight^2)']);
  });

  test('the rank law over its range, and a random walk of the same total variance', () => {
    const [walk] = marks(figure, { kind: 'line', colour: COLOURS.green });
    const share = (j: number) => (6 / (Math.PI * j) ** 2) * pca.totalVariance;
    expect(
      offBy(figure, walk, [
        [1, share(1)],
        [400, share(400)],
      ]),
    ).toBeLessThan(PIXEL);
    const [law] = marks(figure, { kind: 'line', colour: COLOURS.orange });
    const { rankLaw } = scaling;
    expect(lineThrough(figure, law).slope).toBeCloseTo(-2.531, 2);
    const height = (i: number) => 10 ** (rankLaw.intercept.value - 2.531 * lg(i));
    expect(
      offBy(figure, law, [
        [50, height(50)],
        [900, height(900)],
      ]),
    ).toBeLessThan(PIXEL);
    expect(labels(figure)).toEqual(['measured', 'fit i^−γ, γ = 2.53 ± 0.04', 'random walk 6/(π^2i^2)']);
  });

  test('the caption gives the range and the share of direction 1 in percent', () => {
    expect(caption).toContain('(400 directions, thinned for drawing)');
    expect(caption).toContain('over ranks 50 to 900');
    const percent = (100 * pca.variances[0]) / pca.variances.reduce((a, b) => a + b);
    expect(Math.abs(Number(/has ([\d.]+) %/.exec(caption)![1]) - percent)).toBeLessThan(0.05);
    expect(caption).toContain('a random walk has 60.8 %.'); // 100·6/π²
  });

  test('rounding is shaded as far as variances lie in it', () => {
    expect(marks(figure, { kind: 'rect' })).toEqual([]);
    const { figure: f } = drawn({ ...small, pca: { ...pca, resolution: pca.variances[349] } }, 'variances');
    const { x, y } = extent(marks(f, { kind: 'rect' })[0]);
    expect(y[1] / pca.variances[349]).toBeCloseTo(1, 2);
    expect(y[0] / f.domain.y[0]).toBeCloseTo(1, 4);
    expect(x[1] / f.domain.x[1]).toBeCloseTo(1, 4);
    expect(marks(f, { kind: 'rect' })[0].opacity).toBe(0.18);
    expect(labels(f).at(-1)).toBe('float32 rounding');
  });
});

describe('what is not drawn', () => {
  const missing = (f: object) => (f as { missing?: string }).missing;

  test('figures without numbers are named with the reason', () => {
    const { pca, flatness, dynamics } = small;
    expect(missing(rankedVariances({ ...small, pca: { ...pca, variances: [0, 0] } }))).toBe(
      'no direction has a positive variance.',
    );
    const open = flatness.directions.map((d) => ({ ...d, flatness: null }));
    expect(missing(varianceFlatness({ ...small, flatness: { ...flatness, directions: open } }))).toBe(
      'no direction has both a variance and a width.',
    );
    const bare = dynamics.map((d) => ({ ...d, msd: { lag: [0, 1], value: [1, 0] } }));
    expect(missing(displacementCurves({ ...small, dynamics: bare }))).toBe('no displacement curve was measured.');
    expect(trajectories({ ...small, paths: [] })).toEqual([
      { name: 'trajectory', missing: 'a plane needs two principal directions.' },
    ]);
    const lost = { ...small.paths[0], x: small.paths[0].x.map(() => Number.NaN) };
    expect(trajectories({ ...small, paths: [lost] }).map(missing)).toEqual(['the path has no points.']);
  });

  test('a curve without points, a direction without variance, points at infinity', () => {
    const one = small.dynamics.map((d, k) => (k === 0 ? { ...d, msd: { lag: [1], value: [0] } } : d));
    expect(labels(drawn({ ...small, dynamics: one }, 'msd').figure)[0]).not.toMatch(/^PC 1:/);
    const still = small.flatness.directions.map((d, k) => (k === 0 ? { ...d, variance: 0 } : d));
    const { caption } = drawn({ ...small, flatness: { ...small.flatness, directions: still } }, 'variance-flatness');
    expect(numbersIn(caption.split('Shown: ')[1])[0]).toBe(small.flatness.directions.filter(width).length - 1);
    const [p] = small.paths;
    const gap = { ...p, x: p.x.map((x, k) => (k === 5 ? Number.POSITIVE_INFINITY : x)) };
    const lines = marks(drawn({ ...small, paths: [gap] }, 'trajectory-1-2').figure, { kind: 'line' });
    expect(lines.reduce((s, l) => s + l.points.length - 1, 1)).toBe(79);
  });

  test('no rank law, no line, no sentence on it', () => {
    const none = { ...small.scaling.rankLaw, intercept: estimate(Number.NaN, Number.NaN, 0, '') };
    const { figure, caption } = drawn({ ...small, scaling: { ...small.scaling, rankLaw: none } }, 'variances');
    expect(marks(figure, { kind: 'line' }).map((m) => m.stroke)).toEqual([COLOURS.green]);
    expect(labels(figure)).toEqual(['measured', 'random walk 6/(π^2i^2)']);
    expect(caption).not.toContain('solid line');
    const single = { ...small.scaling.rankLaw, points: 1 };
    expect(labels(drawn({ ...small, scaling: { ...small.scaling, rankLaw: single } }, 'variances').figure).length).toBe(
      2,
    );
  });
});

describe('mean squared displacement', () => {
  const { figure } = drawn(small, 'msd');
  // the measured ranks nearest in the logarithm to 1, 2, 10, 50, 200, 1000, each once
  const near = [1, 2, 10, 50, 200, 1000].map((rank) => {
    const off = (i: number) => Math.abs(Math.log(i / rank));
    return small.dynamics.reduce((a, b) => (off(b.index) < off(a.index) ? b : a));
  });
  const shown = [...new Set(near)];
  const curves = marks(figure, { kind: 'line', dash: '' });

  test('one curve a direction through its lags and displacements, a dot at its end, its exponent in the legend', () => {
    expect(shown.length).toBeGreaterThan(3);
    expect(curves.length).toBe(shown.length);
    shown.forEach((d, k) => {
      const points = d.msd.lag.map((lag, j): Point => [lag, d.msd.value[j]]);
      expect(offBy(figure, curves[k], points)).toBeLessThan(PIXEL);
      expect(offBy(figure, marks(figure, { kind: 'dot' })[k], points.slice(-1))).toBeLessThan(PIXEL);
      const l = figure.legend[k];
      expect(l.label.startsWith(`PC ${d.index}: `)).toBe(true);
      expect(l.colour).toBe(curves[k].stroke);
      const [e] = estimatesIn(l.label);
      expect(e.value).toBeCloseTo(d.msdExponent.value, 2);
      expect(e.error).toBeCloseTo(d.msdExponent.standardError, 3);
    });
    expect(new Set(curves.map((c) => c.stroke)).size).toBe(curves.length);
    expect([curves[0].stroke, curves.at(-1)!.stroke]).toEqual([RAMP[0], RAMP.at(-1)]);
    expect([figure.xLabel, figure.yLabel]).toEqual(['lag (steps)', 'mean squared displacement (weight^2)']);
  });

  test('guides of slope 1, dotted, and 2, dashed', () => {
    const slope = (dash: string) => lineThrough(figure, marks(figure, { kind: 'line', dash })[0]).slope;
    expect(slope('2 3')).toBeCloseTo(1, 2);
    expect(slope('6 4')).toBeCloseTo(2, 2);
    expect([sample(figure, 'slope 1').dash, sample(figure, 'slope 2').dash]).toEqual(['2 3', '6 4']);
    for (const dash of ['2 3', '6 4'])
      for (const [x, y] of marks(figure, { kind: 'line', dash })[0].points) {
        expect(x).toBeLessThanOrEqual(figure.domain.x[1]);
        expect(y).toBeGreaterThanOrEqual(figure.domain.y[0]);
        expect(y).toBeLessThanOrEqual(figure.domain.y[1]);
      }
  });
});

test('guides stay in the frame of curves that hardly rise', () => {
  const level = small.dynamics.slice(0, 1).map((d) => ({ ...d, msd: { lag: [1, 10, 1000], value: [1, 1.1, 1.2] } }));
  const { figure } = drawn({ ...small, dynamics: level }, 'msd');
  for (const dash of ['2 3', '6 4']) {
    const [guide] = marks(figure, { kind: 'line', dash });
    expect(guide.points[1][1]).toBeGreaterThan(guide.points[0][1]);
    expect(guide.points[1][1]).toBeLessThan(figure.domain.y[1]);
  }
});

describe('trajectories', () => {
  test.each(small.paths.map((p) => [`trajectory-${p.indices.join('-')}`, p] as const))('%s', (name, path) => {
    const { figure } = drawn(small, name);
    const points = path.x.map((x, k): Point => [x, path.y[k]]);
    const lines = marks(figure, { kind: 'line' });
    // ten pieces that share their ends, in the colours of the ramp
    expect(lines.map((l) => l.stroke)).toEqual([...RAMP]);
    expect(offBy(figure, lines[0], points.slice(0, 9))).toBeLessThan(PIXEL);
    const joined = lines.flatMap((l, k) => (k === 0 ? l.pixels : l.pixels.slice(1)));
    expect(joined.length).toBe(points.length);
    expect(offBy(figure, { ...lines[0], pixels: joined }, points)).toBeLessThan(PIXEL);
    const [start, end] = marks(figure, { kind: 'dot' });
    expect(offBy(figure, [start, end], [points[0], points[79]])).toBeLessThan(PIXEL);
    expect([start.fill, end.fill]).toEqual([COLOURS.paper, COLOURS.ink]);
    expect(labels(figure)).toEqual(['step 0 … 790', 'start', 'end']);
    expect([figure.xLabel, figure.yLabel]).toEqual(path.indices.map((i) => `θ_${i} (weight)`));
  });

  test('long paths are thinned evenly and keep their end', () => {
    const n = 3202; // every third of them, and the last
    const [p] = small.paths;
    const at = Array.from({ length: n }, (_, k) => k);
    const long = { ...p, step: at, x: at.map((k) => Math.cos(k / 500)), y: at.map((k) => Math.sin(k / 500)) };
    const { figure } = drawn({ ...small, paths: [long] }, 'trajectory-1-2');
    const lines = marks(figure, { kind: 'line' });
    const kept = at.filter((k) => k % 3 === 0 || k === n - 1);
    expect(lines.reduce((s, l) => s + l.points.length - 1, 1)).toBe(kept.length);
    expect(
      offBy(
        figure,
        lines[0],
        kept.slice(0, lines[0].points.length).map((k) => [long.x[k], long.y[k]]),
      ),
    ).toBeLessThan(PIXEL);
    expect(offBy(figure, marks(figure, { kind: 'dot' })[1], [[long.x[n - 1], long.y[n - 1]]])).toBeLessThan(PIXEL);
    const just = { ...long, step: at.slice(0, 1500), x: long.x.slice(0, 1500), y: long.y.slice(0, 1500) };
    const whole = marks(drawn({ ...small, paths: [just] }, 'trajectory-1-2').figure, { kind: 'line' });
    expect(whole.reduce((s, l) => s + l.points.length - 1, 1)).toBe(1500);
  });
});
