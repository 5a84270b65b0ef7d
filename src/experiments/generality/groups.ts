/** Runs put together: what a group of one network, optimiser, data set and layer says. The words are those of docs/rules/generality.md. */

import type { Regime, RegimeName } from '../../analyse/trajectory/regime.js';
import { NORMAL_QUANTILE } from '../../numeric/distributions.js';
import { ofOneRun, overRuns, type Parted, partedHalfWidth } from '../../numeric/error-parts.js';
import { type Estimate, minus } from '../../numeric/estimate.js';
import { halfWidth } from '../../numeric/interval.js';
import { overSeeds } from '../../numeric/seeds.js';
import { median } from '../../numeric/statistics.js';
import type { LayerResult, RunResult } from './measured.js';

/** The numbers of the rules. */
export const RULES = {
  /** Fewest directions and decades of F of a run that decides, and its widest interval, in itself and as a share of psi. */
  points: 8,
  decades: 0.5,
  width: 1,
  share: 0.25,
  /** Most that √v may move in the window. */
  moved: 2,
  /** Least R² of a group that is inverse; psi that the source states, and how near is near. */
  r2: 0.5,
  stated: 4,
  near: 0.4,
  runs: 2,
} as const;

/** What a group says of one regime. */
export type Answer = 'inverse' | 'not inverse' | 'undecided';

/** Holds one regime of a group. */
export interface GroupRegime {
  readonly psi: Parted;
  /** Half of the 95 % interval of psi. */
  readonly half: number;
  readonly r2: number;
  /** Runs that decide. */
  readonly deciding: number;
  readonly answer: Answer;
}

/** Holds all runs of one network, optimiser, data set and layer. */
export interface Group {
  readonly set: string;
  readonly network: string;
  readonly optimiser: string;
  readonly layer: string;
  readonly type: string;
  readonly size: number;
  readonly runs: readonly { readonly run: RunResult; readonly layer: LayerResult }[];
  readonly regimes: Partial<Readonly<Record<RegimeName, GroupRegime>>>;
}

/** Names a group in findings. */
export const groupName = ({ network, layer, optimiser, set }: Group): string =>
  `${network} ${layer} (${optimiser}, ${set})`;

/** Says why a run does not decide in a layer and regime; undefined where it does. */
export function whyNot(run: RunResult, layer: LayerResult, regime: Regime | undefined): string | undefined {
  if (!run.met) return 'the stopping rule was not met';
  if (layer.moved !== undefined && layer.moved > RULES.moved)
    return `√v moved ${layer.moved.toPrecision(3)}-fold in the window`;
  if (!regime) return layer.failed ?? run.failed ?? 'nothing was measured';
  if (regime.points < RULES.points) return `${regime.points} closed, resolved directions`;
  if (regime.decades < RULES.decades) return `widths span ${regime.decades.toPrecision(2)} decades`;
  const { psi } = regime;
  const width = NORMAL_QUANTILE * psi.standardError;
  const most = Math.max(RULES.width, RULES.share * Math.abs(psi.value));
  return psi.converged && width <= most ? undefined : `an interval of ± ${width.toPrecision(2)}`;
}

/** Returns psi of each run of a group that decides in a regime, by the number of the run in the group. */
export function decidingRuns({ runs }: Pick<Group, 'runs'>, name: RegimeName): Map<number, Estimate> {
  const out = new Map<number, Estimate>();
  runs.forEach(({ run, layer }, k) => {
    const regime = layer.measured?.regimes[name];
    if (whyNot(run, layer, regime) === undefined) out.set(k, regime!.psi);
  });
  return out;
}

/** Returns what a group says of a regime. */
function regimeOfGroup(runs: Group['runs'], name: RegimeName): GroupRegime {
  const deciding = decidingRuns({ runs }, name);
  const psi = overRuns([...deciding.values()].map((e) => ofOneRun(e)));
  const r2 = median([...deciding.keys()].map((k) => runs[k].layer.measured!.regimes[name]!.r2));
  const half = partedHalfWidth(psi);
  const enough = deciding.size >= RULES.runs;
  const answer: Answer = !enough
    ? 'undecided'
    : r2 < RULES.r2 || (psi.value - half <= 0 && half <= RULES.width)
      ? 'not inverse'
      : psi.value - half > 0
        ? 'inverse'
        : 'undecided';
  return { psi, half, r2, deciding: deciding.size, answer };
}

/** Puts the runs with cross-entropy together. */
export function groupsOf(all: readonly RunResult[]): Group[] {
  const groups = new Map<
    string,
    { head: Omit<Group, 'runs' | 'regimes'>; runs: { run: RunResult; layer: LayerResult }[] }
  >();
  for (const run of all.filter((r) => r.loss === 'cross-entropy'))
    for (const layer of run.layers) {
      const { set, network, optimiser } = run;
      const name = [set, network, optimiser, layer.layer].join(' ');
      const size = layer.shape.reduce((product, side) => product * side, 1);
      const head = { set, network, optimiser, layer: layer.layer, type: layer.type, size };
      if (!groups.has(name)) groups.set(name, { head, runs: [] });
      groups.get(name)!.runs.push({ run, layer });
    }
  return [...groups.values()].map(({ head, runs }) => {
    const names = ['same', 'half', 'hessian', 'walk', 'own'] as const;
    const there = names.filter((name) => runs.some(({ layer }) => layer.measured?.regimes[name]));
    return { ...head, runs, regimes: Object.fromEntries(there.map((name) => [name, regimeOfGroup(runs, name)])) };
  });
}

/** Says whether a group is near the stated exponent; undefined where it is undecided. */
export function nearStated({ psi, half, answer }: GroupRegime): boolean | undefined {
  if (answer !== 'inverse' || half > RULES.width) return undefined;
  return Math.abs(psi.value - RULES.stated) <= Math.max(RULES.near, half);
}

/** Returns psi of one regime minus that of another, over the runs that decide in both. */
export function differenceOf(
  group: Group,
  a: RegimeName,
  b: RegimeName,
): { readonly value: Estimate; readonly half: number } {
  const [own, others] = [decidingRuns(group, a), decidingRuns(group, b)];
  const both = [...own.keys()].filter((k) => others.has(k));
  const value = overSeeds(both.map((k) => minus(own.get(k)!, others.get(k)!).value));
  return { value, half: halfWidth(value) };
}

/** Says whether two regimes of a group have the same exponent; undefined where fewer than two runs decide in both. */
export function sameExponent(group: Group, a: RegimeName, b: RegimeName): boolean | undefined {
  const { value, half } = differenceOf(group, a, b);
  return value.n < RULES.runs ? undefined : Math.abs(value.value) <= Math.max(RULES.near, half);
}
