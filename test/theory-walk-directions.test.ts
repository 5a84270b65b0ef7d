/** Drawn principal directions of walks against walks that are simulated step by step. */
import { describe, expect, it } from 'vitest';
import { pca } from '../src/analyse/trajectory/pca.js';
import { embeddedLinearAlgebra, fromRows, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { surrogate } from '../src/theory/surrogate.js';
import { walkTimes } from '../src/theory/walk.js';
import { walkDirections } from '../src/theory/walk-directions.js';

const la = embeddedLinearAlgebra();
/** Covariance of a gradient in three directions, two of them correlated; eta = 0.1. */
const C = fromRows([
  [4, 1.5, 0],
  [1.5, 1, 0],
  [0, 0, 0.1],
]);
const ETA = 0.1;
const step = la.eigh(
  matrix(
    3,
    3,
    C.data.map((v) => ETA ** 2 * v),
  ),
);
const DRAWS = 400;

describe.each(['replaced', 'shuffled'] as const)('walks of %s batches', (sampling) => {
  const [T, M] = [240, 40];
  const times = walkTimes({ steps: T, sampling, batchesPerEpoch: M });
  const drawn = Array.from({ length: DRAWS }, (_, d) =>
    walkDirections(la, { step, times, ranks: [1, 2, 3], key: randomKey(11).child(sampling).child(d) }),
  );
  const mean = (f: (d: number) => number) => {
    const all = Array.from({ length: DRAWS }, (_, d) => f(d));
    const m = all.reduce((s, v) => s + v) / DRAWS;
    return { m, error: Math.sqrt(all.reduce((s, v) => s + (v - m) ** 2, 0) / (DRAWS - 1) / DRAWS) };
  };

  it('variances and the first direction are those of simulated walks', async () => {
    const simulated = await Promise.all(
      Array.from({ length: DRAWS }, (_, d) =>
        pca(
          surrogate(la, {
            hessian: 'zero',
            covariance: C,
            learningRate: ETA,
            sampling,
            batchesPerEpoch: M,
            window: T,
            key: randomKey(12).child(sampling).child(d),
          }),
          la,
        ),
      ),
    );
    for (let k = 0; k < 3; k++) {
      const a = mean((d) => Math.log(drawn[d].values[2 - k]));
      const b = mean((d) => Math.log(simulated[d].summary.variances[k]));
      expect(Math.abs(a.m - b.m), `rank ${k + 1}`).toBeLessThan(4 * Math.hypot(a.error, b.error));
    }
    // squared component of the first direction along each weight
    for (let j = 0; j < 3; j++) {
      const a = mean((d) => drawn[d].vectors.data[j] ** 2);
      const b = mean((d) => simulated[d].components[j] ** 2);
      expect(Math.abs(a.m - b.m), `weight ${j}`).toBeLessThan(4 * Math.hypot(a.error, b.error));
    }
  });

  it('the mean covariance is that of a step times the mean square of a unit walk', () => {
    const total = times.reduce((s, t) => s + t, 0);
    const entry = (v: { values: Float64Array; vectors: Matrix }, i: number, j: number) =>
      [0, 1, 2].reduce((s, k) => s + v.values[2 - k] * v.vectors.data[3 * k + i] * v.vectors.data[3 * k + j], 0);
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [2, 2],
    ]) {
      const { m, error } = mean((d) => entry(drawn[d], i, j));
      expect(Math.abs(m - total * ETA ** 2 * C.data[3 * i + j])).toBeLessThan(4 * error);
    }
  });
});

it('time modes beyond those drawn enter by their mean', () => {
  const one = la.eigh(fromRows([[1]]));
  const times = new Float64Array(5000).fill(1);
  const { values } = walkDirections(la, { step: one, times, ranks: [1], key: randomKey(1) });
  // 4000 squares of normal numbers, known to √(2·4000), and 1000 by their mean
  expect(Math.abs(values[0] - 5000)).toBeLessThan(4 * Math.sqrt(8000));
  const known = walkDirections(la, { step: one, times: Float64Array.of(0, ...times), ranks: [1], key: randomKey(1) });
  expect(known.values[0] - values[0]).not.toBe(0);
});
