import { describe, expect, it } from 'vitest';
import { autocovariance, correlationTime } from '../src/analyse/trajectory/autocorrelation.js';
import { displacementExponent, meanSquaredDisplacement } from '../src/analyse/trajectory/displacement.js';
import { cosine, directionDynamics, driftVelocity } from '../src/analyse/trajectory/dynamics.js';
import { randomKey } from '../src/numeric/random.js';

/** x' = a x + √(1−a²) noise, started in the stationary state: variance 1, rho_h = a^h. */
function ar1(T: number, a: number, seed: number): Float64Array {
  const s = randomKey(seed).stream();
  const x = new Float64Array(T);
  x[0] = s.normal();
  for (let t = 1; t < T; t++) x[t] = a * x[t - 1] + Math.sqrt(1 - a * a) * s.normal();
  return x;
}

function walk(T: number, seed: number): Float64Array {
  const s = randomKey(seed).stream();
  const x = new Float64Array(T);
  for (let t = 1; t < T; t++) x[t] = x[t - 1] + s.normal();
  return x;
}

const spreadOf = (v: number[]) => {
  const m = v.reduce((a, b) => a + b) / v.length;
  return { mean: m, sd: Math.sqrt(v.reduce((a, b) => a + (b - m) ** 2, 0) / (v.length - 1)) };
};

describe('autocovariance', () => {
  it('equals the plain double sum', () => {
    const x = ar1(137, 0.7, 1);
    const m = x.reduce((a, b) => a + b) / 137;
    const fast = autocovariance(x, 136);
    for (const h of [0, 1, 2, 17, 80, 136]) {
      let sum = 0;
      for (let t = 0; t + h < 137; t++) sum += (x[t] - m) * (x[t + h] - m);
      expect(fast[h]).toBeCloseTo(sum / (137 - h), 12);
    }
    expect(() => autocovariance(x, 137)).toThrow(/lags/);
  });
});

describe('correlation time', () => {
  it.each([0, 0.5, 0.9, 0.98])('is (1+a)/(2(1−a)) for AR(1) with a = %f', (a) => {
    const T = 40_000;
    const truth = (1 + a) / (2 * (1 - a));
    const tau = correlationTime(ar1(T, a, 10 + Math.round(100 * a)));
    // theory's own error: √(2(2W+1)/T)·tau with W ≈ 6 tau
    const error = truth * Math.sqrt((2 * (12 * truth + 1)) / T);
    expect(Math.abs(tau.value - truth)).toBeLessThan(4 * error);
    expect(tau.standardError / error).toBeGreaterThan(0.6);
    expect(tau.standardError / error).toBeLessThan(1.6);
    expect(tau.converged).toBe(true);
  });

  it('states an error that matches the spread over independent series', () => {
    const runs = Array.from({ length: 300 }, (_, r) => correlationTime(ar1(8000, 0.9, 20_000 + 7 * r)));
    const { mean, sd } = spreadOf(runs.map((r) => r.value));
    const stated = spreadOf(runs.map((r) => r.standardError)).mean;
    // Madras & Sokal's 2(2W+1) against Wolff's (2004, eq. 42) more exact 4(W + 1/2 − tau), W = 6 tau: sd/stated = 0.92;
    // 300 skewed values know sd to some 6 %, and a window that adapts trims the long tail a little
    expect(sd / stated).toBeGreaterThan(0.92 * (1 - 4 * 0.06));
    expect(sd / stated).toBeLessThan(0.92 * (1 + 4 * 0.06));
    // the subtracted mean costs about 2 tau (W/T) = 0.14
    expect(Math.abs(mean - 9.5)).toBeLessThan(0.14 + (4 * stated) / Math.sqrt(300));
  });

  it('refuses to call a slow series measured', () => {
    expect(correlationTime(ar1(2000, 0.995, 3)).converged).toBe(false); // T = 10 tau
    expect(correlationTime(walk(2000, 4)).converged).toBe(false);
    const ramp = correlationTime(Float64Array.from({ length: 500 }, (_, t) => t));
    expect(ramp.converged).toBe(false);
    expect(ramp.method).toMatch(/lower bound|never closed/);
    expect(correlationTime(new Float64Array(100).fill(3)).value).toBeNaN();
  });
});

describe('displacement', () => {
  it('follows the closed form 2(1 − a^lag) of a stationary AR(1) coordinate', () => {
    const lags = [1, 3, 10, 30, 100, 300];
    const T = 200_000;
    const value = meanSquaredDisplacement(ar1(T, 0.95, 5), lags);
    lags.forEach((lag, l) => {
      // variance 1 measured from T/(2 tau) = 5100 independent values: 2 %; four of them
      expect(Math.abs(value[l] / (2 * (1 - 0.95 ** lag)) - 1)).toBeLessThan(0.08);
    });
  });

  it('has exponent 2 for pure drift, exactly', () => {
    const drift = displacementExponent(Float64Array.from({ length: 1000 }, (_, t) => 0.3 * t - 7));
    expect(drift.value).toBeCloseTo(2, 10);
    expect(drift.standardError).toBeLessThan(1e-9);
    expect(drift.converged).toBe(true);
  });

  it('has exponent 1 for a random walk, with an error of the size of the real spread', () => {
    const runs = Array.from({ length: 120 }, (_, r) => displacementExponent(walk(5000, 50 + r)));
    const { mean, sd } = spreadOf(runs.map((r) => r.value));
    const stated = spreadOf(runs.map((r) => r.standardError)).mean;
    expect(Math.abs(mean - 1)).toBeLessThan((4 * sd) / Math.sqrt(120) + 0.02); // log of a mean: small bias downward
    expect(stated / sd).toBeGreaterThan(0.66);
    expect(stated / sd).toBeLessThan(1.5);
  });

  it('has an error not below the real spread for a drift with shuffled noise, which says nothing about other drifts', () => {
    const epoch = 200;
    /** A drift of v a step, and white noise of variance 1 less its mean over each epoch. */
    const drifting = (v: number, seed: number) => {
      const s = randomKey(seed).stream();
      const x = new Float64Array(10 * epoch);
      for (let t = 0, at = 0; t < x.length; t += epoch) {
        const z = Array.from({ length: epoch }, () => s.normal());
        const m = z.reduce((a, b) => a + b) / epoch;
        z.forEach((w, k) => {
          at += v + w - m;
          x[t + k] = at;
        });
      }
      return x;
    };
    const runs = (v: (r: number) => number) =>
      Array.from({ length: 100 }, (_, r) => displacementExponent(drifting(v(r), 900 + r)));
    const [one, many] = [() => 0.3, (r: number) => 0.3 + 0.01 * (r % 10)].map((v) => {
      const e = runs(v);
      return spreadOf(e.map((x) => x.value)).sd / spreadOf(e.map((x) => x.standardError)).mean;
    });
    // 100 runs know a spread to 7 %
    expect(one).toBeLessThan(1.28);
    expect(one).toBeGreaterThan(0.4);
    // drifts that differ by a tenth from seed to seed are outside the error of one window
    expect(many).toBeGreaterThan(1.6 * one);
    expect(runs(() => 0.3)[0].method).toContain('of this window');
  });

  it('has exponent 0 far beyond the correlation time, and says when the curve bends', () => {
    const bounded = displacementExponent(ar1(20_000, 0, 6));
    expect(Math.abs(bounded.value)).toBeLessThan(0.01);
    const bent = displacementExponent(ar1(20_000, 0.99, 7));
    expect(bent.converged).toBe(false);
    expect(bent.method).toMatch(/bent/);
  });

  it('refuses lags as long as the series', () => {
    expect(() => meanSquaredDisplacement([1, 2, 3], [3])).toThrow(/lags/);
  });
});

describe('drift velocity', () => {
  it('is the slope, with an error that knows about autocorrelation', () => {
    const T = 4000;
    const a = 0.8;
    const tau = (1 + a) / (2 * (1 - a));
    const v = 1e-3;
    const runs = Array.from({ length: 200 }, (_, r) => driftVelocity(ar1(T, a, 300 + r).map((x, t) => x + v * t)));
    const truth = Math.sqrt((12 * 2 * tau) / T ** 3); // variance of a least-squares slope, white-noise formula times 2 tau
    const { mean, sd } = spreadOf(runs.map((r) => r.value));
    expect(Math.abs(mean - v)).toBeLessThan((4 * truth) / Math.sqrt(200));
    expect(Math.abs(sd / truth - 1)).toBeLessThan(0.2 + 0.01); // 200 runs: 5 %, four of them
    const stated = Math.sqrt(spreadOf(runs.map((r) => r.standardError ** 2)).mean);
    expect(Math.abs(stated / truth - 1)).toBeLessThan(0.12);
    expect(runs[0].converged).toBe(true);
    // independent residuals would claim an error √(2 tau) = 3 times smaller
    expect(stated).toBeGreaterThan(2 * Math.sqrt(12 / T ** 3));
  });

  it('does not trust the slope of a random walk, and takes a straight line for what it is', () => {
    expect(driftVelocity(walk(3000, 2)).converged).toBe(false);
    const line = driftVelocity(Float64Array.from({ length: 100 }, (_, t) => 2 - 0.5 * t));
    expect(line.value).toBeCloseTo(-0.5, 12);
    expect(line.standardError).toBeLessThan(1e-12);
    expect(line.converged).toBe(true);
  });
});

describe('directionDynamics', () => {
  it('reads each direction from its own row', () => {
    const T = 2000;
    const thetas = new Float64Array(2 * T);
    thetas.set(Float64Array.from({ length: T }, (_, t) => 0.01 * t));
    thetas.set(ar1(T, 0.5, 9), T);
    const [drift, noise] = directionDynamics({
      indices: [1, 50],
      thetas,
      components: Float64Array.from([0.6, 0.8, 0, 0, 0, 1]),
      mean: Float64Array.from([3, 4, 0]),
    });
    expect([drift.index, noise.index]).toEqual([1, 50]);
    expect(drift.cosWithWeights).toBeCloseTo(1, 14);
    expect(noise.cosWithWeights).toBe(0);
    expect(drift.msdExponent.value).toBeCloseTo(2, 9);
    expect(drift.msd.value[0]).toBeCloseTo(1e-4, 12);
    expect(drift.msd.lag.at(-1)).toBe(1000);
    expect(noise.correlationTime.value).toBeCloseTo(1.5, 0);
    expect(cosine([1, 0], [0, 0])).toBeNaN();
    expect(() =>
      directionDynamics({ indices: [1], thetas, components: new Float64Array(5), mean: new Float64Array(3) }),
    ).toThrow(/components/);
  });
});
