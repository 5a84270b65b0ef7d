/** Figures of the scaling chain and of the energies of ao2022 read back from their marks and compared with the made-up result. */
import { describe, expect, it, test } from 'vitest';
import { chainFigures, fallFigures } from '../src/experiments/ao2022/figures/chain.js';
import { energies, energyVariances, energyWidths } from '../src/experiments/ao2022/figures/energy.js';
import type { Ao2022Results } from '../src/experiments/ao2022/measured.js';
import { estimate } from '../src/numeric/estimate.js';
import { COLOURS } from '../src/report/figures/palette.js';
import type { EnergyRow } from '../src/theory/layer/results.js';
import { syntheticAo2022 } from './support/ao2022-results.js';
import { type FigureReading, lineThrough, marks, offBy, type Point, readNamed } from './support/reading.js';

const result = syntheticAo2022();
const PIXEL = 0.05;
const lg = Math.log10;
type Drawing = (r: Ao2022Results) => Parameters<typeof readNamed>[0][number] & object;
const drawn = (draw: Drawing, r = result) => {
  const f = draw(r);
  return readNamed([f], f.name);
};
const labels = (f: FigureReading) => f.legend.map((l) => l.label);
const missing = (draw: Drawing, r: Ao2022Results) => (draw(r) as { missing?: string }).missing;

describe('the scaling chain', () => {
  const heads: Record<string, string> = {
    curvature: 'M = H/L_0 (1/weight^2)',
    noise: 'D = C_1 (loss^2/weight^2)',
    minima: 's_θ^2 (weight^2)',
    variance: 'Σ = σ^2 (weight^2)',
    closure: 'Σ·M/D (weight^2/loss)',
  };
  const exponents: Record<string, string> = {
    curvature: '−1.90 ± 0.05',
    noise: '−5.80 ± 0.05',
    minima: '−2.15 ± 0.05',
    variance: '−3.85 ± 0.05',
    closure: '0.12 ± 0.05',
  };

  test.each(result.chain.map((l, k) => [l.id, k] as const))(
    '%s: points, the fit, the exponent stated through their centre',
    (id, k) => {
      const { figure } = readNamed(chainFigures(result), `chain-${id}`);
      const l = result.chain[k];
      expect(
        offBy(
          figure,
          marks(figure, { kind: 'dot', fill: COLOURS.blue }),
          l.x.map((x, i) => [x, l.y[i]]),
        ),
      ).toBeLessThan(PIXEL);
      const [from, to] = [Math.min(...l.x), Math.max(...l.x)];
      const ends = (exponent: number, intercept: number) =>
        [from, to].map((x): Point => [x, 10 ** (intercept + exponent * lg(x))]);
      const { exponent, intercept } = l.fit;
      const [fit] = marks(figure, { kind: 'line', stroke: COLOURS.orange });
      expect(offBy(figure, fit, ends(exponent.value, intercept.value))).toBeLessThan(PIXEL);
      const mean = (v: readonly number[]) => v.reduce((a, b) => a + lg(b), 0) / v.length;
      const [stated] = marks(figure, { kind: 'line', stroke: COLOURS.green });
      expect(offBy(figure, stated, ends(l.stated, mean(l.y) - l.stated * mean(l.x)))).toBeLessThan(PIXEL);
      expect(lineThrough(figure, stated).slope).toBeCloseTo(
        { curvature: -2, noise: -6, minima: -2, variance: -4, closure: 0 }[id]!,
        2,
      );
      expect(stated.dash).toBe('6 4');
      // the centre of the points lies on it
      const { slope, intercept: height } = lineThrough(figure, stated);
      expect(height + slope * mean(l.x)).toBeCloseTo(mean(l.y), 2);
      expect(labels(figure)).toEqual([
        'principal directions',
        `F^${exponents[id]}`,
        l.stated === 0 ? 'stated: constant' : `stated F^${String(l.stated).replace('-', '−')}`,
      ]);
      expect(figure.legend.map((e) => [e.colour, e.dash])).toEqual([
        [COLOURS.blue, ''],
        [COLOURS.orange, ''],
        [COLOURS.green, '6 4'],
      ]);
      expect([figure.xLabel, figure.yLabel]).toEqual(['flatness F (weight)', heads[id]]);
    },
  );

  it('without a fit has points alone; of four points no figure is made', () => {
    const [first] = result.chain;
    const none = { ...first, fit: { ...first.fit, exponent: estimate(Number.NaN, Number.NaN, 0, '') } };
    const { figure } = readNamed(chainFigures({ ...result, chain: [none] }), 'chain-curvature');
    expect(marks(figure, { kind: 'line' })).toEqual([]);
    expect(labels(figure)).toEqual(['principal directions']);
    const cut = (n: number) => ({ ...first, x: first.x.slice(0, n), y: first.y.slice(0, n) });
    expect(chainFigures({ ...result, chain: [cut(4)] })[0]).toMatchObject({
      missing: expect.stringContaining('only 4 directions'),
    });
    expect(chainFigures({ ...result, chain: [cut(5)] })[0]).toHaveProperty('svg');
    const negative = { ...first, y: first.y.map((y, k) => (k === 2 ? -y : y)) };
    const points = marks(readNamed(chainFigures({ ...result, chain: [negative] }), 'chain-curvature').figure, {
      kind: 'dot',
    });
    expect(points.length).toBe(first.x.length - 1);
  });

  it('temperature and correlation time, the latter beside 1/(ηh)', () => {
    const T = readNamed(fallFigures(result), 'active-temperature').figure;
    expect(
      offBy(
        T,
        marks(T, { kind: 'dot' }),
        result.temperature.x.map((x, k) => [x, result.temperature.y[k]]),
      ),
    ).toBeLessThan(PIXEL);
    expect(lineThrough(T, marks(T, { kind: 'line' })[0]).slope).toBeCloseTo(-2.9, 2);
    expect(labels(T)).toEqual(['principal directions', 'F^−2.90 ± 0.05']);
    expect(T.yLabel).toBe('T = (η/2)·C (loss^2/weight^2)');
    const { figure } = readNamed(fallFigures(result), 'correlation-time-flatness');
    const { x, y, predicted } = result.correlationTime;
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'dot', fill: COLOURS.blue }),
        x.map((v, k) => [v, y[k]]),
      ),
    ).toBeLessThan(PIXEL);
    const known = x.flatMap((v, k): Point[] => (Number.isFinite(predicted[k]) ? [[v, predicted[k]]] : []));
    expect(known.length).toBe(x.length - 1);
    expect(offBy(figure, marks(figure, { kind: 'dot', stroke: COLOURS.purple }), known)).toBeLessThan(PIXEL);
    expect(labels(figure)).toEqual(['principal directions', '1/(η h)', 'F^−0.70 ± 0.05']);
    expect(figure.yLabel).toBe('τ (steps)');
  });
});

describe('energies by rank', () => {
  const rows = result.energy.filter((e) => e.resolved);
  const points = (y: (e: EnergyRow) => number | null) =>
    rows.flatMap((e): Point[] => {
      const v = y(e);
      return v !== null && v > 0 ? [[e.index, v]] : [];
    });
  const dots = (f: FigureReading, colour: string, filled: boolean) =>
    marks(f, { kind: 'dot', colour, where: (m) => (m.fill !== 'none') === filled });

  test('widths of the loss and of the potential', () => {
    const { figure } = drawn(energyWidths);
    expect(points((e) => e.flatness).length).toBeLessThan(rows.length);
    expect(
      offBy(
        figure,
        dots(figure, COLOURS.blue, true),
        points((e) => e.flatness),
      ),
    ).toBeLessThan(PIXEL);
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'line', dash: '6 4' }),
        points((e) => e.quadraticFlatness),
      ),
    ).toBeLessThan(PIXEL);
    expect(
      offBy(
        figure,
        dots(figure, COLOURS.orange, true),
        points((e) => e.potentialWidth),
      ),
    ).toBeLessThan(PIXEL);
    expect(
      offBy(
        figure,
        dots(figure, COLOURS.orange, false),
        points((e) => e.predictedWidth),
      ),
    ).toBeLessThan(PIXEL);
    expect(figure.legend.map((l) => [l.label, l.colour, l.hollow, l.dash])).toEqual([
      ['loss, F at e·L_0', COLOURS.blue, false, ''],
      ['loss, quadratic', COLOURS.blue, false, '6 4'],
      ['U from the trajectory', COLOURS.orange, false, ''],
      ['U from H and C_1', COLOURS.orange, true, ''],
    ]);
    expect([figure.xLabel, figure.yLabel]).toEqual(['rank i', 'width (weight)']);
    // 2√2·σ
    expect(dots(figure, COLOURS.orange, true)[4].y / Math.sqrt(8 * rows[4].variance)).toBeCloseTo(1, 2);
  });

  test('variances', () => {
    const { figure } = drawn(energyVariances);
    expect(
      offBy(
        figure,
        dots(figure, COLOURS.blue, true),
        points((e) => e.variance),
      ),
    ).toBeLessThan(PIXEL);
    expect(
      offBy(
        figure,
        dots(figure, COLOURS.orange, false),
        points((e) => e.boltzmannVariance),
      ),
    ).toBeLessThan(PIXEL);
    expect(
      offBy(
        figure,
        marks(figure, { kind: 'line' }),
        points((e) => e.windowVariance),
      ),
    ).toBeLessThan(PIXEL);
    expect(figure.legend.map((l) => [l.label, l.colour])).toEqual([
      ['measured', COLOURS.blue],
      ['ε U^−1', COLOURS.orange],
      ['own sampling and window', COLOURS.ink],
    ]);
    expect(figure.yLabel).toBe('variance (weight^2)');
  });

  test('energies: ½hσ² in units of L₀, ½σ²/(εU⁻¹), and one half', () => {
    const { figure } = drawn(energies);
    const L0 = result.setting.centreLoss;
    expect(
      offBy(
        figure,
        dots(figure, COLOURS.blue, true),
        points((e) => (0.5 * e.curvature * e.variance) / L0),
      ),
    ).toBeLessThan(PIXEL);
    expect(
      offBy(
        figure,
        dots(figure, COLOURS.orange, false),
        points((e) => e.variance / e.boltzmannVariance / 2),
      ),
    ).toBeLessThan(PIXEL);
    expect(marks(figure, { kind: 'rule' })[0].y).toBeCloseTo(0.5, 3);
    expect(labels(figure)).toEqual(['loss, ½ h σ^2/L_0', 'potential, ½ σ^2/(ε U^−1)', '½']);
  });

  test('need two directions', () => {
    for (const draw of [energyWidths, energyVariances, energies]) {
      expect(missing(draw, { ...result, energy: result.energy.slice(0, 1) })).toBe('no directions were measured.');
      expect(missing(draw, { ...result, energy: result.energy.slice(0, 2) })).toBeUndefined();
    }
  });
});
