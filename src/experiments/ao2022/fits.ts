/** Ratios by groups of modes and the scaling chain of ao2022, from the measured modes and directions. docs/theory [R4], [R5]. */
import type { DirectionDynamics } from '../../analyse/trajectory/results.js';
import { FIRST_RANK } from '../../analyse/trajectory/scaling.js';
import { bootstrap } from '../../numeric/bootstrap.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import type { Key } from '../../numeric/random.js';
import { thinToLogSpaced } from '../../numeric/spacing.js';
import { spearman } from '../../numeric/statistics.js';
import { fitted } from '../../theory/layer/modes.js';
import { type EnergyRow, type HessianModes, REGIMES, type Regime } from '../../theory/layer/results.js';
import {
  type Ao2022Results,
  type Ao2022Setting,
  type ChainLink,
  type FallWithFlatness,
  GROUPS,
  LAST_RANK,
  type LandscapeRow,
  type ModeGroupRatio,
  type WidthComparison,
} from './measured.js';

/**
 * Computes the geometric mean of predicted over measured, by groups of modes and over the settled ones; errors by
 * moving blocks of modes.
 */
export function groupRatios(
  modes: HessianModes,
  settled: number,
  key: Key,
): Pick<Ao2022Results, 'groups' | 'settledRatio'> {
  const P = modes.curvature.length;
  const range = (from: number, to: number, name: string) =>
    Object.fromEntries(REGIMES.map((r) => [r, ratioOf(modes, r, from, to, key.child(name).child(r))])) as Record<
      Regime,
      Estimate
    >;
  const groups: ModeGroupRatio[] = GROUPS.filter(([from]) => from <= P).map(([from, last]) => {
    const to = Math.min(last, P);
    return {
      from,
      to,
      modes: to - from + 1,
      curvature: [modes.curvature[from - 1], modes.curvature[to - 1]],
      settled: Math.max(0, Math.min(settled, to) - from + 1),
      ratio: range(from, to, `${from}`),
    };
  });
  return { groups, settledRatio: range(1, Math.max(settled, 0), 'settled') };
}

function ratioOf(modes: HessianModes, regime: Regime, from: number, to: number, key: Key): Estimate {
  const logs: number[] = [];
  for (let i = from - 1; i < to; i++) {
    const v = Math.log(modes.predicted[regime][i] / modes.withoutDrift[i]);
    if (Number.isFinite(v)) logs.push(v);
  }
  const n = logs.length;
  if (n < 2)
    return estimate(n === 1 ? Math.exp(logs[0]) : Number.NaN, Number.NaN, n, `geometric mean over ${n} modes`, false);
  const average = (i: ArrayLike<number>) => Array.from(i).reduce((s, k) => s + logs[k], 0) / n;
  const value = Math.exp(average(Array.from(logs.keys())));
  const spread = bootstrap(n, (i) => [average(i)], { key }).standardError[0];
  const left = to - from + 1 - n;
  return estimate(
    value,
    value * spread,
    n,
    `geometric mean over ${n} modes${left > 0 ? ` (${left} have no finite prediction)` : ''}, moving-block bootstrap`,
  );
}

/** Holds what the fits are made from. */
export interface ChainInput {
  readonly setting: Ao2022Setting;
  readonly energy: readonly EnergyRow[];
  readonly landscape?: readonly LandscapeRow[];
  readonly dynamics: readonly DirectionDynamics[];
  readonly key: Key;
}

/** Returns the directions that the fit of psi uses too: rank ≥ 2, closed valley, variance above the resolution. */
function usable({ energy }: ChainInput): (EnergyRow & { flatness: number })[] {
  return energy.filter(
    (e): e is EnergyRow & { flatness: number } =>
      e.index >= FIRST_RANK && e.flatness !== null && e.flatness > 0 && e.resolved,
  );
}

/** Fits the links of [R5], in the order of the argument. */
export function scalingChain(input: ChainInput): ChainLink[] {
  const { setting, landscape, key } = input;
  const rows = usable(input);
  const link = (
    id: string,
    quantity: string,
    stated: number,
    points: readonly (readonly [number, number])[],
  ): ChainLink => {
    const used = points.filter(([, y]) => y > 0 && Number.isFinite(y));
    const [x, y] = [used.map((p) => p[0]), used.map((p) => p[1])];
    const middle = Math.floor(x.length / 2);
    const half = (name: string, from: number, to: number) => {
      const { exponent, points } = fitted(x.slice(from, to), y.slice(from, to), key.child(id).child(name));
      return { label: `${name} half of the ranks`, fit: { exponent, points } };
    };
    return {
      id,
      quantity,
      stated,
      fit: fitted(x, y, key.child(id)),
      ranges: [half('lower', 0, middle), half('upper', middle, x.length)],
      x,
      y,
    };
  };
  const out = [
    link(
      'curvature',
      'M = p·H·p/L₀',
      -2,
      rows.map((e) => [e.flatness, e.curvature / setting.centreLoss]),
    ),
    link(
      'noise',
      'D = p·C₁·p',
      -6,
      rows.map((e) => [e.flatness, e.noise]),
    ),
    link(
      'variance',
      'Σ = σ²',
      -4,
      rows.map((e) => [e.flatness, e.variance]),
    ),
    link(
      'closure',
      'Σ·M/D',
      0,
      rows.map((e) => [e.flatness, (e.variance * e.curvature) / (setting.centreLoss * e.noise)]),
    ),
  ];
  if (landscape) {
    const closed = new Map(rows.map((e) => [e.index, e.flatness]));
    const scatter = landscape.flatMap((l) => {
      const F = closed.get(l.index);
      return F === undefined ? [] : [[F, l.minimumSpread.value ** 2] as const];
    });
    out.splice(2, 0, link('minima', 'sθ²', -2, scatter));
  }
  return out;
}

/** Fits the temperatures T_i = (eta/2)·C_ii, with C per batch, against the width F. */
export function temperatures(input: ChainInput): FallWithFlatness {
  const { learningRate: eta, batchSize, samples, sampling } = input.setting;
  const scale = sampling === 'shuffled' ? (samples - batchSize) / ((samples - 1) * batchSize) : 1 / batchSize;
  const rows = usable(input);
  return fall(
    rows.map((e) => e.flatness),
    rows.map((e) => (eta / 2) * scale * e.noise),
    input.key.child('temperature'),
  );
}

/**
 * Fits the correlation times tau_i (steps) against F where both were measured and the time converged; the others are lower bounds,
 * set by the window, and are listed only. Gives 1/(eta·h_i) with them.
 */
export function correlationTimes(input: ChainInput): Ao2022Results['correlationTime'] {
  const rows = new Map(usable(input).map((e) => [e.index, e]));
  const both = input.dynamics.flatMap((d) => {
    const e = rows.get(d.index);
    const { value: tau, converged } = d.correlationTime;
    return e && tau > 0 ? [{ e, tau, converged }] : [];
  });
  const known = both.filter((b) => b.converged);
  const leading = both.filter((b) => b.e.index <= LAST_RANK);
  return {
    ...fall(
      known.map((b) => b.e.flatness),
      known.map((b) => b.tau),
      input.key.child('tau'),
    ),
    x: both.map((b) => b.e.flatness),
    y: both.map((b) => b.tau),
    bounded: both.length - known.length,
    leading: rankCorrelation(
      leading.map((b) => b.e.flatness),
      leading.map((b) => b.tau),
      input.key.child('leading'),
    ),
    predicted: both.map(({ e }) => (e.curvature > 0 ? 1 / (input.setting.learningRate * e.curvature) : Number.NaN)),
  };
}

function fall(x: number[], y: number[], key: Key): FallWithFlatness {
  return { correlation: rankCorrelation(x, y, key.child('rank')), fit: fitted(x, y, key.child('fit')), x, y };
}

function rankCorrelation(x: readonly number[], y: readonly number[], key: Key): Estimate {
  const n = x.length;
  const pick = (a: readonly number[], i: Uint32Array) => Array.from(i, (k) => a[k]);
  return n < 5
    ? estimate(Number.NaN, Number.NaN, n, 'too few directions', false)
    : estimate(
        spearman(x, y),
        bootstrap(n, (i) => [spearman(pick(x, i), pick(y, i))], { key }).standardError[0],
        n,
        "Spearman's rank correlation with F, moving-block bootstrap over directions by rank",
      );
}

/** Number of Hessian modes that a fit keeps. */
const THINNED = 120;

/**
 * Compares the widths of U from H and C1 with the measured ones, along the principal directions from rank 2 and along the resolved
 * Hessian modes (there as deviations, with the drift removed). The slope of ln(predicted) on ln(measured) is 1 if the one follows
 * the other. docs/theory [N3].
 */
export function widthComparison(
  { energy, modes, subspaces }: Pick<Ao2022Results, 'energy' | 'modes' | 'subspaces'>,
  key: Key,
): WidthComparison {
  const rows = energy.filter((e) => e.index >= FIRST_RANK && e.resolved && e.predictedWidth > 0);
  const { correlation, fit } = fall(
    rows.map((e) => e.potentialWidth),
    rows.map((e) => e.predictedWidth),
    key,
  );
  const ranks = Array.from({ length: subspaces.resolved }, (_, i) => i + 1).filter(
    (i) =>
      modes.predicted.continuous[i - 1] > 0 &&
      Number.isFinite(modes.predicted.continuous[i - 1]) &&
      modes.withoutDrift[i - 1] > 0,
  );
  const kept = ranks.length > THINNED ? thinToLogSpaced(ranks, subspaces.resolved, THINNED) : ranks;
  return {
    correlation: { ...correlation, method: correlation.method.replace(' with F', '') },
    fit,
    hessian: fitted(
      kept.map((i) => Math.sqrt(modes.withoutDrift[i - 1])),
      kept.map((i) => Math.sqrt(modes.predicted.continuous[i - 1])),
      key.child('hessian'),
    ),
  };
}
