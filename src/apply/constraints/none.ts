/** No constraint: how much is forgotten when nothing is done. */
import { type Constraint, nothing } from '../constraint.js';

export const none: Constraint = {
  name: 'none',
  kind: 'none',
  title: 'no constraint',
  source: 'theory [C2]',
  takesAxes: false,
  needsWindow: false,
  build: nothing,
};
