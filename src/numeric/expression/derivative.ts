/** Exact derivatives of formulas. */

import * as is from '../wants.js';
import { call, number } from './build.js';
import { EXPRESSION_WANTS, type Expression } from './expression.js';

/**
 * Returns ∂e/∂name, exact, simplified as `call` does it. Where a formula has a kink the derivative is that of one side:
 * abs' = −1 at 0, min and max take that of the second argument where both are equal, `if` keeps its condition (which is
 * not differentiated). Cost O(nodes of e); a subtree that e shares is differentiated once, and its derivative is
 * shared.
 */
export function derivative(e: Expression, name: string): Expression {
  is.given('derivative', { e, name }, { e: EXPRESSION_WANTS, name: is.text });
  const done = new Map<Expression, Expression>();
  const visit = (node: Expression): Expression => {
    if (node.kind === 'number') return number(0);
    if (node.kind === 'variable') return number(node.name === name ? 1 : 0);
    let made = done.get(node);
    if (!made) {
      made = ofCall(node, visit);
      done.set(node, made);
    }
    return made;
  };
  return visit(e);
}

const zero = (e: Expression) => e.kind === 'number' && e.value === 0;

function ofCall(e: Expression & { kind: 'call' }, d: (u: Expression) => Expression): Expression {
  const [u, v, w] = e.arguments;
  const du = d(u);
  const times = (a: Expression, b: Expression) => call('multiply', a, b);
  switch (e.name) {
    case 'add':
    case 'subtract':
      return call(e.name, du, d(v));
    case 'multiply':
      return call('add', times(du, v), times(u, d(v)));
    case 'divide': {
      // (u' − e·v')/v: the quotient itself occurs again, and is computed once
      const dv = d(v);
      return call('divide', zero(dv) ? du : call('subtract', du, times(e, dv)), v);
    }
    case 'negate':
      return call('negate', du);
    case 'power':
      return ofPower(e, u, v, du, d(v));
    case 'exp':
      return times(e, du);
    case 'log':
      return call('divide', du, u);
    case 'sqrt':
      return call('divide', du, times(number(2), e));
    case 'sin':
      return times(call('cos', u), du);
    case 'cos':
      return call('negate', times(call('sin', u), du));
    case 'tanh':
      return times(call('subtract', number(1), times(e, e)), du);
    case 'abs':
      return zero(du) ? du : call('if', u, du, call('negate', du));
    case 'min':
      return call('if', call('subtract', v, u), du, d(v));
    case 'max':
      return call('if', call('subtract', u, v), du, d(v));
    case 'if': {
      const [dv, dw] = [d(v), d(w)];
      return zero(dv) && zero(dw) ? dv : call('if', u, dv, dw);
    }
  }
}

/** Differentiates u^v: v·u^(v−1)·u' where v is constant, u^v·log(u)·v' where u is, else u^v·(v'·log u + v·u'/u). */
function ofPower(e: Expression, u: Expression, v: Expression, du: Expression, dv: Expression): Expression {
  const times = (a: Expression, b: Expression) => call('multiply', a, b);
  if (zero(dv)) {
    const lower = v.kind === 'number' ? number(v.value - 1) : call('subtract', v, number(1));
    return times(times(v, call('power', u, lower)), du);
  }
  const growth = times(dv, call('log', u));
  return times(e, zero(du) ? growth : call('add', growth, call('divide', times(v, du), u)));
}
