/** The figure of the variance-flatness relation of ivf2021 read back from its marks and compared with the made-up analysis it was drawn from. */
import { describe, expect, test } from 'vitest';
import type { Analysis, DirectionFlatness } from '../src/analyse/trajectory/results.js';
import { estimate } from '../src/numeric/estimate.js';
import { COLOURS, RAMP } from '../src/report/figures/palette.js';
import { varianceFlatness } from '../src/report/figures/window/variance-flatness.js';
import { labels, lg, PIXEL, sample, small, width } from './support/ivf2021-figures.js';
import { estimatesIn, extent, lineThrough, marks, numbersIn, offBy, type Point, readNamed } from './support/reading.js';

const drawn = (analysis: Analysis, name = 'variance-flatness') => readNamed([varianceFlatness(analysis)], name);

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
    expect(labels(figure)[0]).toBe('rank');
    for (const t of figure.legend[0].ticks)
      expect(t.at).toBeCloseTo(Math.log(Number(t.label) / first) / Math.log(last / first), 3);
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
    expect(labels(figure)).toContain('fit σ^2 ∝ F^−ψ, ψ = 3.92');
    expect(labels(figure)).toContain('±1 standard error (misfit)');
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

  test('the caption says where the law fails: share and R² of ranks 2 to 50', () => {
    const { variances } = small.pca;
    const total = variances.reduce((a, b) => a + b);
    const share = variances.slice(1, 50).reduce((a, b) => a + b) / (total - variances[0]);
    const along = (text: string) => numbersIn(text.split('Along ranks ')[1]).slice(0, 4);
    const [first, last, held, explained] = along(caption);
    expect([first, last, explained]).toEqual([2, 50, 23]);
    expect(held).toBeCloseTo(100 * share, 0);
    expect(caption).toContain('of the scatter: there the law fails. ');
    const ranges = (r2: number, label = 'ranks 2–50') =>
      small.scaling.varianceFlatnessRanges.map((r) =>
        r.label === 'ranks 2–50' ? { ...r, label, fit: { ...r.fit, r2 } } : r,
      );
    const at = (...of: Parameters<typeof ranges>) =>
      drawn({ ...small, scaling: { ...small.scaling, varianceFlatnessRanges: ranges(...of) } }).caption;
    expect(at(0.499)).toContain('the law fails');
    expect(at(0.5)).toContain('a line explains 50 % of the scatter. ');
    expect(at(0.5)).not.toContain('fails');
    expect(at(0.2, 'ranks 2–60')).not.toContain('Along ranks');
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
    expect(labels(f)[0]).toBe('rank');
    const { ticks } = f.legend[0];
    expect(ticks.map((t) => t.label)).toEqual(['5', '10', '20', '50']);
    for (const t of ticks) expect(t.at).toBeCloseTo(Math.log(Number(t.label) / 5) / Math.log(16), 3);
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
