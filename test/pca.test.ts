import { describe, expect, it } from 'vitest';
import { componentOf, pca, pcaMemory, project, rounding, roundingOfSteps } from '../src/analyse/trajectory/pca.js';
import { type RowSource, rowRange, rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/embedded.js';
import { type Key, randomKey } from '../src/numeric/random.js';
import { pearson, variance } from '../src/numeric/statistics.js';

const la = embeddedLinearAlgebra();

/** Eigenvalues, descending, and eigenvector rows by cyclic Jacobi rotations: slow, plain, shares nothing with a provider. */
function jacobi(a: Float64Array, n: number): { values: number[]; rows: number[][] } {
  const m = a.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (m[p * n + q] === 0) continue;
        const angle = Math.atan2(2 * m[p * n + q], m[q * n + q] - m[p * n + p]) / 2;
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++) {
          const [x, y] = [m[k * n + p], m[k * n + q]];
          [m[k * n + p], m[k * n + q]] = [c * x - s * y, s * x + c * y];
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [m[p * n + k], m[q * n + k]];
          [m[p * n + k], m[q * n + k]] = [c * x - s * y, s * x + c * y];
          const [e, f] = [v[p * n + k], v[q * n + k]];
          [v[p * n + k], v[q * n + k]] = [c * e - s * f, s * e + c * f];
        }
      }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => m[j * n + j] - m[i * n + i]);
  return { values: order.map((i) => m[i * n + i]), rows: order.map((i) => [...v.subarray(i * n, (i + 1) * n)]) };
}

/** Population covariance by definition. */
function naiveCovariance(x: ArrayLike<number>, T: number, P: number): Float64Array {
  const mean = new Float64Array(P);
  for (let t = 0; t < T; t++) for (let j = 0; j < P; j++) mean[j] += x[t * P + j] / T;
  const c = new Float64Array(P * P);
  for (let t = 0; t < T; t++)
    for (let i = 0; i < P; i++)
      for (let j = 0; j < P; j++) c[i * P + j] += ((x[t * P + i] - mean[i]) * (x[t * P + j] - mean[j])) / T;
  return c;
}

/** Correlated rows with spread spectrum about an offset. */
function noisy(T: number, P: number, key: Key, offset = 0.3): Float32Array {
  const s = key.stream();
  const x = new Float32Array(T * P);
  const row = new Float64Array(P);
  for (let t = 0; t < T; t++) {
    for (let j = 0; j < P; j++) row[j] = s.normal() / (1 + j);
    for (let j = 0; j < P; j++) x[t * P + j] = offset + row[j] + 0.5 * row[(j + 1) % P] - 0.2 * row[(j + 5) % P];
  }
  return x;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let s = 0;
  for (let i = 0; i < a.length; i++) s += a[i] * b[i];
  return s;
};

describe('pca of a planted window', () => {
  it('finds exact variances A²/2 and directions of orthogonal cosines, by either route', async () => {
    // theta_k(t) = A_k cos(2πk(t + ½)/T) sums to 0 and is orthogonal over a window; q_k: rows of the cosine transform
    const amplitude = [3, 1, 0.1, 1e-3];
    for (const [T, P, via] of [
      [64, 20, 'covariance'],
      [24, 40, 'gram'],
    ] as const) {
      const q = amplitude.map((_, k) =>
        Array.from({ length: P }, (_, j) => Math.sqrt(2 / P) * Math.cos((Math.PI * (k + 1) * (j + 0.5)) / P)),
      );
      const x = new Float64Array(T * P);
      for (let t = 0; t < T; t++)
        for (let j = 0; j < P; j++) {
          x[t * P + j] = 7;
          for (let k = 0; k < 4; k++)
            x[t * P + j] += amplitude[k] * Math.cos((2 * Math.PI * (k + 1) * (t + 0.5)) / T) * q[k][j];
        }
      const result = await pca(rowsInMemory(x, P, 7), la);
      expect(result.summary.via).toBe(via);
      expect(result.summary.variances.length).toBe(Math.min(P, T - 1));
      for (let k = 0; k < 4; k++) {
        expect(Math.abs(result.summary.variances[k] / (amplitude[k] ** 2 / 2) - 1)).toBeLessThan(1e-8);
        expect(Math.abs(dot(componentOf(result, k + 1), q[k]))).toBeCloseTo(1, 8);
      }
      expect(result.summary.variances[4]).toBeLessThan(1e-14);
      expect(result.summary.totalVariance).toBeCloseTo(
        amplitude.reduce((s, a) => s + (a * a) / 2, 0),
        12,
      );
      for (const m of result.mean) expect(m).toBeCloseTo(7, 12);
      expect([...result.first]).toEqual([...x.subarray(0, P)]);
      expect([...result.last]).toEqual([...x.subarray((T - 1) * P)]);
      expect(result.summary.residual).toBeLessThan(1e-13);
    }
  });
});

describe('pca against the definition', () => {
  it.each([
    [150, 12],
    [13, 13],
    [12, 30],
  ])('agrees with Jacobi on the naive covariance for T = %i, P = %i', async (T, P) => {
    const x = noisy(T, P, randomKey(T));
    const truth = jacobi(naiveCovariance(x, T, P), P);
    const result = await pca(rowsInMemory(x, P, 5), la);
    const K = Math.min(P, T - 1);
    for (let k = 0; k < K; k++) {
      expect(Math.abs(result.summary.variances[k] - truth.values[k])).toBeLessThan(1e-13 * truth.values[0]);
      expect(Math.abs(dot(componentOf(result, k + 1), truth.rows[k]))).toBeCloseTo(1, 8);
    }
    const theta = await project(rowsInMemory(x, P, 4), result, la);
    for (let k = 0; k < K; k++) {
      const row = theta.subarray(k * T, (k + 1) * T);
      // the population variance of the coordinate IS sigma_i²
      expect(variance(row)).toBeCloseTo(result.summary.variances[k], 10);
      const p = componentOf(result, k + 1);
      expect(Math.max(...p)).toBeGreaterThanOrEqual(-Math.min(...p) * (1 - 1e-6));
    }
  });

  it('does not care how the stream is cut, or whether it is asynchronous', async () => {
    const x = noisy(90, 8, randomKey(2));
    const one = await pca(rowsInMemory(x, 8, 90), la);
    const many = await pca(
      {
        T: 90,
        P: 8,
        async *chunks() {
          for (let t = 0; t < 90; t++) yield x.subarray(t * 8, (t + 1) * 8);
        },
      },
      la,
    );
    for (let k = 0; k < 8; k++) expect(many.summary.variances[k]).toBeCloseTo(one.summary.variances[k], 13);
    expect(many.first).toEqual(one.first);
    expect(many.last).toEqual(one.last);
  });

  it('takes a part of the window, as the controls need', async () => {
    const x = noisy(100, 6, randomKey(3));
    const part = await pca(rowsInMemory(x, 6, 9), la, { from: 31, to: 77 });
    const alone = await pca(rowsInMemory(x.slice(31 * 6, 77 * 6), 6, 9), la);
    expect(part.summary.T).toBe(46);
    part.summary.variances.forEach((v, k) => {
      expect(v).toBeCloseTo(alone.summary.variances[k], 13);
    });
    expect([...part.last]).toEqual([...x.subarray(76 * 6, 77 * 6)]);
    expect(() => rowRange(rowsInMemory(x, 6), 50, 101)).toThrow(/rows 50 to 101/);
    for (const [from, to] of [[0.5, 3], [0, 2.5], [-1, 3], [3, 3]])
      expect(() => rowRange(rowsInMemory(x, 6), from, to)).toThrow(/but the window has rows 0 to 100/); // biome-ignore format: short
    // pieces of two rows: the part begins and ends within pieces, and has none that is empty
    const pieces: RowSource = {
      T: 8,
      P: 1,
      async *chunks() {
        for (let t = 0; t < 8; t += 2) yield Float64Array.of(t, t + 1);
      },
    };
    const read = async (from: number, to: number) => {
      const chunks: number[][] = [];
      for await (const chunk of rowRange(pieces, from, to).chunks()) chunks.push([...chunk]);
      return chunks;
    };
    expect(await read(3, 7)).toEqual([[3], [4, 5], [6]]);
    expect(await read(2, 6)).toEqual([[2, 3], [4, 5]]); // biome-ignore format: short
    expect(await read(4, 5)).toEqual([[4]]);
    expect(await read(0, 8)).toHaveLength(4);
  });

  it('keeps small fluctuations about a large offset', async () => {
    const x = Float64Array.from(noisy(200, 5, randomKey(4), 0), (v) => 1e6 + 1e-3 * v);
    const truth = jacobi(
      naiveCovariance(
        Float64Array.from(x, (v) => v - 1e6),
        200,
        5,
      ),
      5,
    );
    const result = await pca(rowsInMemory(x, 5), la);
    for (let k = 0; k < 5; k++) expect(Math.abs(result.summary.variances[k] / truth.values[k] - 1)).toBeLessThan(1e-6);
  });

  it('a direction without any variance has no length, and is no number that is none', async () => {
    // four rows of six weights on one line
    const line = Float64Array.from([0, 1, 2, 5].flatMap((x) => [1, 2, 0, 0, 2, 0].map((v) => 7 + x * v)));
    const { components, summary } = await pca(rowsInMemory(line, 6), la, { keep: [1, 2, 3] });
    expect(summary.variances[0]).toBeCloseTo(9 * 3.5, 9);
    [1, 2, 0, 0, 2, 0].forEach((v, i) => {
      expect(components[i]).toBeCloseTo(v / 3, 12);
    });
    expect(components.every(Number.isFinite)).toBe(true);
    // one that is zero exactly stays so
    const two = await pca(rowsInMemory(Float64Array.of(1, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0), 4), la, { keep: [1, 2] });
    expect([...two.components.subarray(0, 4)].map(Math.abs)).toEqual([1, 0, 0, 0]);
    expect([...two.components.subarray(4)].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it('returns only the directions asked for', async () => {
    for (const T of [60, 9]) {
      const x = noisy(T, 20, randomKey(5));
      const all = await pca(rowsInMemory(x, 20), la);
      const some = await pca(rowsInMemory(x, 20), la, { keep: [1, 3, 8] });
      expect(some.components.length).toBe(60);
      expect(some.summary.variances).toEqual(all.summary.variances);
      for (const i of [1, 3, 8])
        for (let j = 0; j < 20; j++) expect(componentOf(some, i)[j]).toBeCloseTo(componentOf(all, i)[j], 10);
      expect(() => componentOf(some, 2)).toThrow(/direction 2 was not kept/);
    }
  });
});

describe('memory', () => {
  it('reads the columns in as many passes as the budget demands, with the same result', async () => {
    const [T, P] = [20, 700];
    const x = noisy(T, P, randomKey(6));
    let passes = 0;
    const counted: RowSource = {
      T,
      P,
      *chunks() {
        passes++;
        yield* rowsInMemory(x, P, 6).chunks() as Iterable<Float32Array>;
      },
    };
    const tight = await pca(counted, la, { budget: pcaMemory({ T, P }) });
    expect(passes).toBe(3 + 1); // 256 columns a pass, and one to lift
    passes = 0;
    const ample = await pca(counted, la);
    expect(passes).toBe(1 + 1);
    for (let k = 0; k < T - 1; k++) expect(tight.summary.variances[k]).toBeCloseTo(ample.summary.variances[k], 12);
  });

  it('states its need beforehand and refuses a smaller budget with both numbers', async () => {
    expect(pcaMemory({ T: 12_000, P: 2500 })).toBeGreaterThan(7 * 8 * 2500 ** 2);
    expect(pcaMemory({ T: 12_000, P: 2500 })).toBeLessThan(0.5e9);
    expect(pcaMemory({ T: 1000, P: 40_000, kept: 10 })).toBeLessThan(pcaMemory({ T: 1000, P: 40_000 }));
    let read = false;
    const source: RowSource = {
      T: 5000,
      P: 3000,
      chunks() {
        read = true;
        return [];
      },
    };
    await expect(pca(source, la, { budget: 1e8 })).rejects.toThrow(/need \d+ MB, the budget is 100 MB/);
    expect(read).toBe(false);
  });
});

describe('resolution', () => {
  it('is the variance that rounding to float32 leaves in directions that do not move', async () => {
    // every weight moves by some 1e-3 in one common direction, thousands of spacings: its rounding errors are white
    const [T, P] = [4000, 24];
    const s = randomKey(7).stream();
    const rest = Array.from({ length: P }, (_, j) => (j % 2 ? 0.51 : 0.26) + 0.2 * (j % 2 ? 1 : 0.5) * s.uniform());
    const x = new Float32Array(T * P);
    for (let t = 0; t < T; t++) {
      const a = 1e-3 * s.normal();
      for (let j = 0; j < P; j++) x[t * P + j] = rest[j] + a * (1 + 0.3 * Math.cos(j));
    }
    const { summary } = await pca(rowsInMemory(x, P), la);
    // spacings 2^-24 in [½, 1) and 2^-25 in [¼, ½), half of the weights each
    const truth = (2 ** -48 + 2 ** -50) / 24;
    expect(summary.resolution / truth).toBeCloseTo(1, 12);
    const floor = summary.variances.slice(1).reduce((a, b) => a + b) / (P - 1);
    // 4000·23 rounding errors: 0.5 %, and one direction of 24 removed: 4 %
    expect(Math.abs(floor / truth - 1)).toBeLessThan(0.06);
    expect(summary.variances[0]).toBeGreaterThan(1e9 * truth);
  });

  it('along a fixed direction is the variance of the walk that rounding in every step adds up to', () => {
    // the same steps taken in float32 and in float64: what differs is rounding
    const [T, P] = [400, 3000];
    const s = randomKey(11).stream();
    const exact = Float64Array.from({ length: P }, (_, j) => Math.fround((j % 2 ? 0.75 : 0.375) + 1e-3 * s.normal()));
    const single = Float32Array.from(exact);
    const [sum, square] = [new Float64Array(P), new Float64Array(P)];
    const mean = new Float64Array(P);
    for (let t = 0; t < T; t++)
      for (let j = 0; j < P; j++) {
        const rounded = single[j] - exact[j];
        sum[j] += rounded;
        square[j] += rounded ** 2;
        mean[j] += single[j] / T;
        const step = 1e-4 * s.normal();
        exact[j] += step;
        single[j] = Math.fround(single[j] + step);
      }
    let measured = 0;
    for (let j = 0; j < P; j++) measured += (square[j] / T - (sum[j] / T) ** 2) / P;
    // the variance of a walk in one window scatters by √0.8 of its mean, of 3000 of them by 1.6 %, unequal as they are by 2 %
    expect(Math.abs(measured / roundingOfSteps(mean, T) - 1)).toBeLessThan(0.08);
    // one step: the population variance of two positions is a quarter of its square
    expect(roundingOfSteps(mean, 2)).toBeCloseTo(rounding(mean, 24) / 4, 30);
  });
});

describe('null model', () => {
  it('gives a high-dimensional random walk the shares 6/(π²j²) and a cosine as first coordinate', async () => {
    const [T, P] = [300, 3000];
    const s = randomKey(8).stream();
    const x = new Float32Array(T * P);
    for (let t = 1; t < T; t++) for (let j = 0; j < P; j++) x[t * P + j] = x[(t - 1) * P + j] + s.normal();
    const result = await pca(rowsInMemory(x, P), la, { keep: [1, 2, 3] });
    const { variances, totalVariance } = result.summary;
    for (let j = 1; j <= 8; j++) {
      // eigenvalue j scatters by √(2/P) = 2.6 % (chi-square with P degrees); level repulsion adds a few 1/P·j²
      expect(Math.abs((variances[j - 1] / totalVariance) * ((Math.PI * j) ** 2 / 6) - 1)).toBeLessThan(
        4 * Math.sqrt(2 / P) + (3 * j * j) / P,
      );
    }
    const theta = await project(rowsInMemory(x, P), result, la);
    for (let j = 1; j <= 3; j++) {
      const cosine = Array.from({ length: T }, (_, t) => Math.cos((Math.PI * j * (t + 0.5)) / T));
      expect(Math.abs(pearson(theta.subarray((j - 1) * T, j * T), cosine))).toBeGreaterThan(0.99);
    }
  });
});

describe('bad windows', () => {
  it('are refused with a sentence', async () => {
    const x = noisy(30, 4, randomKey(9));
    const bad = x.slice();
    bad[50] = Number.NaN;
    await expect(pca(rowsInMemory(bad, 4), la)).rejects.toThrow(/weight 2 .* not a finite number/);
    const wide = new Float32Array(3 * 8).fill(1);
    wide[11] = Number.POSITIVE_INFINITY;
    await expect(pca(rowsInMemory(wide, 8), la)).rejects.toThrow(/weight 3 .* not a finite number/);
    await expect(pca(rowsInMemory(new Float32Array(40).fill(0.5), 4), la)).rejects.toThrow(/no fluctuations/);
    await expect(pca(rowsInMemory(x.subarray(0, 4), 4), la)).rejects.toThrow(/at least 2 rows/);
    await expect(pca({ ...rowsInMemory(x, 4), T: 31 }, la)).rejects.toThrow(/ended after row 30/);
    await expect(pca({ ...rowsInMemory(x, 4), T: 29 }, la)).rejects.toThrow(/too many/);
    await expect(pca(rowsInMemory(x, 4), la, { keep: [2, 1] })).rejects.toThrow(/ascend/);
    await expect(pca(rowsInMemory(x, 4), la, { keep: [5] })).rejects.toThrow(/within 1 to 4/);
    await expect(
      project(rowsInMemory(x, 4), { components: new Float64Array(5), mean: new Float64Array(4) }, la),
    ).rejects.toThrow(/projected/);
  });
});
