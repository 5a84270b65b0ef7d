/** Training on both tasks at once: the ceiling that no penalty can promise more than. A protocol, no penalty. */
import { type Constraint, nothing } from '../constraint.js';

export const joint: Constraint = {
  name: 'joint',
  kind: 'joint',
  title: 'training on both tasks together (the ceiling)',
  source: 'theory [C2]',
  takesAxes: false,
  needsWindow: false,
  build: nothing,
};
