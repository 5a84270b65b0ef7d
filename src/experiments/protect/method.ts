/** The method of `thermograd protect`, by name. */
import type { Constraint } from '../../apply/constraint.js';
import { CONSTRAINTS, findConstraint } from '../../apply/constraints/table.js';
import { check, InputError } from '../../numeric/errors.js';
import { nearest } from '../../numeric/spelling.js';

/**
 * Returns the constraint of a name, if it is a penalty.
 * @throws InputError with the nearest name
 */
export function penaltyNamed(name: string): Constraint {
  const penalties = CONSTRAINTS.filter((c) => c.kind === 'penalty');
  const found = penalties.find((c) => c.name === name);
  if (found) return found;
  const names = penalties.map((c) => c.name);
  const other = findConstraint(name) !== undefined;
  check(
    name !== 'frozen',
    'no-penalty',
    "'frozen' leaves no penalty: set requires_grad to False on the parameters of a layer (usually the first) in PyTorch, which needs no file.",
  );
  const near = other ? undefined : nearest(name, names);
  throw new InputError(
    'no-such-constraint',
    `${other ? `'${name}' leaves no penalty` : `there is no method '${name}'${near ? `; did you mean ${near}?` : ''}`}` +
      `${near ? ' There' : '; there'} are ${names.join(', ')}.`,
  );
}
