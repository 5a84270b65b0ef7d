import { describe, expect, it } from 'vitest';
import { diagonal, embeddedLinearAlgebra, fromRows, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { stationaryPlane } from '../src/theory/stationary-plane.js';

const la = embeddedLinearAlgebra();
const setting = { learningRate: 0.1, batchSize: 10, samples: 1000 };

describe('the stationary state in a plane', () => {
  it('has the closed form of independent modes, with and without momentum', () => {
    const h = [4, 1, 0.2];
    const c = [3, 2, 1];
    for (const momentum of [0, 0.5]) {
      const found = stationaryPlane(la, {
        ...setting,
        hessian: diagonal(h),
        covariance: diagonal(c),
        momentum,
        sampling: 'replaced',
      });
      h.forEach((x, i) => {
        // eta C/((1−mu) h (2 − eta h/(1+mu)))
        const truth = (0.1 * c[i]) / 10 / ((1 - momentum) * x * (2 - (0.1 * x) / (1 + momentum)));
        expect(found.variances[i] / truth).toBeCloseTo(1, 12);
      });
      expect(found.modes.map((m) => m.curvature)).toEqual([0.2, 1, 4]);
      expect(found.ceiling).toBeCloseTo((2 * (1 + momentum)) / 4, 12);
    }
  });

  it('equals a simulation of SGD with noise that does not commute with H, and has its circulation', () => {
    const hessian = fromRows([
      [3, 1],
      [1, 1],
    ]);
    const covariance = fromRows([
      [1, -0.6],
      [-0.6, 2],
    ]);
    const { variances, decomposition } = stationaryPlane(la, { ...setting, hessian, covariance, sampling: 'replaced' });
    const l = la.cholesky(
      matrix(
        2,
        2,
        covariance.data.map((x) => x / 10),
      ),
    );
    const s = randomKey(4).stream();
    let [x, y] = [0, 0];
    const sums = [0, 0, 0];
    const steps = 400_000;
    for (let t = 0; t < steps; t++) {
      const [a, b] = [s.normal(), s.normal()];
      const [nx, ny] = [l.data[0] * a, l.data[2] * a + l.data[3] * b];
      const [u, v] = [x - 0.1 * (3 * x + y + nx), y - 0.1 * (x + y + ny)];
      sums[2] += (x * v - y * u) / (2 * steps);
      [x, y] = [u, v];
      sums[0] += (x * x) / steps;
      sums[1] += (y * y) / steps;
    }
    // some 10^4 independent values of each: 1.5 %
    expect(sums[0] / variances[0]).toBeGreaterThan(0.95);
    expect(sums[0] / variances[0]).toBeLessThan(1.05);
    expect(sums[1] / variances[1]).toBeGreaterThan(0.95);
    expect(sums[1] / variances[1]).toBeLessThan(1.05);
    if ('missing' in decomposition) throw new Error(decomposition.missing);
    // continuous time is off by about eta h/2
    const q = decomposition.q.data[1];
    expect(Math.sign(sums[2])).toBe(Math.sign(q));
    expect(Math.abs(sums[2] / q - 1)).toBeLessThan(0.35);
  });

  it('in a window of a flat direction grows with the window', () => {
    const at = (window: number) =>
      stationaryPlane(la, {
        ...setting,
        hessian: diagonal([1, 0]),
        covariance: diagonal([1, 1]),
        sampling: 'replaced',
        window,
      }).variances;
    // eta² C T/6
    expect(at(2000)[1] / ((0.01 * 0.1 * 2000) / 6)).toBeCloseTo(1, 2);
    expect(at(4000)[1] / at(2000)[1]).toBeCloseTo(2, 2);
  });

  it('has no bound along a direction of negative curvature, and says why there is no potential', () => {
    const found = stationaryPlane(la, { ...setting, hessian: diagonal([2, -1]), covariance: diagonal([1, 1]) });
    expect(found.variances[0]).toBeGreaterThan(0);
    expect(found.variances[1]).toBe(Number.POSITIVE_INFINITY);
    expect(found.decomposition).toHaveProperty(
      'missing',
      expect.stringMatching(/^the lowest curvature in this plane is -.*no stationary state/),
    );
    const turned = fromRows([
      [0.5, 1.5],
      [1.5, 0.5],
    ]); // eigenvalues 2, −1
    expect(
      Array.from(stationaryPlane(la, { ...setting, hessian: turned, covariance: diagonal([1, 1]) }).variances),
    ).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(() => stationaryPlane(la, { ...setting, hessian: turned, covariance: diagonal([1]) })).toThrow(
      /2×2, but C1 is 1×1/,
    );
    expect(
      stationaryPlane(la, { ...setting, hessian: diagonal([2, 1]), covariance: diagonal([1, 1]), momentum: 0.9 })
        .decomposition,
    ).toHaveProperty('missing');
  });
});
