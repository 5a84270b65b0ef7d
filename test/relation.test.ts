/** The parts of the relation under its controls: projections, fixed bases, walks, laws. */
import { describe, expect, it } from 'vitest';
import { ritzBasis } from '../src/analyse/curvature/ritz.js';
import { fewPointLaw } from '../src/analyse/trajectory/few-points.js';
import { regimeOf } from '../src/analyse/trajectory/regime.js';
import type { DirectionFlatness } from '../src/analyse/trajectory/results.js';
import { projected, scaleRows, variancesOf } from '../src/analyse/trajectory/window-rows.js';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { gammaLaw, sampleVariances } from '../src/runs/relation/gamma.js';
import { measureLayer } from '../src/runs/relation/layer.js';
import { wholeBlock } from '../src/surface/blocks.js';
import { functionSurface } from '../src/surface/functions.js';
import { linearForm } from '../src/theory/optimisers/linear-form.js';
import { walkOf } from '../src/theory/optimisers/walk.js';
import { optimiserSteps } from '../src/train/optimisers/reference.js';
import type { OptimiserSpec } from '../src/train/optimisers/spec.js';

const la = embeddedLinearAlgebra();
const numbers = (count: number, seed: number) => {
  const stream = randomKey(seed).stream();
  return Float64Array.from({ length: count }, () => stream.normal());
};

describe('rows', () => {
  const [T, P, k] = [301, 7, 3];
  const data = Float32Array.from(numbers(T * P, 1));
  const directions = matrix(k, P, numbers(k * P, 2));

  it('are projected in batches as by hand', () => {
    const theta = projected(la, { data, P }, directions, 5, 290);
    expect([theta.rows, theta.cols]).toEqual([k, 285]);
    for (const [i, t] of [
      [0, 5],
      [1, 132],
      [2, 133],
      [2, 289],
    ]) {
      let sum = 0;
      for (let j = 0; j < P; j++) sum += directions.data[i * P + j] * data[t * P + j];
      expect(theta.data[i * 285 + t - 5]).toBeCloseTo(sum, 10);
    }
  });

  it('have a variance about a line that a drift does not change', () => {
    const noise = numbers(500, 3);
    const still = matrix(1, 500, noise);
    const drifting = matrix(
      1,
      500,
      noise.map((x, t) => x + 0.3 * t - 4),
    );
    expect(variancesOf(drifting, 'line')[0]).toBeCloseTo(variancesOf(still, 'line')[0], 9);
    // the drift adds slope² (T²−1)/12, up to the chance covariance of noise and time
    expect(variancesOf(drifting, 'mean')[0] / ((0.09 * (500 ** 2 - 1)) / 12)).toBeCloseTo(1, 1);
    expect(variancesOf(matrix(1, 4, Float64Array.of(1, 2, 3, 6)), 'mean')[0]).toBeCloseTo(3.5, 12);
    expect(variancesOf(matrix(1, 4, Float64Array.of(1, 2, 3, 4)), 'line')[0]).toBeCloseTo(0, 12);
  });

  it('are scaled weight by weight', () => {
    const rows = { data: Float32Array.of(1, 2, 3, 4), P: 2 };
    scaleRows(rows, [10, 0.5]);
    expect([...rows.data]).toEqual([10, 1, 30, 2]);
  });
});

describe('the walk', () => {
  const [T, P] = [40, 4];
  const gradients = numbers(T * P, 5);
  const centred = Float64Array.from(gradients);
  for (let i = 0; i < P; i++) {
    let mean = 0;
    for (let t = 0; t < T; t++) mean += gradients[t * P + i] / T;
    for (let t = 0; t < T; t++) centred[t * P + i] -= mean;
  }
  const optimisers: OptimiserSpec[] = [
    { type: 'sgd', learningRate: 0.1 },
    { type: 'sgd', learningRate: 0.1, momentum: 0.8 },
    { type: 'sgd', learningRate: 0.1, momentum: 0.8, nesterov: true },
    { type: 'sgd', learningRate: 0.1, momentum: 0.8, weightDecay: 0.1 },
  ];
  it.each(optimisers)('takes the steps of $type with the fluctuations of the gradient alone: %j', (spec) => {
    const rows = { data: Float32Array.from(gradients), P };
    walkOf(rows, linearForm(spec));
    // the optimiser itself on these gradients; decay restores and is left out
    const { weightDecay: _, ...free } = spec;
    const steps = optimiserSteps(free, P);
    const w = new Float64Array(P);
    for (let t = 0; t < T; t++) {
      steps.step(w, centred.subarray(t * P, (t + 1) * P));
      for (let i = 0; i < P; i++) expect(rows.data[t * P + i]).toBeCloseTo(w[i], 5);
    }
  });

  it('has the step of RMSprop with its preconditioner held', () => {
    const spec: OptimiserSpec = { type: 'rmsprop', learningRate: 0.1 };
    const P4 = Float64Array.of(1, 2, 3, 4);
    const rows = { data: Float32Array.from(gradients), P };
    walkOf(rows, linearForm(spec), P4);
    let x = 0;
    for (let t = 0; t < T; t++) x -= 0.1 * 3 * centred[t * P + 2];
    expect(rows.data[(T - 1) * P + 2]).toBeCloseTo(x, 5);
    expect(Math.abs(x)).toBeLessThan(1e-9); // fluctuations about their mean end where they began
  });
});

/** ½ Σ h_i w_i² + L0 over one sample, with its exact derivatives. */
function parabola(h: readonly number[], centre = 1) {
  return functionSurface({
    name: 'parabola',
    size: h.length,
    loss: (w) => centre + w.reduce((s, v, i) => s + 0.5 * h[i] * v * v, 0),
    gradient: (w) => Float64Array.from(w, (v, i) => h[i] * v),
  });
}

describe('a fixed basis', () => {
  it('of all directions has the eigenvalues; of fewer, orthonormal directions of known curvature', async () => {
    const h = [5, 3, 1, 0.5, 0.1];
    const surface = parabola(h);
    const block = wholeBlock(surface.parameters);
    const all = await ritzBasis(surface, new Float64Array(5), block, { count: 9, key: randomKey(1), la });
    expect(all.curvatures.length).toBe(5);
    all.curvatures.forEach((v, i) => {
      expect(v).toBeCloseTo(h[i], 6);
    });
    const few = await ritzBasis(surface, new Float64Array(5), block, { count: 3, key: randomKey(1), la });
    const dot = (a: number, b: number) =>
      few.vectors.data.subarray(a * 5, a * 5 + 5).reduce((s, v, i) => s + v * few.vectors.data[b * 5 + i], 0);
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) expect(dot(a, b)).toBeCloseTo(a === b ? 1 : 0, 10);
      const curvature = few.vectors.data.subarray(a * 5, a * 5 + 5).reduce((s, v, i) => s + h[i] * v * v, 0);
      expect(few.curvatures[a]).toBeCloseTo(curvature, 6);
    }
    expect(few.curvatures[0]).toBeGreaterThan(few.curvatures[1]);
  });
});

describe('laws', () => {
  const direction = (index: number, flatness: number | null, variance: number): DirectionFlatness => ({
    index,
    variance,
    left: -1,
    right: 1,
    flatness,
    open: flatness === null ? 'left' : null,
    slope: 0,
    curvature: 1,
    quadraticRatio: 1,
    asymmetry: 0,
    evaluations: 8,
  });

  it('psi is minus the slope; open directions and unresolved variances do not enter', () => {
    const good = Array.from({ length: 12 }, (_, i) => direction(i + 1, 1.3 ** i, 1e-3 * 1.3 ** (-3.5 * i)));
    const regime = regimeOf([...good, direction(13, null, 1), direction(14, 100, 1e-30)], {
      least: 1e-20,
      key: randomKey(0),
    });
    expect(regime.psi.value).toBeCloseTo(3.5, 9);
    expect([regime.points, regime.open]).toEqual([12, 1]);
    expect(regime.r2).toBeCloseTo(1, 9);
    expect(regime.decades).toBeCloseTo(11 * Math.log10(1.3), 9);
    const none = regimeOf(good.slice(0, 4), { least: 0, key: randomKey(0) });
    expect([none.psi.value, none.psi.converged, none.points]).toEqual([Number.NaN, false, 4]);
  });

  it('the error of a law of few points is that of its scatter, whatever single replicates give', () => {
    // scatter of 0.1 decades about a line over 2 decades at 20 points: 0.1/(√20·0.6) = 0.037
    const errors = Array.from({ length: 30 }, (_, k) => {
      const stream = randomKey(100 + k).stream();
      const x = Array.from({ length: 20 }, (__, i) => 10 ** (i / 9.5));
      const y = x.map((v) => v ** 2 * 10 ** (0.1 * stream.normal()));
      return fewPointLaw(x, y, { key: randomKey(k), replicates: 400 }).exponent;
    });
    const mean = (f: (e: (typeof errors)[number]) => number) => errors.reduce((s, e) => s + f(e), 0) / errors.length;
    expect(mean((e) => e.value)).toBeCloseTo(2, 1);
    const scatter = Math.sqrt(mean((e) => (e.value - 2) ** 2));
    expect(mean((e) => e.standardError) / scatter).toBeGreaterThan(0.6);
    expect(mean((e) => e.standardError) / scatter).toBeLessThan(1.4);
  });

  it('gamma follows from variances over samples against curvature', () => {
    const h = [8, 4, 2, 1, 0.5, 0.25, -1];
    const each = matrix(2, h.length);
    // two samples ±a have the variance a²
    h.forEach((v, j) => {
      each.data[j] = Math.abs(v) ** 0.75 + 2;
      each.data[h.length + j] = -(Math.abs(v) ** 0.75) + 2;
    });
    const noise = sampleVariances(each);
    expect(noise[0]).toBeCloseTo(8 ** 1.5, 9);
    const law = gammaLaw(h, noise, { key: randomKey(0) });
    expect(law.gamma.value).toBeCloseTo(1.5, 9);
    expect([law.points, law.decades]).toEqual([6, Math.log10(32)]);
  });
});

describe('a layer', () => {
  // independent modes of a parabola whose variances are σ_i² ∝ F_i^−3: F_i ∝ h_i^−1/2, so σ_i² ∝ h_i^1.5
  const P = 24;
  const h = Array.from({ length: P }, (_, i) => 40 * 0.75 ** i);
  const T = 4000;
  const stream = randomKey(9).stream();
  const data = new Float32Array(T * P);
  for (let t = 0; t < T; t++) for (let i = 0; i < P; i++) data[t * P + i] = 1e-3 * h[i] ** 0.75 * stream.normal();

  const measured = (rows: Float32Array, walk: Float32Array) => {
    const surface = parabola(h, 0.01);
    return measureLayer({
      surface,
      block: wholeBlock(surface.parameters),
      centre: new Float64Array(P),
      rows: { data: rows, P },
      walk: () => ({ data: walk, P }),
      scale: Float64Array.from(h, (v) => v ** -0.25),
      directions: 20,
      vectors: P,
      relativeTolerance: 1e-4,
      key: randomKey(2),
      la,
      report: () => {},
    });
  };
  const white = Float32Array.from(numbers(T * P, 11));

  it('has the exponent in its own window, in the other half and in the fixed basis; a walk of white steps has not', async () => {
    const { regimes, centreLoss } = await measured(data.slice(), white);
    const { same, half, hessian, walk, own } = regimes;
    // relative error of a variance over T rows is √(2/T) = 2 %, over half of them 3 %
    expect(same!.psi.value).toBeCloseTo(3, 1);
    expect(half!.psi.value).toBeCloseTo(3, 1);
    expect(hessian!.psi.value).toBeCloseTo(3, 1);
    expect(Math.abs(walk!.r2) < 0.5 || Math.abs(walk!.psi.value) > 10 || walk!.psi.value < 1).toBe(true);
    // y_i = h_i^(1/4) w_i has the curvature h_i^(1/2), so F_i ∝ h_i^(−1/4), and σ_i² ∝ h_i²
    expect(Math.abs(own!.psi.value - 8)).toBeLessThan(0.3);
    expect(centreLoss).toBe(0.01);
  });

  it('takes directions of the first half and variances of the second: a law that changes between them shows', async () => {
    const changed = data.map((v, k) => (k < (T * P) / 2 ? v : v * h[k % P] ** -0.25));
    const { half } = (await measured(changed, white)).regimes;
    // σ_i² ∝ h_i in the second half, F_i ∝ h_i^(−1/2)
    expect(Math.abs(half!.psi.value - 2)).toBeLessThan(0.1);
  });
});
