/** No constraint, as a reference: how much is forgotten without any method. */
import { type Constraint, nothing } from '../constraint.js';

/** Continues training without a penalty. */
export const none: Constraint = {
  name: 'none',
  kind: 'none',
  title: 'no constraint',
  source: 'theory [C2]',
  takesAxes: false,
  needsWindow: false,
  build: nothing,
};
