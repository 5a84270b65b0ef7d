/**
 * Constructors of formulas. They fold numbers and drop operations without effect (0 + u, 1·u, u^1, −(−u)), no more.
 *
 * A product with the number 0 is 0, also where the other factor would be infinite or NaN; a fold that would give a
 * number that is not finite is not made. `ARITY` lists the operations with their numbers of arguments.
 */
import { wholePower } from '../power.js';
import type { Expression, Operation } from './expression.js';

/** The number of arguments that each operation takes. */
export const ARITY: Readonly<Record<Operation, number>> = {
  add: 2,
  subtract: 2,
  multiply: 2,
  divide: 2,
  negate: 1,
  power: 2,
  exp: 1,
  log: 1,
  sqrt: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  abs: 1,
  min: 2,
  max: 2,
  if: 3,
};

/** The operations written as `name(…)`. */
export const FUNCTIONS = ['exp', 'log', 'sqrt', 'sin', 'cos', 'tanh', 'abs', 'min', 'max', 'if'] as const;

/** Makes the formula that is this number. */
export const number = (value: number): Expression => ({ kind: 'number', value });
/** Makes the formula that is this variable. */
export const variable = (name: string): Expression => ({ kind: 'variable', name });

/**
 * Returns the value of one operation on numbers, as JavaScript's operators and `Math` define it. `if` gives b where a >
 * 0, else (also where a is NaN) c.
 */
export function applyOperation(name: Operation, a: number, b: number, c: number): number {
  switch (name) {
    case 'add':
      return a + b;
    case 'subtract':
      return a - b;
    case 'multiply':
      return a * b;
    case 'divide':
      return a / b;
    case 'negate':
      return -a;
    case 'power':
      return Number.isInteger(b) && Math.abs(b) <= 32 ? wholePower(a, b) : a ** b;
    case 'if':
      return a > 0 ? b : c;
    case 'min':
      return Math.min(a, b);
    case 'max':
      return Math.max(a, b);
    default:
      return Math[name](a);
  }
}

const is = (e: Expression, value: number) => e.kind === 'number' && e.value === value;

/** Makes the formula of an operation on these arguments, simplified by the rules above. */
export function call(name: Operation, ...args: readonly Expression[]): Expression {
  const [a, b, c] = args;
  if (args.every((x) => x.kind === 'number')) {
    const [p, q, r] = args.map((x) => (x as { value: number }).value);
    const value = applyOperation(name, p, q, r);
    if (Number.isFinite(value)) return number(value);
  }
  switch (name) {
    case 'add':
      if (is(a, 0)) return b;
      if (is(b, 0)) return a;
      break;
    case 'subtract':
      if (is(b, 0)) return a;
      if (is(a, 0)) return call('negate', b);
      break;
    case 'multiply':
      if (is(a, 0) || is(b, 0)) return number(0);
      if (is(a, 1)) return b;
      if (is(b, 1)) return a;
      if (is(a, -1)) return call('negate', b);
      if (is(b, -1)) return call('negate', a);
      break;
    case 'divide':
      if (is(b, 1)) return a;
      if (is(a, 0) && !is(b, 0)) return number(0);
      break;
    case 'power':
      if (is(b, 1)) return a;
      if (is(b, 0)) return number(1);
      break;
    case 'negate':
      if (a.kind === 'call' && a.name === 'negate') return a.arguments[0];
      break;
    case 'if':
      if (a.kind === 'number') return a.value > 0 ? b : c;
      break;
  }
  return { kind: 'call', name, arguments: args };
}

/** Makes the sum of formulas; 0 of none. */
export const sum = (terms: readonly Expression[]): Expression => terms.reduce((s, t) => call('add', s, t), number(0));

/** Returns the formula with variables replaced by formulas or numbers; variables that `values` lacks stay. */
export function substitute(e: Expression, values: Readonly<Record<string, Expression | number>>): Expression {
  const done = new Map<Expression, Expression>();
  const visit = (node: Expression): Expression => {
    if (node.kind === 'number') return node;
    if (node.kind === 'variable') {
      if (!Object.hasOwn(values, node.name)) return node;
      const value = values[node.name];
      return typeof value === 'number' ? number(value) : value;
    }
    let made = done.get(node);
    if (!made) {
      made = call(node.name, ...node.arguments.map(visit));
      done.set(node, made);
    }
    return made;
  };
  return visit(e);
}

/** Lists the names of the variables that occur, each once, in the order of their first occurrence. */
export function variablesOf(e: Expression): string[] {
  const [names, seen] = [new Set<string>(), new Set<Expression>()];
  const visit = (node: Expression): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === 'variable') names.add(node.name);
    else if (node.kind === 'call') node.arguments.forEach(visit);
  };
  visit(e);
  return [...names];
}
