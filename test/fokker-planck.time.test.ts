// Transients against the exact Gaussian of Ornstein-Uhlenbeck, and conservation over thousands of steps.
import { describe, expect, it } from 'vitest';
import { fokkerPlanck } from '../src/theory/fokker-planck/equation.js';
import {
  densityAtPoint,
  densityFrom,
  densityMoments,
  massOf,
  totalVariation,
} from '../src/theory/fokker-planck/measures.js';
import { stationaryDensity } from '../src/theory/fokker-planck/stationary.js';
import { positiveStep, type Scheme, Stepper } from '../src/theory/fokker-planck/stepping.js';
import { model1, model2 } from './support/langevin-models.js';

const ou = model1(
  (x) => -x,
  () => 0.5,
);
const well = model2(
  (x, y) => [x - x ** 3, -2 * y + 0.5 * x],
  (x) => [0.2 + 0.05 * x * x, 0.05, 0.1],
);
const wellAxes = [{ from: -2.5, to: 2.5, cells: 40 }, { from: -2, to: 2, cells: 36 }]; // biome-ignore format: one line

describe('order in time', () => {
  // x' = −x + noise with D = 1/2: mean m e^{−t}, variance ½ + (s² − ½)e^{−2t}
  const process = fokkerPlanck({ model: ou, axes: [{ from: -6, to: 6, cells: 2400 }] });
  const gauss = (mean: number, variance: number) =>
    densityFrom(process.grid, (p) => Math.exp(-((p[0] - mean) ** 2) / (2 * variance)));
  const start = gauss(1, 0.3);
  const exact = gauss(Math.exp(-1), 0.5 - 0.2 * Math.exp(-2));
  const error = (scheme: Scheme, steps: number) =>
    totalVariation(new Stepper(process, { step: 1 / steps, scheme }).advance(start, steps).density, exact);

  it('backwardEuler: first', () => {
    const order = Math.log2(error('backwardEuler', 20) / error('backwardEuler', 40));
    expect(Math.abs(order - 1)).toBeLessThan(0.06);
  });

  it('sdirk2: second', () => {
    const [a, b] = [error('sdirk2', 10), error('sdirk2', 20)];
    expect(Math.abs(Math.log2(a / b) - 2)).toBeLessThan(0.15);
    expect(b).toBeLessThan(1e-3);
  });
});

describe('conservation and sign', () => {
  it('two dimensions, oblique state-dependent noise: mass to 1e-12 and no negative value after 3000 steps', () => {
    const process = fokkerPlanck({ model: well, axes: wellAxes });
    const stepper = new Stepper(process, { step: 0.02 });
    const start = densityAtPoint(process.grid, [-1, 0.3]);
    const end = stepper.advance(start, 3000);
    expect(Math.abs(massOf(end.density) - 1)).toBeLessThan(1e-12);
    // what rounding changed in any one step: some additions of 1e-16
    expect(end.correction).toBeLessThan(1e-14);
    expect(Math.min(...end.density.values)).toBeGreaterThanOrEqual(0);
    // 60 units of time against a relaxation time of some 5: what is left of the start is e^{−12}
    expect(totalVariation(end.density, stationaryDensity(process).density)).toBeLessThan(1e-4);
    expect(end.time).toBeCloseTo(60, 10);
    expect(end.absorbed).toBe(0);
  });

  it('the stationary density stays, with either scheme and any step', () => {
    const process = fokkerPlanck({ model: well, axes: wellAxes });
    const { density } = stationaryDensity(process);
    for (const scheme of ['backwardEuler', 'sdirk2'] as const) {
      const moved = new Stepper(process, { step: 50, scheme }).advance(density, 3).density;
      expect(totalVariation(moved, density)).toBeLessThan(1e-12);
    }
  });

  it('sdirk2 keeps even a point non-negative up to its limit, and refuses a step beyond it that does not', () => {
    const process = fokkerPlanck({ model: well, axes: wellAxes });
    const point = densityAtPoint(process.grid, [0, 0]);
    const limit = positiveStep(process, 'sdirk2');
    expect(positiveStep(process, 'backwardEuler')).toBe(Number.POSITIVE_INFINITY);
    const safe = new Stepper(process, { step: limit, scheme: 'sdirk2' }).advance(point, 3);
    expect(Math.min(...safe.density.values)).toBeGreaterThanOrEqual(0);
    const wide = new Stepper(process, { step: 30 * limit, scheme: 'sdirk2' });
    expect(() => wide.advance(point, 1)).toThrow(/would make the density negative .* begin with backwardEuler/);
    const smooth = new Stepper(process, { step: 30 * limit }).advance(point, 4).density;
    expect(Math.min(...wide.advance(smooth, 5).density.values)).toBeGreaterThanOrEqual(0);
  });

  it('survival and what was absorbed add up, sides and target, both schemes', () => {
    const process = fokkerPlanck({
      model: well,
      axes: wellAxes,
      boundaries: [
        ['absorbing', 'reflecting'],
        ['reflecting', 'reflecting'],
      ],
      target: (p) => p[0] > 1.2,
    });
    const start = densityFrom(process.grid, (p) => (p[0] > 1.2 ? 0 : Math.exp(-8 * (p[0] ** 2 + p[1] ** 2))));
    for (const scheme of ['backwardEuler', 'sdirk2'] as const) {
      const end = new Stepper(process, { step: 0.01, scheme }).advance(start, 300);
      expect(end.survival[300]).toBeLessThan(0.9);
      for (let n = 1; n <= 300; n++) expect(end.survival[n]).toBeLessThan(end.survival[n - 1]);
      expect(Math.abs(end.survival[300] + end.absorbed - 1)).toBeLessThan(1e-12);
    }
  });

  it('moments of a free walk: mean vt, variance 2Dt with exactly the noise that the scheme is said to add', () => {
    const process = fokkerPlanck({
      model: model2(
        () => [0.5, -0.25],
        () => [0.3, 0.1, 0.2],
      ),
      axes: [{ from: -6, to: 7, cells: 65 }, { from: -6, to: 6, cells: 60 }], // biome-ignore format: one line
    });
    const start = densityAtPoint(process.grid, [0.1, 0.1]);
    const end = new Stepper(process, { step: 0.02 }).advance(start, 100);
    const { mean, covariance } = densityMoments(end.density);
    expect(mean[0]).toBeCloseTo(0.1 + 1, 5);
    expect(mean[1]).toBeCloseTo(0.1 - 0.5, 5);
    // D = 0.2 xx + 0.1 yy + 0.1 (x + y)(x + y); D⁻¹v = (2.5, −2.5), cells of 0.2: q = 0.5, −0.5, 0. The scheme's noise is larger by
    // (q/2)coth(q/2) along each, backward Euler's by v v tau/2; the walls are five widths away
    const more = 0.25 / Math.tanh(0.25);
    const exact = [0.2 * more + 0.1, 0.1, 0.1 * more + 0.1].map((d, k) => 4 * (d + [0.25, -0.125, 0.0625][k] * 0.01));
    exact.forEach((v, k) => {
      expect(covariance[k]).toBeCloseTo(v, 4);
    });
  });
});
