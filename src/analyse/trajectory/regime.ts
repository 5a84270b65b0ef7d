/** The relation σ² ~ F^−ψ along one set of directions, as the numbers that verdicts rest on. docs/theory [P4], [S7]. */

import type { Estimate } from '../../numeric/estimate.js';
import { missing, negated } from '../../numeric/estimate.js';
import { FEWEST_POINTS } from '../../numeric/powerlaw.js';
import type { Key } from '../../numeric/random.js';
import { fewPointLaw } from './few-points.js';
import type { DirectionFlatness } from './results.js';
import { closedDirections } from './scaling.js';

/** Which directions, and whose variance; the rules are in docs/rules/generality.md. */
export const REGIMES = ['same', 'half', 'hessian', 'walk', 'own'] as const;
/** One of {@link REGIMES}. */
export type RegimeName = (typeof REGIMES)[number];

/** Holds the relation along one set of directions. */
export interface Regime {
  /** ψ; its error is the misfit (`fewPointLaw`). */
  readonly psi: Estimate;
  readonly r2: number;
  /** Directions fitted, and those left out because a side of their valley is open. */
  readonly points: number;
  readonly open: number;
  /** Decades of F that the points span. */
  readonly decades: number;
  /** The points by rank: F (weight) and σ² (weight²). */
  readonly flatness: readonly number[];
  readonly variance: readonly number[];
}

/**
 * Fits ψ to closed directions whose variance exceeds `least`, by ascending rank. With fewer than five there is no fit.
 * @param replicates - of the bootstrap
 */
export function regimeOf(
  directions: readonly DirectionFlatness[],
  { least, key, replicates = 400 }: { readonly least: number; readonly key: Key; readonly replicates?: number },
): Regime {
  const closed = closedDirections(directions).filter((d) => d.variance > least);
  const flatness = closed.map((d) => d.flatness);
  const variance = closed.map((d) => d.variance);
  const base = {
    points: closed.length,
    open: directions.filter((d) => d.open !== null).length,
    decades: closed.length > 0 ? Math.log10(Math.max(...flatness) / Math.min(...flatness)) : 0,
    flatness,
    variance,
  };
  // a line through equal widths has no slope
  if (closed.length < FEWEST_POINTS || !(base.decades > 0))
    return { ...base, psi: missing(`no fit: ${closed.length} closed, resolved directions`), r2: Number.NaN };
  const { exponent, r2 } = fewPointLaw(flatness, variance, { key, replicates });
  return { ...base, psi: negated(exponent), r2 };
}
