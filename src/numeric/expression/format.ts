/** Formulas as text that `parseExpression` reads back to the same values. */

import * as is from '../wants.js';
import { EXPRESSION_WANTS, type Expression } from './expression.js';

const SIGNS: Readonly<Record<string, { sign: string; level: number }>> = {
  add: { sign: ' + ', level: 1 },
  subtract: { sign: ' - ', level: 1 },
  multiply: { sign: '*', level: 2 },
  divide: { sign: '/', level: 2 },
};

/** Writes a formula with the fewest parentheses that keep its meaning. */
export function formatExpression(e: Expression): string {
  is.given('formatExpression', { e }, { e: EXPRESSION_WANTS });
  return write(e).text;
}

/** Returns the text and its binding strength: 1 sum, 2 product, 3 sign, 4 power, 5 atom. */
function write(e: Expression): { text: string; level: number } {
  if (e.kind === 'number') {
    const text = String(e.value);
    return { text, level: text.startsWith('-') ? 3 : 5 };
  }
  if (e.kind === 'variable') return { text: e.name, level: 5 };
  const within = (arg: Expression, least: number) => {
    const { text, level } = write(arg);
    return level >= least ? text : `(${text})`;
  };
  const [a, b] = e.arguments;
  const binary = SIGNS[e.name];
  if (binary) {
    const { sign, level } = binary;
    return { text: `${within(a, level)}${sign}${within(b, level + 1)}`, level };
  }
  if (e.name === 'negate') return { text: `-${within(a, 3)}`, level: 3 };
  if (e.name === 'power') return { text: `${within(a, 5)}^${within(b, 3)}`, level: 4 };
  return { text: `${e.name}(${e.arguments.map(formatExpression).join(', ')})`, level: 5 };
}
