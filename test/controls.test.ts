/** The building blocks of the controls: what choosing a direction does, groups against theory, what each regime predicts. */
import { describe, expect, it } from 'vitest';
import {
  crossovers,
  groupAgreement,
  halfWindows,
  MODE_GROUPS,
  noiseExponent,
  overSeeds,
  psiByRegime,
  regimeOf,
  variancesAlong,
} from '../src/analyse/trajectory/controls.js';
import { pca } from '../src/analyse/trajectory/pca.js';
import { rowRange, rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { diagonal, embeddedLinearAlgebra, fromRows, identity, matrix, transpose } from '../src/numeric/linalg/index.js';
import { powerLaw } from '../src/numeric/powerlaw.js';
import { randomKey } from '../src/numeric/random.js';
import { predictCovariance } from '../src/theory/predictions.js';
import { surrogate } from '../src/theory/surrogate.js';

const la = embeddedLinearAlgebra();

function noise(T: number, P: number, seed: number, offset = 0): Float32Array {
  const stream = randomKey(seed).stream();
  return Float32Array.from({ length: T * P }, () => offset + stream.normal());
}

describe('variances along directions', () => {
  it('are the naive ones, over any mean', async () => {
    const [T, P] = [700, 4];
    const rows = noise(T, P, 1, 1000);
    const p = fromRows([
      [1, 0, 0, 0],
      [0.5, 0.5, -0.5, 0.5],
    ]);
    const got = await variancesAlong(rowsInMemory(rows, P), p, la);
    for (let k = 0; k < 2; k++) {
      const x = Array.from({ length: T }, (_, t) =>
        [0, 1, 2, 3].reduce((s, j) => s + rows[t * P + j] * p.data[k * P + j], 0),
      );
      const m = x.reduce((s, v) => s + v / T, 0);
      expect(Math.abs(got[k] / x.reduce((s, v) => s + (v - m) ** 2 / T, 0) - 1)).toBeLessThan(1e-9);
    }
    await expect(variancesAlong(rowsInMemory(rows, P), identity(3), la)).rejects.toThrow(/do not exist/);
  });
});

describe('half windows', () => {
  it('same-window variances are inflated by the choice, other-window ones are not', async () => {
    // 60 rows of 60 equal independent directions: the Marchenko-Pastur edge, (1 + √(P/n))² = 4 for square data, against 1
    const [T, P] = [120, 60];
    const [a, b] = await halfWindows(rowsInMemory(noise(T, P, 2), P), la, { keep: [1, 2, 3] });
    for (const half of [a, b]) {
      expect(half.same[0]).toBeGreaterThan(3);
      // variance of 60 draws: 1 ± √(2/60) = 0.18
      for (const v of half.other) expect(Math.abs(v - 59 / 60)).toBeLessThan(4 * 0.19);
    }
  });

  it('each half is a PCA of its rows; an odd row in the middle is left out', async () => {
    const [T, P] = [41, 5];
    const source = rowsInMemory(noise(T, P, 3), P);
    const [a, b] = await halfWindows(source, la);
    const first = await pca(source, la, { from: 0, to: 20 });
    const second = await pca(source, la, { from: 21, to: 41 });
    expect(a.directions.components).toEqual(first.components);
    expect(b.directions.summary.variances).toEqual(second.summary.variances);
    expect(Array.from(b.same)).toEqual(second.summary.variances);
    const cross = await variancesAlong(rowRange(source, 21, 41), matrix(5, P, first.components), la);
    expect(a.other).toEqual(cross);
    await expect(halfWindows(rowsInMemory(noise(3, P, 1), P), la)).rejects.toThrow(/at least 2 rows/);
  });
});

describe('groups of modes', () => {
  it('ratios by hand, errors over seeds, what is left out', () => {
    const measured = [
      [2, 1, 1, 5, 6],
      [4, 1, 0, 5, 6],
    ];
    const predicted = [
      [1, 1, 1, 5, 3],
      [1, 1, 1, 5, 3],
    ];
    const [first, second, ...none] = groupAgreement(measured, predicted, [
      [1, 3],
      [4, 8],
      [9, 20],
    ]);
    expect(none).toEqual([]);
    // seed 1: (2 + 1 + 1)/3; seed 2: (4 + 1)/2, one left out
    expect(first.ratio.value).toBeCloseTo((4 / 3 + 5 / 2) / 2, 12);
    expect(first.ratio.standardError).toBeCloseTo((5 / 2 - 4 / 3) / 2, 12);
    expect(first.leftOut).toBe(1);
    expect(first.off).toBe(true);
    expect(second.ratio.value).toBe(1.5);
    expect(second.ratioOfSums.value).toBeCloseTo(11 / 8, 12);
    expect(second.modes).toBe(2);
    expect(overSeeds([3]).standardError).toBeNaN();
    expect(overSeeds([]).converged).toBe(false);
    expect(() => groupAgreement([[1]], [[1, 2]])).toThrow(/equal length/);
  });

  it.each(['replaced', 'shuffled'] as const)(
    'theory agrees with the surrogate in every group and along its principal directions: %s',
    async (sampling) => {
      // 60 modes over five decades of curvature around the crossovers, C of another basis: C_ii ~ H_ii^1.5 and coupled
      const P = 60;
      const h = Array.from({ length: P }, (_, i) => 10 * 10 ** ((-5 * i) / (P - 1)));
      const couple = matrix(P, P);
      for (let i = 0; i < P; i++)
        for (let j = 0; j < P; j++)
          couple.data[i * P + j] = (i === j ? 1 : 0.5 / (1 + Math.abs(i - j))) * (h[i] * h[j]) ** 0.75;
      const groups = [
        [1, 10],
        [11, 30],
        [31, 60],
      ] as const;
      const [M, T] = [40, 400];
      const common = {
        hessian: diagonal(h),
        covariance: couple,
        learningRate: 0.05,
        sampling,
        batchesPerEpoch: M,
        window: T,
      } as const;
      const prediction = predictCovariance(la, { ...common, start: 'window' });
      const byRank = Float64Array.from(prediction.variances).reverse();
      const axes = transpose(prediction.eigen.vectors);
      const measured: Float64Array[] = [];
      let [principal, predictedThere] = [0, 0];
      for (let seed = 0; seed < 40; seed++) {
        const source = surrogate(la, { ...common, key: randomKey(seed) });
        measured.push((await variancesAlong(source, axes, la)).reverse());
        const [first] = await halfWindows(source, la, { keep: [3, 5, 8] });
        const half = predictCovariance(la, { ...common, window: T / 2, start: 'window' });
        // slow modes also relax from where the first half left them, which `start: 'window'` leaves out: hence 15 % below
        const along = half.along(matrix(3, P, first.directions.components));
        principal += first.other.reduce((s, v) => s + v, 0);
        predictedThere += along.reduce((s, v) => s + v, 0);
      }
      for (const g of groupAgreement(
        measured,
        measured.map(() => byRank),
        groups,
      )) {
        expect(Math.abs(g.ratio.value - 1)).toBeLessThan(4 * g.ratio.standardError);
        expect(g.ratio.standardError).toBeLessThan(0.06);
        expect(g.off).toBe(false);
      }
      expect(Math.abs(principal / predictedThere - 1)).toBeLessThan(0.15);
    },
  );

  it('the standard groups', () => {
    expect(MODE_GROUPS).toEqual([
      [1, 10],
      [11, 50],
      [51, 200],
      [201, 800],
    ]);
  });
});

describe('regimes', () => {
  it('psi from the predictions themselves, in each regime [S6]', () => {
    const gamma = 1.5;
    const eta = 0.1;
    const [M, T] = [1200, 1200];
    const psi = (h: number[], request: { sampling: 'replaced' | 'shuffled'; window?: number }) => {
      const p = predictCovariance(la, {
        hessian: diagonal(h),
        covariance: diagonal(h.map((v) => v ** gamma)),
        learningRate: eta,
        batchesPerEpoch: M,
        ...request,
      });
      const widths = Array.from(p.eigen.values, (v) => v ** -0.5); // F ∝ h^(−1/2) [F3]
      return -powerLaw(widths, p.variances, { key: randomKey(1), replicates: 2, method: 'least-squares' }).exponent
        .value;
    };
    const spread = (low: number, high: number) => Array.from({ length: 12 }, (_, i) => low * (high / low) ** (i / 11));
    const [long, short, flat, curved] = psiByRegime(gamma).map((r) => r.psi);
    expect([long, short, flat, curved]).toEqual([1, 3, 3, 1]);
    const { shuffling, window } = crossovers({ learningRate: eta, batchesPerEpoch: M, window: T });
    expect(window).toBeCloseTo(3 / (0.1 * 1200), 12);
    expect(psi(spread(0.001, 0.1), { sampling: 'replaced' })).toBeCloseTo(long, 1);
    expect(psi(spread(window / 1e4, window / 100), { sampling: 'replaced', window: T })).toBeCloseTo(short, 1);
    expect(psi(spread(shuffling / 1e4, shuffling / 100), { sampling: 'shuffled' })).toBeCloseTo(flat, 1);
    expect(psi(spread(shuffling * 30, 3), { sampling: 'shuffled' })).toBeCloseTo(curved, 0);
    expect(regimeOf(shuffling / 2, { shuffling, window: window / 10 })).toBe('shuffled, flat');
    expect(regimeOf(shuffling * 2, { shuffling, window: window / 10 })).toBe('shuffled, curved');
    expect(regimeOf(window / 2, { shuffling: Number.NaN, window })).toBe('short window');
    expect(regimeOf(window * 2, { shuffling: Number.NaN, window })).toBe('long window');
    expect(crossovers({ learningRate: eta, momentum: 0.9, window: T }).window).toBeCloseTo(window / 10, 12);
  });

  it('gamma from modes above rounding', () => {
    const h = Array.from({ length: 40 }, (_, i) => 10 ** (-i / 9));
    const fit = noiseExponent([...h, 1e-17, -1e-17], [...h.map((v) => 3 * v ** 1.7), 1e-16, 1e-3], {
      key: randomKey(2),
    });
    expect(fit.exponent.value).toBeCloseTo(1.7, 10);
    expect(fit.points).toBe(40);
  });
});
