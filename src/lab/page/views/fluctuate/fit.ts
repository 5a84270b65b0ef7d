/** The fit of variance against width over the directions that are there so far, by the rule of the final one. */
import { closedDirections, FIRST_RANK } from '../../../../analyse/trajectory/scaling.js';
import { FEWEST_POINTS, powerLaw } from '../../../../numeric/powerlaw.js';
import { randomKey } from '../../../../numeric/random.js';
import type { FlatnessPart } from '../../../measures.js';

/** Bootstrap replicates: few, because the fit is repeated with every new point. */
const REPLICATES = 100;

/** Fits sigma² ~ F^(−psi) over closed directions of rank ≥ 2; nothing with fewer points than a fit needs. */
export function fitSoFar(parts: readonly FlatnessPart[]) {
  const closed = closedDirections(parts.map((p) => p.direction)).filter((d) => d.index >= FIRST_RANK);
  if (closed.length < FEWEST_POINTS) return undefined;
  return powerLaw(
    closed.map((d) => d.flatness),
    closed.map((d) => d.variance),
    { key: randomKey(1), replicates: REPLICATES },
  );
}
