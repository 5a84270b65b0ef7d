/** A formula as a tree: numbers, variables by name, operations. Immutable; made by `parseExpression`, changed by nobody. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'call'; readonly name: Operation; readonly arguments: readonly Expression[] };

/** What formulas may do. `if(c, a, b)`: a where c > 0, else b. */
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
