/** Displacement exponents of walks along their own principal directions, beside walks simulated here step by step. */
import { describe, expect, it, test } from 'vitest';
import { displacementExponent } from '../src/analyse/trajectory/displacement.js';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/index.js';
import { matrix } from '../src/numeric/linalg/matrix.js';
import { randomKey, type Stream } from '../src/numeric/random.js';
import { type WalkMotion, walkExponents } from '../src/theory/walk-motion.js';

const la = embeddedLinearAlgebra();
const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);

/** Mean and its standard error. */
function over(values: readonly number[]): { mean: number; error: number } {
  const mean = sum(values) / values.length;
  return { mean, error: Math.sqrt(sum(values.map((v) => (v - mean) ** 2)) / (values.length - 1) / values.length) };
}

/** Positions of one coordinate of a walk, after each step. */
function positions(stream: Stream, T: number, { M, momentum = 0 }: { M?: number; momentum?: number } = {}): number[] {
  const steps = Array.from({ length: T }, () => stream.normal());
  if (M !== undefined)
    for (let e = 0; e < T; e += M) {
      const own = steps.slice(e, e + M);
      const mean = sum(own) / own.length;
      for (let s = 0; s < own.length; s++) steps[e + s] -= mean;
    }
  let [velocity, place] = [0, 0];
  return steps.map((step) => {
    velocity = momentum * velocity + step;
    place += velocity;
    return place;
  });
}

const N = 60;

describe('one direction', () => {
  test.each<[string, Pick<WalkMotion, 'steps' | 'sampling' | 'batchesPerEpoch' | 'momentum'>, [number, number]]>([
    ['independent batches diffuse', { steps: 3000, sampling: 'replaced' }, [0.9, 1.1]],
    ['bridges saturate', { steps: 3000, sampling: 'shuffled', batchesPerEpoch: 100 }, [0.2, 0.6]],
    ['momentum keeps its direction at short lags', { steps: 3000, sampling: 'replaced', momentum: 0.9 }, [1.2, 1.5]],
  ])('%s', (_, window, [low, high]) => {
    const { steps, sampling, batchesPerEpoch: M, momentum = 0 } = window;
    const key = randomKey(3);
    const covariance = Float64Array.of(0.01);
    const drawn = Array.from(
      { length: N },
      (_, n) => walkExponents(la, { ...window, covariance, ranks: [1], key: key.child(n) })[0],
    );
    const stream = randomKey(4).stream();
    const explicit = Array.from({ length: N }, () => {
      const x = positions(stream, steps, { momentum, ...(sampling === 'shuffled' && { M: M! }) });
      return displacementExponent(x).value;
    });
    const [a, b] = [over(drawn), over(explicit)];
    expect(Math.abs(a.mean - b.mean)).toBeLessThan(4 * Math.hypot(a.error, b.error));
    expect(Math.hypot(a.error, b.error)).toBeLessThan(0.03);
    expect(a.mean).toBeGreaterThan(low);
    expect(a.mean).toBeLessThan(high);
  });
});

describe('several directions', () => {
  it('every rank has the exponents of the coordinate along its own principal direction', () => {
    const [T, spectrum] = [400, [4, 2, 1]];
    const key = randomKey(5);
    const drawn = Array.from({ length: 400 }, (_, n) =>
      walkExponents(la, {
        steps: T,
        sampling: 'replaced',
        covariance: Float64Array.from(spectrum),
        ranks: [3, 1, 2],
        key: key.child(n),
      }),
    );
    const stream = randomKey(6).stream();
    const explicit = Array.from({ length: 400 }, () => {
      const rows = spectrum.map((v) => {
        const x = positions(stream, T).map((p) => Math.sqrt(v) * p);
        const mean = sum(x) / T;
        return x.map((p) => p - mean);
      });
      const covariance = matrix(3, 3);
      rows.forEach((x, i) => {
        rows.forEach((y, k) => {
          covariance.data[i * 3 + k] = sum(x.map((p, t) => p * y[t]));
        });
      });
      const { vectors } = la.eigh(covariance);
      // eigenvalues ascend: rank r is column 3 − r
      return [3, 1, 2].map((rank) => {
        const theta = rows[0].map((_, t) => sum(rows.map((x, i) => x[t] * vectors.data[i * 3 + 3 - rank])));
        return displacementExponent(theta).value;
      });
    });
    const ranks = [0, 1, 2].map((k) => {
      const [a, b] = [over(drawn.map((d) => d[k])), over(explicit.map((d) => d[k]))];
      expect(Math.abs(a.mean - b.mean), `rank ${[3, 1, 2][k]}`).toBeLessThan(4 * Math.hypot(a.error, b.error));
      return a.mean;
    });
    // the first is the slowest, and so the straightest
    expect(ranks[1]).toBeGreaterThan(ranks[2] + 0.05);
    expect(ranks[2]).toBeGreaterThan(ranks[0] + 0.05);
  });

  it('the first direction of a walk in many is a half cosine, which looks ballistic', () => {
    const alpha = walkExponents(la, {
      steps: 1000,
      sampling: 'replaced',
      covariance: new Float64Array(300).fill(1),
      ranks: [1, 100],
      key: randomKey(7),
    });
    expect(alpha[0]).toBeGreaterThan(1.75);
    expect(alpha[0]).toBeLessThan(2);
    expect(alpha[1]).toBeLessThan(1);
  });

  it('the leading three hundred directions are used', () => {
    const at = (more: number[]) => ({
      steps: 40,
      sampling: 'replaced' as const,
      covariance: Float64Array.from([...new Array<number>(300).fill(1), ...more]),
      ranks: [1, 300],
      key: randomKey(8),
    });
    expect(walkExponents(la, at([5, 5]))).toEqual(walkExponents(la, at([])));
    expect(() => walkExponents(la, { ...at([5, 5]), ranks: [301] })).toThrow(
      /a walk in 300 directions has principal directions 1 to 300; got 301\./,
    );
  });
});

describe('refusals', () => {
  const walk: WalkMotion = {
    steps: 100,
    sampling: 'replaced',
    covariance: Float64Array.of(2, 1),
    ranks: [1],
    key: randomKey(9),
  };

  test.each<[Partial<WalkMotion>, RegExp]>([
    [{ ranks: [1, 3] }, /a walk in 2 directions has principal directions 1 to 2; got 1, 3\./],
    [{ ranks: [0] }, /got 0\./],
    [{ ranks: [1.5] }, /got 1\.5\./],
    [{ sampling: 'shuffled' }, /needs the number of batches per epoch/],
    [{ steps: 19 }, /displacement exponent/],
  ])('%o', (change, sentence) => {
    expect(() => walkExponents(la, { ...walk, ...change })).toThrow(sentence);
  });

  it('no rank, no exponent; the same key, the same exponents', () => {
    expect(walkExponents(la, { ...walk, ranks: [] })).toEqual([]);
    expect(walkExponents(la, walk)).toEqual(walkExponents(la, walk));
    expect(walkExponents(la, walk)).not.toEqual(walkExponents(la, { ...walk, key: randomKey(10) }));
  });
});
