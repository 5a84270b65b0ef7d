/** Figures of spectra, shares and exponents by range and seed, read back and compared with the numbers they were drawn from. */
import { describe, expect, test } from 'vitest';
import { hessianSpectrum } from '../src/experiments/ao2022/figures/spectrum.js';
import { exponentsBySeed } from '../src/experiments/controls/figures/seeds.js';
import type { RegimeRow } from '../src/experiments/controls/summary.js';
import { exponentsOfRuns } from '../src/experiments/generality/figures/seeds.js';
import type { Group } from '../src/experiments/generality/groups.js';
import { exponentByRange } from '../src/experiments/ivf2021/figures/ranges.js';
import { estimate } from '../src/numeric/estimate.js';
import { COLOURS } from '../src/report/figures/palette.js';
import { cumulatedVariance } from '../src/report/figures/window/cumulated.js';
import { PIXEL, small } from './support/ivf2021-figures.js';
import { errorBars, marks, offBy, type Point, readNamed } from './support/reading.js';

describe('cumulated variance', () => {
  const variances = [8, 4, 2, 1, 0.5];
  const pca = { ...small.pca, variances, totalVariance: 16 };
  const { figure, caption } = readNamed([cumulatedVariance({ pca })], 'cumulated-variance');
  test('is the share of the first k, in percent of the whole', () => {
    const shares = [50, 75, 87.5, 93.75, 96.875].map((y, k): Point => [k + 1, y]);
    expect(offBy(figure, marks(figure, { kind: 'line', stroke: COLOURS.blue }), shares)).toBeLessThan(PIXEL);
    expect(offBy(figure, marks(figure, { kind: 'dot' }), shares)).toBeLessThan(PIXEL);
    expect(caption).toContain('1 for 50 %, 4 for 90 %.');
    expect(caption).not.toMatch(/99 %/);
  });
  test('stands beside 6/π² Σ 1/i²', () => {
    const walk = [1, 1 + 1 / 4, 1 + 1 / 4 + 1 / 9, 1 + 1 / 4 + 1 / 9 + 1 / 16].map(
      (s): number => (600 * s) / Math.PI ** 2,
    );
    const drawn = marks(figure, { kind: 'line', stroke: COLOURS.green })[0].points;
    walk.forEach((y, k) => {
      expect(drawn[k][1]).toBeCloseTo(y, 1);
    });
  });
  test('needs two directions', () => {
    expect(cumulatedVariance({ pca: { ...pca, variances: [1] } })).toHaveProperty('missing');
    expect(cumulatedVariance({ pca: { ...pca, totalVariance: 0 } })).toHaveProperty('missing');
  });
});

const law = (value: number, standardError: number, points: number) => ({
  ...small.scaling.varianceFlatness,
  points,
  exponent: estimate(value, standardError, points, 'made up'),
});

describe('the exponent by fit range', () => {
  const scaling = {
    ...small.scaling,
    varianceFlatness: law(-3.9, 0.1, 60),
    varianceFlatnessRanges: [
      { label: 'ranks 2–50', fit: law(-3.1, 0.2, 30), leastSquares: -3, inverseLeastSquares: -3.4 },
      { label: 'few', fit: law(-4.6, 0.3, 12), leastSquares: Number.NaN, inverseLeastSquares: Number.NaN },
      { label: 'far', fit: law(-30, 9, 40), leastSquares: -4, inverseLeastSquares: -90 },
    ],
  };
  const rows = ['main fit, all ranks from 2', 'ranks 2–50', 'few', 'far'];
  const { figure, caption } = readNamed([exponentByRange({ scaling })], 'exponent-by-range', { y: { values: [4, 3, 2, 1], type: 'linear' } }); // biome-ignore format: one line
  test('has a row for each range with psi and one standard error; those that do not decide are rings', () => {
    expect(figure.y.ticks.map((t) => t.label)).toEqual(rows);
    const dots = (fill: string) => marks(figure, { kind: 'dot', element: 'circle', fill });
    expect(offBy(figure, dots(COLOURS.blue), [[3.9, 4], [3.1, 3]])).toBeLessThan(PIXEL); // biome-ignore format: short
    expect(offBy(figure, dots(COLOURS.paper), [[4.6, 2]])).toBeLessThan(PIXEL);
    const bars = errorBars(figure, 'x').map((b) => [b.at, b.low, b.high].map((v) => Number(v.toFixed(2))));
    expect(bars.slice(0, 3)).toEqual([[4, 3.8, 4], [3, 2.9, 3.3], [2, 4.3, 4.9]]); // biome-ignore format: short
  });
  test('has crosses at both slopes of least squares, and says what lies outside', () => {
    const crosses = marks(figure, { kind: 'dot', element: 'path', stroke: COLOURS.orange });
    expect(offBy(figure, crosses, [[3, 3], [3.4, 3], [4, 1]])).toBeLessThan(PIXEL); // biome-ignore format: short
    expect(caption).toMatch(/One row lies outside the frame/);
    // an arrow at the edge stands for it
    const [arrow, ...more] = marks(figure, { kind: 'dot', element: 'path', fill: COLOURS.muted });
    expect([more.length, Math.round(arrow.y)]).toEqual([0, 1]);
    expect(arrow.x).toBeGreaterThan(figure.domain.x[1] - 0.1);
    expect(exponentByRange({ scaling: { ...scaling, varianceFlatnessRanges: [] } })).toHaveProperty('missing');
  });
});

test('the spectrum of the Hessian: all eigenvalues by rank, negative ones by size', () => {
  const curvature = [9, 3, 1, 0.1, 0.01, -0.02, -0.5];
  const results = {
    modes: { curvature },
    subspaces: { resolved: 4, settled: 2 },
    setting: { layer: 'layer2', centre: 'mean' },
  } as unknown as Parameters<typeof hessianSpectrum>[0];
  const { figure, caption } = readNamed([hessianSpectrum(results)], 'hessian-spectrum', { x: { type: 'log' } });
  const dots = (fill: string) => marks(figure, { kind: 'dot', fill });
  expect(offBy(figure, dots(COLOURS.blue), [9, 3, 1, 0.1, 0.01].map((h, k): Point => [k + 1, h]))).toBeLessThan(PIXEL); // biome-ignore format: one line
  expect(offBy(figure, dots('none'), [[1, 0.5], [2, 0.02]])).toBeLessThan(PIXEL); // biome-ignore format: short
  expect(marks(figure, { kind: 'rule' }).map((m) => m.x)).toEqual([2, 4].map((v) => expect.closeTo(v, 2)));
  expect(caption).toMatch(
    /^The 7 eigenvalues .*4 lie above rounding, 2 of them are settled. 2 are negative.*Trace 12\.6, largest 9/,
  );
  expect(hessianSpectrum({ ...results, modes: { curvature: [1, -1] } } as never)).toHaveProperty('missing');
});

test('controls: a dot for each seed and range that decides, at its place', () => {
  const range = (label: string, psi: number, standardError = 0.1) => ({ label, fit: { exponent: estimate(-psi, standardError, 30, 'x'), points: 30 } }); // biome-ignore format: one line
  const row = (basis: string, psiOfSeeds: number[], more = {}) =>
    ({
      ...{ basis, sampling: 'shuffled', momentum: 0, epochs: 12, seeds: [3, 4], psiOfSeeds },
      rangesOfSeeds: psiOfSeeds.map((p, k) => [range('ranks 2–50', p - 1, k === 0 ? 0.1 : 9)]),
      ...more,
    }) as unknown as RegimeRow;
  const rows = [row('same-window', [4, 4.2]), row('hessian', [2.5, 2.7]), row('hessian', [9, 9], { epochs: 2 }), row('same-window', [8, 8], { momentum: 0.9 })]; // biome-ignore format: one line
  const { figure } = readNamed([exponentsBySeed(rows, 12)], 'controls-seeds', { y: { values: [2, 1], type: 'linear' } }); // biome-ignore format: one line
  const psi = (fill: string) =>
    marks(figure, { kind: 'dot', fill }).map((m) => [Math.round(m.y), Number(m.x.toFixed(2))]);
  expect(figure.y.ticks.map((t) => t.label)).toEqual(['main fit', 'ranks 2–50']);
  expect(psi(COLOURS.blue)).toEqual([[2, 4], [1, 3], [2, 4.2]]); // biome-ignore format: short
  expect(psi(COLOURS.orange)).toEqual([[2, 2.5], [1, 1.5], [2, 2.7]]); // biome-ignore format: short
  // rows by rank, although the first seed decides over the later range alone; many seeds have small dots
  const late = (k: number) => [...(k > 0 ? [range('ranks 2–50', 3)] : []), range('ranks 50–1000', 5)];
  const many = row('same-window', new Array(20).fill(4), {
    seeds: Array.from({ length: 20 }, (_, k) => k),
    rangesOfSeeds: Array.from({ length: 20 }, (_, k) => late(k)),
  });
  const drawn = exponentsBySeed([many], 12);
  const byRank = readNamed([drawn], 'controls-seeds', { y: { values: [3, 2, 1], type: 'linear' } }).figure;
  expect(byRank.y.ticks.map((t) => t.label)).toEqual(['main fit', 'ranks 2–50', 'ranks 50–1000']);
  expect(new Set(marks(byRank, { kind: 'dot' }).map((m) => m.r))).toEqual(new Set([2]));
  // no dot hides another
  const places = marks(figure, { kind: 'dot' }).map((m) => m.y.toFixed(3));
  expect(new Set(places).size).toBe(places.length);
  expect(exponentsBySeed([], 12)).toHaveProperty('missing');
});

test('generality: a dot with its error for each run that decides', () => {
  const run = (met: boolean, psi: number) => ({
    run: { met },
    layer: { measured: { regimes: { same: { psi: estimate(psi, 0.2, 30, 'x'), points: 30, decades: 1, r2: 0.9 } } } },
  });
  const group = (set: string, layer: string, runs: unknown[]) => ({ set, layer, network: 'mlp', optimiser: 'sgd', runs }) as unknown as Group; // biome-ignore format: one line
  const groups = [group('a', 'one', [run(true, 3), run(false, 9), run(true, 3.5)]), group('b', 'one', [run(true, 2)]), group('b', 'two', [run(false, 2)]), group('b', 'three', [run(true, 4)])]; // biome-ignore format: one line
  const { figure, caption } = readNamed([exponentsOfRuns(groups)], 'generality-seeds', { y: { values: [2, 1], type: 'linear' } }); // biome-ignore format: one line
  expect(figure.y.ticks.map((t) => t.label)).toEqual(['mlp one, sgd', 'mlp three, sgd']);
  expect(marks(figure, { kind: 'dot', fill: COLOURS.blue }).map((m) => Number(m.x.toFixed(2)))).toEqual([3, 3.5]);
  expect(marks(figure, { kind: 'dot', fill: COLOURS.orange }).map((m) => Number(m.x.toFixed(2)))).toEqual([2, 4]);
  expect(errorBars(figure, 'x').map((b) => Number((b.high - b.low).toFixed(2)))).toEqual([0.4, 0.4, 0.4, 0.4]);
  expect(caption).toMatch(/^Each of 4 dots/);
  expect(exponentsOfRuns([group('b', 'two', [run(false, 2)])])).toHaveProperty('missing');
});
