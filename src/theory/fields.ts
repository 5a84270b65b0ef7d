/** Fields: vectors of functions of a point, from formulas or from code. */
import { call, derivative, type Expression, evaluator } from '../numeric/expression/index.js';
import type { Field } from './motion.js';

/** A field of formulas in `variables`, the coordinates of its points in this order. Runs in the kernels and crosses threads. */
export function fieldOf(expressions: readonly Expression[], variables: readonly string[]): Field {
  return { outputs: expressions.length, at: evaluator(expressions, variables), expressions };
}

/** A field of code. Simulated in TypeScript, 14 (Euler-Maruyama) to 60 times slower than formulas. */
export function fieldFrom(at: (point: ArrayLike<number>, out: Float64Array) => void, outputs: number): Field {
  return { outputs, at };
}

/** ∇L in the coordinates `names`, exact. */
export function gradientField(loss: Expression, names: readonly string[]): Field {
  return fieldOf(
    names.map((name) => derivative(loss, name)),
    names,
  );
}

/** −∇L: the drift of a gradient flow in units of eta·steps. */
export function descentField(loss: Expression, names: readonly string[]): Field {
  return fieldOf(
    names.map((name) => call('negate', derivative(loss, name))),
    names,
  );
}
