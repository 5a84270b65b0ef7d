import { describe, expect, it } from 'vitest';
import { type TeacherNetwork, type TeacherRequest, teacherSet } from '../src/data/teacher.js';
import { layersOf, type NetworkSpec, parameterCount } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';

const key = randomKey(21);
const relu: NetworkSpec = { widths: [5, 7, 4], activation: 'relu', bias: true, loss: 'cross-entropy' };
const linear: NetworkSpec = { widths: [3, 1], activation: 'identity', bias: false, loss: 'squared-error' };

/** Outputs of the network by the offsets of layersOf, written without the teacher's own walk. */
function outputs(spec: NetworkSpec, w: Float32Array, x: number[]): number[] {
  return layersOf(spec).reduce((h, layer, l, all) => {
    const z = Array.from({ length: layer.outputs }, (_, o) =>
      h.reduce(
        (s, v, i) => s + v * w[layer.weightOffset + o * layer.inputs + i],
        spec.bias ? w[layer.biasOffset + o] : 0,
      ),
    );
    if (l === all.length - 1 || spec.activation === 'identity') return z;
    return z.map((v) => (spec.activation === 'tanh' ? Math.tanh(v) : Math.max(v, 0)));
  }, x);
}

describe('teacherSet', () => {
  it.each([
    ['relu with biases', relu],
    ['tanh, regression', { widths: [5, 6, 3, 2], activation: 'tanh', bias: true, loss: 'squared-error' }],
    ['linear', { ...linear, widths: [5, 1] }],
  ] as [string, NetworkSpec][])('%s: without noise every answer is that of the true weights', (_, network) => {
    const { dataset, weights } = teacherSet({ network, train: 50, test: 20 }, key);
    expect(weights.length).toBe(parameterCount(network));
    const k = network.widths.at(-1)!;
    expect(dataset.classes).toBe(k);
    for (const part of [dataset.train, dataset.test!]) {
      for (let n = 0; n < part.count; n++) {
        const z = outputs(network, weights, [...part.values.subarray(5 * n, 5 * n + 5)]);
        if (part.labels) expect(part.labels[n]).toBe(z.indexOf(Math.max(...z)));
        else for (const [o, v] of z.entries()) expect(part.targets![n * k + o]).toBeCloseTo(v, 5);
      }
    }
    expect(dataset.train.labels === undefined).toBe(network.loss === 'squared-error');
    expect(dataset.train.targets === undefined).toBe(network.loss === 'cross-entropy');
  });

  it('draws inputs with the covariance asked for', () => {
    const spectrum = [4, 1, 0.25];
    const n = 40_000;
    const { values } = teacherSet({ network: linear, train: n, spectrum }, key).dataset.train;
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        let sum = 0;
        for (let s = 0; s < n; s++) sum += values[3 * s + i] * values[3 * s + j];
        const truth = i === j ? spectrum[i] : 0;
        // Isserlis: Var(x_i x_j) = a_i a_j (1 + δ_ij).
        const error = Math.sqrt((spectrum[i] * spectrum[j] * (i === j ? 2 : 1)) / n);
        expect(Math.abs(sum / n - truth)).toBeLessThan(4 * error);
      }
    }
  });

  it('replaces the asked share of labels, evenly among the other classes, and none in the test set', () => {
    const n = 20_000;
    const request: TeacherRequest = { network: relu, train: n, test: 500 };
    const clean = teacherSet(request, key);
    const noisy = teacherSet({ ...request, labelNoise: 0.3 }, key);
    expect(noisy.weights).toEqual(clean.weights);
    expect(noisy.dataset.train.values).toEqual(clean.dataset.train.values);
    expect(noisy.dataset.test).toEqual(clean.dataset.test);
    const shift = [0, 0, 0, 0];
    clean.dataset.train.labels!.forEach((label, i) => {
      shift[(noisy.dataset.train.labels![i] - label + 4) % 4]++;
    });
    for (const [k, p] of [0.7, 0.1, 0.1, 0.1].entries()) {
      expect(Math.abs(shift[k] / n - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
    }
  });

  it('adds Gaussian noise of the asked deviation to regression targets', () => {
    const n = 20_000;
    const clean = teacherSet({ network: linear, train: n }, key).dataset.train.targets!;
    const noisy = teacherSet({ network: linear, train: n, labelNoise: 0.5 }, key).dataset.train.targets!;
    const r = clean.map((y, i) => noisy[i] - y);
    const variance = r.reduce((s, v) => s + v * v, 0) / n;
    expect(Math.abs(r.reduce((s, v) => s + v, 0) / n)).toBeLessThan((4 * 0.5) / Math.sqrt(n));
    expect(Math.abs(variance - 0.25)).toBeLessThan(4 * 0.25 * Math.sqrt(2 / n));
  });

  it('is a function of the key, and a longer set begins with the shorter one', () => {
    const short = teacherSet({ network: relu, train: 30, labelNoise: 0.5 }, key).dataset;
    const long = teacherSet({ network: relu, train: 60, labelNoise: 0.5, test: 5 }, key).dataset;
    expect(long.train.values.subarray(0, 150)).toEqual(short.train.values);
    expect(long.train.labels!.subarray(0, 30)).toEqual(short.train.labels);
    const other = teacherSet({ network: relu, train: 30 }, randomKey(22));
    expect(other.dataset.train.values).not.toEqual(short.train.values);
    expect(other.weights).not.toEqual(teacherSet({ network: relu, train: 30 }, key).weights);
    expect(long.test!.values).not.toEqual(long.train.values.subarray(0, 25));
  });

  it.each([
    [{ network: { ...relu, widths: [5] } }, /two positive integer widths/],
    [{ network: { ...relu, widths: [5, 0, 2] } }, /two positive integer widths/],
    [{ network: { ...relu, widths: [5, 1] } }, /2 to 256 outputs; got 1/],
    [{ network: { ...relu, widths: [5, 300] } }, /2 to 256 outputs; got 300/],
    [{ train: 0 }, /at least one training sample/],
    [{ test: -1 }, /test -1/],
    [{ labelNoise: 1.5 }, /a probability; got 1.5/],
    [{ labelNoise: Number.NaN }, /a probability; got NaN/],
    [{ network: { ...linear, widths: [5, 1] } as TeacherNetwork, labelNoise: -1 }, /standard deviation; got -1/],
    [{ spectrum: [1, 2] }, /needs 5 finite variances ≥ 0; got 2/],
    [{ spectrum: [1, 1, 1, 1, -1] }, /finite variances/],
  ] as [Partial<TeacherRequest>, RegExp][])('refuses %j', (change, message) => {
    expect(() => teacherSet({ network: relu, train: 10, ...change }, key)).toThrow(message);
  });
});
