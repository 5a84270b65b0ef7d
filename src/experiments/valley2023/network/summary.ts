/** The cells of all seeds put together: slopes against eta/B, pairs of equal eta/B, times to flatness. Errors are over seeds. */
import { type Estimate, estimate } from '../../../numeric/estimate.js';
import { leastSquares } from '../../../numeric/lines.js';
import { overSeeds } from '../../../numeric/seeds.js';
import { mean, pairMoments, spearman } from '../../../numeric/statistics.js';
import {
  type NetworkCell,
  type NoiseSetting,
  noiseStrength,
  type PathPoint,
  type SolutionResult,
  settingName,
} from './measured.js';

/** A number that measures the flatness of a solution. */
export interface Measure {
  readonly id: string;
  readonly name: string;
  /** Sign of the change that means flatter. */
  readonly flatter: 1 | -1;
  /** Whether rescaling layers against each other leaves it unchanged. */
  readonly invariant: boolean;
  readonly of: (s: SolutionResult) => number;
}

const measure = (
  id: string,
  name: string,
  flatter: 1 | -1,
  of: (s: SolutionResult) => number | undefined,
  invariant = false,
): Measure => ({ id, name, flatter, invariant, of: (s) => of(s) ?? Number.NaN });

/** Geometric mean over layers. */
const overLayers = (s: SolutionResult, of: (width: number, norm: number) => number): number | undefined =>
  s.flatness && Math.exp(mean(s.flatness.layers.map((l) => Math.log(of(l.widths.width.value, l.norm)))));

export const MEASURES: readonly Measure[] = [
  measure('top', 'largest eigenvalue of H', -1, (s) => s.flatness?.top[0].value),
  measure('trace', 'Tr H', -1, (s) => s.flatness?.trace.value),
  measure('noise-trace', 'Tr C1, gradient noise of one sample', -1, (s) => s.flatness?.noiseTrace.value),
  measure('curved-noise', 'Tr(H C1)', -1, (s) => s.flatness?.curvedNoise.value),
  measure(
    'curvature-variance',
    'variance over samples of the curvature along the top eigenvector',
    -1,
    (s) => s.valley?.across[0].curvatureVariance.value,
  ),
  measure('width-top', 'width F along the top eigenvectors', 1, (s) => s.flatness?.topWidths.width.value),
  measure('width-random', 'width F along random directions of each layer', 1, (s) => overLayers(s, (f) => f)),
  measure('noise-absolute', 'rise of the loss under weight noise', -1, (s) => s.flatness?.noise.absolute.value),
  measure('norm-trace', '|w|² Tr H/P', -1, (s) => s.flatness?.normTrace.value),
  measure('scaled-trace', 'Σ |wₗ|² Tr Hₗ/Pₗ over layers', -1, (s) => s.flatness?.scaledTrace.value, true),
  measure(
    'width-relative',
    'F/|wₗ| along random directions of each layer',
    1,
    (s) => overLayers(s, (f, w) => f / w),
    true,
  ),
  measure(
    'noise-relative',
    'rise of the loss under weight noise relative to each layer',
    -1,
    (s) => s.flatness?.noise.relative.value,
    true,
  ),
];

export const TEST_ERRORS: Measure = measure('test-error', 'wrong test answers', -1, (s) => s.test?.errors);

/** At the mean of an epoch's weights. */
export const FLOOR_MEASURES: readonly Measure[] = [
  measure('floor-top', 'largest eigenvalue of H at the mean of an epoch', -1, (s) => s.floor?.top.value),
  measure('floor-trace', 'Tr H at the mean of an epoch', -1, (s) => s.floor?.trace.value),
  measure('floor-test-error', 'wrong test answers at the mean of an epoch', -1, (s) => s.floor?.test.errors),
];

/** Numbers that should not change, or that explain the others. */
export const CONTROLS: readonly Measure[] = [
  measure('loss', 'training loss (the same by construction)', -1, (s) => s.loss),
  measure('norm', '|w|', -1, (s) => s.flatness?.norm),
  measure('training-errors', 'wrong training answers', -1, (s) => s.errors),
  measure('test-loss', 'test loss', -1, (s) => s.test?.loss),
];

export const solutionsOf = (cells: readonly NetworkCell[]): SolutionResult[] =>
  cells.filter((c): c is SolutionResult => c.kind === 'solution');
const reached = (cells: readonly NetworkCell[]) => solutionsOf(cells).filter((c) => c.outcome === 'reached');

const bySeed = (cells: readonly SolutionResult[]): SolutionResult[][] =>
  [...new Set(cells.map((c) => c.seed))].sort((a, b) => a - b).map((seed) => cells.filter((c) => c.seed === seed));

export interface SlopeRow {
  readonly measure: Pick<Measure, 'id' | 'name' | 'flatter' | 'invariant'>;
  /** d ln m/d ln(eta/B). */
  readonly slope: Estimate;
  /** Rank correlation with eta/B, mean over seeds. */
  readonly spearman: Estimate;
  /** d ln m/d ln eta at equal eta/B. */
  readonly pairs: Estimate;
}

export function slopeRow(cells: readonly NetworkCell[], measure: Measure): SlopeRow {
  const seeds = bySeed(reached(cells));
  const usable = seeds.map((own) =>
    own.map((c) => [c, Math.log(measure.of(c))] as const).filter(([, y]) => Number.isFinite(y)),
  );
  const line = (own: (typeof usable)[number]): [number, number] => {
    const x = own.map(([c]) => Math.log(noiseStrength(c)));
    const y = own.map(([, v]) => v);
    if (new Set(x).size < 3) return [Number.NaN, Number.NaN];
    const { xy, xx } = pairMoments(x, y);
    return [xy / xx, spearman(x, y)];
  };
  const lines = usable.map(line);
  return {
    measure,
    slope: overSeeds(lines.map(([s]) => s)),
    spearman: overSeeds(lines.map(([, r]) => r)),
    pairs: overSeeds(usable.map(pairSlope)),
  };
}

/** Mean over pairs of settings with equal eta/B of Δ ln m/Δ ln eta; NaN without a pair. */
function pairSlope(own: readonly (readonly [SolutionResult, number])[]): number {
  const slopes = own.flatMap(([a, y], i) =>
    own
      .slice(i + 1)
      .filter(([b]) => noiseStrength(a) === noiseStrength(b) && a.learningRate !== b.learningRate)
      .map(([b, z]) => (y - z) / Math.log(a.learningRate / b.learningRate)),
  );
  return slopes.length > 0 ? mean(slopes) : Number.NaN;
}

/**
 * Steps until Tr H has fallen to `level` after its maximum, between two looks by interpolation in the logarithms; NaN where it has not
 * within the path.
 */
export function stepsToFlat(path: readonly PathPoint[], level: number): number {
  const looks = path.filter((p) => Number.isFinite(p.trace));
  if (looks.length === 0) return Number.NaN;
  const peak = looks.reduce((best, p, i) => (p.trace > looks[best].trace ? i : best), 0);
  const k = looks.findIndex((p, i) => i >= peak && p.trace <= level);
  if (k < 0) return Number.NaN;
  if (k === peak) return looks[k].step;
  const [a, b] = [looks[k - 1], looks[k]];
  const share = Math.log(a.trace / level) / Math.log(a.trace / b.trace);
  return Math.exp(Math.log(a.step) + share * Math.log(b.step / a.step));
}

export interface FlatTimes {
  /** Tr H of the weakest noise at the target, over seeds. */
  readonly level: Estimate;
  /** Slopes against eta/B of the time in eta·steps and in epochs. */
  readonly time: Estimate;
  readonly epochs: Estimate;
  /** Share of the solutions without such a time. */
  readonly missing: number;
  readonly points: readonly {
    readonly seed: number;
    readonly setting: NoiseSetting;
    readonly strength: number;
    /** eta·steps; NaN where never. */
    readonly time: number;
    readonly epochs: number;
  }[];
}

export function flatTimes(cells: readonly NetworkCell[]): FlatTimes {
  const seeds = bySeed(reached(cells));
  const levels: number[] = [];
  const points = seeds.flatMap((own) => {
    const weakest = Math.min(...own.map(noiseStrength));
    const level = Math.max(
      ...own.filter((c) => noiseStrength(c) === weakest).map((c) => c.path[c.path.length - 1].trace),
    );
    levels.push(level);
    return own.map((c) => {
      const steps = stepsToFlat(c.path, level);
      const { seed, learningRate, batchSize, stepsPerEpoch } = c;
      return {
        seed,
        setting: { learningRate, batchSize },
        strength: noiseStrength(c),
        time: learningRate * steps,
        epochs: steps / stepsPerEpoch,
      };
    });
  });
  const slope = (of: (p: (typeof points)[number]) => number) =>
    overSeeds(
      seeds.map((own) => {
        const good = points.filter((p) => p.seed === own[0].seed && Number.isFinite(of(p)));
        if (new Set(good.map((p) => p.strength)).size < 3) return Number.NaN;
        return leastSquares(
          good.map((p) => Math.log(p.strength)),
          good.map((p) => Math.log(of(p))),
        ).slope;
      }),
    );
  return {
    level: overSeeds(levels),
    time: slope((p) => p.time),
    epochs: slope((p) => p.epochs),
    missing: points.filter((p) => !Number.isFinite(p.time)).length / Math.max(1, points.length),
    points,
  };
}

/** One setting, over seeds. */
export interface SettingRow extends NoiseSetting {
  readonly strength: number;
  readonly seeds: number;
  readonly reached: number;
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
