/**
 * Linear forms of optimisers: against the full matrices M and G, the closed forms for SGD with momentum, and simulations of the
 * optimisers themselves on a quadratic loss of 12 dimensions.
 */
import { describe, expect, it } from 'vitest';
import { decompose } from '../src/analyse/decomposition/decompose.js';
import { discreteLyapunov, embeddedLinearAlgebra, identity, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { coupledCeiling, meanSquareCeiling } from '../src/theory/ceiling.js';
import { whiteState } from '../src/theory/modes.js';
import { optimiserCeiling, optimiserMeanSquareCeiling } from '../src/theory/optimisers/ceiling.js';
import { circulationParts, continuousOptimiser } from '../src/theory/optimisers/continuous.js';
import { optimiserCovariance } from '../src/theory/optimisers/covariance.js';
import {
  asHeavyBall,
  atRate,
  effectiveRate,
  type LinearForm,
  linearForm,
  linearMap,
} from '../src/theory/optimisers/linear-form.js';
import { preconditionerOf } from '../src/theory/optimisers/own-coordinates.js';
import { pairMoments } from '../src/theory/optimisers/pair.js';
import { selfConsistent } from '../src/theory/optimisers/self-consistent.js';
import { optimiserSteps } from '../src/train/optimisers/reference.js';
import type { OptimiserSpec } from '../src/train/optimisers/spec.js';

const la = embeddedLinearAlgebra();
const norm = (m: Matrix) => Math.sqrt(m.data.reduce((s, v) => s + v * v, 0));
const minus = (a: Matrix, b: Matrix) =>
  matrix(
    a.rows,
    a.cols,
    a.data.map((v, k) => v - b.data[k]),
  );
const distance = (a: Matrix, b: Matrix) => norm(minus(a, b)) / norm(b);

/** H of eigenvalues from 0.3 to 5 in a random basis, C that does not commute with it, and a root of C. */
function quadratic(n: number, seed = 0) {
  const s = randomKey(seed).stream();
  const random = () =>
    matrix(
      n,
      n,
      Float64Array.from({ length: n * n }, () => s.normal()),
    );
  const [q, a] = [la.svd(random()).u, random()];
  const h = matrix(n, n);
  for (let i = 0; i < n; i++) h.data[i * (n + 1)] = 0.3 * (5 / 0.3) ** (i / (n - 1));
  const hessian = la.gemm(la.gemm(q, h), q, { transposeB: true });
  const noise = la.gemm(a, a, { transposeB: true, alpha: 0.006 / n });
  const squared = la.gemm(hessian, hessian, { alpha: 0.04 / h.data.reduce((x, y) => x + y, 0) });
  noise.data.forEach((v, k) => {
    noise.data[k] = v + squared.data[k];
  });
  const { values, vectors } = la.eigh(noise);
  const root = matrix(
    n,
    n,
    vectors.data.map((v, k) => v * Math.sqrt(values[k % n])),
  );
  return { n, hessian, noise, root, basis: q, curvatures: Array.from({ length: n }, (_, i) => h.data[i * (n + 1)]) };
}
const twelve = quadratic(12);

const SPECS: Record<string, OptimiserSpec> = {
  SGD: { type: 'sgd', learningRate: 0.1 },
  'SGD with decoupled decay': { type: 'sgd', learningRate: 0.1, weightDecay: 0.2, decoupled: true },
  momentum: { type: 'sgd', learningRate: 0.05, momentum: 0.9 },
  'momentum with dampening and decoupled decay': { type: 'sgd', learningRate: 0.1, momentum: 0.8, dampening: 0.3, weightDecay: 0.1, decoupled: true }, // biome-ignore format: one optimiser a line
  'momentum with an L2 penalty': { type: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 0.05 },
  Nesterov: { type: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true },
  RMSprop: { type: 'rmsprop', learningRate: 0.003 },
  'RMSprop with momentum': { type: 'rmsprop', learningRate: 0.003, momentum: 0.7 },
  Adam: { type: 'adam', learningRate: 0.003 },
  'Adam with an L2 penalty': { type: 'adam', learningRate: 0.003, weightDecay: 0.1 },
  AdamW: { type: 'adamw', learningRate: 0.003, weightDecay: 0.5 },
};
const P = Float64Array.from({ length: 12 }, (_, i) => 0.5 + ((5 * i) % 7));
const preconditioned = (form: LinearForm) => (form.adaptive ? { preconditioner: P } : {});

describe.each(Object.entries(SPECS))('%s', (_, spec) => {
  const form = linearForm(spec);
  const near = { form, hessian: twelve.hessian, noise: twelve.noise, ...preconditioned(form) };

  it('has the covariance and circulation of its full map', () => {
    const n = twelve.n;
    const { m, g } = linearMap(form, twelve.hessian, near.preconditioner);
    const noise = la.gemm(la.gemm(g, twelve.noise), g, { transposeB: true });
    const full = discreteLyapunov(la, m, noise).x;
    const block = (x: Matrix) =>
      matrix(
        n,
        n,
        Float64Array.from({ length: n * n }, (_, k) => x.data[Math.floor(k / n) * 2 * n + (k % n)]),
      );
    const got = optimiserCovariance(la, near);
    expect(distance(got.sigma, block(full))).toBeLessThan(1e-11);
    const next = block(la.gemm(m, full)); // ⟨w(t+1) w(t)ᵀ⟩
    const turning = matrix(
      n,
      n,
      next.data.map((v, k) => (next.data[(k % n) * n + Math.floor(k / n)] - v) / 2),
    );
    expect(norm(minus(got.circulation, turning))).toBeLessThan(1e-11 * norm(got.sigma));
    expect(norm(turning)).toBeGreaterThan(1e-6 * norm(got.sigma));
  });

  it('becomes unstable at its ceiling', () => {
    const top = near.preconditioner
      ? optimiserCovariance(la, near).curvatures[11]
      : twelve.curvatures[11] + form.penalty;
    const ceiling = optimiserCeiling(form, top);
    const radius = (eta: number) => {
      const { m } = linearMap(atRate(form, eta), twelve.hessian, near.preconditioner);
      const { re, im } = la.schur(m);
      return Math.max(...re.map((x, i) => Math.hypot(x, im[i])));
    };
    expect(radius(ceiling * (1 - 1e-6))).toBeLessThan(1);
    expect(radius(ceiling * (1 + 1e-6))).toBeGreaterThan(1);
    expect(() => optimiserCovariance(la, { ...near, form: atRate(form, 1.001 * ceiling) })).toThrow(
      'has no stationary state: the top curvature',
    );
  });

  it('is a Langevin system where its steps are small', () => {
    const slow = { ...near, form: atRate(form, form.learningRate / 500) };
    const { drift, diffusion } = continuousOptimiser(slow);
    const d = decompose({ la, drift, diffusion });
    expect(distance(d.sigma!, optimiserCovariance(la, slow).sigma)).toBeLessThan(0.01);
    const { q, own, misaligned } = circulationParts(la, slow);
    expect(norm(minus(q, d.q))).toBeLessThan(1e-10 * norm(d.w));
    expect(norm(minus(minus(q, own), misaligned))).toBeLessThan(1e-12 * norm(q));
    if (form.adaptive) expect(norm(own)).toBeGreaterThan(0.1 * norm(q));
    else expect(norm(own)).toBeLessThan(1e-10 * norm(q));
  });
});

describe('SGD with momentum', () => {
  it('has the moments of the closed forms', () => {
    for (const [mu, ki, kj] of [
      [0, 0.3, 1.2],
      [0.9, 0.02, 0.5],
      [0.9, 3.5, 1e-7],
      [0.5, 1e-9, 2e-9],
    ]) {
      const form = linearForm({ type: 'sgd', learningRate: 0.01, momentum: mu });
      const { now } = pairMoments(form, ki / 0.01, kj / 0.01);
      expect(Math.abs(now / (1e-4 * whiteState(ki, kj, mu).ww) - 1), `${mu} ${ki} ${kj}`).toBeLessThan(1e-11);
    }
  });

  it('is what Adam with a fixed preconditioner is, and Nesterov is not', () => {
    const adam = linearForm({ type: 'adam', learningRate: 0.02, beta1: 0.8 });
    const ball = asHeavyBall(adam)!;
    expect(ball).toEqual({ learningRate: 0.02 * (1 - 0.8), momentum: 0.8, penalty: 0 });
    const sgd = linearForm({ type: 'sgd', learningRate: ball.learningRate, momentum: ball.momentum });
    expect(pairMoments(adam, 3, 0.1).now).toBeCloseTo(pairMoments(sgd, 3, 0.1).now, 14);
    expect(effectiveRate(adam)).toBeCloseTo(0.02, 14);
    expect(asHeavyBall(linearForm({ type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true }))).toBeUndefined();
    expect(asHeavyBall(linearForm({ type: 'adamw', learningRate: 0.1 }))).toBeUndefined();
    const decayed = linearForm({ type: 'sgd', learningRate: 0.1, weightDecay: 0.2, decoupled: true });
    const plain = linearForm({ type: 'sgd', learningRate: 0.1 });
    const { penalty } = asHeavyBall(decayed)!;
    expect(pairMoments(decayed, 3, 0.1).now).toBeCloseTo(pairMoments(plain, 3 + penalty, 0.1 + penalty).now, 14);
  });
});

describe('the ceiling in mean square', () => {
  const varying = (() => {
    const { mean, covariance } = { mean: matrix(3, 3, [4, 0.5, 0, 0.5, 2, 0.3, 0, 0.3, 1]), covariance: matrix(6, 6) };
    const s = randomKey(4).stream();
    for (let r = 0; r < 5; r++) {
      const x = Float64Array.from({ length: 6 }, () => s.normal());
      for (let i = 0; i < 6; i++) for (let j = 0; j < 6; j++) covariance.data[6 * i + j] += 0.4 * x[i] * x[j];
    }
    return { mean, covariance };
  })();

  it('is that of SGD with momentum where the form is', () => {
    for (const momentum of [0, 0.6, 0.9]) {
      const form = linearForm({ type: 'sgd', learningRate: 1, momentum });
      const squared = la.gemm(varying.mean, varying.mean);
      const expected = coupledCeiling(la, { hessian: varying.mean, covariance: varying.covariance, momentum, squared });
      expect(Math.abs(optimiserMeanSquareCeiling(la, form, varying) / expected - 1)).toBeLessThan(1e-6);
      const one = { mean: matrix(1, 1, [2]), covariance: matrix(1, 1, [3]) };
      const alone = meanSquareCeiling({ curvature: 2, variance: 3, momentum });
      expect(Math.abs(optimiserMeanSquareCeiling(la, form, one) / alone - 1)).toBeLessThan(1e-8);
    }
    const still = { ...varying, covariance: matrix(6, 6) };
    const nesterov = linearForm({ type: 'sgd', learningRate: 1, momentum: 0.9, nesterov: true });
    const top = la.eigvalsh(varying.mean)[2];
    expect(optimiserMeanSquareCeiling(la, nesterov, still)).toBeCloseTo((2 * 1.9) / (2.8 * top), 9);
    expect(optimiserCeiling(linearForm({ type: 'adam', learningRate: 1 }), 2)).toBeCloseTo(38 / 2, 12);
  });

  it('is where the second moments of Nesterov begin to grow', () => {
    // one direction: E X' = T X Tᵀ + Var l X_ww e eᵀ, iterated
    const form = linearForm({ type: 'sgd', learningRate: 1, momentum: 0.9, nesterov: true });
    const [l, variance] = [2, 3];
    const ceiling = optimiserMeanSquareCeiling(la, form, {
      mean: matrix(1, 1, [l]),
      covariance: matrix(1, 1, [variance]),
    });
    const growth = (eta: number) => {
      const { m, g } = linearMap(atRate(form, eta), matrix(1, 1, [l]));
      let x = matrix(2, 2, [1, 0, 0, 1]);
      let size = 1;
      for (let t = 0; t < 3000; t++) {
        const next = la.gemm(la.gemm(m, x), m, { transposeB: true });
        for (let i = 0; i < 4; i++) next.data[i] += variance * x.data[0] * g.data[i >> 1] * g.data[i & 1];
        size = norm(next) / norm(x);
        x = matrix(
          2,
          2,
          next.data.map((v) => v / norm(next)),
        );
      }
      return size;
    };
    expect(growth(0.999 * ceiling)).toBeLessThan(1);
    expect(growth(1.001 * ceiling)).toBeGreaterThan(1);
  });
});

/**
 * Runs an optimiser on the quadratic from independent starts and returns, for each eigenvector of A in the coordinates y, the measured
 * variance over the predicted one with its standard error from the spread between the runs.
 */
function simulated(spec: OptimiserSpec, preconditioner: Float64Array | undefined, { runs, steps, rest }: Lengths) {
  const form = linearForm(spec);
  const { n, hessian, noise, root } = twelve;
  const near = { form, hessian, noise, ...(preconditioner && { preconditioner }) };
  const { curvatures, variances } = optimiserCovariance(la, near);
  const scale = Float64Array.from({ length: n }, (_, i) => Math.sqrt(preconditioner?.[i] ?? 1));
  const a = matrix(
    n,
    n,
    hessian.data.map((v, k) => scale[Math.floor(k / n)] * scale[k % n] * (v + (k % (n + 1) === 0 ? form.penalty : 0))),
  );
  const { vectors } = la.eigh(a);
  const ratios = Array.from({ length: runs }, (_, run) => {
    const s = randomKey(11).child(run).stream();
    const optimiser = optimiserSteps(spec, n);
    const [w, g, xi] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    const squares = new Float64Array(n);
    for (let t = 0; t < rest + steps; t++) {
      for (let i = 0; i < n; i++) xi[i] = s.normal();
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += hessian.data[i * n + j] * w[j] + root.data[i * n + j] * xi[j];
        g[i] = sum;
      }
      optimiser.step(w, g);
      if (t < rest || t % 4 > 0) continue;
      for (let m = 0; m < n; m++) {
        let y = 0;
        for (let i = 0; i < n; i++) y += (vectors.data[i * n + m] * w[i]) / scale[i];
        squares[m] += y * y;
      }
    }
    return squares.map((x, m) => x / (steps / 4) / variances[m]);
  });
  return Array.from(curvatures, (_, m) => {
    const each = ratios.map((r) => r[m]);
    const mean = each.reduce((x, y) => x + y, 0) / runs;
    const error = Math.sqrt(each.reduce((x, y) => x + (y - mean) ** 2, 0) / (runs - 1) / runs);
    return { ratio: mean, error };
  });
}
interface Lengths {
  readonly runs: number;
  readonly steps: number;
  /** Steps before anything is measured. */
  readonly rest: number;
}
const LENGTHS: Lengths = { runs: 24, steps: 4000, rest: 400 };

describe('on a quadratic of 12 dimensions', () => {
  const exact = Object.entries(SPECS).filter(([, spec]) => spec.type === 'sgd');
  it.each(exact)('%s has the predicted variances', (_, spec) => {
    const modes = simulated(spec, undefined, LENGTHS);
    for (const { ratio, error } of modes) {
      expect(error).toBeLessThan(0.06);
      expect(Math.abs(ratio - 1)).toBeLessThan(4.5 * error);
    }
  });

  // v fluctuates, by 2(1 − beta2)/(1 + beta2) of its square, and holds the gradient that it divides: errors of order 1 − beta2
  const adaptive: [string, OptimiserSpec][] = [
    ['Adam of short memory', { type: 'adam', learningRate: 0.01, beta2: 0.99 }],
    ['RMSprop with momentum', { type: 'rmsprop', learningRate: 0.003, momentum: 0.7 }],
    ['AdamW', { type: 'adamw', learningRate: 0.01, weightDecay: 0.5, beta2: 0.995 }],
    ['Adam with an L2 penalty', { type: 'adam', learningRate: 0.01, weightDecay: 0.1, beta2: 0.995 }],
  ];
  it.each(adaptive)('%s has the predicted variances but for the fluctuations of v', (_, spec) => {
    const { preconditioner, squares, rounds, curvatures, variances } = selfConsistent(la, {
      form: linearForm(spec),
      hessian: twelve.hessian,
      noise: twelve.noise,
    });
    expect(rounds).toBeLessThan(15);
    expect(preconditionerOf(linearForm(spec), squares)).toEqual(preconditioner);
    const modes = simulated(spec, preconditioner, { runs: 24, steps: 3000, rest: 1000 });
    for (const { ratio, error } of modes) {
      expect(error).toBeLessThan(0.05);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.02 + 4 * error);
    }
    // SGD would have variances C/(2h) that do not know P: the prediction is not one of any diffusion
    const ratios = curvatures.map((a, m) => a * variances[m]);
    expect(Math.max(...ratios) / Math.min(...ratios)).toBeGreaterThan(1.5);
  });

  it('Adam keeps the mean squared gradients that were found for it', () => {
    const spec: OptimiserSpec = { type: 'adam', learningRate: 0.03, beta2: 0.9 };
    const { squares, preconditioner } = selfConsistent(la, {
      form: linearForm(spec),
      hessian: twelve.hessian,
      noise: twelve.noise,
    });
    const part = squares.map((v, i) => 1 - twelve.noise.data[i * 13] / v);
    expect(Math.max(...part)).toBeGreaterThan(0.1);
    const { n, hessian, root } = twelve;
    const s = randomKey(5).stream();
    const optimiser = optimiserSteps(spec, n);
    const [w, xi, sum] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    const steps = 40_000;
    for (let t = 0; t < steps; t++) {
      for (let i = 0; i < n; i++) xi[i] = s.normal();
      const g = sum.map((_, i) => {
        let x = 0;
        for (let j = 0; j < n; j++) x += hessian.data[i * n + j] * w[j] + root.data[i * n + j] * xi[j];
        return x;
      });
      g.forEach((x, i) => {
        sum[i] += (x * x) / steps;
      });
      optimiser.step(w, g);
    }
    // some 40 000 squares, nearly independent: an error of 0.7 %
    for (let i = 0; i < n; i++) expect(Math.abs(sum[i] / squares[i] - 1)).toBeLessThan(0.04);
    expect(preconditioner.length).toBe(n);
  });
});

describe('what has no stationary state or no preconditioner', () => {
  const near = { hessian: twelve.hessian, noise: twelve.noise };
  it('is refused in a sentence', () => {
    const sgd = linearForm({ type: 'sgd', learningRate: 0.1 });
    const adam = linearForm({ type: 'adam', learningRate: 0.1 });
    const flat = matrix(12, 12, twelve.hessian.data.slice());
    for (let i = 0; i < 12; i++) flat.data[i] = flat.data[12 * i] = 0;
    expect(() => optimiserCovariance(la, { form: sgd, hessian: flat, noise: twelve.noise })).toThrow(
      'of 12 directions have no stationary state, because nothing pulls the weights back along them',
    );
    const pulled = linearForm({ type: 'sgd', learningRate: 0.1, weightDecay: 1, decoupled: true });
    expect(optimiserCovariance(la, { form: pulled, hessian: flat, noise: twelve.noise }).sigma.rows).toBe(12);
    expect(() => optimiserCovariance(la, { form: adam, ...near })).toThrow(
      'adam has a preconditioner: give its diagonal',
    );
    expect(() => optimiserCovariance(la, { form: adam, ...near, preconditioner: [1] })).toThrow('the preconditioner needs 12 numbers'); // biome-ignore format: one case a line
    expect(() => optimiserCovariance(la, { form: adam, ...near, preconditioner: new Float64Array(12) })).toThrow('entry 0 of the preconditioner must be positive; got 0.'); // biome-ignore format: one case a line
    expect(() => optimiserCovariance(la, { form: sgd, hessian: identity(3), noise: identity(2) })).toThrow('the covariance of the noise must be square and of the order of the Hessian, 3; got 2×2.'); // biome-ignore format: one case a line
    expect(() => selfConsistent(la, { form: sgd, ...near })).toThrow('sgd has no preconditioner to be found');
    expect(() => optimiserCeiling(sgd, -1)).toThrow('only a positive curvature bounds the learning rate; got -1.');
  });
});
