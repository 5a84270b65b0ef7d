/** Fields, which are vectors of functions of a point, from formulas or from code. */

import { EXPRESSION_WANTS } from '../numeric/expression/expression.js';
import { call, derivative, type Expression, evaluator } from '../numeric/expression/index.js';
import * as is from '../numeric/wants.js';
import type { Field } from './motion.js';

/**
 * Makes a field of formulas in `variables`, the coordinates of its points in this order. It runs in kernels and can go to
 * threads.
 */
export function fieldOf(expressions: readonly Expression[], variables: readonly string[]): Field {
  is.given(
    'fieldOf',
    { expressions, variables },
    { expressions: is.listOf(EXPRESSION_WANTS), variables: is.listOf(is.text) },
  );
  return { outputs: expressions.length, at: evaluator(expressions, variables), expressions };
}

/** Makes a field of code. Its simulation runs in TypeScript, 14 (Euler-Maruyama) to 60 times slower than that of formulas. */
export function fieldFrom(at: (point: ArrayLike<number>, out: Float64Array) => void, outputs: number): Field {
  is.given('fieldFrom', { at, outputs }, { at: is.func, outputs: is.count });
  return { outputs, at };
}

/** Makes the field ∇L in the coordinates `names`, exact. */
export function gradientField(loss: Expression, names: readonly string[]): Field {
  is.given('gradientField', { loss, names }, { loss: EXPRESSION_WANTS, names: is.listOf(is.text) });
  return fieldOf(
    names.map((name) => derivative(loss, name)),
    names,
  );
}

/** Makes the field −∇L, the drift of a gradient flow when time is in eta·steps. */
export function descentField(loss: Expression, names: readonly string[]): Field {
  is.given('descentField', { loss, names }, { loss: EXPRESSION_WANTS, names: is.listOf(is.text) });
  return fieldOf(
    names.map((name) => call('negate', derivative(loss, name))),
    names,
  );
}
