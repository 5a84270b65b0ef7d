/** Every constraint by name. A new one is a file beside this one and a line here; test/constraints.test.ts then tests it. */
import { InputError } from '../../numeric/errors.js';
import type { Constraint } from '../constraint.js';
import { ewc, ewcEmpirical } from './ewc.js';
import { hessian, hessianUnweighted } from './hessian.js';
import { joint } from './joint.js';
import { l2 } from './l2.js';
import { ldc } from './ldc.js';
import { none } from './none.js';
import { potential } from './potential.js';
import { random } from './random.js';
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
  joint,
];

/**
 * Returns the constraint of a name.
 * @throws InputError that lists the names, for any other name
 */
export function constraintNamed(name: string): Constraint {
  const found = CONSTRAINTS.find((c) => c.name === name);
  if (found) return found;
  throw new InputError(
    'no-such-constraint',
    `there is no constraint '${name}'; there are ${CONSTRAINTS.map((c) => c.name).join(', ')}.`,
  );
}
