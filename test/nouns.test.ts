/** The nouns against the parts that they wrap, and against differences of the loss. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hessianBlock } from '../src/analyse/curvature/hessian.js';
import { denseCovariance } from '../src/analyse/noise/surface-noise.js';
import { fromRows, functionSurface, model, network, plot, randomKey, writeSafetensors } from '../src/index.js';
import { NetworkPasses } from '../src/surface/network/passes.js';

/** Forty points in five dimensions, of three classes that depend on them. */
const draws = randomKey(11).stream();
const inputs = Array.from({ length: 40 }, () => Array.from({ length: 5 }, () => Math.fround(draws.normal())));
const labels = inputs.map((x) => (x[0] + x[1] ** 2 > 0.6 ? 2 : x[2] > 0 ? 1 : 0));
const net = network('5-6-6-3', { bias: false, activation: 'tanh' });
const weights = net.initial(3);
const at = net.at(weights, { inputs, labels });

/** The loss by plain loops over the arrays above, which share no code with the package. */
function naiveLoss(w: ArrayLike<number>): number {
  let sum = 0;
  inputs.forEach((x, n) => {
    let h: number[] = x;
    let offset = 0;
    for (const [l, outputs] of [6, 6, 3].entries()) {
      const z = Array.from({ length: outputs }, (_, o) => {
        let total = 0;
        for (let i = 0; i < h.length; i++) total += w[offset + o * h.length + i] * h[i];
        return total;
      });
      offset += outputs * h.length;
      h = l < 2 ? z.map(Math.tanh) : z;
    }
    const highest = Math.max(...h);
    sum += highest + Math.log(h.reduce((s, z) => s + Math.exp(z - highest), 0)) - h[labels[n]];
  });
  return sum / inputs.length;
}

/** The second derivative of that loss along a direction of layer2 (weights 30 to 65), by differences. */
function naiveCurvature(v: ArrayLike<number>): number {
  const step = 1e-4;
  const shifted = (s: number) => Float64Array.from(weights, (w, i) => w + (i >= 30 && i < 66 ? s * v[i - 30] : 0));
  return (naiveLoss(shifted(step)) - 2 * naiveLoss(weights) + naiveLoss(shifted(-step))) / step ** 2;
}

describe('a network at a point', () => {
  it('has the loss and the gradient of plain loops', async () => {
    const loss = await at.loss();
    expect(loss.value).toBeCloseTo(naiveLoss(weights), 10);
    const g = await at.gradient('layer2');
    expect(g.length).toBe(36);
    const moved = (s: number) => Float64Array.from(weights, (w, i) => w + (i === 31 ? s : 0));
    expect(g[1]).toBeCloseTo((naiveLoss(moved(1e-5)) - naiveLoss(moved(-1e-5))) / 2e-5, 7);
  });

  it('gives eigenvalues whose vectors have that curvature, and that are those of the dense Hessian', async () => {
    const top = await at.hessian('layer2').top(3);
    expect(top).toHaveLength(3);
    for (const { value, vector, error } of top) {
      expect(error).toBeLessThan(1e-10);
      expect(value).toBeCloseTo(naiveCurvature(vector), 5);
    }
    expect(top[0].value).toBeGreaterThan(top[1].value);
    const passes = new NetworkPasses({
      spec: net.spec as never,
      weights,
      samples: {
        count: 40,
        size: 5,
        values: Float32Array.from(inputs.flat()),
        divisor: 1,
        labels: Uint8Array.from(labels),
      },
    });
    const { hessian } = hessianBlock(passes, 'layer2', { precision: 'float64' });
    const product = Float64Array.from({ length: 36 }, (_, i) => {
      let sum = 0;
      for (let j = 0; j < 36; j++) sum += hessian.data[i * 36 + j] * top[0].vector[j];
      return sum;
    });
    for (let i = 0; i < 36; i++) expect(product[i]).toBeCloseTo(top[0].value * top[0].vector[i], 9);
  });

  it('finds the same by products alone where a tolerance asks for them', async () => {
    const dense = await at.hessian('layer2').top(2);
    const search = await at.hessian('layer2').top(2, { tolerance: 1e-9 });
    expect(search[0].value).toBeCloseTo(dense[0].value, 9);
    expect(search[1].value).toBeCloseTo(dense[1].value, 9);
    expect(dense[0].method).toMatch(/dense/);
    expect(search[0].method).not.toMatch(/dense/);
    expect((await at.hessian('layer2').smallest()).value).toBeCloseTo(
      (await at.hessian('layer2').smallest({ tolerance: 1e-9 })).value,
      9,
    );
  });

  it('gives the trace as the sum of differences along the axes, exact and by probes', async () => {
    const axes = Array.from({ length: 36 }, (_, i) => Array.from({ length: 36 }, (_x, j) => (i === j ? 1 : 0)));
    const sum = axes.reduce((s, e) => s + naiveCurvature(e), 0);
    const exact = await at.hessian('layer2').trace();
    expect(exact.value).toBeCloseTo(sum, 4);
    const probed = await at.hessian('layer2').trace({ probes: 200 });
    expect(Math.abs(probed.value - sum)).toBeLessThan(4 * probed.error);
    expect(probed.error).toBeGreaterThan(0);
    const whole = await at.hessian().trace();
    const parts = await Promise.all(['layer1', 'layer2', 'layer3'].map((l) => at.hessian(l).trace()));
    expect(whole.value).toBeCloseTo(parts[0].value + parts[1].value + parts[2].value, 9);
  });

  it('gives a density whose moments are those of the eigenvalues', async () => {
    const density = await at.hessian('layer2').density();
    const all = await at.hessian('layer2').top(36);
    expect(density.trace.value).toBeCloseTo(
      all.reduce((s, e) => s + e.value, 0),
      9,
    );
    expect(density.squares.value).toBeCloseTo(
      all.reduce((s, e) => s + e.value ** 2, 0),
      9,
    );
    const width = density.at[1] - density.at[0];
    expect(density.density.reduce((s, d) => s + d * width, 0)).toBeCloseTo(1, 2);
    const inner = (all[1].value + all[2].value) / 2;
    expect(density.above(inner)).toBeCloseTo(2 / 36, 9);
    expect(density.quantile(0.5)).toBeCloseTo(all[18].value, 9);
    expect(density.quantile(0)).toBeCloseTo(all[35].value, 9);
    const probed = await at.hessian('layer2').density({ probes: 40, steps: 36 });
    expect(Math.abs(probed.trace.value - density.trace.value)).toBeLessThan(4 * probed.trace.error);
  });

  it('gives the covariance of the gradients of samples', async () => {
    const noise = at.noise('layer2');
    const c1 = await noise.matrix();
    const dense = await denseCovariance(at.surface, at.weights, noise.block);
    expect(c1.data).toEqual(dense.data);
    // by differences: the slope of each sample's loss along v, over the samples
    const v = Array.from({ length: 36 }, (_, i) => Math.cos(i));
    const length = Math.hypot(...v);
    const slopes = inputs.map((_, n) => {
      return slopeOf(
        n,
        v.map((x) => x / length),
      );
    });
    const mean = slopes.reduce((a, b) => a + b, 0) / 40;
    const variance = slopes.reduce((s, x) => s + (x - mean) ** 2, 0) / 40;
    const along = await noise.along(v);
    expect(along.value).toBeCloseTo(variance, 8);
    let form = 0;
    for (let i = 0; i < 36; i++) for (let j = 0; j < 36; j++) form += (v[i] * v[j] * c1.data[i * 36 + j]) / length ** 2;
    expect(along.value).toBeCloseTo(form, 10);
    const top = await noise.top(36);
    expect((await noise.trace()).value).toBeCloseTo(
      top.reduce((s, e) => s + e.value, 0),
      8,
    );
    expect(await noise.along([v, v])).toHaveLength(2);
  });

  it('gives the width of the valley where the plain loss is e times that of the centre', async () => {
    const [first] = await at.hessian('layer2').top(1);
    const width = await at.flatness('layer2', first.vector);
    const lossAt = (d: number) =>
      naiveLoss(Float64Array.from(weights, (w, i) => w + (i >= 30 && i < 66 ? d * first.vector[i - 30] : 0)));
    if (width.right !== null) expect(lossAt(width.right) / lossAt(0)).toBeCloseTo(Math.E, 2);
    if (width.left !== null) expect(lossAt(width.left) / lossAt(0)).toBeCloseTo(Math.E, 2);
    expect(width.open === null).toBe(Number.isFinite(width.value));
    expect(width.curvature).toBeCloseTo(first.value, 6);
    // a direction is brought to length 1
    const doubled = await at.flatness(
      'layer2',
      first.vector.map((x) => 2 * x),
    );
    expect(doubled.right).toBeCloseTo(width.right!, 6);
  });
});

/** The derivative of the loss of one sample along a direction of layer2, by differences of plain loops. */
function slopeOf(n: number, v: readonly number[]): number {
  const lossOf = (s: number) => {
    const w = Float64Array.from(weights, (x, i) => x + (i >= 30 && i < 66 ? s * v[i - 30] : 0));
    let h: number[] = inputs[n];
    let offset = 0;
    for (const [l, outputs] of [6, 6, 3].entries()) {
      const z = Array.from({ length: outputs }, (_, o) =>
        h.reduce((t, x, i) => t + w[offset + o * h.length + i] * x, 0),
      );
      offset += outputs * h.length;
      h = l < 2 ? z.map(Math.tanh) : z;
    }
    return Math.log(h.reduce((s2, z) => s2 + Math.exp(z), 0)) - h[labels[n]];
  };
  return (lossOf(1e-5) - lossOf(-1e-5)) / 2e-5;
}

describe('what comes in', () => {
  it('may be a list of layers, with the same answers', async () => {
    const layered = network({
      input: 5,
      layers: [
        { type: 'dense', outputs: 6, bias: false },
        { type: 'tanh' },
        { type: 'dense', outputs: 6, bias: false },
        { type: 'tanh' },
        { type: 'dense', outputs: 3, bias: false },
      ],
      loss: 'cross-entropy',
    }).at(weights, { inputs, labels });
    const [same, there] = [await layered.hessian('dense2').top(2), await at.hessian('layer2').top(2)];
    expect(same[0].value).toBeCloseTo(there[0].value, 8);
    expect((await layered.noise('dense2').trace()).value).toBeCloseTo((await at.noise('layer2').trace()).value, 8);
    expect((await layered.hessian('dense2').trace()).value).toBeCloseTo((await at.hessian('layer2').trace()).value, 8);
  });

  it('may be weights by name, also under other names', async () => {
    const tensor = (from: number, to: number, shape: number[]) => ({ shape, data: weights.slice(from, to) });
    const tensors = {
      'fc1.weight': tensor(0, 30, [6, 5]),
      'fc2.weight': tensor(30, 66, [6, 6]),
      'fc3.weight': tensor(66, 84, [3, 6]),
    };
    const named = net.at(tensors, { inputs, labels });
    expect(Array.from(named.weights)).toEqual(Array.from(weights));
    expect(named.how.join()).toMatch(/fc1/);
    expect(() => net.at({ 'fc1.weight': tensors['fc1.weight'] }, { inputs, labels })).toThrow(/has 3/);
    expect(writeSafetensors(Object.entries(tensors)).length).toBeGreaterThan(84 * 4);
  });

  it('may be any surface', async () => {
    const bowl = model(
      functionSurface({ size: 3, loss: (w) => 0.5 * (w[0] ** 2 + 4 * w[1] ** 2 + 9 * w[2] ** 2) + 1 }),
    );
    const there = bowl.at([0, 0, 0]);
    const values = (await there.hessian().top(3)).map((e) => e.value);
    expect(values[0]).toBeCloseTo(9, 5);
    expect(values[2]).toBeCloseTo(1, 5);
    const width = await there.flatness(undefined, [0, 0, 1]);
    expect(width.value).toBeCloseTo(2 * Math.sqrt((2 * (Math.E - 1)) / 9), 3);
    expect(() => bowl.at()).toThrow(/no weights of its own/);
  });

  it('may be a part of the samples, with the error that it leaves', async () => {
    const some = net.at(weights, { inputs, labels }, { subset: 20, seed: 4 });
    const there = await some.hessian('layer2').top(1);
    const all = await at.hessian('layer2').top(1);
    expect(there[0].method).toMatch(/20 of 40/);
    expect(Math.abs(there[0].value - all[0].value)).toBeLessThan(6 * there[0].error);
    expect(String(some)).toContain('20 of 40 samples');
  });
});

describe('what comes out', () => {
  it('prints in a terminal and serialises', async () => {
    const top = await at.hessian('layer2').top(2);
    expect(inspect(top)).toMatch(/^\[ ?\d/);
    expect(inspect(at)).toContain('5-6-6-3: 84 weights, 40 samples; layers layer1, layer2, layer3');
    const document = JSON.parse(JSON.stringify(top));
    expect(document[0].value).toBe(top[0].value);
    expect(document[0].vector).toHaveLength(36);
    expect(String(net)).toContain('layer2.weight');
    const density = await at.hessian('layer2').density();
    expect(JSON.parse(JSON.stringify(density)).trace.value).toBe(density.trace.value);
    expect(plot.density(density).svg).toMatch(/^<svg/);
    expect(inspect(plot.density(density))).toContain('figure hessian-density');
  });

  it('is refused with one sentence where it cannot be', async () => {
    expect(() => at.hessian('layer5')).toThrow(
      /^at.hessian: 5-6-6-3 has no weights named 'layer5'; did you mean 'layer\d'\?$/,
    );
    expect(() => network('lenet')).toThrow(/did you mean 'lenet5'/);
    expect(() => net.at(weights.slice(1), { inputs, labels })).toThrow('network.at: 5-6-6-3 has 84 weights; got 83.');
    expect(() => net.at(weights, { inputs } as never)).toThrow(/labels \(classes\) or targets/);
    await expect(at.noise('layer2').along([1, 2])).rejects.toThrow('has 36 numbers; got 2');
    await expect(at.hessian('layer2').top(37)).rejects.toThrow('hessian.top: layer2 has 36 eigenvalues; got 37.');
    await expect(at.flatness('layer2', fromRows([[0]]) as never)).rejects.toThrow(/36 numbers/);
  });
});
