/** Formulas: what the text means, what errors say, values against a naive evaluator, derivatives against differences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../src/numeric/errors.js';
import { applyOperation } from '../src/numeric/expression/build.js';
import {
  call,
  derivative,
  type Expression,
  evaluator,
  formatExpression,
  number,
  type Operation,
  parseExpression,
  substitute,
  variable,
  variablesOf,
} from '../src/numeric/expression/index.js';
import { descentField, fieldFrom, gradientField } from '../src/theory/fields.js';

const valueAt = (e: Expression, point: Record<string, number>) => {
  const out = new Float64Array(1);
  evaluator([e], Object.keys(point))(Object.values(point), out);
  return out[0];
};
const evaluate = (text: string, point: Record<string, number> = {}) =>
  valueAt(parseExpression(text, { variables: Object.keys(point) }), point);

describe('meaning', () => {
  it.each<[string, number]>([
    ['1 + 2*3', 7],
    ['2*3 + 1', 7],
    ['(1 + 2)*3', 9],
    ['10 - 4 - 3', 3],
    ['16/4/2', 2],
    ['2^3^2', 512],
    ['-2^2', -4],
    ['(-2)^2', 4],
    ['2^-1', 0.5],
    ['2^-2^2', 2 ** -4],
    ['-3*-2', 6],
    ['1 - -1', 2],
    ['+4', 4],
    ['8/2*3', 12],
    ['1e3 + .5 + 2.', 1002.5],
    ['cos(pi) + log(e)', 0],
    ['min(2, -1) + max(2, -1)', 1],
    ['if(0, 1, 2) + if(1e-300, 10, 20)', 12],
    ['abs(-3) + sqrt(9) + exp(0) + tanh(0) + sin(0)', 7],
  ])('%s = %d', (text, value) => {
    expect(evaluate(text)).toBe(value);
  });

  it('names variables and puts parameters in as numbers', () => {
    const e = parseExpression('a*x^2/2 + y', { variables: ['x', 'y'], parameters: { a: 3 } });
    expect(variablesOf(e)).toEqual(['x', 'y']);
    expect(valueAt(e, { x: 2, y: 1 })).toBe(7);
    expect(evaluate('x^2', { x: 5 })).toBe(25);
    // a variable may carry the name of an inherited property
    expect(() => parseExpression('toString', { variables: ['x'] })).toThrow(/unknown name "toString"/);
    expect(valueAt(substitute(e, { x: parseExpression('y + 1', { variables: ['y'] }) }), { y: 1 })).toBe(7);
  });
});

describe('errors', () => {
  it.each<[string, string]>([
    ['', 'loss: a formula is wanted; got an empty text.'],
    ['2*lamda*x', 'loss: "2*lamda*x" has the unknown name "lamda" at character 3; did you mean "lambda"?'],
    ['sine(x)', 'loss: "sine(x)" has the unknown function "sine" at character 1; did you mean "sin"?'],
    ['z', 'loss: "z" has the unknown name "z" at character 1; did you mean "x"?'],
    [
      'qqqq(x)',
      'loss: "qqqq(x)" has the unknown function "qqqq" at character 1; known are exp, log, sqrt, sin, cos, tanh, abs, min, max, if.',
    ],
    ['2x', 'loss: "2x" has "x" where an operator was expected at character 2.'],
    ['x**2', 'loss: "x**2" has "**" where an operator was expected at character 2; write ^ for powers.'],
    ['(x + 1', 'loss: "(x + 1" ends where ")" was expected at character 7.'],
    ['x +', 'loss: "x +" ends where a number, a name or "(" was expected at character 4.'],
    ['x ? 1', 'loss: "x ? 1" has "?" where an operator was expected at character 3.'],
    ['min(x)', 'loss: "min(x)" gives min 1 argument where it takes 2 at character 1.'],
    ['exp + 1', 'loss: "exp + 1" wants "(" after the function exp at character 1.'],
    ['1e999', 'loss: "1e999" has a number too large for 64 bits at character 1.'],
  ])('%s', (text, sentence) => {
    expect(() => parseExpression(text, { variables: ['x'], parameters: { lambda: 1 }, source: 'loss' })).toThrow(
      new InputError('bad-formula', sentence),
    );
  });

  it('refuses what would take too long, and names that mean something else', () => {
    const parse =
      (text: string, variables = ['x']) =>
      () =>
        parseExpression(text, { variables });
    expect(parse(`${'('.repeat(300)}x${')'.repeat(300)}`)).toThrow(/nested more than 200 levels/);
    expect(parse(`${'-'.repeat(3000)}x`)).toThrow(/nested more than 200 levels/);
    expect(parse('x'.padEnd(5000, '+x'))).toThrow(/at most 4000 characters; got 5/);
    expect(parse('x'.padEnd(3999, '+x'))).not.toThrow();
    expect(parse('1', ['exp'])).toThrow(/"exp" cannot name a variable/);
    expect(parse('1', ['2x'])).toThrow(/cannot name/);
    expect(() => parseExpression('k', { variables: ['x'], parameters: { k: Number.NaN } })).toThrow(/finite number/);
    expect(() => parseExpression('x', { variables: ['x'], parameters: { x: 1 } })).toThrow(/variable and a parameter/);
    expect(() => evaluator([variable('y')], ['x'])).toThrow(/variable "y", but only x/);
  });
});

/** The retyped table: one line an operation, no sharing, no folding. Also the largest magnitude met, for rounding bounds. */
function naive(e: Expression, at: Record<string, number>, seen: { largest: number; nodes: number }): number {
  const table: Record<Operation, (a: number, b: number, c: number) => number> = {
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    multiply: (a, b) => a * b,
    divide: (a, b) => a / b,
    negate: (a) => 0 - a,
    power: (a, b) => a ** b,
    exp: Math.exp,
    log: Math.log,
    sqrt: Math.sqrt,
    sin: Math.sin,
    cos: Math.cos,
    tanh: Math.tanh,
    abs: (a) => (a < 0 ? -a : a),
    min: (a, b) => Math.min(b, a),
    max: (a, b) => Math.max(b, a),
    if: (a, b, c) => (a > 0 ? b : c),
  };
  const value =
    e.kind === 'number'
      ? e.value
      : e.kind === 'variable'
        ? at[e.name]
        : table[e.name](
            ...(e.arguments
              .map((a) => naive(a, at, seen))
              .concat(0, 0)
              .slice(0, 3) as [number, number, number]),
          );
  seen.largest = Math.max(seen.largest, Math.abs(value));
  seen.nodes++;
  return value;
}

/** Formulas of x and y, smooth where they are evaluated: arguments of log and sqrt are kept positive, divisors away from 0. */
const formulas = fc.letrec<{ e: Expression }>((tie) => ({
  e: fc.oneof(
    { maxDepth: 5, depthSize: 'medium' },
    fc.constantFrom(variable('x'), variable('y')),
    fc.double({ min: -3, max: 3, noNaN: true }).map((v) => number(v)),
    fc
      .tuple(fc.constantFrom<Operation>('add', 'subtract', 'multiply'), tie('e'), tie('e'))
      .map(([f, a, b]) => call(f, a, b)),
    fc.tuple(tie('e'), tie('e')).map(([a, b]) => call('divide', a, call('add', call('abs', b), number(0.7)))),
    fc.tuple(fc.constantFrom<Operation>('sin', 'cos', 'tanh', 'negate', 'abs'), tie('e')).map(([f, a]) => call(f, a)),
    tie('e').map((a) => call('exp', call('tanh', a))),
    fc
      .tuple(fc.constantFrom<Operation>('log', 'sqrt'), tie('e'))
      .map(([f, a]) => call(f, call('add', call('multiply', a, a), number(0.6)))),
    fc.tuple(tie('e'), fc.integer({ min: 2, max: 4 })).map(([a, n]) => call('power', call('tanh', a), number(n))),
    fc
      .tuple(tie('e'), tie('e'))
      .map(([a, b]) => call('power', call('add', call('cos', a), number(1.5)), call('sin', b))),
    fc.tuple(fc.constantFrom<Operation>('min', 'max'), tie('e'), tie('e')).map(([f, a, b]) => call(f, a, b)),
    fc.tuple(tie('e'), tie('e'), tie('e')).map(([c, a, b]) => call('if', c, a, b)),
  ),
})).e;
/** Never on the kink of a function of x or y alone. */
const points = fc.record({
  x: fc.integer({ min: -1999, max: 1999 }).map((i) => (i + 0.37) / 1000),
  y: fc.integer({ min: -1999, max: 1999 }).map((i) => (i + 0.71) / 1000),
});

describe('values', () => {
  it('agree with the naive evaluator, also after writing and reading', () => {
    fc.assert(
      fc.property(formulas, points, (e, at) => {
        const seen = { largest: 0, nodes: 0 };
        const truth = naive(e, at, seen);
        const bound = 1e-13 * seen.nodes * (1 + seen.largest);
        if (!Number.isFinite(seen.largest)) return;
        expect(Math.abs(valueAt(e, at) - truth)).toBeLessThanOrEqual(bound);
        const text = formatExpression(e);
        if (text.length > 4000) return;
        const read = parseExpression(text, { variables: ['x', 'y'] });
        expect(Math.abs(valueAt(read, at) - truth)).toBeLessThanOrEqual(bound);
        expect(formatExpression(read)).toBe(text);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('`if` takes the second branch at 0 and for NaN', () => {
    expect(applyOperation('if', Number.NaN, 1, 2)).toBe(2);
    expect(evaluate('if(x, 1, 2)', { x: 0 })).toBe(2);
  });
});

describe('derivatives', () => {
  it('agree with central differences to their own error', () => {
    // D(h) − f' = h² f'''/6 + O(h⁴), so D(2h) − D(h) = 3·(that); rounding of a difference: nodes·2^−53·largest/h.
    // A kink between the points shows as D's at h and h/8 that disagree: such points say nothing.
    let used = 0;
    fc.assert(
      fc.property(formulas, points, (e, at) => {
        const seen = { largest: 1, nodes: 0 };
        const f = (x: number) => naive(e, { ...at, x }, seen);
        const D = (h: number) => (f(at.x + h) - f(at.x - h)) / (2 * h);
        const h = 2 ** -12;
        const [d, wide, narrow] = [D(h), D(2 * h), D(h / 8)];
        const rounding = (seen.nodes * 2 ** -53 * seen.largest) / (h / 8);
        const exact = valueAt(derivative(e, 'x'), at);
        const curved = Math.abs(wide - d);
        if (!(curved < 1e-3 * (1 + Math.abs(d))) || !(Math.abs(narrow - d) <= curved + rounding)) return;
        used++;
        expect(Math.abs(narrow - exact)).toBeLessThanOrEqual(curved / 32 + 8 * rounding);
      }),
      { seed: 2, numRuns: 1500 },
    );
    expect(used).toBeGreaterThan(1000);
  });

  it.each<[string, string]>([
    ['x^3', '3*x^2'],
    ['abs(x)', 'if(x, 1, -1)'],
    ['min(x, 2)', 'if(2 - x, 1, 0)'],
    ['max(x, y)', 'if(x - y, 1, 0)'],
    ['2^x', '2^x*0.6931471805599453'],
    ['y', '0'],
    ['exp(-x)', '-exp(-x)'],
    ['x*y + y', 'y'],
    ['if(y, x, 3)', 'if(y, 1, 0)'],
  ])("(%s)' = %s", (text, expected) => {
    expect(formatExpression(derivative(parseExpression(text, { variables: ['x', 'y'] }), 'x'))).toBe(expected);
  });

  it('make fields', () => {
    const loss = parseExpression('(x^2 - 1)^2/4 + (1 + x^2)*y^2/2', { variables: ['x', 'y'] });
    const [x, y] = [0.7, -0.4];
    const out = new Float64Array(2);
    gradientField(loss, ['x', 'y']).at([x, y], out);
    expect(out[0]).toBeCloseTo((x * x - 1) * x + x * y * y, 14);
    expect(out[1]).toBeCloseTo((1 + x * x) * y, 14);
    const down = new Float64Array(2);
    descentField(loss, ['x', 'y']).at([x, y], down);
    expect([...down]).toEqual([-out[0], -out[1]]);
    const code = fieldFrom((p, o) => {
      o[0] = p[0] * p[1];
    }, 1);
    code.at([2, 3], out);
    expect([code.outputs, code.expressions, out[0]]).toEqual([1, undefined, 6]);
  });
});
