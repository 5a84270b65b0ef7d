/** Figures of the Hessian modes and of the steady state of ao2022 read back from their marks and compared with the made-up result. */
import { describe, expect, test } from 'vitest';
import { modeVariances, noiseCurvature } from '../src/experiments/ao2022/figures/modes.js';
import { circulationFigure, energyDistribution, equipartitionFigure } from '../src/experiments/ao2022/figures/tests.js';
import type { Ao2022Results } from '../src/experiments/ao2022/measured.js';
import { estimate } from '../src/numeric/estimate.js';
import { COLOURS } from '../src/report/figures/palette.js';
import { syntheticAo2022 } from './support/ao2022-results.js';
import { errorBars, type FigureReading, marks, numbersIn, offBy, type Point, readNamed } from './support/reading.js';

const result = syntheticAo2022();
const PIXEL = 0.05;
type Drawing = (r: Ao2022Results) => Parameters<typeof readNamed>[0][number] & object;
const drawn = (draw: Drawing, r = result) => {
  const f = draw(r);
  return readNamed([f], f.name);
};
const labels = (f: FigureReading) => f.legend.map((l) => l.label);
const missing = (draw: Drawing, r: Ao2022Results) => (draw(r) as { missing?: string }).missing;

describe('Hessian modes', () => {
  const { modes, subspaces, setting } = result;
  const shown = Array.from({ length: subspaces.resolved }, (_, i) => i);
  const against = (y: readonly number[]) => shown.map((i): Point => [modes.curvature[i], y[i]]);

  test('variances and the four predictions of the resolved modes', () => {
    const { figure, caption } = drawn(modeVariances);
    expect(offBy(figure, marks(figure, { kind: 'dot', fill: COLOURS.blue }), against(modes.withoutDrift))).toBeLessThan(
      PIXEL,
    );
    expect(offBy(figure, marks(figure, { kind: 'dot', stroke: COLOURS.muted }), against(modes.measured))).toBeLessThan(
      PIXEL,
    );
    const line = (colour: string, dash: string) => marks(figure, { kind: 'line', stroke: colour, dash });
    expect(offBy(figure, line(COLOURS.orange, ''), against(modes.predicted.continuous))).toBeLessThan(PIXEL);
    expect(offBy(figure, line(COLOURS.purple, '6 4'), against(modes.predicted.discrete))).toBeLessThan(PIXEL);
    expect(offBy(figure, line(COLOURS.green, '2 3'), against(modes.predicted.shuffled))).toBeLessThan(PIXEL);
    expect(offBy(figure, line(COLOURS.ink, ''), against(modes.predicted.window))).toBeLessThan(PIXEL);
    // modes on its right relax ten times: eta·h·T = 10
    expect(marks(figure, { kind: 'rule' })[0].x / (10 / (0.1 * 12_000))).toBeCloseTo(1, 2);
    expect(figure.legend.map((l) => [l.label, l.colour, l.dash])).toEqual([
      ['measured', COLOURS.blue, ''],
      ['drift included', COLOURS.muted, ''],
      ['ε U^−1 (white noise)', COLOURS.orange, ''],
      ['white, discrete steps', COLOURS.purple, '6 4'],
      ['shuffled, infinite window', COLOURS.green, '2 3'],
      ['own sampling and window', COLOURS.ink, ''],
      ['10 relaxations', COLOURS.muted, '3 2'],
    ]);
    expect(caption).toContain('dashed line (25) relax at least 10 times');
    expect(caption).toContain('50 of 60 modes have a curvature above rounding');
    expect([figure.xLabel, figure.yLabel]).toEqual(['curvature h (loss/weight^2)', 'variance (weight^2)']);
  });

  test('a run that draws with replacement has no line for shuffling; a border outside the frame is not drawn', () => {
    const replaced = { ...result, setting: { ...setting, sampling: 'replaced' as const, learningRate: 1e-6 } };
    const { figure } = drawn(modeVariances, replaced);
    expect(marks(figure, { kind: 'line', stroke: COLOURS.green })).toEqual([]);
    expect(labels(figure)).not.toContain('shuffled, infinite window');
    expect(marks(figure, { kind: 'rule' })).toEqual([]);
  });

  test('noise against curvature, with the fits of the resolved and of the settled modes', () => {
    const { figure, caption } = drawn(noiseCurvature);
    expect(offBy(figure, marks(figure, { kind: 'dot' }), against(modes.noise))).toBeLessThan(PIXEL);
    for (const [fit, colour, dash, label] of [
      [result.gamma.resolved, COLOURS.orange, '', 'all resolved: γ = 1.410 ± 0.030'],
      [result.gamma.settled, COLOURS.green, '6 4', 'settled: γ = 1.52 ± 0.06'],
    ] as const) {
      const [line] = marks(figure, { kind: 'line', stroke: colour, dash });
      const at = (h: number): Point => [h, 10 ** fit.intercept.value * h ** fit.exponent.value];
      expect(offBy(figure, line, fit.range.map(at))).toBeLessThan(PIXEL);
      expect(figure.legend.find((l) => l.label === label)).toMatchObject({ colour, dash });
    }
    // −2(γ−1) and −2γ of γ = 1.41
    expect(caption).toContain('−0.82 or −2.82 for the slope');
    expect([figure.xLabel, figure.yLabel]).toEqual(['curvature h (loss/weight^2)', 'noise C_1 (loss^2/weight^2)']);
    const none = { ...result.gamma.resolved, exponent: estimate(Number.NaN, Number.NaN, 0, '') };
    const f = drawn(noiseCurvature, { ...result, gamma: { ...result.gamma, resolved: none } });
    expect(marks(f.figure, { kind: 'line' }).length).toBe(1);
    expect(f.caption).toContain('no slope here');
  });

  test('too few modes', () => {
    const of = (resolved: number) => ({ ...result, subspaces: { ...subspaces, resolved } });
    expect(missing(modeVariances, of(1))).toMatch(/too few/);
    expect(missing(modeVariances, of(2))).toBeUndefined();
    expect(missing(noiseCurvature, of(4))).toMatch(/too few/);
    expect(missing(noiseCurvature, of(5))).toBeUndefined();
  });
});

describe('tests of the steady state', () => {
  const t = result.trajectory!;

  test('distribution of the energy: three histograms as steps, and the law of n/2', () => {
    const { figure, caption } = drawn(energyDistribution);
    const { edges, potential, windowed, loss } = t.histogram;
    const steps = (y: readonly number[]) =>
      y.flatMap((v, k): Point[] => [
        [edges[k], v],
        [edges[k + 1], v],
      ]);
    for (const [colour, y] of [
      [COLOURS.orange, potential],
      [COLOURS.blue, windowed],
      [COLOURS.green, loss],
    ] as const)
      expect(offBy(figure, marks(figure, { kind: 'line', stroke: colour }), steps(y))).toBeLessThan(PIXEL);
    const [law] = marks(figure, { kind: 'line', dash: '6 4' });
    // 2u/ε is chi-squared with n degrees: u/(ε n/2) has density (n/2)^(n/2) x^(n/2−1) e^(−nx/2)/Γ(n/2); mean over each bin by Simpson
    const a = t.potential.dimension / 2;
    const logGamma = (z: number): number =>
      z < 20
        ? logGamma(z + 1) - Math.log(z)
        : (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * z) - 1 / (360 * z ** 3);
    const density = (x: number) =>
      x === 0 ? 0 : Math.exp(a * Math.log(a) + (a - 1) * Math.log(x) - a * x - logGamma(a));
    const over = (lo: number, hi: number) => {
      const n = 200;
      let sum = 0;
      for (let k = 0; k <= n; k++) sum += (k === 0 || k === n ? 1 : k % 2 ? 4 : 2) * density(lo + ((hi - lo) * k) / n);
      return sum / (3 * n);
    };
    const expected = edges.slice(1).map((b, k): Point => [(edges[k] + b) / 2, over(edges[k], b)]);
    expect(offBy(figure, law, expected)).toBeLessThan(PIXEL);
    expect(figure.legend.map((l) => [l.label, l.colour])).toEqual([
      ['U from H and C_1', COLOURS.orange],
      ['Σ of own sampling, window', COLOURS.blue],
      ['L/T', COLOURS.green],
      ['law', COLOURS.ink],
    ]);
    expect(caption).toContain('Energies of the 25 settled modes');
    expect(figure.domain.y[0]).toBeCloseTo(0, 2);
    const top = Math.max(...expected.map((p) => p[1]), ...potential, ...windowed, ...loss);
    expect(figure.domain.y[1]).toBeCloseTo(1.05 * top, 2);
    expect(figure.domain.x).toEqual([0, 4].map((v) => expect.closeTo(v, 3)));
  });

  test('a single temperature: h·σ² of the settled modes', () => {
    const { figure, caption } = drawn(equipartitionFigure);
    const e = t.equipartition;
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'dot' }),
        e.curvature.map((h, k) => [h, e.temperatures[k]]),
      ),
    ).toBeLessThan(PIXEL);
    expect(marks(figure, { kind: 'rule' })[0].y / 3.3e-6).toBeCloseTo(1, 2);
    expect(labels(figure)).toEqual(['settled modes', 'best single temperature']);
    expect(numbersIn(caption).at(-1)).toBe(23);
    expect([figure.xLabel, figure.yLabel]).toEqual(['curvature h (loss/weight^2)', 'h σ^2 (loss)']);
  });

  test('circulation: measured against predicted, signs turned to a positive prediction, bars of one standard error', () => {
    const { figure, caption } = drawn(circulationFigure);
    const planes = t.circulation.strongest;
    expect(planes.some((p) => p.expected < 0)).toBe(true);
    const turned = planes.map((p) => ({
      x: Math.abs(p.expected),
      y: p.value * Math.sign(p.expected),
      e: p.standardError,
    }));
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'dot' }),
        turned.map((p) => [p.x, p.y]),
      ),
    ).toBeLessThan(PIXEL);
    const bars = errorBars(figure);
    expect(bars.length).toBe(planes.length);
    const ends = bars.flatMap((b): Point[] => [
      [b.at, b.low],
      [b.at, b.high],
    ]);
    turned.forEach((p, k) => {
      expect(Math.abs(figure.y.pixel(ends[2 * k][1]) - figure.y.pixel(p.y - p.e))).toBeLessThan(PIXEL);
      expect(Math.abs(figure.y.pixel(ends[2 * k + 1][1]) - figure.y.pixel(p.y + p.e))).toBeLessThan(PIXEL);
      expect(Math.abs(figure.x.pixel(ends[2 * k][0]) - figure.x.pixel(p.x))).toBeLessThan(PIXEL);
    });
    const [line] = marks(figure, { kind: 'line' });
    for (const [x, y] of line.points) expect(Math.abs(figure.y.pixel(y) - figure.y.pixel(x))).toBeLessThan(PIXEL);
    expect(line.points.map((p) => p[0])).toEqual([0, figure.domain.x[1]].map((v) => expect.closeTo(v, 9)));
    expect(caption).toContain('The 8 planes whose');
    expect(caption).toContain('the finding uses all 300 planes');
    expect(labels(figure)).toEqual(['planes, ± standard error', 'ε Q']);
    expect([figure.xLabel, figure.yLabel]).toEqual(['ε Q (weight^2/step)', 'measured (weight^2/step)']);
    expect([figure.x.type, figure.y.type]).toEqual(['linear', 'linear']);
  });

  test('what was not measured is named', () => {
    const { trajectory: _, ...without } = result;
    for (const draw of [energyDistribution, equipartitionFigure, circulationFigure])
      expect(missing(draw, without)).toBeTruthy();
    const of = (n: number) => ({
      ...result,
      trajectory: { ...t, equipartition: { ...t.equipartition, curvature: t.equipartition.curvature.slice(0, n) } },
    });
    expect(missing(equipartitionFigure, of(1))).toMatch(/fewer than two/);
    expect(missing(equipartitionFigure, of(2))).toBeUndefined();
    expect(
      missing(circulationFigure, { ...result, trajectory: { ...t, circulation: { ...t.circulation, strongest: [] } } }),
    ).toMatch(/fewer than two/);
  });
});
