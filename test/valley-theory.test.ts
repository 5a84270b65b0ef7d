/** [V1]–[V3]: effective losses, adiabatic elimination, SGD's own units, against quadrature and naive simulations. */
import { describe, expect, it } from 'vitest';
import { randomKey } from '../src/numeric/random.js';
import { adiabatic } from '../src/theory/valley/adiabatic.js';
import { effectiveLoss, sgdLoss } from '../src/theory/valley/effective-loss.js';
import {
  acrossVariance,
  driftTime,
  effectiveDrift,
  regularisation,
  regularisingForce,
} from '../src/theory/valley/sgd-noise.js';
import { curve, flatnessAt, numericalSlope, valley } from '../src/theory/valley/valley.js';

const axis = Float64Array.from({ length: 2001 }, (_, i) => -3 + i * 3e-3);
const normalise = (p: Float64Array) => {
  const s = p.reduce((t, v) => t + v, 0) * 3e-3;
  return p.map((v) => v / s);
};
const furthest = (a: Float64Array, b: Float64Array) => a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i])), 0);
// a valley that flattens to the right
const floor = (x: number) => 0.2 * x * x;
const lambda = (x: number) => 20 * Math.exp(-0.8 * x);
const V = valley(floor, lambda);

describe('valley', () => {
  it('flatness is 1/√lambda; slopes are those of the functions', () => {
    expect(flatnessAt(V, 1)).toBeCloseTo(1 / Math.sqrt(lambda(1)), 14);
    for (const x of [-2, 0.3, 5]) {
      expect(Math.abs(numericalSlope(lambda, x) / (-0.8 * lambda(x)) - 1)).toBeLessThan(1e-10);
      expect(Math.abs(curve(Math.sin).slope(x) - Math.cos(x))).toBeLessThan(1e-11);
    }
    expect(curve(7).slope(3)).toBe(0);
  });
  it('refuses what is no valley', () => {
    expect(() =>
      flatnessAt(
        valley(0, (x) => x),
        -1,
      ),
    ).toThrow(/positive curvature across it everywhere; at x = -1/);
  });
});

describe('effective loss [V1]', () => {
  const [D, kappa] = [0.15, 3];
  const density = (loss: (x: number) => number, unit: number) => normalise(axis.map((x) => Math.exp(-loss(x) / unit)));
  const options = { valley: V, anisotropy: kappa, diffusion: D };

  it('eq. 7 and eq. 11 are the same floor density, in units of D_x and of D_y', () => {
    const seven = density(effectiveLoss({ ...options, density: 'floor' }), D);
    const eleven = density(effectiveLoss({ ...options, density: 'floor', unit: 'across' }), kappa * D);
    expect(furthest(seven, eleven)).toBeLessThan(1e-12);
    // as printed: Delta (1 − kappa) ln F + (kappa − 1) L, here with Delta = D_y
    const printed = (x: number) => kappa * D * (1 - kappa) * Math.log(flatnessAt(V, x)) + (kappa - 1) * floor(x);
    for (const x of [-1, 0, 2])
      expect(sgdLoss({ ...options, density: 'floor', unit: 'across' })(x)).toBeCloseTo(printed(x), 12);
  });

  it('floor and marginal are those of the joint density, integrated over y by brute force', () => {
    // stationary density of x with y fast, written down directly: e^{−L0/D} F^{kappa−1} e^{−lambda y²/2 D_y}
    const joint = (x: number, y: number) =>
      Math.exp(-floor(x) / D) * lambda(x) ** (-(kappa - 1) / 2) * Math.exp((-lambda(x) * y * y) / (2 * kappa * D));
    const marginal = normalise(
      axis.map((x) => {
        let s = 0;
        const reach = 9 * Math.sqrt((kappa * D) / lambda(x));
        for (let k = -100; k <= 100; k++) s += joint(x, (reach * k) / 100);
        return s * reach;
      }),
    );
    expect(furthest(density(effectiveLoss({ ...options, density: 'marginal' }), D), marginal)).toBeLessThan(1e-9);
    expect(
      furthest(density(effectiveLoss({ ...options, density: 'floor' }), D), normalise(axis.map((x) => joint(x, 0)))),
    ).toBeLessThan(1e-9);
  });

  it('at kappa = 1 the floor is Boltzmann and the marginal prefers flat places by entropy', () => {
    const even = { valley: V, anisotropy: 1, diffusion: D };
    expect(Math.abs(sgdLoss({ ...even, density: 'floor' })(1.3))).toBe(0);
    expect(sgdLoss({ ...even, density: 'marginal' })(1.3)).toBeCloseTo(-D * Math.log(flatnessAt(V, 1.3)), 14);
  });

  it('refuses noise that is none', () => {
    expect(() => sgdLoss({ ...options, anisotropy: 0, density: 'floor' })).toThrow(/anisotropy/);
    expect(() => sgdLoss({ ...options, diffusion: -1, density: 'floor' })).toThrow(/diffusion along/);
  });
});

describe('adiabatic elimination [V2]', () => {
  it('refuses an axis that leaves the landscape', () => {
    const a = adiabatic({ valley: valley({ at: Math.log, slope: (x) => Math.sqrt(x - 1) }, 2), along: 1, across: 1 });
    expect(() => a.density([0.5, 1, 2], 'marginal')).toThrow(/at 1 its logarithm is NaN/);
    const flat = adiabatic({ valley: valley(0, 2), along: 1, across: 1 });
    expect(() => flat.density([0, 2, 1], 'marginal')).toThrow(/the axis of a density must rise; got 2, 1\./);
    expect(() => flat.density([0], 'marginal')).toThrow(/at least 2 points; got 1/);
  });

  const D = 0.15;
  it('constant diffusion: marginal F^kappa, floor F^{kappa−1}', () => {
    for (const kappa of [0.5, 1, 4]) {
      const a = adiabatic({ valley: V, along: D, across: kappa * D });
      const exact = (power: number) => normalise(axis.map((x) => Math.exp(-floor(x) / D) * lambda(x) ** (-power / 2)));
      // the trapezoid sum of `density` and the plain sum of the test differ by the two ends
      expect(furthest(a.density(axis, 'marginal'), exact(kappa))).toBeLessThan(1e-4);
      expect(furthest(a.density(axis, 'floor'), exact(kappa - 1))).toBeLessThan(1e-4);
    }
  });

  it('diffusion that depends on x: Itô puts 1/D_x before the exponential', () => {
    // f = −L0' − (D_y/2)(ln lambda)', D_x = d(1 + x²)... with D_y = 0 curvature drops out: P = (1/D) exp ∫ f/D
    const along = (x: number) => 0.1 * (1 + x * x);
    const a = adiabatic({ valley: valley((x) => 0.5 * x * x, 5), along, across: 0.3 });
    // ∫ −x/(0.1(1+x²)) = −5 ln(1+x²): P ∝ (1+x²)^{−6}
    expect(furthest(a.density(axis, 'marginal'), normalise(axis.map((x) => (1 + x * x) ** -6)))).toBeLessThan(1e-6);
  });

  it('floor of noise across that depends on x: divides by √D_y as well', () => {
    const across = (x: number) => 0.2 + 0.1 * Math.tanh(x);
    const a = adiabatic({ valley: V, along: D, across });
    const [m, f] = [a.density(axis, 'marginal'), a.density(axis, 'floor')];
    const ratio = (i: number) => f[i] / m[i] / Math.sqrt(lambda(axis[i]) / across(axis[i]));
    expect(ratio(300) / ratio(1700)).toBeCloseTo(1, 12);
  });

  it('a naive simulation of both coordinates agrees where y is fast', () => {
    // lambda from 50 up: y relaxes 100 times faster than x (rate 0.5); what is left out is below 1 % of D_x
    const steep = (x: number) => 100 * Math.exp(-0.6 * x);
    const [dx, dy] = [0.1, 0.4];
    const a = adiabatic({ valley: valley((x) => 0.25 * x * x, steep), along: dx, across: dy });
    expect(a.separation(0)).toBeLessThan(0.02);
    const z = randomKey(11).stream();
    const dt = 1.5e-3;
    const means: number[] = [];
    for (let chain = 0; chain < 16; chain++) {
      let [x, y, sum] = [0.3, 0, 0];
      for (let t = 0; t < 60_000; t++) {
        const l = steep(x);
        x += dt * (-0.5 * x + 0.3 * l * y * y) + Math.sqrt(2 * dx * dt) * z.normal();
        // y exactly over the step: no discretisation bias of ⟨y²⟩
        const e = Math.exp(-l * dt);
        y = y * e + Math.sqrt((dy / l) * (1 - e * e)) * z.normal();
        if (t >= 6000) sum += x / 54_000;
      }
      means.push(sum);
    }
    const P = a.density(axis, 'marginal');
    const predicted = axis.reduce((s, x, i) => s + x * P[i] * 3e-3, 0);
    const mean = means.reduce((s, v) => s + v, 0) / 16;
    const error = Math.sqrt(means.reduce((s, v) => s + (v - mean) ** 2, 0) / (16 * 15));
    expect(predicted).toBeGreaterThan(0.2); // D_y 0.3/0.5 = 0.24 for an infinite axis
    expect(Math.abs(mean - predicted)).toBeLessThan(4 * error);
    expect(error).toBeLessThan(0.03);
  });
});

describe('in SGD units [V3]', () => {
  const eta = 0.02;
  const powers = [0, 1, 2] as const;
  it.each(powers)(
    'noise C = s·lambda^%i: V has the force as its slope, and ⟨y²⟩ is the fixed point of the map',
    (power) => {
      const s = { valley: V, noise: { power, strength: 0.7 }, learningRate: eta };
      for (const x of [-1, 0.4, 2]) {
        const slope = numericalSlope((u) => regularisation(s, u), x);
        expect(Math.abs(slope + regularisingForce(s, x))).toBeLessThan(1e-9 * Math.max(1, Math.abs(slope)));
        const [l, C] = [lambda(x), 0.7 * lambda(x) ** power];
        const y2 = acrossVariance(s, l);
        expect((1 - eta * l) ** 2 * y2 + eta * eta * C).toBeCloseTo(y2, 12);
        expect(effectiveDrift(s, x)).toBeCloseTo(-0.4 * x - slope, 8);
      }
    },
  );

  it('small steps: −(eta C/2) ln F, (eta c/4) lambda, eta s² lambda²/8', () => {
    const small = 1e-5;
    const of = (power: 0 | 1 | 2, x: number) =>
      regularisation({ valley: V, noise: { power, strength: 0.7 }, learningRate: small }, x) / small;
    const between = (f: (x: number) => number) => f(1) - f(-1);
    expect(between((x) => of(0, x)) / between((x) => -0.35 * Math.log(flatnessAt(V, x)))).toBeCloseTo(1, 3);
    expect(between((x) => of(1, x)) / between((x) => 0.175 * lambda(x))).toBeCloseTo(1, 3);
    expect(between((x) => of(2, x)) / between((x) => (0.7 * lambda(x) ** 2) / 8)).toBeCloseTo(1, 2);
  });

  it('the finite-step force of the minimum-place noise, up to eta lambda = 1.9, simulated', () => {
    // batch gradient along the valley ½ lambda'(y² − 2 xi y), lambda' = 1, at fixed x
    const z = randomKey(3).stream();
    for (const k of [0.1, 1, 1.9]) {
      const [l, rate, s2] = [10, k / 10, 0.5];
      let y = 0;
      const blocks: number[] = [];
      for (let b = 0; b < 40; b++) {
        let sum = 0;
        for (let t = 0; t < 5000; t++) {
          const xi = Math.sqrt(s2) * z.normal();
          sum += -0.5 * (y * y - 2 * xi * y);
          y -= rate * l * (y - xi);
        }
        if (b > 0) blocks.push(sum / 5000);
      }
      const mean = blocks.reduce((s, v) => s + v, 0) / blocks.length;
      const error = Math.sqrt(blocks.reduce((s, v) => s + (v - mean) ** 2, 0) / (blocks.length * (blocks.length - 1)));
      const sloped = {
        valley: valley(0, { at: () => l, slope: () => 1 }),
        noise: { power: 2 as const, strength: s2 },
        learningRate: rate,
      };
      const force = regularisingForce(sloped, 0);
      expect(force).toBeCloseTo((-rate * s2 * l) / (2 * (2 - rate * l)), 14);
      expect(Math.abs(mean - force)).toBeLessThan(4 * error);
      // the continuous-time force −eta s² lambda lambda'/4 is off by 1/(1 − k/2)
      if (k === 1.9) expect(Math.abs(mean + (rate * s2 * l) / 4)).toBeGreaterThan(10 * error);
    }
  });

  it('time to the flat end', () => {
    expect(driftTime(() => 0.5, 1, 4).value).toBeCloseTo(6, 12);
    expect(driftTime((x) => -x, 2, 0.5).value).toBeCloseTo(Math.log(4), 12); // x' = −x
    expect(() => driftTime((x) => -x, 1, 2)).toThrow(/does not lead from 1 to 2/);
    expect(() => acrossVariance({ noise: { power: 0, strength: 1 }, learningRate: 0.3 }, 7)).toThrow(
      /between 0 and 0.28/,
    );
  });
});
