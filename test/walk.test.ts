/** The walk without a restoring force: its time modes and draws against covariances and walks built here from the definitions. */
import { describe, expect, it, test } from 'vitest';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/index.js';
import { type Matrix, matrix } from '../src/numeric/linalg/matrix.js';
import { randomKey, type Stream } from '../src/numeric/random.js';
import { type WalkWindow, walkShare, walkTimes, walkVariances } from '../src/theory/walk.js';

const la = embeddedLinearAlgebra();
const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);

/** The covariance of the steps: independent, or summing to zero over epochs of M. */
const stepCovariance = (s: number, u: number, M: number | undefined) => {
  if (M === undefined) return s === u ? 1 : 0;
  if (Math.floor(s / M) !== Math.floor(u / M)) return 0;
  return s === u ? 1 : -1 / (M - 1);
};

/** Eigenvalues, descending, of the covariance in time of a walk about its window mean, over T: ⟨x_t x_u⟩ = Σ a_ts C_sv a_uv. */
function timesByHand(T: number, M?: number, momentum = 0): number[] {
  // a step s moves the position at t ≥ s by 1 + mu + … + mu^(t−s)
  const answer = Array.from({ length: T }, (_, lag) => Array.from({ length: lag + 1 }, (_, k) => momentum ** k)).map(
    sum,
  );
  const a = (t: number, s: number) => (s > t ? 0 : answer[t - s]);
  const centred = matrix(T, T);
  for (let s = 0; s < T; s++) {
    const column = Array.from({ length: T }, (_, t) => a(t, s));
    const mean = sum(column) / T;
    for (let t = 0; t < T; t++) centred.data[t * T + s] = column[t] - mean;
  }
  const steps = matrix(T, T);
  for (let s = 0; s < T; s++) for (let u = 0; u < T; u++) steps.data[s * T + u] = stepCovariance(s, u, M) / T;
  const covariance = la.gemm(la.gemm(centred, steps), centred, { transposeB: true });
  return [...la.eigvalsh(covariance)].reverse();
}

describe('time modes', () => {
  test.each<[WalkWindow]>([
    [{ steps: 2, sampling: 'replaced' }],
    [{ steps: 11, sampling: 'replaced' }],
    [{ steps: 40, sampling: 'replaced', batchesPerEpoch: 7 }],
    [{ steps: 15, sampling: 'shuffled', batchesPerEpoch: 5 }],
    [{ steps: 8, sampling: 'shuffled', batchesPerEpoch: 4 }],
    [{ steps: 24, sampling: 'shuffled', batchesPerEpoch: 2 }],
    [{ steps: 7, sampling: 'shuffled', batchesPerEpoch: 7 }],
  ])('%o', (window) => {
    const { steps: T, sampling, batchesPerEpoch: M } = window;
    const truth = timesByHand(T, sampling === 'shuffled' ? M : undefined);
    const times = walkTimes(window);
    expect(times.length).toBe(sampling === 'shuffled' ? (T / M!) * (M! - 1) : T - 1);
    times.forEach((t, j) => {
      expect(t).toBeCloseTo(truth[j], 11);
    });
    // the others are zero: the window mean, and the ends of epochs where all bridges meet
    for (const rest of truth.slice(times.length)) expect(Math.abs(rest)).toBeLessThan(1e-11);
    expect(sum(times)).toBeCloseTo(sum(truth), 10);
  });

  test.each<[WalkWindow, number, number]>([
    // leading modes, and how far the ends of the window may move them: a few 1/(T(1 − mu))
    [{ steps: 400, sampling: 'replaced', momentum: 0.5 }, 40, 0.012],
    [{ steps: 600, sampling: 'replaced', momentum: 0.8 }, 40, 0.02],
  ])('with momentum, far from the ends: %o', (window, modes, off) => {
    const truth = timesByHand(window.steps, undefined, window.momentum);
    const times = walkTimes(window);
    for (let j = 0; j < modes; j++) expect(Math.abs(times[j] / truth[j] - 1), `mode ${j}`).toBeLessThan(off);
    expect(Math.abs(sum(times) / sum(truth) - 1)).toBeLessThan(off);
  });

  it('with momentum, shuffled batches keep their total within the ends of the epochs', () => {
    const window = { steps: 400, sampling: 'shuffled', batchesPerEpoch: 100, momentum: 0.5 } as const;
    const truth = timesByHand(400, 100, 0.5);
    expect(Math.abs(sum(walkTimes(window)) / sum(truth) - 1)).toBeLessThan(0.05);
  });

  test.each<[WalkWindow, RegExp]>([
    [{ steps: 1, sampling: 'replaced' }, /at least 2 steps; got 1\./],
    [{ steps: 4.5, sampling: 'replaced' }, /at least 2 steps; got 4\.5\./],
    [{ steps: 10, sampling: 'shuffled' }, /needs the number of batches per epoch/],
    [{ steps: 10, sampling: 'shuffled', batchesPerEpoch: 1 }, /an integer of at least 2/],
    [{ steps: 10, sampling: 'shuffled', batchesPerEpoch: 4 }, /whole epochs; got 10 steps in epochs of 4\./],
  ])('refuses %o', (window, sentence) => {
    expect(() => walkTimes(window)).toThrow(sentence);
  });
});

/** Variances along the principal directions of one explicit walk, descending. */
function explicitVariances(stream: Stream, T: number, covariance: readonly number[], M?: number): number[] {
  const D = covariance.length;
  const steps = Array.from({ length: T }, () => covariance.map((v) => Math.sqrt(v) * stream.normal()));
  if (M !== undefined)
    for (let e = 0; e < T; e += M)
      for (let i = 0; i < D; i++) {
        const own = steps.slice(e, e + M);
        const mean = sum(own.map((s) => s[i])) / M;
        for (const s of own) s[i] = (s[i] - mean) * Math.sqrt(M / (M - 1));
      }
  const place = new Array<number>(D).fill(0);
  const rows = steps.map((s) => s.map((v, i) => (place[i] += v)));
  const mean = covariance.map((_, i) => sum(rows.map((r) => r[i])) / T);
  const out = matrix(D, D);
  for (const r of rows)
    for (let i = 0; i < D; i++)
      for (let k = 0; k < D; k++) out.data[i * D + k] += ((r[i] - mean[i]) * (r[k] - mean[k])) / T;
  return [...la.eigvalsh(out)].reverse();
}

/** Mean and its standard error. */
function over(values: readonly number[]): { mean: number; error: number } {
  const mean = sum(values) / values.length;
  return { mean, error: Math.sqrt(sum(values.map((v) => (v - mean) ** 2)) / (values.length - 1) / values.length) };
}

const SPECTRUM = [4, 2, 1, 0.25];

describe.each([undefined, 10])('draws beside explicit walks of 60 steps, epochs of %s', (M) => {
  const N = 3000;
  const times = walkTimes(
    M === undefined ? { steps: 60, sampling: 'replaced' } : { steps: 60, sampling: 'shuffled', batchesPerEpoch: M },
  );
  const stream = randomKey(4).stream();
  const explicit = Array.from({ length: N }, () => explicitVariances(stream, 60, SPECTRUM, M));
  const covariance = Float64Array.from(SPECTRUM);
  const key = randomKey(5);

  it('variances of every rank', () => {
    const drawn = Array.from({ length: N }, (_, n) => walkVariances(la, { covariance, times, key: key.child(n) }));
    for (const v of drawn.slice(0, 5)) expect([...v]).toEqual([...v].sort((a, b) => b - a));
    SPECTRUM.forEach((_, i) => {
      const [a, b] = [over(explicit.map((v) => v[i])), over(drawn.map((v) => v[i]))];
      expect(Math.abs(a.mean - b.mean), `rank ${i + 1}`).toBeLessThan(4 * Math.hypot(a.error, b.error));
      expect(b.error / b.mean).toBeLessThan(0.02);
    });
  });

  it('the share of the first', () => {
    const drawn = Array.from({ length: N }, (_, n) => walkShare(la, { covariance, times, key: key.child(n) }));
    const [a, b] = [over(explicit.map((v) => v[0] / sum(v))), over(drawn)];
    expect(Math.abs(a.mean - b.mean)).toBeLessThan(4 * Math.hypot(a.error, b.error));
    expect(b.error).toBeLessThan(0.004);
    expect(a.error / b.error).toBeCloseTo(1, 0);
  });
});

describe('what a draw leaves out enters by its mean', () => {
  /** Hands back the diagonal in place of the eigenvalues: the trace is the same, and it costs nothing. */
  const diagonal = {
    syrk: la.syrk,
    eigvalsh: (a: Matrix) => Float64Array.from({ length: a.rows }, (_, i) => a.data[i * a.rows + i]),
  };

  it('the trace of the variances is on average Σ tau · Σ lambda, with modes beyond the first thousand', () => {
    const times = Float64Array.from({ length: 2400 }, (_, j) => 1 / (j + 1));
    const covariance = Float64Array.of(3, 1, 0.5);
    const traces = Array.from({ length: 60 }, (_, n) =>
      sum(walkVariances(diagonal, { covariance, times, key: randomKey(6).child(n) })),
    );
    // a trace Σ tau_j lambda_i z² scatters by √(2 Σ tau² Σ lambda²)
    const scatter = Math.sqrt(2 * sum(times.map((t) => t * t)) * sum(covariance.map((v) => v * v)));
    const mean = sum(times) * 4.5;
    const { mean: measured, error } = over(traces);
    expect(Math.abs(measured - mean)).toBeLessThan((4 * scatter) / Math.sqrt(60));
    expect((error * Math.sqrt(60)) / scatter).toBeCloseTo(1, 0);
    // the modes left out are more than the scatter of this mean
    expect(4.5 * sum(times.subarray(1000))).toBeGreaterThan((4 * scatter) / Math.sqrt(60));
  });

  it('fifteen hundred directions and a thousand modes are drawn', () => {
    const covariance = new Float64Array(1600).fill(2);
    const drawn = walkVariances(diagonal, { covariance, times: Float64Array.of(0.5, 0.25), key: randomKey(7) });
    expect(drawn.length).toBe(1500);
    let rows = 0;
    const syrk: typeof la.syrk = (a, options) => {
      rows = a.rows;
      return la.syrk(a, options);
    };
    walkVariances(
      { ...diagonal, syrk },
      { covariance: Float64Array.of(1), times: new Float64Array(1200), key: randomKey(7) },
    );
    expect(rows).toBe(1000);
    // 2·0.75 each, 1500 of them; the scatter of the mean is √(2·(0.5² + 0.25²)·2²/1500)
    expect(Math.abs(sum(drawn) / 1500 - 1.5)).toBeLessThan(4 * Math.sqrt((2 * 0.3125 * 4) / 1500));
  });

  it('modes beyond the first 120 fill the total of the share', () => {
    // one direction, one mode that counts: z²/(z² + rest), with the same z for every rest
    const of = (rest: number) =>
      walkShare(la, {
        covariance: Float64Array.of(1),
        times: Float64Array.from([1, ...new Array<number>(119).fill(1e-12), ...new Array<number>(80).fill(rest / 80)]),
        key: randomKey(8),
      });
    expect(of(0)).toBeCloseTo(1, 9);
    const z2 = (0.8 * of(0.8)) / (1 - of(0.8));
    expect(z2).toBeGreaterThan(0.01);
    expect(of(2)).toBeCloseTo(z2 / (z2 + 2), 9);
  });

  it('directions beyond the first 400 add their sum to every mode, and to the total', () => {
    /** One strong direction and 100 that hold `rest` together; three modes that count and 80 that hold `tail`. */
    const draw = (rest: number, tail = 0) => {
      let square = matrix(0, 0);
      const eigvalsh = (a: Matrix) => {
        square = a;
        return la.eigvalsh(a);
      };
      const covariance = [1, ...new Array<number>(399).fill(1e-12), ...new Array<number>(100).fill(rest / 100)];
      const few = [1, 0.25, 0.125, ...new Array<number>(117).fill(1e-12)];
      const times = Float64Array.from([...few, ...new Array<number>(80).fill(tail / 80)]);
      const share = walkShare(
        { syrk: la.syrk, eigvalsh },
        { covariance: Float64Array.from(covariance), times, key: randomKey(8) },
      );
      const at = (j: number, k: number) => square.data[120 * j + k];
      return { share, at, top: la.eigvalsh(square)[119], trace: at(0, 0) + at(1, 1) + at(2, 2) };
    };
    const [bare, full] = [draw(0), draw(2)];
    const added = [
      [2, 0, 0],
      [0, 0.5, 0],
      [0, 0, 0.25],
    ];
    added.forEach((r, j) => {
      r.forEach((v, k) => {
        expect(full.at(j, k) - bare.at(j, k)).toBeCloseTo(v, 8);
      });
    });
    for (const { share, top, trace } of [bare, full]) expect(share).toBeCloseTo(top / trace, 8);
    // the modes that are left out run along all directions: 3 of variance in 0.5 of time
    const long = draw(2, 0.5);
    expect(long.share).toBeCloseTo(full.top / (full.trace + 1.5), 8);
  });

  it('an isotropic walk in many dimensions holds 6/π² along its first direction', () => {
    const times = walkTimes({ steps: 2000, sampling: 'replaced' });
    const covariance = new Float64Array(300).fill(1);
    const shares = Array.from({ length: 200 }, (_, n) =>
      walkShare(la, { covariance, times, key: randomKey(9).child(n) }),
    );
    const { mean, error } = over(shares);
    // modes repel: λ₁ is larger by Σ 1/(j² − 1) = ¾ of 1/300 of itself
    const f = 6 / Math.PI ** 2;
    expect(Math.abs(mean - f)).toBeLessThan(4 * error + 0.003);
    // √(2/300·[f²(1−f)² + f⁴(π⁴/90 − 1)])
    const scatter = Math.sqrt((2 / 300) * f ** 2 * ((1 - f) ** 2 + f ** 2 * (Math.PI ** 4 / 90 - 1)));
    expect(Math.abs((error * Math.sqrt(200)) / scatter - 1)).toBeLessThan(0.2);
  });
});

it('the same key gives the same draw, another key another one', () => {
  const times = walkTimes({ steps: 30, sampling: 'replaced' });
  const at = (seed: number) => ({ covariance: Float64Array.from(SPECTRUM), times, key: randomKey(seed) });
  expect(walkVariances(la, at(1))).toEqual(walkVariances(la, at(1)));
  expect(walkVariances(la, at(1))).not.toEqual(walkVariances(la, at(2)));
  expect(walkShare(la, at(1))).toBe(walkShare(la, at(1)));
  expect(walkShare(la, at(1))).not.toBe(walkShare(la, at(2)));
});
