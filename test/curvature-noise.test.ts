/** [S11]: noise that depends on the weights, from data, against the definition written out over all batches, and closed forms. */
import { describe, expect, it } from 'vitest';
import { embeddedLinearAlgebra, fromRows, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { type Key, randomKey } from '../src/numeric/random.js';
import { predictCovariance } from '../src/theory/predictions.js';
import { regressionLoss } from '../src/theory/regression-data.js';
import { batchNoise, type SampledLoss, sampledLoss } from '../src/theory/sampled-loss.js';
import { exactMoments, type Sample } from './support/batch-moments.js';

const la = embeddedLinearAlgebra();
const draw = (rows: number, cols: number, key: Key) => {
  const stream = key.stream();
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => stream.normal()),
  );
};
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]))) / Math.max(...Array.from(b, Math.abs));

/** Equally likely points in d dimensions with the moments of standard normal numbers up to the fifth: 0 four times, ±√3 once each. */
function gaussPoints(d: number): number[][] {
  const line = [-Math.sqrt(3), 0, 0, 0, 0, Math.sqrt(3)];
  return d === 0 ? [[]] : gaussPoints(d - 1).flatMap((x) => line.map((v) => [...x, v]));
}

/** Data whose moments up to the fourth are those of Gaussian inputs L z, with labels x·w* ± s at every point. */
function gaussianData(L: readonly (readonly number[])[], truth: readonly number[], s: number) {
  const inputs = gaussPoints(L.length).map((z) => L.map((l) => l.reduce((sum, v, j) => sum + v * z[j], 0)));
  const both = inputs.flatMap((x) => [x, x]);
  const targets = both.map((x, k) => [x.reduce((sum, v, i) => sum + v * truth[i], 0) + (k % 2 ? s : -s)]);
  return { inputs: fromRows(both), targets: fromRows(targets) };
}

describe('Gaussian inputs [S8]', () => {
  it('one weight: eta s²/(2B − eta a (B+2)), and its ceiling 2B/(a(B+2))', () => {
    for (const [a, B, eta, s] of [
      [1, 1, 0.3, 1.4],
      [3, 4, 0.2, 0.7],
      [0.2, 7, 4, 1],
    ]) {
      const loss = regressionLoss(la, gaussianData([[Math.sqrt(a)]], [0.8], s));
      expect(loss.minimum[0]).toBeCloseTo(0.8, 12);
      const ask = (learningRate: number) =>
        predictCovariance(la, { ...batchNoise(loss, { batchSize: B }), learningRate });
      const { variances, ceiling } = ask(eta);
      expect(variances[0] / ((eta * s * s) / (2 * B - eta * a * (B + 2)))).toBeCloseTo(1, 11);
      expect(ceiling / ((2 * B) / (a * (B + 2)))).toBeCloseTo(1, 11);
      expect(ask(0.99 * ceiling).variances[0]).toBeGreaterThan(10 * ask(0.5 * ceiling).variances[0]);
      expect(() => ask(1.001 * ceiling)).toThrow(/grows without bound.*below \d.*mean-square ceiling/);
    }
  });

  it('two weights: the balance with C = (AΣA + Tr(AΣ)A + s²A)/B holds entry by entry', () => {
    const [eta, B, s] = [0.25, 3, 0.9];
    const loss = regressionLoss(
      la,
      gaussianData(
        [
          [1.2, 0],
          [0.5, 0.4],
        ],
        [1, -2],
        s,
      ),
    );
    const A = [
      [1.44, 0.6],
      [0.6, 0.41],
    ];
    const S = predictCovariance(la, { ...batchNoise(loss, { batchSize: B }), learningRate: eta }).matrix();
    const at = (i: number, j: number) => S.data[2 * i + j];
    const times = (f: (k: number) => number) => f(0) + f(1);
    const trace = times((i) => times((j) => A[i][j] * at(j, i)));
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [1, 1],
    ]) {
      const as = times((k) => A[i][k] * at(k, j) + at(i, k) * A[k][j]);
      const asa = times((k) => times((l) => A[i][k] * at(k, l) * A[l][j]));
      const C = (asa + (trace + s * s) * A[i][j]) / B;
      expect(eta * as).toBeCloseTo(eta ** 2 * (asa + C), 11);
    }
  });
});

/** Samples with Hessians of full rank and any sign; the mean Hessian is positive, and the gradients sum to zero. */
function quadratics(N: number, P: number, seed: number): { samples: Sample[]; loss: SampledLoss } {
  const key = randomKey(seed);
  const g = draw(N, P, key.child('g'));
  for (let i = 0; i < P; i++) {
    let mean = 0;
    for (let k = 0; k < N; k++) mean += g.data[k * P + i] / N;
    for (let k = 0; k < N; k++) g.data[k * P + i] -= mean;
  }
  const hessians = Array.from({ length: N }, (_, k) => {
    const x = draw(P, P, key.child('h').child(k)).data;
    return matrix(
      P,
      P,
      Float64Array.from({ length: P * P }, (_, at) => {
        const [i, j] = [Math.floor(at / P), at % P];
        return 0.3 * (x[at] + x[j * P + i]) + (i === j ? 1 + i : 0);
      }),
    );
  });
  const samples = hessians.map((h, k) => ({
    hessian: Array.from(h.data),
    gradient: Array.from(g.data.subarray(k * P, (k + 1) * P)),
  }));
  return { samples, loss: sampledLoss(la, { gradients: g, hessian: (k) => hessians[k] }) };
}

describe('all batches written out', () => {
  const cases: [string, 'replaced' | 'distinct', number, number, number][] = [
    ['replaced, B = 2', 'replaced', 2, 0.2, 0],
    ['distinct, B = 2', 'distinct', 2, 0.3, 0],
    ['distinct, B = 1', 'distinct', 1, 0.1, 0],
    ['replaced, momentum', 'replaced', 2, 0.05, 0.7],
    ['distinct, momentum', 'distinct', 3, 0.2, 0.5],
  ];
  it.each(cases)('Hessians of any kind: %s', (_, sampling, batchSize, learningRate, momentum) => {
    const { samples, loss } = quadratics(5, 3, 11);
    const exact = exactMoments(samples, { sampling, batchSize, learningRate, momentum });
    const request = { ...batchNoise(loss, { batchSize, sampling }), learningRate, momentum };
    expect(worst(predictCovariance(la, request).matrix().data, exact)).toBeLessThan(1e-10);
    // and the term matters here
    const { curvatureNoise, ...constant } = request;
    expect(curvatureNoise).toBeTypeOf('function');
    expect(worst(predictCovariance(la, constant).matrix().data, exact)).toBeGreaterThan(0.005);
  });

  it.each([0, 0.6])('regression with two outputs, momentum %s', (momentum) => {
    const [N, n, o] = [6, 2, 2];
    const inputs = draw(N, n, randomKey(3).child('x'));
    const targets = draw(N, o, randomKey(3).child('y'));
    const loss = regressionLoss(la, { inputs, targets });
    // ½|W x − y|² by hand: weights o×n, Hessian 1 ⊗ x xᵀ, gradient (W x − y) ⊗ x
    const samples = Array.from({ length: N }, (_, k) => {
      const x = inputs.data.subarray(k * n, (k + 1) * n);
      const hessian = Array.from({ length: 16 }, (_, at) => {
        const [i, j] = [Math.floor(at / 4), at % 4];
        return Math.floor(i / n) === Math.floor(j / n) ? x[i % n] * x[j % n] : 0;
      });
      const gradient = Array.from({ length: 4 }, (_, i) => {
        const a = Math.floor(i / n);
        const residual = x[0] * loss.minimum[a * n] + x[1] * loss.minimum[a * n + 1] - targets.data[k * o + a];
        return residual * x[i % n];
      });
      return { hessian, gradient };
    });
    for (let i = 0; i < 4; i++) expect(samples.reduce((sum, s) => sum + s.gradient[i], 0)).toBeCloseTo(0, 12);
    const how = { batchSize: 2, sampling: 'distinct', learningRate: 0.15, momentum } as const;
    const exact = exactMoments(samples, how);
    const { batchSize, sampling, ...sgd } = how;
    const found = predictCovariance(la, { ...batchNoise(loss, { batchSize, sampling }), ...sgd });
    expect(worst(found.matrix().data, exact)).toBeLessThan(1e-10);
    // the same loss, sample by sample
    const gradients = fromRows(samples.map((s) => s.gradient));
    const again = sampledLoss(la, { gradients, hessian: (k) => matrix(4, 4, Float64Array.from(samples[k].hessian)) });
    const any = la.syrk(draw(4, 4, randomKey(4)));
    expect(worst(loss.curvatureNoise(any).data, again.curvatureNoise(any).data)).toBeLessThan(1e-13);
    const same = predictCovariance(la, { ...batchNoise(again, { batchSize, sampling }), ...sgd });
    expect(worst(same.variances, found.variances)).toBeLessThan(1e-12);
    expect(same.ceiling / found.ceiling).toBeCloseTo(1, 10);
  });

  it('the moments over all batches decay below the ceiling and grow above it', () => {
    const { samples, loss } = quadratics(4, 2, 5);
    for (const momentum of [0, 0.8]) {
      const { ceiling } = predictCovariance(la, {
        ...batchNoise(loss, { batchSize: 2 }),
        learningRate: 1e-3,
        momentum,
      });
      expect(ceiling).toBeLessThan(2 * (1 + momentum));
      const run = (f: number) =>
        exactMoments(samples, { sampling: 'replaced', batchSize: 2, learningRate: f * ceiling, momentum });
      expect(run(0.98).every(Number.isFinite)).toBe(true);
      expect(() => run(1.02)).toThrow(/diverge/);
    }
  });

  it('a window sees the stationary state with the noise of that state', () => {
    const { samples, loss } = quadratics(5, 2, 9);
    const [eta, T] = [0.25, 7];
    const S = exactMoments(samples, { sampling: 'replaced', batchSize: 2, learningRate: eta, momentum: 0 });
    const windowed = predictCovariance(la, {
      ...batchNoise(loss, { batchSize: 2 }),
      learningRate: eta,
      window: T,
    }).matrix();
    // ⟨w_{t+d} w_tᵀ⟩ = (1 − eta H)^d Σ, because each batch is independent of the past
    const step = loss.hessian.data.map((v, i) => (i % 3 === 0 ? 1 : 0) - eta * v);
    const product = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Float64Array.from({ length: 4 }, (_, at) => {
        const [i, j] = [Math.floor(at / 2), at % 2];
        return a[2 * i] * b[j] + a[2 * i + 1] * b[2 + j];
      });
    const mean = new Float64Array(4);
    let lag: ArrayLike<number> = S;
    for (let d = 0; d < T; d++) {
      for (const at of [0, 1, 2, 3]) {
        const flipped = [0, 2, 1, 3][at];
        mean[at] += ((T - d) / T ** 2) * (d === 0 ? lag[at] : lag[at] + lag[flipped]);
      }
      lag = product(step, lag);
    }
    expect(
      worst(
        windowed.data,
        S.map((v, i) => v - mean[i]),
      ),
    ).toBeLessThan(1e-10);
  });
});

describe('data with idle directions', () => {
  const key = randomKey(21);
  const x = draw(40, 2, key.child('x'));
  const y = draw(40, 1, key.child('y'));
  const with0 = (columns: (a: number, b: number) => number[]) =>
    fromRows(Array.from({ length: 40 }, (_, k) => columns(x.data[2 * k], x.data[2 * k + 1])));
  const ask = (inputs: Matrix, window?: number) =>
    predictCovariance(la, {
      ...batchNoise(regressionLoss(la, { inputs, targets: y }), { batchSize: 4 }),
      learningRate: 0.2,
      ...(window && { window }),
    });

  it.each([undefined, 50])('a pixel that is always dark does not move and changes nothing (window %s)', (window) => {
    const plain = ask(x, window).matrix();
    const dark = ask(
      with0((a, b) => [a, 0, b]),
      window,
    ).matrix();
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [1, 1],
    ])
      expect(dark.data[3 * (2 * i) + 2 * j]).toBeCloseTo(plain.data[2 * i + j], 12);
    expect(dark.data[4]).toBeCloseTo(0, 14);
  });

  it('two equal pixels share their motion', () => {
    // u = (w1 + w3)/√2 acts as one weight on √2 a
    const twice = ask(with0((a, b) => [a, b, a])).matrix();
    const scaled = ask(with0((a, b) => [Math.SQRT2 * a, b])).matrix();
    expect(twice.data[0]).toBeCloseTo(scaled.data[0] / 2, 12);
    expect(twice.data[2]).toBeCloseTo(scaled.data[0] / 2, 12);
    expect(twice.data[1]).toBeCloseTo(scaled.data[1] / Math.SQRT2, 12);
  });
});

describe('refusals', () => {
  const { loss } = quadratics(5, 3, 11);
  const ok = { ...batchNoise(loss, { batchSize: 2 }), learningRate: 0.05 };

  it('shuffled epochs, and all that is not the stationary state of discrete SGD', () => {
    expect(() => batchNoise(loss, { batchSize: 2, sampling: 'shuffled' })).toThrow(/no closed equation/);
    const cases = [
      { sampling: 'shuffled', batchesPerEpoch: 4 },
      { time: 'continuous' },
      { window: 5, start: 'window' },
      { window: 5, gradient: new Float64Array(3) },
      { window: 5, velocity: new Float64Array(3) },
    ] as const;
    for (const change of cases)
      expect(() => predictCovariance(la, { ...ok, ...change })).toThrow(/leave `curvatureNoise` out/);
  });

  it('batches larger than the data, samples that are not at the minimum, shapes', () => {
    expect(() => batchNoise(loss, { batchSize: 6, sampling: 'distinct' })).toThrow(/from 1 to the 5 samples; got 6/);
    expect(() => batchNoise(loss, { batchSize: 1.5 })).toThrow(/got 1.5/);
    expect(batchNoise(loss, { batchSize: 50 }).covariance.data[0]).toBeCloseTo(
      loss.gradientCovariance.data[0] / 50,
      15,
    );
    // all samples at once: no noise at all
    const all = predictCovariance(la, {
      ...batchNoise(loss, { batchSize: 5, sampling: 'distinct' }),
      learningRate: 0.1,
    });
    expect([...all.variances]).toEqual([0, 0, 0]);
    const gradients = fromRows([[1], [2]]);
    expect(() => sampledLoss(la, { gradients, hessian: () => matrix(1, 1) })).toThrow(/mean is 0.95 of/);
    expect(() => sampledLoss(la, { gradients: fromRows([[1], [-1]]), hessian: () => matrix(2, 2) })).toThrow(/got 2×2/);
    expect(() => regressionLoss(la, { inputs: matrix(3, 2), targets: matrix(2, 1) })).toThrow(/3×2 and 2×1/);
    expect(() => regressionLoss(la, { inputs: fromRows([[Number.NaN]]), targets: matrix(1, 1) })).toThrow(/finite/);
  });

  it('no minimum, and a direction with noise but no curvature', () => {
    const of = (curvatures: number[]) => {
      const gradients = fromRows([
        [1, 1],
        [-1, -1],
      ]);
      const hessian = () => matrix(2, 2, Float64Array.from([curvatures[0], 0, 0, curvatures[1]]));
      return predictCovariance(la, {
        ...batchNoise(sampledLoss(la, { gradients, hessian }), { batchSize: 1 }),
        learningRate: 0.1,
      });
    };
    expect(of([1, 2]).ceiling).toBeCloseTo(1, 12);
    expect(() => of([1, -2])).toThrow(/negative eigenvalue -2/);
    expect(() => of([1, 0])).toThrow(/has noise but no curvature/);
  });

  it('names the edge without this noise too', () => {
    const { curvatureNoise: _, ...constant } = ok;
    const of = (more: object) => predictCovariance(la, { ...constant, ...more }).ceiling;
    const top = predictCovariance(la, constant).eigen.values[2];
    expect(of({ momentum: 0.5 })).toBeCloseTo(3 / top, 14);
    expect(of({ time: 'continuous' })).toBe(Number.POSITIVE_INFINITY);
  });
});
