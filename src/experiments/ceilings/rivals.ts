/**
 * The rules for the learning rate at which runs leave, each a quantity x of a state that is multiplied by one fitted constant.
 * docs/theory [A2], [N6]; the table in docs/rules/ceilings.md.
 */
import { studentQuantile } from '../../numeric/distributions.js';
import { leastSquares } from '../../numeric/lines.js';
import { mean } from '../../numeric/statistics.js';
import { edgeOfStability } from '../../theory/ceiling.js';
import type { TriedState } from './measured.js';
import type { Bracketed } from './thresholds.js';

/** Names a rule. */
export type RivalId =
  | 'present'
  | 'edge'
  | 'sharpness'
  | 'sharpness-small'
  | 'top'
  | 'coupled'
  | 'noise'
  | 'present-edge'
  | 'present-sharpness'
  | 'edge-noise'
  | 'mixed';

type Quantity = (state: TriedState) => number;

const present: Quantity = ({ spec }) => spec.learningRate;
const edge: Quantity = ({ spec, measures }) =>
  measures.top.value > 0 ? edgeOfStability(measures.top.value, spec.momentum) : Number.NaN;
const sharpness: Quantity = ({ spec, measures }) => 2 * (1 + spec.momentum) * measures.sharpness.value;
const noise: Quantity = ({ spec, base }) => (4 * (1 - spec.momentum) * spec.batchSize * base.loss) / base.trace;
const between =
  (a: Quantity, b: Quantity): Quantity =>
  (state) =>
    Math.sqrt(a(state) * b(state));

/** The quantities by rule; `mixed` has two and is fitted separately. */
export const QUANTITIES: Readonly<Record<Exclude<RivalId, 'mixed'>, Quantity>> = {
  present,
  edge,
  sharpness,
  'sharpness-small': ({ spec, measures }) => 2 * (1 - spec.momentum) * measures.sharpness.value,
  top: ({ measures }) => measures.alongTop,
  coupled: ({ measures }) => measures.coupled.value,
  noise,
  'present-edge': between(present, edge),
  'present-sharpness': between(present, sharpness),
  'edge-noise': between(edge, noise),
};

/** The rules in words, in the order of the table. */
export const RIVAL_NAMES: Readonly<Record<RivalId, string>> = {
  present: 'the present rate η',
  edge: 'edge, 2(1+μ)/h',
  sharpness: 'batch sharpness, 2(1+μ)E|g|²/E[gᵀHg]',
  'sharpness-small': 'the same with 2(1−μ)',
  top: 'mean-square line along the top eigenvector',
  coupled: 'mean-square ceiling in coupled directions',
  noise: 'noise, 4(1−μ)B·L₀/Tr C₁',
  'present-edge': '√(η · edge)',
  'present-sharpness': '√(η · batch sharpness)',
  'edge-noise': '√(edge · noise)',
  mixed: 'η^a · edge^(1−a), a fitted',
};

/** All rules, in the order of the table. */
export const RIVALS = Object.keys(RIVAL_NAMES) as readonly RivalId[];

/** Holds a rule with its constants. */
export interface Fitted {
  readonly rival: RivalId;
  /** c. */
  readonly factor: number;
  /** a of `mixed`; null otherwise. */
  readonly exponent: number | null;
  /** s, standard deviation of ln(T/x) about its mean. */
  readonly spread: number;
  /** d: the stated interval is c·x·exp(±d). */
  readonly half: number;
  /** States that it was fitted to. */
  readonly n: number;
}

/** Returns ln x of a rule at a state, with the exponent a of `mixed`; NaN where x is not positive and finite. */
export function logQuantity(rival: RivalId, state: TriedState, exponent: number | null): number {
  const log = (of: Quantity) => {
    const x = of(state);
    return x > 0 && Number.isFinite(x) ? Math.log(x) : Number.NaN;
  };
  if (rival !== 'mixed') return log(QUANTITIES[rival]);
  const a = exponent ?? Number.NaN;
  return a * log(present) + (1 - a) * log(edge);
}

/** Fits the constants of a rule; states at which it has no x are left out. */
export function fitRival(rival: RivalId, states: readonly Bracketed[]): Fitted {
  const exponent = rival === 'mixed' ? mixedExponent(states) : null;
  const logs = states
    .map(({ state, threshold }) => Math.log(threshold) - logQuantity(rival, state, exponent))
    .filter(Number.isFinite);
  const n = logs.length;
  const centre = mean(logs);
  const freedom = n - (rival === 'mixed' ? 2 : 1);
  const spread = Math.sqrt(logs.reduce((s, v) => s + (v - centre) ** 2, 0) / freedom);
  return {
    rival,
    factor: Math.exp(centre),
    exponent,
    spread,
    half: studentQuantile(freedom) * spread * Math.sqrt(1 + 1 / n),
    n,
  };
}

/** Returns a of ln T = ln c + a ln η + (1−a) ln edge, by least squares of ln(T/edge) on ln(η/edge). */
function mixedExponent(states: readonly Bracketed[]): number {
  const edges = states.map(({ state }) => Math.log(edge(state)));
  return leastSquares(
    states.map(({ state }, k) => Math.log(present(state)) - edges[k]),
    states.map(({ threshold }, k) => Math.log(threshold) - edges[k]),
  ).slope;
}

/** Returns the logarithm of the value that a fitted rule states at a state; NaN where it states none. */
export const statedLog = (fit: Fitted, state: TriedState): number =>
  Math.log(fit.factor) + logQuantity(fit.rival, state, fit.exponent);
