/** Training on both tasks at once: the upper limit of what a penalty can achieve. It is a protocol and not a penalty. */
import { type Constraint, nothing } from '../constraint.js';

/** Trains on both tasks together, without a penalty. */
export const joint: Constraint = {
  name: 'joint',
  kind: 'joint',
  title: 'training on both tasks together (the ceiling)',
  source: 'theory [C2]',
  takesAxes: false,
  needsWindow: false,
  build: nothing,
};
