/** The cells of all seeds combined: one number with one error over seeds for each regime. */
import { type RangeFit, rangeSpread, silence } from '../../analyse/trajectory/fit-ranges.js';
import { type Estimate, missing } from '../../numeric/estimate.js';
import { overSeeds, pairedDifference } from '../../numeric/seeds.js';
import { mean } from '../../numeric/statistics.js';
import {
  type Basis,
  type BranchResult,
  type CellResult,
  COMPARISONS,
  type Comparison,
  type FixedResult,
  type FrozenResult,
  type Regime,
  type Sampling,
} from './measured.js';

/** What defines a regime: how the weights moved, the window, the directions. */
interface RegimeKey {
  readonly sampling: Sampling;
  readonly momentum: number;
  readonly epochs: number;
  readonly basis: Basis;
}

export interface RegimeRow extends RegimeKey {
  readonly learningRate: number;
  readonly psi: Estimate;
  /** The same fit on the variances that theory gives single modes with the curvature and noise of these directions. */
  readonly theory: Estimate;
  readonly gamma: Estimate;
  /** sigma_i² ~ i^−x over ranks, PCA alone. */
  readonly rank: Estimate | undefined;
  readonly r2: number;
  readonly flatShare: number;
  /** psi seed by seed, in the order of `seeds`; for walks the mean over the draws of a seed. */
  readonly seeds: readonly number[];
  readonly psiOfSeeds: readonly number[];
  /** psi of theory, seed by seed. */
  readonly theoryOfSeeds: readonly number[];
  /**
   * The other two errors of psi, as means over seeds: misfit, the block bootstrap over directions within a seed, and range, the spread
   * between ranges of which each can be fitted. The error of `psi` is that of sampling, over seeds. docs/theory [N5].
   */
  readonly misfit: number;
  readonly range: number;
  /** Fits over ranges, seed by seed. */
  readonly rangesOfSeeds: readonly (readonly RangeFit[])[];
  /** Walks alone: draws in all, the spread of psi of one draw about its seed's mean, and the exponents of rank. */
  readonly walks: { readonly draws: number; readonly spread: number; readonly isotropicRank: Estimate } | undefined;
}

/** Ranges of which the exponent votes on the error of the choice of range. */
export const VOTES = { points: 10, width: 1 };

/** psi of one window; for walks the mean over the draws of the seed. */
export const psiOf = ({ walks, relation }: Regime): number => (walks ? mean(walks.psi) : -relation.exponent.value);

/** The exponent of rank of one window, for walks the mean over the draws of the seed; undefined outside PCA. */
export const rankOf = ({ walks, rankLaw }: Regime): number | undefined =>
  rankLaw && (walks ? mean(walks.rank) : -rankLaw.exponent.value);

/** The spread of psi of one window between ranges of rank of which each can be fitted. docs/theory [N5]. */
export const rangeOf = ({ ranges }: Regime): number => rangeSpread(ranges, VOTES).standardError;

const ORDER: readonly Basis[] = [
  'same-window',
  'surrogate',
  'random-walk',
  'other-window',
  'surrogate-other',
  'hessian',
  'replicas',
];

/** All regimes of all branches, by momentum, sampling, basis and window. */
export function regimeRows(cells: readonly CellResult[]): RegimeRow[] {
  const groups = new Map<string, { key: RegimeKey; parts: [BranchResult, Regime][] }>();
  for (const cell of cells) {
    if (cell.kind !== 'branch') continue;
    for (const r of cell.regimes) {
      const key = { sampling: cell.sampling, momentum: cell.momentum, epochs: r.epochs, basis: r.basis };
      const name = JSON.stringify(key);
      const group = groups.get(name) ?? { key, parts: [] };
      group.parts.push([cell, r]);
      groups.set(name, group);
    }
  }
  const rows = [...groups.values()].map(({ key, parts }): RegimeRow => {
    const over = (of: (r: Regime) => { readonly value: number; readonly standardError: number }, sign = 1) =>
      overSeeds(
        parts.map(([, r]) => sign * of(r).value),
        parts.map(([, r]) => of(r).standardError),
      );
    const finite = (values: number[]) => mean(values.filter(Number.isFinite));
    const ranked = parts.every(([, r]) => r.rankLaw !== undefined);
    return {
      ...key,
      learningRate: parts[0][0].learningRate,
      psi: overSeeds(
        parts.map(([, r]) => psiOf(r)),
        parts.map(([, r]) => r.relation.exponent.standardError),
      ),
      theory: over((r) => r.predictedRelation.exponent, -1),
      gamma: over((r) => r.noiseLaw.exponent),
      rank: ranked
        ? overSeeds(
            parts.map(([, r]) => rankOf(r)!),
            parts.map(([, r]) => r.rankLaw!.exponent.standardError),
          )
        : undefined,
      r2: mean(parts.map(([, r]) => r.relation.r2)),
      flatShare: mean(parts.map(([, r]) => r.flatShare)),
      seeds: parts.map(([c]) => c.seed),
      psiOfSeeds: parts.map(([, r]) => psiOf(r)),
      theoryOfSeeds: parts.map(([, r]) => -r.predictedRelation.exponent.value),
      misfit: finite(parts.map(([, r]) => r.relation.exponent.standardError)),
      range: finite(parts.map(([, r]) => rangeOf(r))),
      rangesOfSeeds: parts.map(([, r]) => r.ranges),
      walks: walksOf(parts.map(([, r]) => r.walks)),
    };
  });
  const place = (r: RegimeRow) => [r.momentum, r.sampling === 'shuffled' ? 0 : 1, ORDER.indexOf(r.basis), r.epochs];
  return rows.sort((a, b) => {
    const [x, y] = [place(a), place(b)];
    const k = x.findIndex((v, i) => v !== y[i]);
    return k < 0 ? 0 : x[k] - y[k];
  });
}

/** Combines the walks of all seeds. */
function walksOf(all: readonly Regime['walks'][]): RegimeRow['walks'] {
  const own = all.filter((w) => w !== undefined);
  if (own.length === 0) return undefined;
  const squares = own.flatMap(({ psi }) => psi.map((v) => (v - mean(psi)) ** 2));
  const freedom = squares.length - own.length;
  return {
    draws: squares.length,
    spread: Math.sqrt(squares.reduce((s, v) => s + v, 0) / freedom),
    isotropicRank: overSeeds(own.map((w) => w.isotropicRank)),
  };
}

/** Lists the ranges whose own fit is not decidable, with the number of seeds in which it is not. */
export function silentRanges({ rangesOfSeeds }: RegimeRow): { readonly label: string; readonly seeds: number }[] {
  const labels = [...new Set(rangesOfSeeds.flatMap((ranges) => ranges.map((r) => r.label)))];
  return labels.flatMap((label) => {
    const seeds = rangesOfSeeds.filter((ranges) =>
      ranges.some((r) => r.label === label && silence(r, VOTES) !== undefined),
    ).length;
    return seeds > 0 ? [{ label, seeds }] : [];
  });
}

/**
 * Compares two regimes over single ranges: for each range that votes in all seeds of both, the mean over common seeds of psi of `a`
 * minus psi of `b`.
 */
export function rangeDifferences(a: RegimeRow, b: RegimeRow): { readonly label: string; readonly value: number }[] {
  const pairs = a.seeds.flatMap((seed, k) => {
    const at = b.seeds.indexOf(seed);
    return at < 0 ? [] : [[a.rangesOfSeeds[k], b.rangesOfSeeds[at]] as const];
  });
  const of = (ranges: readonly RangeFit[], label: string) =>
    ranges.find((r) => r.label === label && silence(r, VOTES) === undefined)?.fit.exponent.value;
  const labels = [...new Set(pairs.flatMap(([x]) => x.map((r) => r.label)))];
  return labels.flatMap((label) => {
    const differences = pairs.map(([x, y]) => (of(y, label) ?? Number.NaN) - (of(x, label) ?? Number.NaN));
    const value = mean(differences);
    return Number.isFinite(value) ? [{ label, value }] : [];
  });
}

/** psi of `a` minus psi of `b`, seed by seed, so that what the runs of one seed have in common cancels. */
export function pairedPsi(a: RegimeRow | undefined, b: RegimeRow | undefined): Estimate {
  if (!a || !b) return missing('the cells of this comparison are missing');
  return pairedDifference({ seeds: a.seeds, values: a.psiOfSeeds }, { seeds: b.seeds, values: b.psiOfSeeds });
}

/** One group of Hessian modes of the frozen cells of one sampling and learning rate. */
export interface GroupRow {
  readonly sampling: Sampling;
  readonly learningRate: number;
  readonly from: number;
  readonly to: number;
  readonly curvature: readonly [number, number];
  /** Predicted over measured variance. */
  readonly ratios: Readonly<Record<Comparison, { readonly modes: Estimate; readonly sums: Estimate }>>;
  readonly noiseGain: Estimate;
  readonly curvatureGain: Estimate;
  readonly halves: Estimate;
  readonly noiseDecay: Estimate;
  readonly curvatureDecay: Estimate;
  /** Predicted over measured for linear modes under the noise of real batches at fixed weights, where such cells are. */
  readonly fixed: Estimate | undefined;
}

export function groupRows(cells: readonly CellResult[]): GroupRow[] {
  const frozen = cells.filter((c): c is FrozenResult => c.kind === 'frozen');
  const fixed = cells.filter((c): c is FixedResult => c.kind === 'fixed');
  const kinds = [...new Set(frozen.map((c) => c.cell))];
  const first = (kind: string) => frozen.find((c) => c.cell === kind)!;
  kinds.sort((a, b) => first(b).learningRate - first(a).learningRate || (first(a).sampling === 'replaced' ? -1 : 1));
  return kinds.flatMap((kind) => {
    const own = frozen.filter((c) => c.cell === kind);
    const { sampling, learningRate } = own[0];
    return own[0].groups.map((_, g): GroupRow => {
      const of = own.map((c) => c.groups[g]);
      const over = (value: (x: (typeof of)[number]) => number) => overSeeds(of.map(value));
      return {
        sampling,
        learningRate,
        from: of[0].from,
        to: of[0].to,
        curvature: [mean(of.map((x) => x.curvature[0])), mean(of.map((x) => x.curvature[1]))],
        ratios: Object.fromEntries(
          (Object.keys(COMPARISONS) as Comparison[]).map((c) => [
            c,
            { modes: over((x) => x.ratios[c].modes), sums: over((x) => x.ratios[c].sums) },
          ]),
        ) as GroupRow['ratios'],
        noiseGain: over((x) => x.noiseGain),
        curvatureGain: over((x) => x.curvatureGain),
        halves: over((x) => x.halves),
        noiseDecay: over((x) => x.noiseDecay),
        curvatureDecay: over((x) => x.curvatureDecay),
        fixed: fixedRatio(
          fixed.filter((c) => c.sampling === sampling && c.learningRate === learningRate),
          g,
        ),
      };
    });
  });
}

function fixedRatio(cells: readonly FixedResult[], group: number): Estimate | undefined {
  return cells.length === 0 ? undefined : overSeeds(cells.map((c) => c.groups[group].ratio.modes));
}
