/** [V6]: first-passage times against closed forms and a boundary-value solver, Kramers's limit, occupation and freezing. */
import { describe, expect, it } from 'vitest';
import { barrierHeight, kramersRate, meanFirstPassage, restPoints } from '../src/theory/valley/escape.js';
import { growingBarrier, occupation } from '../src/theory/valley/freezing.js';

/** T(a) of D T'' + f T' = −1, T'(wall) = 0, T(to) = 0, by second-order differences: no integral in common. */
function boundaryValue(
  f: (x: number) => number,
  D: (x: number) => number,
  wall: number,
  to: number,
  from: number,
  n: number,
) {
  const h = (to - wall) / n;
  const [c, d] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i++) {
    const x = wall + i * h;
    let lower = D(x) / h ** 2 - f(x) / (2 * h);
    const diagonal = (-2 * D(x)) / h ** 2;
    let upper = D(x) / h ** 2 + f(x) / (2 * h);
    if (i === 0) [upper, lower] = [upper + lower, 0]; // mirror point
    const pivot = diagonal - (i > 0 ? lower * c[i - 1] : 0);
    c[i] = upper / pivot;
    d[i] = (-1 - (i > 0 ? lower * d[i - 1] : 0)) / pivot;
  }
  const T = new Float64Array(n + 1);
  for (let i = n - 1; i >= 0; i--) T[i] = d[i] - c[i] * T[i + 1];
  return T[Math.round((from - wall) / h)];
}

const doubleWell = (x: number) => -4 * x * (x * x - 1); // V = (x² − 1)²

describe('mean first-passage time', () => {
  it('free diffusion and constant drift', () => {
    const free = { drift: () => 0, diffusion: () => 0.5 };
    expect(meanFirstPassage(free, { from: 1, to: 3, wall: 0 }).value).toBeCloseTo((9 - 1) / 1, 8);
    expect(meanFirstPassage(free, { from: -1, to: -3, wall: 0 }).value).toBeCloseTo(8, 8);
    // drift v, wall at 0 = from: tau = b/v − (D/v²)(1 − e^{−vb/D})
    const drift = { drift: () => 2, diffusion: () => 0.5 };
    expect(meanFirstPassage(drift, { from: 0, to: 3, wall: 0 }).value).toBeCloseTo(
      1.5 - 0.125 * (1 - Math.exp(-12)),
      8,
    );
  });

  it('a double well, and noise that depends on the place, against the boundary-value problem', () => {
    const D = (x: number) => 0.3 + 0.1 * Math.sin(x);
    for (const line of [
      { drift: doubleWell, diffusion: () => 0.25 },
      { drift: doubleWell, diffusion: D },
    ]) {
      const T = meanFirstPassage(line, { from: -1, to: 1, wall: -2.5 });
      const [coarse, fine] = [7000, 14000].map((n) => boundaryValue(line.drift, line.diffusion, -2.5, 1, -1, n));
      const exact = fine + (fine - coarse) / 3; // second order taken out
      expect(Math.abs(T.value / exact - 1)).toBeLessThan(1e-6);
      expect(T.converged).toBe(true);
      expect(T.standardError / T.value).toBeLessThan(1e-6);
    }
  });

  it('refuses a passage towards its wall', () => {
    expect(() => meanFirstPassage({ drift: doubleWell, diffusion: () => 1 }, { from: -1, to: -2, wall: -3 })).toThrow(
      /leads away from its wall/,
    );
  });
});

describe('Kramers', () => {
  it('is the limit of the exact time, with an error of the order of D/barrier', () => {
    const ratio = (D: number) => {
      const line = { drift: doubleWell, diffusion: () => D };
      return meanFirstPassage(line, { from: -1, to: 1, wall: -3 }).value * kramersRate(line, -1, 0);
    };
    // V = 1 − 2x² + x⁴: V''(−1) = 8, V''(0) = −4
    expect(kramersRate({ drift: doubleWell, diffusion: () => 0.1 }, -1, 0)).toBeCloseTo(
      (Math.sqrt(32) / (2 * Math.PI)) * Math.exp(-10),
      12,
    );
    const errors = [0.1, 0.05, 0.025].map((D) => Math.abs(ratio(D) - 1));
    expect(errors[0]).toBeLessThan(0.2);
    expect(errors[0] / errors[1]).toBeGreaterThan(1.6); // first order in D
    expect(errors[1] / errors[2]).toBeGreaterThan(1.6);
  });

  it('with noise that depends on the place too', () => {
    const ratio = (s: number) => {
      const line = { drift: doubleWell, diffusion: (x: number) => s * (1 + 0.4 * x) };
      return meanFirstPassage(line, { from: -1, to: 1, wall: -2.2 }).value * kramersRate(line, -1, 0);
    };
    expect(Math.abs(ratio(0.04) - 1)).toBeLessThan(0.1);
    expect(Math.abs(ratio(0.02) - 1)).toBeLessThan(0.05);
  });

  it('finds minima and tops; refuses where there is no barrier', () => {
    const points = restPoints(doubleWell, -2, 2.1);
    expect(points.map((p) => [Number(p.x.toFixed(9)) + 0, p.stable])).toEqual([
      [-1, true],
      [0, false],
      [1, true],
    ]);
    expect(barrierHeight({ drift: doubleWell, diffusion: () => 0.5 }, -1, 0)).toBeCloseTo(2, 10);
    expect(() => kramersRate({ drift: (x) => -x, diffusion: () => 1 }, 0, 1)).toThrow(/from a minimum over a top/);
  });
});

describe('occupation and freezing', () => {
  it('constant rates: an exponential', () => {
    const [a, b] = [0.3, 0.1];
    const { time, flat, equilibrium } = occupation({ fromSharp: () => a, fromFlat: () => b, end: 20, panels: 50 });
    for (const i of [10, 50, 100]) expect(flat[i]).toBeCloseTo((a / (a + b)) * (1 - Math.exp(-(a + b) * time[i])), 12);
    expect(equilibrium[0]).toBeCloseTo(0.75, 14);
  });

  it('rates that change, against a Runge-Kutta integration', () => {
    const fromSharp = growingBarrier({ rate: 5, start: 0.2, growth: 0.1, noise: 0.3 });
    const fromFlat = growingBarrier({ rate: 2, start: 0.3, growth: 0.15, noise: 0.3 });
    const end = 12;
    let q = 0.4;
    const f = (t: number, v: number) => fromSharp(t) * (1 - v) - fromFlat(t) * v;
    const n = 4000;
    const h = end / n;
    for (let i = 0; i < n; i++) {
      const t = i * h;
      const k1 = f(t, q);
      const k2 = f(t + h / 2, q + (h / 2) * k1);
      const k3 = f(t + h / 2, q + (h / 2) * k2);
      const k4 = f(t + h, q + h * k3);
      q += (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    expect(occupation({ fromSharp, fromFlat, end, startSharp: 0.6 }).final).toBeCloseTo(q, 6);
  });

  it('freezing: when one passage is left; (D/g) ln(k0 e^{−b/D} D/g) for a long run, later for stronger noise', () => {
    const [k0, b, g] = [4, 0.5, 0.05];
    const exact = (D: number) => (D / g) * Math.log((k0 * Math.exp(-b / D) * D) / g);
    const at = (D: number) => {
      const one = growingBarrier({ rate: k0 / 2, start: b, growth: g, noise: D });
      return occupation({ fromSharp: one, fromFlat: one, end: 400, panels: 8000 }).freezingTime;
    };
    for (const D of [0.3, 0.5, 0.8]) expect(at(D)).toBeCloseTo(exact(D), 3);
    expect(at(0.5)).toBeGreaterThan(at(0.3));
  });

  it('stronger noise ends flatter when the flat valley is preferred', () => {
    const final = (D: number) =>
      occupation({
        fromSharp: growingBarrier({ rate: 2, start: 0.5, growth: 0.1, noise: D }),
        fromFlat: growingBarrier({ rate: 0.5, start: 0.5, growth: 0.1, noise: D }),
        end: 200,
      }).final;
    expect(final(0.2)).toBeLessThan(final(0.4));
    expect(final(0.4)).toBeLessThan(final(0.8));
    expect(final(0.8)).toBeLessThan(0.8 + 1e-9); // never above k_s/(k_s + k_f)
  });

  it('refuses rates that are none', () => {
    expect(() => occupation({ fromSharp: () => -1, fromFlat: () => 1, end: 1 })).toThrow(/finite and not negative/);
    expect(() => growingBarrier({ rate: 1, start: 0, growth: 1, noise: 0 })).toThrow(/needs noise/);
  });
});
