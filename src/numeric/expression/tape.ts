/** Formulas as one straight list of operations in which every distinct subterm occurs once. */
import { check } from '../errors.js';
import type { Expression, Operation } from './expression.js';

/** Says what slot i of a tape holds: a number, the variable of that index, or an operation on earlier slots. */
type Slot =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly index: number }
  | { readonly kind: 'call'; readonly name: Operation; readonly from: readonly number[] };

/** Lists the operations that evaluate several formulas, in an order in which every slot follows those it uses. */
interface Tape {
  readonly slots: readonly Slot[];
  /** Slot of each formula. */
  readonly outputs: readonly number[];
}

/**
 * Puts all formulas over `variables` on one tape, on which subterms common to all of them (sums and products in either
 * order) occur once.
 * @throws InputError when a formula uses a variable that is not among `variables`
 */
export function tapeOf(expressions: readonly Expression[], variables: readonly string[]): Tape {
  const slots: Slot[] = [];
  const byText = new Map<string, number>();
  const byNode = new Map<Expression, number>();
  const place = (key: string, make: () => Slot) => {
    let at = byText.get(key);
    if (at === undefined) {
      at = slots.push(make()) - 1;
      byText.set(key, at);
    }
    return at;
  };
  const visit = (e: Expression): number => {
    let at = byNode.get(e);
    if (at !== undefined) return at;
    if (e.kind === 'number')
      at = place(`#${Object.is(e.value, -0) ? '-0' : e.value}`, () => ({ kind: 'number', value: e.value }));
    else if (e.kind === 'variable') {
      const index = variables.indexOf(e.name);
      check(
        index >= 0,
        'unknown-variable',
        () => `a formula uses the variable "${e.name}", but only ${variables.join(', ') || 'none'} are given here.`,
      );
      at = place(`$${index}`, () => ({ kind: 'variable', index }));
    } else {
      const from = e.arguments.map(visit);
      if (e.name === 'add' || e.name === 'multiply') from.sort((a, b) => a - b);
      at = place(`${e.name} ${from}`, () => ({ kind: 'call', name: e.name, from }));
    }
    byNode.set(e, at);
    return at;
  };
  return { outputs: expressions.map(visit), slots };
}
