/**
 * Finds what can be changed in a TypeScript source: every mutant is one replacement of a piece of text.
 *
 * A mutant is {site, kind, start, end, text, line}: `text` replaces source[start, end). `site` numbers the expression that it
 * changes; sites[site] is the extent {start, end} of that expression, which can be wrapped to see whether a test reaches it.
 */
import { parseAst } from 'vitest/node';

export const KINDS = ['sign', 'factor', 'comparison', 'offset', 'boolean', 'condition', 'dropped'];

const OTHER_SIGN = { '+': '-', '-': '+', '+=': '-=', '-=': '+=' };
const OTHER_FACTOR = { '*': '/', '/': '*', '*=': '/=', '/=': '*=' };
const OTHER_COMPARISONS = {
  '<': ['<=', '>='],
  '>': ['>=', '<='],
  '<=': ['<', '>'],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
};

/** Syntax nodes of TypeScript that hold a value; all others are types, which a program does not run. */
const TYPED_VALUES = ['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression', 'TSInstantiationExpression'];

export const parse = (source, path) => parseAst(source, { lang: 'ts' }, path);

export function mutantsOf(source, path) {
  const mutants = [];
  const sites = [];
  const lines = lineStarts(source);
  const site = (node) => sites.push({ start: node.start, end: node.end }) - 1;
  const add = (of, kind, start, end, text) => {
    if (source.slice(start, end) === text) return;
    if (mutants.some((m) => m.start === start && m.end === end && m.text === text)) return;
    mutants.push({ site: of, kind, start, end, text, line: lineAt(lines, start) });
  };

  const visitors = {
    BinaryExpression(node) {
      const { operator, left, right } = node;
      const of = site(node);
      const at = operatorAt(source, left.end, operator);
      const after = at + operator.length;
      if (OTHER_SIGN[operator] && !isText(left) && !isText(right)) {
        add(of, 'sign', at, after, OTHER_SIGN[operator]);
        if (isNumber(right) && right.value === 1) add(of, 'offset', at, node.end, '');
      }
      if (OTHER_FACTOR[operator]) {
        add(of, 'factor', at, after, OTHER_FACTOR[operator]);
        add(of, 'dropped', at, node.end, '');
        if (operator === '*') add(of, 'dropped', node.start, node.end, source.slice(after, node.end).trim());
      }
      for (const other of OTHER_COMPARISONS[operator] ?? []) add(of, 'comparison', at, after, other);
    },
    AssignmentExpression(node) {
      const { operator, left, right } = node;
      const other = OTHER_SIGN[operator] ?? OTHER_FACTOR[operator];
      if (!other || isText(right)) return;
      const at = operatorAt(source, left.end, operator);
      add(site(node), OTHER_SIGN[operator] ? 'sign' : 'factor', at, at + operator.length, other);
    },
    LogicalExpression(node) {
      const other = { '&&': '||', '||': '&&' }[node.operator];
      if (!other) return;
      const at = operatorAt(source, node.left.end, node.operator);
      const text = `(${source.slice(node.start, at)}${other}${source.slice(at + 2, node.end)})`;
      add(site(node), 'boolean', node.start, node.end, text);
    },
    UnaryExpression(node) {
      if (node.operator === '-') add(site(node), 'sign', node.start, node.end, source.slice(node.start + 1, node.end));
      if (node.operator === '!')
        add(site(node), 'boolean', node.start, node.end, source.slice(node.start + 1, node.end));
    },
    Literal(node, parent) {
      if (!isNumber(node)) return;
      const of = site(node);
      const index = parent.type === 'MemberExpression' && parent.property === node;
      const others = index
        ? [node.value + 1, ...(node.value > 0 ? [node.value - 1] : [])]
        : node.value === 0
          ? [1]
          : [node.value * 2, node.value / 2];
      for (const other of others) add(of, index ? 'offset' : 'factor', node.start, node.end, String(other));
    },
    MemberExpression({ computed, property }) {
      if (!computed || property.type === 'Literal' || property.type === 'TemplateLiteral') return;
      const of = site(property);
      const text = source.slice(property.start, property.end);
      add(of, 'offset', property.start, property.end, `(${text}) + 1`);
      add(of, 'offset', property.start, property.end, `(${text}) - 1`);
    },
    IfStatement: ({ test }) => condition(test, ['true', 'false']),
    ConditionalExpression: ({ test }) => condition(test, ['true', 'false']),
    WhileStatement: ({ test }) => condition(test, ['false']),
    ForStatement: ({ test }) => test && condition(test, ['false']),
  };
  const condition = (test, texts) => {
    const of = site(test);
    for (const text of texts) add(of, 'condition', test.start, test.end, text);
  };

  walk(parse(source, path), null, (node, parent) => visitors[node.type]?.(node, parent));
  return { mutants, sites };
}

/** Returns the source with one mutant in it. */
export const mutated = (source, { start, end, text }) => source.slice(0, start) + text + source.slice(end);

/**
 * Returns the source in which every site of the list adds its number to `globalThis.__reached` when it is evaluated.
 */
export function instrumented(source, sites) {
  const marks = sites.flatMap(({ start, end, number }) => [
    { at: start, order: -end, text: `(globalThis.__reached[${number}] = 1, ` },
    { at: end, order: -start - source.length - 1, text: ')' },
  ]);
  // at one position ends come before beginnings; inner ends first, outer beginnings first
  marks.sort((a, b) => a.at - b.at || a.order - b.order);
  let [out, from] = ['', 0];
  for (const { at, text } of marks) {
    out += source.slice(from, at) + text;
    from = at;
  }
  return out + source.slice(from);
}

const isNumber = (node) => node.type === 'Literal' && typeof node.value === 'number';
const isText = (node) =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'BinaryExpression' && node.operator === '+' && (isText(node.left) || isText(node.right)));

/** Finds the operator after its left operand, past spaces, comments and closing parentheses. */
function operatorAt(source, from, operator) {
  const between = /(?:[\s)]|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)*/y;
  between.lastIndex = from;
  const at = from + between.exec(source)[0].length;
  if (!source.startsWith(operator, at)) throw new Error(`no ${operator} at ${at}: ${source.slice(from, at + 10)}`);
  return at;
}

function walk(node, parent, visit) {
  if (node.type.startsWith('TS')) {
    if (TYPED_VALUES.includes(node.type)) walk(node.expression, parent, visit);
    return;
  }
  visit(node, parent);
  for (const [key, value] of Object.entries(node)) {
    if (key === 'key' && !node.computed) continue;
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child?.type === 'string' && child.type !== 'ImportAttribute') walk(child, node, visit);
  }
}

function lineStarts(source) {
  const starts = [0];
  for (let i = source.indexOf('\n'); i >= 0; i = source.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}

const lineAt = (starts, offset) => starts.findLastIndex((s) => s <= offset) + 1;
