/** Measures of one solution against naive loops, differences and closed forms. */
import { describe, expect, it } from 'vitest';
import { hessianTrace } from '../src/analyse/curvature/hessian-trace.js';
import { measureSolution } from '../src/analyse/landscape/network-solution.js';
import { anisotropy, curvatureChange, valleyDirections } from '../src/analyse/landscape/valley-coordinates.js';
import { WholeLine } from '../src/analyse/landscape/whole-width.js';
import { curvedNoiseTrace } from '../src/analyse/noise/noise-scale.js';
import { layersOf, type NetworkSpec } from '../src/model/network.js';
import { estimate } from '../src/numeric/estimate.js';
import { dot, normalVector } from '../src/numeric/operators/lanczos.js';
import { randomKey } from '../src/numeric/random.js';
import { NetworkPasses } from '../src/surface/network/passes.js';
import { gradient, sampleLoss } from './support/naive-network.js';
import { differenceHessian, SPECS, smallNet } from './support/small-nets.js';

const unit = (v: Float64Array) => v.map((x) => x / Math.sqrt(dot(v, v)));
const directions = (size: number, count: number, seed = 8) =>
  Array.from({ length: count }, (_, i) => unit(normalVector(size, randomKey(seed).child(i).stream())));
const times = (rows: Float64Array[], v: Float64Array) => Float64Array.from(rows, (r) => dot(r, v));

describe.each(SPECS)('%s', (_, spec) => {
  const { passes, weights, list } = smallNet(spec, 40);
  const hessian = differenceHessian(spec, weights, list);

  it('has the trace of the Hessian, layer by layer', () => {
    const { trace, layers } = hessianTrace(passes);
    const scale = Math.sqrt(hessian.reduce((sum, row) => sum + dot(row, row), 0));
    let sum = 0;
    layersOf(spec).forEach((layer, l) => {
      const end =
        layer.biasOffset < 0 ? layer.weightOffset + layer.inputs * layer.outputs : layer.biasOffset + layer.outputs;
      let own = 0;
      for (let i = layer.weightOffset; i < end; i++) own += hessian[i][i];
      // differences: 1e-16/h in each of P numbers, h = 1e-6 with ReLU
      expect(Math.abs(layers[l].trace.value - own)).toBeLessThan(1e-7 * scale);
      sum += own;
    });
    expect(Math.abs(trace.value - sum)).toBeLessThan(1e-7 * scale);
  });

  it('has lambda, C and the variance of curvature along directions', () => {
    const [u, v] = directions(passes.size, 2);
    const { directions: found } = valleyDirections(passes, [u, v]);
    const gradients = list.map((s) => dot(gradient(spec, weights, [s]), u));
    const g = gradients.reduce((a, b) => a + b, 0) / list.length;
    expect(found[0].slope.value).toBeCloseTo(g, 10);
    expect(found[0].noise.value).toBeCloseTo(gradients.reduce((a, x) => a + (x - g) ** 2, 0) / list.length, 10);
    expect(found[0].curvature.value).toBeCloseTo(dot(u, times(hessian, u)), 6);
    // own curvature of each sample by differences of its own gradient
    const h = spec.activation === 'relu' ? 1e-6 : 1e-4;
    const forms = list.map((s) => {
      const at = (x: number) =>
        dot(
          gradient(
            spec,
            Float64Array.from(weights, (w, i) => w + x * u[i]),
            [s],
          ),
          u,
        );
      return (at(h) - at(-h)) / (2 * h);
    });
    const mean = forms.reduce((a, b) => a + b, 0) / list.length;
    const variance = forms.reduce((a, x) => a + (x - mean) ** 2, 0) / list.length;
    expect(found[0].curvatureVariance.value / variance).toBeCloseTo(1, 5);
    const ratio = anisotropy([found[0]], found[1]);
    expect(ratio.value).toBeCloseTo(found[0].noise.value / found[1].noise.value, 12);
  });
});

it('agrees with the dense matrices on Tr(H C1)', () => {
  const spec = SPECS[1][1];
  const { passes, weights, list } = smallNet(spec, 30);
  const hessian = differenceHessian(spec, weights, list);
  const gradients = list.map((s) => gradient(spec, weights, [s]));
  const g = Float64Array.from({ length: passes.size }, (_, i) => gradients.reduce((a, x) => a + x[i], 0) / list.length);
  const exact = gradients.reduce((a, x) => a + dot(x, times(hessian, x)), 0) / list.length - dot(g, times(hessian, g));
  const { trace, along } = curvedNoiseTrace(passes, { probes: 400, key: randomKey(1) });
  expect(along).toBeCloseTo(dot(g, times(hessian, g)), 6);
  // 400 probes: four standard errors, as told
  expect(Math.abs(trace.value - exact)).toBeLessThan(4 * trace.standardError);
  expect(trace.standardError).toBeLessThan(0.2 * Math.abs(exact));
});

/** ½ mean |W x − y|²: quadratic in W, so that every width, trace and rise has a closed form. */
const LINEAR: NetworkSpec = { widths: [6, 3], activation: 'identity', bias: false, loss: 'squared-error' };

describe('linear regression', () => {
  const { passes, weights, samples, list } = smallNet(LINEAR, 200);
  const loss = (w: ArrayLike<number>) => list.reduce((a, s) => a + sampleLoss(LINEAR, w, s), 0) / list.length;
  /** A = mean x xᵀ; H = 1 ⊗ A. */
  const A = Array.from({ length: 6 }, (_, i) =>
    Float64Array.from({ length: 6 }, (_, j) => list.reduce((a, { x }) => a + x[i] * x[j], 0) / list.length),
  );
  const traceA = A.reduce((a, row, i) => a + row[i], 0);

  it('has the trace 3 Tr A and the width of its parabola along any direction', () => {
    expect(hessianTrace(passes).trace.value).toBeCloseTo(3 * traceA, 8);
    const [u] = directions(18, 1);
    const H = (v: Float64Array) =>
      Float64Array.from({ length: 18 }, (_, i) =>
        dot(A[i % 6], v.slice(6 * Math.floor(i / 6), 6 * Math.floor(i / 6) + 6)),
      );
    const curvature = dot(u, H(u));
    const slope = dot(passes.gradient().gradient, u);
    const line = new WholeLine(passes);
    expect(line.centreLoss).toBeCloseTo(loss(weights), 5);
    const { flatness, left, right } = line.width(u, slope, curvature, { relativeTolerance: 1e-4 });
    // slope·x + ½ curvature·x² = (e − 1) L0
    const root = Math.sqrt(slope ** 2 + 2 * curvature * (Math.E - 1) * line.centreLoss);
    expect(flatness! / ((2 * root) / curvature)).toBeCloseTo(1, 3);
    expect(left! / ((-slope - root) / curvature)).toBeCloseTo(1, 3);
    expect(right! / ((-slope + root) / curvature)).toBeCloseTo(1, 3);
  });

  it('rises under weight noise by half its variance times the trace', () => {
    const { flatness } = measureSolution({
      spec: LINEAR,
      weights,
      samples,
      key: randomKey(4),
      pairs: 2,
      probes: 4,
      directions: 3,
      noise: { draws: 400, absolute: 0.3, relative: 0.5 },
    });
    const { noise, top, topConverged, trace, norm, layers, normTrace, scaledTrace } = flatness;
    const rise = 0.5 * 0.3 ** 2 * 3 * traceA;
    expect(Math.abs(noise.absolute.value - rise)).toBeLessThan(4 * noise.absolute.standardError);
    expect(noise.absolute.standardError).toBeLessThan(0.1 * rise);
    const relative = 0.5 * 0.5 ** 2 * (norm ** 2 / 18) * 3 * traceA;
    expect(Math.abs(noise.relative.value - relative)).toBeLessThan(4 * noise.relative.standardError);
    // one layer: the two normalisations agree
    expect(normTrace.value).toBeCloseTo((norm ** 2 / 18) * trace.value, 10);
    expect(scaledTrace.value).toBeCloseTo(normTrace.value, 10);
    expect(topConverged).toBe(true);
    // power iteration on A
    let v = Float64Array.from({ length: 6 }, (_, i) => 1 + i);
    for (let k = 0; k < 500; k++) v = unit(times(A, v));
    expect(top[0].value).toBeCloseTo(dot(v, times(A, v)), 6);
    expect(layers.map((l) => l.widths.open)).toEqual([0]);
  });

  it('keeps its curvatures wherever it is moved', () => {
    const across = directions(18, 2, 9);
    const [along] = directions(18, 1, 10);
    const { directions: centre } = valleyDirections(passes, across);
    const { logSlopes } = curvatureChange(passes, across, centre, along, 0.5);
    for (const s of logSlopes) expect(Math.abs(s)).toBeLessThan(1e-10);
  });
});

it('follows the curvatures of a product of two weights along the valley', () => {
  // ½ (b a x − y)²: at y = a b x exactly H_bb = a² x², which changes by 2/a along a at fixed b
  const spec: NetworkSpec = { widths: [1, 1, 1], activation: 'identity', bias: false, loss: 'squared-error' };
  const [a, b] = [2, 0.5];
  const samples = { count: 1, size: 1, values: Float32Array.of(1), divisor: 1, targets: Float32Array.of(a * b) };
  const passes = new NetworkPasses({ spec, weights: Float64Array.of(a, b), samples });
  const across = [Float64Array.of(0, 1)];
  const { directions: centre } = valleyDirections(passes, across);
  const { curvatures, logSlopes } = curvatureChange(passes, across, centre, Float64Array.of(1, 0), 0.01);
  expect(curvatures[0]).toEqual([expect.closeTo(1.99 ** 2, 10), expect.closeTo(4, 10), expect.closeTo(2.01 ** 2, 10)]);
  // central difference of 2 ln a: 2/a + (step²/3)·2·2/a³…
  expect(logSlopes[0]).toBeCloseTo(2 / a, 4);
});

it('is blind to a rescaling of layers where it says so, and only there', () => {
  const spec: NetworkSpec = { widths: [9, 7, 6, 4], activation: 'relu', bias: false, loss: 'cross-entropy' };
  const { weights, samples } = smallNet(spec, 60, { scale: 4 });
  const scaled = weights.slice();
  const [first, second] = layersOf(spec);
  for (let i = 0; i < first.outputs * first.inputs; i++) scaled[i] *= 2;
  for (let i = second.weightOffset; i < second.weightOffset + second.inputs * second.outputs; i++) scaled[i] /= 2;
  const options = {
    spec,
    samples,
    key: randomKey(2),
    pairs: 2,
    probes: 2,
    directions: 4,
    noise: { draws: 6, absolute: 0.1, relative: 0.2 },
  };
  const [a, b] = [weights, scaled].map((w) => measureSolution({ ...options, weights: w }).flatness);
  expect(b.loss).toBeCloseTo(a.loss, 10);
  expect(b.scaledTrace.value / a.scaledTrace.value).toBeCloseTo(1, 10);
  expect(b.noise.relative.value / a.noise.relative.value).toBeCloseTo(1, 4);
  const closed = a.layers.filter((l, k) => l.widths.width.n > 0 && l.widths.open === b.layers[k].widths.open);
  expect(closed.length).toBeGreaterThan(0);
  for (const l of closed) {
    const other = b.layers.find((x) => x.layer === l.layer)!;
    // crossings are found to 1e-3
    expect(other.widths.width.value / other.norm / (l.widths.width.value / l.norm)).toBeCloseTo(1, 2);
  }
  expect(Math.abs(Math.log(b.trace.value / a.trace.value))).toBeGreaterThan(0.1);
});

it('kappa of independent directions: the error of a mean of n is the root of the sum of squares over n', () => {
  const nothing = estimate(0, 0, 10, 'not used');
  const direction = (value: number, error: number) => ({
    curvature: nothing,
    slope: nothing,
    noise: estimate(value, error, 10, 'made up'),
    curvatureVariance: nothing,
  });
  // means 4 ± 0.25 (hypot(0.3, 0.4)/2) over 2 ± 0.5: relative errors 1/16 and 1/4
  const two = anisotropy([direction(3, 0.3), direction(5, 0.4)], direction(2, 0.5));
  expect(two.value).toBeCloseTo(2, 14);
  expect(two.standardError).toBeCloseTo((2 * Math.sqrt(17)) / 16, 14);
  // n equal directions: the error across falls with the root of n
  const many = anisotropy(Array(16).fill(direction(3, 0.6)), direction(1.5, 0));
  expect(many.standardError / many.value).toBeCloseTo(0.2 / 4, 14);
});
