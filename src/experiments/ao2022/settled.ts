/** What the findings of ao2022 have in common: the least numbers of modes and directions, and words for them. */
import { type Estimate, missing } from '../../numeric/estimate.js';
import { formatCount, formatNumber } from '../../report/format.js';
import { RELAXATIONS } from '../../theory/layer/results.js';
import { modesOf } from './form.js';
import type { Ao2022Results } from './measured.js';

/** The least number of settled modes for a verdict on the stationary state. */
export const MODES = 5;
/** The least number of directions for a fit or a rank correlation. */
export const DIRECTIONS = 20;

/** The ratio farthest from 1 in its logarithm; without a value where there is none. */
export function farthest(ratios: readonly Estimate[]): Estimate {
  const far = (e: Estimate) => Math.abs(Math.log(e.value));
  return ratios.length === 0 ? missing('nothing to compare') : ratios.reduce((a, b) => (far(b) > far(a) ? b : a));
}

/** Largest over smallest, to two digits. */
export const span = (x: readonly number[]): string => formatNumber(Math.max(...x) / Math.min(...x), 2);

/** Names the settled modes and where they begin. */
export const where = ({ subspaces: s, setting }: Ao2022Results): string =>
  `the ${formatCount(s.settled)} settled Hessian modes of ${formatCount(modesOf({ setting }))}: at least ${RELAXATIONS} relaxation times within the ${formatCount(setting.T)} steps, curvature from ${formatNumber(s.settledCurvature)} up`;

/** Says that there are too few settled modes, where there are. */
export const thinModes = (r: Ao2022Results): string =>
  r.subspaces.settled < MODES
    ? `Only ${formatCount(r.subspaces.settled)} modes are settled; the rule asks for ${MODES}. In a longer window more would settle. `
    : '';
