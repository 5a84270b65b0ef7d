/** Correlation times of walks along their own principal directions, and their correlation with widths at the same ranks. */
import { describe, expect, it } from 'vitest';
import { displacementExponent } from '../src/analyse/trajectory/displacement.js';
import { walkCorrelation } from '../src/experiments/ao2022/walk-times.js';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { walkCourses, walkExponents } from '../src/theory/walk-motion.js';

const la = embeddedLinearAlgebra();
const P = 40;
const covariance = matrix(P, P);
for (let i = 0; i < P; i++) covariance.data[i * P + i] = 1 / (i + 1);
const setting = {
  T: 1200,
  samples: 6000,
  batchSize: 10,
  stepsPerEpoch: 60,
  sampling: 'replaced' as const,
  learningRate: 0.1,
  noiseStrength: 5e-4,
  centreLoss: 0.5,
};
const at = (flatness: [number, number | null][]) =>
  walkCorrelation({ la, setting, covariance, flatness, key: randomKey(4) });
const upTo = (n: number, F: (rank: number) => number | null): [number, number | null][] =>
  Array.from({ length: n }, (_, k) => [k + 1, F(k + 1)]);

describe('walks', () => {
  it('have correlation times that fall with rank, and so with any width that rises with it', () => {
    const { rho, ranks } = at(upTo(20, (i) => i));
    expect(ranks).toBe(19); // without the first
    expect(rho.value).toBeLessThan(-0.7);
    expect(rho.standardError).toBeGreaterThan(0);
    expect(rho.standardError).toBeLessThan(0.2);
    expect(rho.n).toBe(10);
    // with widths that fall, the sign turns
    expect(at(upTo(20, (i) => 1 / i)).rho.value).toBeCloseTo(-rho.value, 10);
  });

  it('are compared at ranks with a closed valley, at least ten of them', () => {
    expect(at(upTo(20, (i) => (i % 2 ? null : i))).ranks).toBe(10);
    expect(at(upTo(18, (i) => (i % 2 ? null : i)))).toMatchObject({ ranks: 9, rho: { value: Number.NaN } });
  });

  it('one walk: courses about their mean by descending variance, of which the exponents are taken', () => {
    const walk = {
      steps: 600,
      sampling: 'replaced' as const,
      covariance: Float64Array.from({ length: 30 }, (_, i) => 1 / (i + 1)),
      ranks: [1, 2, 5],
      key: randomKey(9),
    };
    const courses = walkCourses(la, walk);
    const variance = courses.map((x) => x.reduce((s, v) => s + v * v, 0));
    expect(variance[0]).toBeGreaterThan(variance[1]);
    expect(variance[1]).toBeGreaterThan(variance[2]);
    for (const x of courses) expect(x.reduce((s, v) => s + v, 0) / 600).toBeCloseTo(0, 9);
    const [a, b] = courses;
    expect(a.reduce((s, v, t) => s + v * b[t], 0) / Math.sqrt(variance[0] * variance[1])).toBeCloseTo(0, 9);
    expect(walkExponents(la, walk)).toEqual(courses.map((x) => displacementExponent(x).value));
  });
});
