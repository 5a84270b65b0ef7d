import * as is from '../wants.js';

/**
 * Represents a formula as an immutable tree of numbers, variables by name, and operations. `parseExpression` makes one
 * from text.
 */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'call'; readonly name: Operation; readonly arguments: readonly Expression[] };

/** Says what a formula needs. */
export const EXPRESSION_WANTS = is.wanted(
  'a formula, such as parseExpression gives',
  (v) => typeof (v as { kind?: unknown } | null | undefined)?.kind === 'string',
);

/** Names the operations of formulas. `if(c, a, b)` is a where c > 0, else b. */
export type Operation =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'negate'
  | 'power'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'abs'
  | 'min'
  | 'max'
  | 'if';
