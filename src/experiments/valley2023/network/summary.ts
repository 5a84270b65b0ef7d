/** The cells of all seeds put together: numbers along the strengths of the noise, pairs of equal eta/B, settings. Errors are over seeds. */
import { type Estimate, estimate } from '../../../numeric/estimate.js';
import { leastSquares } from '../../../numeric/lines.js';
import { overSeeds } from '../../../numeric/seeds.js';
import { mean, spearman } from '../../../numeric/statistics.js';
import { type Course, courseOf, FEWEST_STRENGTHS, type LadderPoint, seedsOf, strengthsOf } from './ladder.js';
import {
  type NetworkCell,
  type NetworkInput,
  type NoiseSetting,
  noiseStrength,
  type SolutionResult,
  settingName,
} from './measured.js';
import type { Measure } from './measures.js';
import { type LadderSlope, ladderSlope } from './ranges.js';

export const solutionsOf = (cells: readonly NetworkCell[]): SolutionResult[] =>
  cells.filter((c): c is SolutionResult => c.kind === 'solution');
export const reached = (cells: readonly NetworkCell[]) => solutionsOf(cells).filter((c) => c.outcome === 'reached');

export const bySeed = (cells: readonly SolutionResult[]): SolutionResult[][] =>
  [...new Set(cells.map((c) => c.seed))].sort((a, b) => a - b).map((seed) => cells.filter((c) => c.seed === seed));

/** Returns ln m of every solution that has it. */
export const ladderPoints = (cells: readonly NetworkCell[], { of }: Pick<Measure, 'of'>): LadderPoint[] =>
  reached(cells).flatMap((c) => {
    const y = Math.log(of(c));
    return Number.isFinite(y) ? [{ seed: c.seed, strength: noiseStrength(c), y }] : [];
  });

/** A number along the ladder: its course, its slope with three errors, and what is left at equal eta/B. */
export interface SlopeRow extends LadderSlope {
  readonly measure: Pick<Measure, 'id' | 'name' | 'flatter' | 'invariant'>;
  readonly course: Course;
  /** Rank correlation with eta/B, mean over seeds. */
  readonly spearman: Estimate;
  /** d ln m/d ln eta at equal eta/B, mean over pairs of settings. */
  readonly pairs: Estimate;
  readonly eachPair: readonly PairSlope[];
}

/** d ln m/d ln eta within one pair of settings of equal eta/B. */
export interface PairSlope {
  readonly strength: number;
  /** Learning rates, increasing. */
  readonly rates: readonly [number, number];
  readonly slope: Estimate;
}

export function slopeRow(cells: readonly NetworkCell[], measure: Measure): SlopeRow {
  const points = ladderPoints(cells, measure);
  const seeds = seedsOf(points).map((seed) => points.filter((p) => p.seed === seed));
  const eachPair = pairSlopes(cells, measure);
  return {
    measure,
    ...ladderSlope(points),
    course: courseOf(points),
    spearman: overSeeds(
      seeds.map((own) =>
        strengthsOf(own).length < FEWEST_STRENGTHS
          ? Number.NaN
          : spearman(
              own.map((p) => Math.log(p.strength)),
              own.map((p) => p.y),
            ),
      ),
    ),
    pairs: overSeeds(
      seeds.map((_, k) => {
        const own = eachPair.map((p) => p.bySeed[k]).filter(Number.isFinite);
        return own.length > 0 ? mean(own) : Number.NaN;
      }),
    ),
    eachPair: eachPair.map(({ bySeed: _, ...pair }) => pair),
  };
}

/** The slopes of all pairs of settings with equal eta/B, by strength; `bySeed` in the order of the seeds that have the number. */
function pairSlopes(
  cells: readonly NetworkCell[],
  measure: Measure,
): (PairSlope & { readonly bySeed: readonly number[] })[] {
  const all = reached(cells)
    .map((c) => ({ c, y: Math.log(measure.of(c)), strength: noiseStrength(c) }))
    .filter(({ y }) => Number.isFinite(y));
  const seeds = seedsOf(all.map(({ c }) => c));
  return strengthsOf(all.map(({ c, y, strength }) => ({ seed: c.seed, strength, y }))).flatMap((strength) => {
    const own = all.filter((a) => a.strength === strength);
    const rates = [...new Set(own.map(({ c }) => c.learningRate))].sort((a, b) => a - b);
    return rates.flatMap((low, i) =>
      rates.slice(i + 1).map((high) => {
        const y = (seed: number, rate: number) =>
          own.find(({ c }) => c.seed === seed && c.learningRate === rate)?.y ?? Number.NaN;
        const bySeed = seeds.map((seed) => (y(seed, high) - y(seed, low)) / Math.log(high / low));
        return { strength, rates: [low, high] as const, slope: overSeeds(bySeed), bySeed };
      }),
    );
  });
}

/** Returns the settings that reached the target in any seed, and how many of them did in every seed. */
export function arrivals({ settings, seeds, cells }: Pick<NetworkInput, 'settings' | 'seeds' | 'cells'>) {
  const by = (s: NoiseSetting) => new Set(reached(cells).flatMap((c) => (c.cell === settingName(s) ? [c.seed] : [])));
  const arrived = settings.filter((s) => by(s).size > 0);
  return { arrived, everywhere: arrived.filter((s) => by(s).size === seeds.length).length };
}

/** One setting, over seeds. */
export interface SettingRow extends NoiseSetting {
  readonly strength: number;
  readonly seeds: number;
  readonly reached: number;
  readonly diverged: number;
  /** Any number of a solution, over the seeds that reached the target. */
  readonly over: (of: (s: SolutionResult) => number | undefined) => Estimate;
}

export function settingRows(settings: readonly NoiseSetting[], cells: readonly NetworkCell[]): SettingRow[] {
  return settings
    .map((setting): SettingRow => {
      const all = solutionsOf(cells).filter((c) => settingName(c) === settingName(setting));
      const own = all.filter((c) => c.outcome === 'reached');
      return {
        ...setting,
        strength: noiseStrength(setting),
        seeds: all.length,
        reached: own.length,
        diverged: all.filter((c) => c.outcome === 'diverged').length,
        over: (of) => overSeeds(own.map((c) => of(c) ?? Number.NaN)),
      };
    })
    .sort((a, b) => a.strength - b.strength || a.learningRate - b.learningRate);
}

/** Mean over a seed's solutions first, then over seeds. */
export function overSolutions(cells: readonly SolutionResult[], of: (s: SolutionResult) => number): Estimate {
  const values = bySeed(cells).map((own) => {
    const good = own.map(of).filter(Number.isFinite);
    return good.length > 0 ? mean(good) : Number.NaN;
  });
  const e = overSeeds(values);
  return estimate(e.value, e.standardError, e.n, `mean over solutions, then ${e.method}`, e.converged);
}

/** gamma of C_ii ~ lambda_i^gamma over all directions of a solution whose curvature is positive. */
export function noiseExponent({ valley }: SolutionResult): number {
  if (!valley) return Number.NaN;
  const all = [...valley.across, valley.drift, ...valley.random].filter((d) => d.curvature.value > 0);
  if (all.length < 3) return Number.NaN;
  return leastSquares(
    all.map((d) => Math.log(d.curvature.value)),
    all.map((d) => Math.log(d.noise.value)),
  ).slope;
}

/** Mean over directions across of the change of ln lambda over the length of the drift, going on. */
export function logCurvatureAlongDrift({ valley }: SolutionResult): number {
  if (!valley) return Number.NaN;
  const slopes = valley.change.logSlopes.filter(Number.isFinite);
  return slopes.length > 0 ? valley.driftLength * mean(slopes) : Number.NaN;
}
