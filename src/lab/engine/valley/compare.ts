/** A histogram of the particles beside a density: bars with their errors, and how far apart the two are. */
import { type Estimate, estimate } from '../../../numeric/estimate.js';
import type { Grid } from '../../../theory/fokker-planck/grid.js';

/** Holds the bars of a histogram along x. */
export interface Bars {
  /** Left edges, and the right edge of the last. */
  readonly edges: Float64Array;
  readonly counts: Float64Array;
  /** Particles that were counted, those outside all bars included; the stopped ones are not. */
  readonly n: number;
  /** Counts over n and width: a density per unit of x. */
  readonly density: Float64Array;
  /** Binomial errors of these. */
  readonly errors: Float64Array;
}

/**
 * Makes bars of `per` cells each from counts on a grid, summed over y.
 * @param n - particles that move, inside the grid or not
 */
export function barsOf(grid: Grid, counts: Float64Array, n: number, per: number): Bars {
  const bars = Math.floor(grid.nx / per);
  const { from } = grid.axes[0];
  const width = grid.spacing[0] * per;
  const total = new Float64Array(bars);
  for (let i = 0; i < counts.length; i++) total[Math.floor((i % grid.nx) / per)] += counts[i];
  const share = (c: number) => (n > 0 ? c / n : 0);
  return {
    edges: Float64Array.from({ length: bars + 1 }, (_, k) => from + k * width),
    counts: total,
    n,
    density: total.map((c) => share(c) / width),
    errors: total.map((c) => Math.sqrt((share(c) * (1 - share(c))) / Math.max(1, n)) / width),
  };
}

/** Says how far a histogram lies from a density. */
export interface Distance {
  /** Total variation ½ Σ |counts/n − P|, 0 to 1, what lies outside as one more bar. */
  readonly value: Estimate;
  /** What n independent particles of that very density would show on average. */
  readonly byChance: number;
}

/** Computes the total variation between bars and the density at the cells of the x axis. */
export function distanceTo(bars: Bars, marginal: ArrayLike<number>, grid: Grid, per: number): Distance {
  const { n } = bars;
  let [apart, chance, spread, inside, counted] = [0, 0, 0, 0, 0];
  const add = (p: number, c: number) => {
    apart += Math.abs(c / n - p) / 2;
    const variance = (p * (1 - p)) / n;
    chance += Math.sqrt((2 * variance) / Math.PI) / 2;
    spread += ((1 - 2 / Math.PI) * variance) / 4;
  };
  for (let k = 0; k < bars.counts.length; k++) {
    let p = 0;
    for (let i = k * per; i < (k + 1) * per; i++) p += marginal[i] * grid.spacing[0];
    inside += p;
    counted += bars.counts[k];
    add(Math.min(1, p), bars.counts[k]);
  }
  add(Math.max(0, 1 - inside), n - counted);
  return {
    value: estimate(
      apart,
      Math.sqrt(spread),
      n,
      `total variation over ${bars.counts.length} bars; error: sampling of ${n} independent particles`,
    ),
    byChance: chance,
  };
}
