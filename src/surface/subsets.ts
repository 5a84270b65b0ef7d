/** Parts of the samples that stand for all of them: their weights, their errors, and how they are drawn. docs/theory [F5]. */
import { check } from '../numeric/errors.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { type SampleSubset, SUBSET_WANTS } from './surface.js';

/** Returns c_k = (N_h/N)/n_h of every sample of a subset, in its order; they add up to 1. */
export function sampleWeights(subset: SampleSubset): Float64Array {
  is.given('sampleWeights', { subset }, { subset: SUBSET_WANTS });
  const { samples, strata } = subset;
  const all = strata.reduce((sum, s) => sum + s.of, 0);
  const out = new Float64Array(samples.length);
  let at = 0;
  for (const { count, of } of strata) for (let i = 0; i < count; i++) out[at++] = of / all / count;
  return out;
}

/**
 * Returns the mean over all samples that the values of a subset estimate, with its standard error
 * √(Σ_h (N_h/N)² (1 − n_h/N_h) s_h²/n_h); a stratum of which one sample was drawn of several has none, and NaN says so.
 */
export function stratifiedMean(
  values: ArrayLike<number>,
  subset: SampleSubset,
): { mean: number; standardError: number } {
  is.given('stratifiedMean', { values, subset }, { values: is.numbers, subset: SUBSET_WANTS });
  const { strata } = subset;
  check(
    values.length === subset.samples.length,
    'bad-subset',
    () => `stratifiedMean: a subset of ${subset.samples.length} samples needs as many values; got ${values.length}.`,
  );
  const all = strata.reduce((sum, s) => sum + s.of, 0);
  let [total, squared, first] = [0, 0, 0];
  for (const { count, of } of strata) {
    let mean = 0;
    for (let i = 0; i < count; i++) mean += values[first + i] / count;
    let spread = 0;
    for (let i = 0; i < count; i++) spread += (values[first + i] - mean) ** 2;
    total += (of / all) * mean;
    if (count < of) squared += (of / all) ** 2 * (1 - count / of) * (spread / (count - 1) / count);
    first += count;
  }
  return { mean: total, standardError: Math.sqrt(squared) };
}

/** Returns the subset of one sample of N, for which what is asked is that sample's own. */
export const oneSample = (sample: number, of: number): SampleSubset => ({
  samples: Uint32Array.of(sample),
  strata: [{ count: 1, of }],
});

/** Lists the strata: the samples of each, and its share N_h/N, with which a mean over them counts. */
export function strataOf({ samples, strata }: SampleSubset): { samples: Uint32Array; share: number }[] {
  const all = strata.reduce((sum, s) => sum + s.of, 0);
  let first = 0;
  return strata.map(({ count, of }) => {
    const part = { samples: samples.subarray(first, first + count), share: of / all };
    first += count;
    return part;
  });
}

/**
 * Draws a subset of n samples: those with the largest values (losses at the centre) all, half of n, and the other half at random
 * from the rest. A few hard samples hold most of a small loss, so this has a smaller error than n drawn evenly. docs/theory [F5].
 * @throws InputError unless n is a whole number from 2 to the number of values
 */
export function hardAndRandom(values: ArrayLike<number>, n: number, key: Key): SampleSubset {
  is.given('hardAndRandom', { values, n, key }, { values: is.numbers, n: is.number, key: is.key });
  const all = values.length;
  check(
    Number.isInteger(n) && n >= 2 && n <= all,
    'bad-subset',
    () => `a subset has from 2 to the ${all} samples; got ${n}.`,
  );
  const order = Uint32Array.from({ length: all }, (_, k) => k).sort((a, b) => values[b] - values[a] || a - b);
  const hard = n === all ? all : Math.floor(n / 2);
  const rest = order.subarray(hard).sort();
  const drawn = key
    .stream()
    .permutation(rest.length)
    .subarray(0, n - hard);
  const easy = Uint32Array.from(drawn, (i) => rest[i]).sort();
  const samples = new Uint32Array(n);
  samples.set(order.subarray(0, hard).slice().sort());
  samples.set(easy, hard);
  const strata = [
    { count: hard, of: hard },
    { count: n - hard, of: all - hard },
  ];
  return { samples, strata: strata.filter((s) => s.of > 0) };
}
