/** A power law through a few points, with the interval that its bootstrap gives. */
import { bootstrap } from '../../numeric/bootstrap.js';
import { NORMAL_QUANTILE } from '../../numeric/distributions.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { deming } from '../../numeric/lines.js';
import type { Key } from '../../numeric/random.js';
import { pairMoments } from '../../numeric/statistics.js';

/**
 * Fits log10 y = a + exponent · log10 x by orthogonal regression. The standard error is half of the 95 % percentile interval of the
 * moving-block bootstrap over 1.96: with a few dozen points some replicates hold hardly any spread of x, their slopes are
 * without bound, and a standard deviation over replicates is theirs alone.
 * @param x - positive, in an order in which neighbours may depend on each other
 */
export function fewPointLaw(
  x: readonly number[],
  y: readonly number[],
  { key, replicates }: { readonly key: Key; readonly replicates: number },
): { readonly exponent: Estimate; readonly r2: number } {
  const [u, v] = [x, y].map((values) => Float64Array.from(values, Math.log10));
  const pick = (a: Float64Array, indices: Uint32Array) => Float64Array.from(indices, (i) => a[i]);
  const spread = bootstrap(u.length, (i) => [deming(pick(u, i), pick(v, i)).slope], { key, replicates });
  const [low, high] = spread.interval[0];
  const m = pairMoments(u, v);
  const how = `orthogonal regression in log10-log10; error from the 95 % percentile interval of a moving-block bootstrap (${replicates} replicates, blocks of ${spread.blockLength})`;
  return {
    exponent: estimate(deming(u, v).slope, (high - low) / (2 * NORMAL_QUANTILE), u.length, how),
    r2: m.xy ** 2 / (m.xx * m.yy),
  };
}
