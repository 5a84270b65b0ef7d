/**
 * Every constraint by name. A new one is a file beside this one and a line here; test/constraints.test.ts then tests it. Replay of
 * another number of samples than listed has a name too, such as `replay-500`.
 */
import { InputError } from '../../numeric/errors.js';
import type { Constraint } from '../constraint.js';
import { ewc, ewcEmpirical } from './ewc.js';
import { frozen } from './frozen.js';
import { hessian, hessianUnweighted } from './hessian.js';
import { joint } from './joint.js';
import { l2 } from './l2.js';
import { ldc } from './ldc.js';
import { none } from './none.js';
import { potential } from './potential.js';
import { random } from './random.js';
import { replay, replayNamed } from './replay.js';
import { variance } from './variance.js';
import { vortex, vortexByRate } from './vortex.js';

/** Lists all constraints, in the order of tables. */
export const CONSTRAINTS: readonly Constraint[] = [
  none,
  l2,
  ewc,
  ewcEmpirical,
  ldc,
  variance,
  hessian,
  hessianUnweighted,
  random,
  potential,
  vortex,
  vortexByRate,
  frozen,
  replay(100),
  replay('validation'),
  joint,
];

/** Returns the constraint of a name; undefined where there is none. */
export const findConstraint = (name: string): Constraint | undefined =>
  CONSTRAINTS.find((c) => c.name === name) ?? replayNamed(name);

/**
 * Returns the constraint of a name.
 * @throws InputError that lists the names, for any other name
 */
export function constraintNamed(name: string): Constraint {
  const found = findConstraint(name);
  if (found) return found;
  throw new InputError(
    'no-such-constraint',
    `there is no constraint '${name}'; there are ${CONSTRAINTS.map((c) => c.name).join(', ')}.`,
  );
}
