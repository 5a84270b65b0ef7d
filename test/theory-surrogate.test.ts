/** The surrogate: its law against predictions and definitions, its noise against [S3], its window as a source of rows. */
import { describe, expect, it } from 'vitest';
import { pca } from '../src/analyse/trajectory/pca.js';
import { forEachChunk, type RowSource } from '../src/analyse/trajectory/rows.js';
import { embeddedLinearAlgebra, fromRows, identity, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { noiseFactor, noiseRows } from '../src/theory/noise-factor.js';
import { predictCovariance } from '../src/theory/predictions.js';
import { type SurrogateRequest, surrogate } from '../src/theory/surrogate.js';

const la = embeddedLinearAlgebra();

async function rowsOf(source: RowSource): Promise<Float64Array> {
  const out = new Float64Array(source.T * source.P);
  await forEachChunk(source, (chunk, first) => out.set(chunk, first * source.P));
  return out;
}

/** Covariance over the rows about their own mean (1/T) or about 0. */
function covarianceOf(rows: Float64Array, P: number, about: 'mean' | 'zero' = 'mean'): Matrix {
  const T = rows.length / P;
  const mean = new Float64Array(P);
  if (about === 'mean') for (let at = 0; at < rows.length; at++) mean[at % P] += rows[at] / T;
  const out = matrix(P, P);
  for (let t = 0; t < T; t++)
    for (let i = 0; i < P; i++)
      for (let j = 0; j < P; j++)
        out.data[i * P + j] += ((rows[t * P + i] - mean[i]) * (rows[t * P + j] - mean[j])) / T;
  return out;
}

const H = fromRows([
  [4, 1, 0],
  [1, 2, 0.5],
  [0, 0.5, 0.3],
]);
const C = fromRows([
  [2, 0.5, -0.3],
  [0.5, 1, 0.2],
  [-0.3, 0.2, 0.7],
]);

describe('noise', () => {
  it('has the covariance of its factor, also where that is singular', () => {
    const singular = fromRows([
      [1, 1, 0],
      [1, 1, 0],
      [0, 0, 2],
    ]);
    const L = noiseFactor(la, singular);
    expect(L.cols).toBe(2);
    const back = la.gemm(L, L, { transposeB: true });
    for (let i = 0; i < 9; i++) expect(back.data[i]).toBeCloseTo(singular.data[i], 12);
    // relative to the largest eigenvalue: below 1e-13 of it nothing is noise, below −1e-8 of it C is no covariance
    for (const size of [1e-9, 1, 1e9]) {
      const scaled = (v: number) => matrix(2, 2, Float64Array.of(size, 0, 0, v * size));
      expect([2e-13, 0.5e-13, -0.5e-8].map((v) => noiseFactor(la, scaled(v)).cols)).toEqual([2, 1, 1]);
      expect(() => noiseFactor(la, scaled(-2e-8))).toThrow(/no negative eigenvalues/);
    }
    expect(noiseFactor(la, matrix(3, 3)).cols).toBe(0);
    expect(() =>
      noiseFactor(
        la,
        fromRows([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toThrow(/no negative eigenvalues/);
  });

  it('shuffled: each epoch adds up to nothing, C at each step, −1/(M−1) between steps of an epoch, 0 between epochs', () => {
    const M = 5;
    const epochs = 8000;
    const x = new Float64Array(M * epochs);
    let at = 0;
    const request = {
      factor: identity(1),
      sampling: 'shuffled',
      batchesPerEpoch: M,
      steps: M * epochs,
      key: randomKey(1),
    } as const;
    for (const block of noiseRows(la, request)) {
      x.set(block.data, at);
      at += block.rows;
    }
    expect(at).toBe(M * epochs);
    const corr = (a: (e: number) => number, b: (e: number) => number) => {
      let s = 0;
      for (let e = 0; e < epochs - 1; e++) s += a(e) * b(e);
      return s / (epochs - 1);
    };
    for (let e = 0; e < 10; e++) expect(x.subarray(e * M, (e + 1) * M).reduce((s, v) => s + v, 0)).toBeCloseTo(0, 12);
    // standard error of a mean product of two normals: at most √2/√8000 = 0.016; five of those
    for (let i = 0; i < M; i++)
      for (let j = 0; j < M; j++) {
        expect(
          Math.abs(
            corr(
              (e) => x[e * M + i],
              (e) => x[e * M + j],
            ) - (i === j ? 1 : -1 / (M - 1)),
          ),
        ).toBeLessThan(0.08);
        expect(
          Math.abs(
            corr(
              (e) => x[e * M + i],
              (e) => x[(e + 1) * M + j],
            ),
          ),
        ).toBeLessThan(0.08);
      }
  });
});

describe('surrogate', () => {
  const base = {
    hessian: H,
    covariance: C,
    learningRate: 0.1,
    sampling: 'replaced',
    window: 50,
    key: randomKey(7),
  } as const;

  it('is w − eta (H w + xi), step by step, in the basis of the weights', async () => {
    for (const momentum of [0, 0.7]) {
      const rows = await rowsOf(surrogate(la, { ...base, momentum }));
      // the noise that explains each row must be the same with and without the landscape, and in both bases
      const free = await rowsOf(surrogate(la, { ...base, hessian: 'zero' }));
      const inBasis = await rowsOf(surrogate(la, { ...base, momentum, basis: 'hessian' }));
      const V = la.eigh(H).vectors;
      let [w, v, at] = [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ];
      for (let t = 0; t < 50; t++) {
        const xi = [0, 1, 2].map((i) => -(free[3 * t + i] - at[i]) / 0.1);
        at = [0, 1, 2].map((i) => free[3 * t + i]);
        const pull = [0, 1, 2].map((i) => w.reduce((s, x, j) => s + H.data[3 * i + j] * x, 0));
        v = v.map((x, i) => momentum * x - 0.1 * (pull[i] + xi[i]));
        w = w.map((x, i) => x + v[i]);
        const turned = [0, 1, 2].map((j) => w.reduce((s, x, i) => s + V.data[3 * i + j] * x, 0));
        for (let i = 0; i < 3; i++) {
          expect(Math.abs(rows[3 * t + i] - w[i])).toBeLessThan(2e-6); // float32 rows
          expect(Math.abs(inBasis[3 * t + i] - turned[i])).toBeLessThan(2e-6);
        }
      }
    }
  });

  it('the same numbers at each reading; the window does not change with its length; burn-in is what came before', async () => {
    for (const sampling of ['replaced', 'shuffled'] as const) {
      const request = { ...base, sampling, batchesPerEpoch: 20 } as const;
      const source = surrogate(la, { ...request, window: 700 });
      const rows = await rowsOf(source);
      expect(await rowsOf(source)).toEqual(rows);
      expect(await rowsOf(surrogate(la, request))).toEqual(rows.subarray(0, 150));
      expect(await rowsOf(surrogate(la, { ...request, burnIn: 600, window: 100 }))).toEqual(rows.subarray(1800));
    }
  });

  it.each<[string, Partial<SurrogateRequest>]>([
    ['white', {}],
    ['white, momentum', { momentum: 0.8 }],
    ['shuffled', { sampling: 'shuffled', batchesPerEpoch: 15 }],
    ['shuffled, momentum', { sampling: 'shuffled', batchesPerEpoch: 15, momentum: 0.6 }],
    ['no landscape', { hessian: 'zero' }],
    ['no landscape, shuffled', { hessian: 'zero', sampling: 'shuffled', batchesPerEpoch: 15 }],
  ])('has the predicted covariance in its window: %s', async (_name, change) => {
    const request: SurrogateRequest = { ...base, window: 60, ...change };
    const runs = 1500;
    const covariances: Float64Array[] = [];
    for (let s = 0; s < runs; s++)
      covariances.push(covarianceOf(await rowsOf(surrogate(la, { ...request, key: randomKey(s) })), 3).data);
    const prediction = predictCovariance(la, {
      ...request,
      hessian: change.hessian === 'zero' ? matrix(3, 3) : H,
      start: 'window',
    }).matrix();
    for (let i = 0; i < 9; i++) {
      const mean = covariances.reduce((s, c) => s + c[i], 0) / runs;
      const error = Math.sqrt(covariances.reduce((s, c) => s + (c[i] - mean) ** 2, 0)) / runs;
      expect(Math.abs(mean - prediction.data[i])).toBeLessThan(4.5 * error); // 54 comparisons
      expect(error).toBeLessThan(
        0.05 * Math.sqrt(prediction.data[4 * Math.floor(i / 3)] * prediction.data[4 * (i % 3)]),
      );
    }
  });

  it('a gradient at the start drives the predicted path', async () => {
    const gradient = Float64Array.of(1, -2, 0.5);
    const silent = { ...base, covariance: matrix(3, 3), gradient };
    const rows = await rowsOf(surrogate(la, silent));
    const predicted = predictCovariance(la, { ...silent, start: 'window' }).matrix();
    const measured = covarianceOf(rows, 3);
    for (let i = 0; i < 9; i++) expect(Math.abs(measured.data[i] / predicted.data[i] - 1)).toBeLessThan(1e-5);
  });

  it('principal components of a walk without landscape take 6/(π² j²) of the variance [S5]', async () => {
    const P = 400;
    const { summary } = await pca(
      surrogate(la, {
        hessian: 'zero',
        covariance: identity(P),
        learningRate: 0.1,
        sampling: 'replaced',
        window: 200,
        key: randomKey(3),
      }),
      la,
      { keep: [1] },
    );
    // relative spread of a principal variance over walks: about √(2/P) = 7 %
    for (const j of [1, 2, 3, 5]) {
      const share = summary.variances[j - 1] / summary.totalVariance;
      expect(Math.abs(share * ((Math.PI * j) ** 2 / 6) - 1)).toBeLessThan(0.2);
    }
  });

  it.each<[string, Partial<SurrogateRequest>, RegExp]>([
    ['half an epoch before', { sampling: 'shuffled', batchesPerEpoch: 20, burnIn: 10 }, /whole epochs/],
    ['another size', { hessian: identity(2) }, /order 2, but C of order 3/],
    ['a gradient long before', { gradient: new Float64Array(3), burnIn: 5 }, /no steps before/],
  ])('refuses %s', (_name, change, message) => {
    expect(() => surrogate(la, { ...base, ...change })).toThrow(message);
  });
});
