/**
 * Names in laws, figures and bounds: an axis by its full key or the end of it, a short name such as eta, or a measured column. Whatever the
 * name, its value at a point is a number.
 */
import { check } from '../../numeric/errors.js';
import { type Expression, evaluator, parseExpression, variablesOf } from '../../numeric/expression/index.js';
import { nearest } from '../../numeric/spelling.js';
import { axesOf, columnsOf, type PointResult } from './aggregate.js';

/** A quantity that has a number at every point, NaN where it has none there. */
export interface Quantity {
  readonly name: string;
  /** What figures write on an axis. */
  readonly label: string;
  /** An axis or a number of the config, a column that was measured, or a formula of both. */
  readonly kind: 'axis' | 'column' | 'formula';
  /** The axes whose value it is, by key. */
  readonly axes: readonly string[];
  readonly at: (p: PointResult) => number;
}

/** Short names of config keys. */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  eta: ['training.learningRate', 'optimiser.learningRate'],
  B: ['training.batchSize'],
  mu: ['training.momentum', 'optimiser.momentum'],
  N: ['data.limit'],
  width: ['network.hidden'],
  decay: ['optimiser.weightDecay'],
};
/** Numbers that the document of every run has. */
const FACTS = ['eta', 'B', 'mu', 'N', 'parameters', 'stepsPerEpoch'] as const;

/** The share of the runs of a point that diverged, which is no column of a cell. */
export const DIVERGED = 'diverged';

const LABELS: Readonly<Record<string, string>> = {
  eta: 'learning rate η',
  B: 'batch size B',
  mu: 'momentum μ',
  N: 'training samples N',
  width: 'hidden width',
  parameters: 'weights P',
  top: 'largest curvature λ (nat/weight²)',
  trace: 'Tr H (nat/weight²)',
  loss: 'training loss (nat)',
  steps: 'steps to the end of training',
  epochs: 'epochs to the end of training',
  psi: 'exponent ψ',
  gamma: 'exponent γ',
};

/** Returns the short name of a config key, or the key. */
export const shortOf = (key: string): string => Object.keys(SHORT).find((s) => SHORT[s].includes(key)) ?? key;

/** Returns the label of an axis or of a column. */
export const labelOfName = (name: string): string => LABELS[shortOf(name)] ?? name;

/** Returns every name that the points of a sweep know. */
export function knownNames(points: readonly PointResult[]): string[] {
  const keys = [...new Set(points.flatMap((p) => Object.keys(p.point)))];
  return [...new Set([...keys.map(shortOf), ...keys, ...FACTS, DIVERGED, ...columnsOf(points)])];
}

/**
 * Finds what a name or a formula of names such as `eta/B` stands for.
 * @throws InputError for a name that the sweep does not have, with the nearest that it has
 */
export function quantityOf(text: string, points: readonly PointResult[], where: string): Quantity {
  const named = simple(text, points);
  if (named) return named;
  const formula = formulaOf(text, points, where);
  check(formula !== undefined, 'unknown-name', () => unknown(text, points, where));
  const parts = variablesOf(formula.expression).map((alias) => ({
    alias,
    quantity: quantityOf(formula.names[alias] ?? alias, points, where),
  }));
  const evaluate = evaluator(
    [formula.expression],
    parts.map((p) => p.alias),
  );
  const out = new Float64Array(1);
  return {
    name: text,
    label: text.replace(/\beta\b/g, 'η').replace(/\bmu\b/g, 'μ'),
    kind: 'formula',
    axes: [...new Set(parts.flatMap((p) => p.quantity.axes))],
    at: (p) => {
      evaluate(
        parts.map(({ quantity }) => quantity.at(p)),
        out,
      );
      return out[0];
    },
  };
}

/** Finds an axis, a number of the config or a column. */
function simple(name: string, points: readonly PointResult[]): Quantity | undefined {
  const keys = [...new Set(points.flatMap((p) => Object.keys(p.point)))];
  const ends = keys.filter((key) => key.endsWith(`.${name}`));
  const key =
    keys.find((k) => k === name) ??
    SHORT[name]?.find((k) => keys.includes(k)) ??
    (ends.length === 1 ? ends[0] : undefined);
  const number = (v: unknown) => (typeof v === 'number' ? v : Number.NaN);
  const label = LABELS[name] ?? (key === undefined ? name : labelOfName(key));
  if (key !== undefined) return { name, label, kind: 'axis', axes: [key], at: (p) => number(p.point[key]) };
  const fact = FACTS.find((f) => f === name);
  if (fact) {
    const axes = Object.values(SHORT[name] ?? []).filter((k) => keys.includes(k));
    return { name, label, kind: 'axis', axes, at: (p) => number(p.config[fact]) };
  }
  if (name === DIVERGED)
    return { name, label: 'share of runs that diverge', kind: 'column', axes: [], at: (p) => p.diverged.value };
  if (!columnsOf(points).includes(name)) return undefined;
  return { name, label, kind: 'column', axes: [], at: (p) => p.columns[name]?.mean.value ?? Number.NaN };
}

/** Reads a formula; dotted and dashed names are replaced by letters and digits first, which formulas can have. */
function formulaOf(
  text: string,
  points: readonly PointResult[],
  where: string,
): { expression: Expression; names: Record<string, string> } | undefined {
  if (!/[-+*/^()\s]/.test(text)) return undefined;
  const names: Record<string, string> = {};
  const plain = knownNames(points)
    .filter((n) => /[^\w]/.test(n))
    .sort((a, b) => b.length - a.length)
    .reduce((s, n, k) => {
      if (!s.includes(n)) return s;
      names[`named${k}`] = n;
      return s.split(n).join(`named${k}`);
    }, text);
  const variables = [...new Set(plain.match(/[A-Za-z]\w*/g) ?? [])];
  const known = [...knownNames(points), ...Object.keys(names), ...FUNCTIONS];
  const wrong = variables.find((v) => !known.includes(v) && !simple(v, points));
  check(wrong === undefined, 'unknown-name', () => unknown(wrong!, points, where));
  return {
    expression: parseExpression(plain, { variables: variables.filter((v) => !FUNCTIONS.includes(v)) }),
    names,
  };
}

/** Words of formulas that are no names of the sweep. */
const FUNCTIONS: readonly string[] = [
  ...['exp', 'log', 'sqrt', 'sin', 'cos', 'tanh', 'abs', 'min', 'max', 'if'],
  ...['e', 'pi'],
];

function unknown(name: string, points: readonly PointResult[], where: string): string {
  const known = knownNames(points);
  const near = nearest(name, known);
  const list = known.length > 24 ? `${known.slice(0, 24).join(', ')}, …` : known.join(', ');
  return `${where} names ${name}, which this sweep does not have${near ? `; did you mean ${near}?` : `; it has ${list}.`}`;
}

/** Says over which axes the points differ beside those of some quantities; a figure or a law has to say what it does with them. */
export const otherAxes = (points: readonly PointResult[], used: readonly Quantity[]): string[] =>
  axesOf(points).filter((key) => !used.some((q) => q.axes.includes(key)));
