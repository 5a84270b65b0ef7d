import { describe, expect, it } from 'vitest';
import { deming, inverseLeastSquares, leastSquares, york } from '../src/numeric/lines.js';
import { powerLaw } from '../src/numeric/powerlaw.js';
import { randomKey } from '../src/numeric/random.js';

// Pearson's data with York's weights (York 1966; York et al. 2004, table II).
const pearsonX = [0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4];
const pearsonY = [5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5];
const weightX = [1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1];
const weightY = [1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500];
const errorOf = (w: number[]) => w.map((v) => 1 / Math.sqrt(v));

/** n points on y = 1 − 4x with Gaussian errors sx, sy and true x uniform on [0, 1]. */
function synthetic(n: number, sx: number, sy: number, seed: number): [Float64Array, Float64Array] {
  const s = randomKey(seed).stream();
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const t = i / (n - 1);
    x[i] = t + sx * s.normal();
    y[i] = 1 - 4 * t + sy * s.normal();
  }
  return [x, y];
}

describe("York's line", () => {
  it("reproduces the published fit of Pearson's data with York's weights", () => {
    const line = york(pearsonX, pearsonY, errorOf(weightX), errorOf(weightY));
    expect(line.slope).toBeCloseTo(-0.480533407, 9);
    expect(line.intercept).toBeCloseTo(5.47991022, 8);
    expect(line.chi2 / 8).toBeCloseTo(1.4833, 4);
    expect(line.slopeError).toBeCloseTo(0.058, 3);
    expect(line.interceptError).toBeCloseTo(0.295, 3);
    expect(line.converged).toBe(true);
  });

  it('has the minimum of chi² at its solution: every step away costs', () => {
    const [sx, sy] = [errorOf(weightX), errorOf(weightY)];
    const chi2 = (a: number, b: number) =>
      pearsonX.reduce((sum, x, i) => sum + (pearsonY[i] - a - b * x) ** 2 / (sy[i] ** 2 + b * b * sx[i] ** 2), 0);
    const line = york(pearsonX, pearsonY, sx, sy);
    expect(line.chi2).toBeCloseTo(chi2(line.intercept, line.slope), 10);
    for (const [da, db] of [
      [1e-3, 0],
      [-1e-3, 0],
      [0, 1e-3],
      [0, -1e-3],
      [1e-3, -2e-4],
    ])
      expect(chi2(line.intercept + da, line.slope + db)).toBeGreaterThan(line.chi2);
  });

  it('is least squares when x is exact and orthogonal regression when all errors are equal', () => {
    const [x, y] = synthetic(60, 0.1, 0.2, 3);
    const ones = new Float64Array(60).fill(0.3);
    const zeros = new Float64Array(60);
    expect(york(x, y, zeros, ones).slope).toBeCloseTo(leastSquares(x, y).slope, 10);
    expect(york(x, y, ones, ones).slope).toBeCloseTo(deming(x, y).slope, 9);
    expect(york(x, y, zeros, zeros, { intrinsic: 'fit' }).slope).toBeCloseTo(deming(x, y).slope, 9);
  });

  it('finds the intrinsic scatter that stated errors leave unexplained', () => {
    const n = 4000;
    const [x, y] = synthetic(n, Math.hypot(0.05, 0.1), Math.hypot(0.1, 0.1), 11);
    const line = york(x, y, new Float64Array(n).fill(0.05), new Float64Array(n).fill(0.1), { intrinsic: 'fit' });
    expect(Math.abs(line.intrinsic - 0.1)).toBeLessThan(0.01); // 1/√(2n) = 1.1 % of the total, squared up: about 2 %
    expect(line.chi2 / (n - 2)).toBeCloseTo(1, 6);
    expect(Math.abs(line.slope + 4)).toBeLessThan(4 * line.slopeError);
  });

  it('states errors that match the spread over repeated experiments', () => {
    const runs = Array.from({ length: 300 }, (_, r) => {
      const [x, y] = synthetic(50, 0.03, 0.1, 100 + r);
      return york(x, y, new Float64Array(50).fill(0.03), new Float64Array(50).fill(0.1));
    });
    const slopes = runs.map((r) => r.slope);
    const centre = slopes.reduce((a, b) => a + b) / 300;
    const spread = Math.sqrt(slopes.reduce((a, b) => a + (b - centre) ** 2, 0) / 299);
    const stated = runs.reduce((a, r) => a + r.slopeError, 0) / 300;
    expect(Math.abs(spread / stated - 1)).toBeLessThan(4 / Math.sqrt(600)); // spread of a standard deviation, 300 runs
    expect(Math.abs(centre + 4)).toBeLessThan((4 * stated) / Math.sqrt(300));
  });

  it('refuses points without any error', () => {
    const zeros = [0, 0, 0];
    expect(() => york([1, 2, 3], [1, 2, 3], zeros, zeros)).toThrow(/error/);
  });
});

describe('bias of one-sided least squares', () => {
  it('shrinks the slope by 1/(1 + s_x²/var x), exactly as theory says, while Deming stays on the truth', () => {
    const n = 20_000;
    const [sx, sy] = [0.15, 0.3];
    const [x, y] = synthetic(n, sx, sy, 21);
    const varX = 1 / 12;
    const shrunk = -4 / (1 + sx ** 2 / varX);
    const stretched = (16 * varX + sy ** 2) / (-4 * varX);
    // the standard errors of these slopes at n = 20 000 are about 0.01 to 0.02
    expect(Math.abs(leastSquares(x, y).slope - shrunk)).toBeLessThan(0.06);
    expect(Math.abs(inverseLeastSquares(x, y).slope - stretched)).toBeLessThan(0.08);
    expect(Math.abs(deming(x, y, (sy / sx) ** 2).slope + 4)).toBeLessThan(0.06);
    expect(Math.abs(leastSquares(x, y).slope + 4)).toBeGreaterThan(0.7);
  });

  it('gives the exact slope on exact data of any steepness and sign', () => {
    for (const slope of [-7, -0.01, 0.02, 5]) {
      const x = [0, 1, 2, 5];
      expect(
        deming(
          x,
          x.map((v) => 3 + slope * v),
        ).slope,
      ).toBeCloseTo(slope, 12);
    }
  });
});

describe('powerLaw', () => {
  it('recovers an exact law with range, prefactor and no scatter', () => {
    const x = Array.from({ length: 30 }, (_, i) => 10 ** (i / 10));
    const fit = powerLaw(
      x,
      x.map((v) => 5 * v ** -4),
      { key: randomKey(1), replicates: 20 },
    );
    expect(fit.exponent.value).toBeCloseTo(-4, 10);
    expect(fit.intercept.value).toBeCloseTo(Math.log10(5), 10);
    expect(fit.range[0]).toBeCloseTo(1, 12);
    expect(fit.range[1]).toBeCloseTo(10 ** 2.9, 8);
    expect(fit.r2).toBeCloseTo(1, 12);
    expect(fit.scatter).toBeLessThan(1e-10);
    expect(fit.points).toBe(30);
  });

  it('has a bootstrap error equal to the analytic one for independent points', () => {
    const n = 400;
    const s = randomKey(33).stream();
    const u = Float64Array.from({ length: n }, (_, i) => i / n);
    const v = Float64Array.from(u, (t) => 2 - 3 * t + 0.2 * s.normal());
    const fit = powerLaw(
      u.map((t) => 10 ** t),
      v.map((t) => 10 ** t),
      { key: randomKey(34), method: 'least-squares', blockLength: 1, replicates: 1000 },
    );
    const analytic = 0.2 / Math.sqrt(n / 12);
    // 1000 replicates: 2.2 %; residual variance of 400 points: 3.5 %; pairs against fixed x: 1/√n-ish
    expect(Math.abs(fit.exponent.standardError / analytic - 1)).toBeLessThan(0.2);
    expect(Math.abs(fit.exponent.value + 3)).toBeLessThan(4 * analytic);
    expect(Math.abs(fit.scatter - 0.2)).toBeLessThan(4 * (0.2 / Math.sqrt(2 * n)));
  });

  it('widens the error when residuals of neighbours go together', () => {
    const n = 1000;
    const a = 0.8;
    const s = randomKey(35).stream();
    let e = 0;
    const u = Float64Array.from({ length: n }, (_, i) => i / n);
    const v = Float64Array.from(u, (t) => {
      e = a * e + 0.05 * s.normal();
      return -3 * t + e;
    });
    const se = (blockLength: number) =>
      powerLaw(
        u.map((t) => 10 ** t),
        v.map((t) => 10 ** t),
        { key: randomKey(36), method: 'least-squares', blockLength },
      ).exponent.standardError;
    // √((1+a)/(1−a)) = 3 in the limit of long blocks
    expect(se(40) / se(1)).toBeGreaterThan(2);
  });

  it('uses the errors of the points where they are given', () => {
    // one point far off with an enormous error must not move the line
    const x = Array.from({ length: 20 }, (_, i) => 10 ** (i / 10));
    const y = x.map((v, i) => (i === 19 ? 1e3 : 1) * v ** 2);
    const errors = { x: x.map(() => 0.001), y: x.map((_, i) => (i === 19 ? 1e3 : 0.001)) };
    const fit = powerLaw(x, y, { key: randomKey(2), method: 'york', errors, replicates: 30 });
    expect(fit.exponent.value).toBeCloseTo(2, 6);
    expect(Math.abs(powerLaw(x, y, { key: randomKey(2), replicates: 30 }).exponent.value - 2)).toBeGreaterThan(0.3);
    expect(() => powerLaw(x, y, { key: randomKey(2), method: 'york' })).toThrow(/errors/);
  });

  it('refuses too few points and values without a logarithm', () => {
    expect(() => powerLaw([1, 2], [1, 2], { key: randomKey(1) })).toThrow(/at least 5/);
    expect(() => powerLaw([1, 2, 3, 4, 0], [1, 2, 3, 4, 5], { key: randomKey(1) })).toThrow(/positive/);
  });
});
