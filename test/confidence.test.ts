/** Confidence of outputs and the trace of the Hessian at other temperatures, against naive loops and differences. */
import { describe, expect, it } from 'vitest';
import { hessianTrace } from '../src/analyse/curvature/hessian-trace.js';
import { confidence, withScaledLogits } from '../src/analyse/landscape/confidence.js';
import { layersOf, type NetworkSpec } from '../src/model/network.js';
import { NetworkPasses } from '../src/surface/network/passes.js';
import { gradient, logits, sampleLoss } from './support/naive-network.js';
import { SPECS, smallNet } from './support/small-nets.js';

const classifiers = SPECS.filter(([, spec]) => spec.loss === 'cross-entropy');

/** A small network on 40 samples with the labels that it gives itself, but for every `wrong`-th sample; none with 0. */
function classified(spec: NetworkSpec, wrong: number) {
  const { weights, samples, list } = smallNet(spec, 40);
  const labels = Uint8Array.from(list, ({ x }, k) => {
    const z = logits(spec, weights, x);
    const own = z.indexOf(Math.max(...z));
    return k % wrong === 1 ? (own + 1) % z.length : own;
  });
  const passes = new NetworkPasses({ spec, weights, samples: { ...samples, labels } });
  return { passes, weights, list: list.map((s, k) => ({ ...s, label: labels[k] })) };
}

describe.each(classifiers)('%s', (_, spec) => {
  const { passes, weights, list } = classified(spec, 3);
  const classes = spec.widths[spec.widths.length - 1];
  const layers = layersOf(spec);
  const last = layers[layers.length - 1];
  const ends = last.biasOffset >= 0 ? last.biasOffset + last.outputs : last.weightOffset + last.inputs * last.outputs;
  const isLast = (i: number) => i >= last.weightOffset && i < ends;
  /** Own weights to those of the network with scaled logits, by plain multiplication. */
  const scaled = (w: ArrayLike<number>, s: number) => Float64Array.from(w, (v, i) => (isLast(i) ? s * v : v));
  const loss = (s: number) => list.reduce((a, x) => a + sampleLoss(spec, scaled(weights, s), x), 0) / list.length;
  /** Probabilities from the losses that a sample would have with each label. */
  const spread = (s: number) =>
    list.reduce((a, x) => {
      const p = Array.from({ length: classes }, (_, label) =>
        Math.exp(-sampleLoss(spec, scaled(weights, s), { ...x, label })),
      );
      return a + 1 - p.reduce((sum, v) => sum + v * v, 0);
    }, 0) / list.length;
  const target = 0.3;
  const found = confidence(passes, target);

  it('has the mean of 1 − Σ p² at its own temperature', () => {
    expect(found.spread.value).toBeCloseTo(spread(1), 9);
    expect(found.spread.n).toBe(40);
  });

  it('finds the temperature of the lowest loss, and the one of the wanted spread', () => {
    const { best, equal } = found;
    expect(best.loss).toBeCloseTo(loss(1 / best.temperature), 8);
    expect(best.spread).toBeCloseTo(spread(1 / best.temperature), 8);
    for (const factor of [0.9, 1.1]) expect(loss(factor / best.temperature)).toBeGreaterThan(best.loss);
    // 1e-3 in ln s raises a loss whose minimum is here less than it would elsewhere
    expect(Math.abs(loss(1.001 / best.temperature) - loss(0.999 / best.temperature))).toBeLessThan(1e-7);
    expect(spread(1 / equal.temperature)).toBeCloseTo(target, 8);
    expect(equal.spread).toBeCloseTo(target, 8);
  });

  it('has the trace of L(f/T) with respect to the own weights', () => {
    for (const { temperature, trace, layers: blocks } of [found.best, found.equal]) {
      const s = 1 / temperature;
      const own = (w: Float64Array) => scaled(gradient(spec, scaled(w, s), list), s);
      const h = spec.activation === 'relu' ? 1e-6 : 1e-4;
      const sums = layers.map(() => 0);
      layers.forEach((layer, l) => {
        const end =
          layer.biasOffset >= 0 ? layer.biasOffset + layer.outputs : layer.weightOffset + layer.inputs * layer.outputs;
        for (let i = layer.weightOffset; i < end; i++) {
          const at = (x: number) => own(Float64Array.from(weights, (v, j) => v + (j === i ? x : 0)))[i];
          sums[l] += (at(h) - at(-h)) / (2 * h);
        }
      });
      const whole = sums.reduce((a, b) => a + b, 0);
      // the scaled weights are rounded to float32
      expect(trace.value / whole).toBeCloseTo(1, 4);
      blocks.forEach((b, l) => {
        expect(b / sums[l]).toBeCloseTo(1, 4);
      });
    }
  });
});

it('is the trace itself at temperature 1', () => {
  const [, spec] = classifiers[0];
  const { passes } = smallNet(spec, 40);
  const own = confidence(passes, confidence(passes, 0.3).spread.value).equal;
  expect(own.temperature).toBeCloseTo(1, 6);
  expect(own.trace.value / hessianTrace(passes).trace.value).toBeCloseTo(1, 5);
});

it('says that there is no best temperature where every sample is right, and takes no other losses', () => {
  const [, spec] = classifiers[0];
  const { passes } = classified(spec, 3);
  const right = confidence(classified(spec, 0).passes, 0.3);
  expect(right.best.temperature).toBeNaN();
  expect(right.best.trace.converged).toBe(false);
  expect(right.equal.trace.value).toBeGreaterThan(0);
  expect(() => confidence(passes, 1)).toThrow(/between 0 and/);
  const [, regression] = SPECS.find(([, s]) => s.loss !== 'cross-entropy') ?? [];
  if (regression) expect(() => confidence(smallNet(regression, 10).passes, 0.3)).toThrow(/labels/);
});

it('scales the last layer alone', () => {
  const [, spec] = classifiers[0];
  const { weights } = smallNet(spec, 10);
  const out = withScaledLogits(spec, weights, 2);
  const last = layersOf(spec).at(-1)!;
  expect(out[last.weightOffset]).toBe(2 * weights[last.weightOffset]);
  expect(out[0]).toBe(Math.fround(weights[0]));
});
