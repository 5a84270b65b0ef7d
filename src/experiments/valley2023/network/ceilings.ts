/**
 * The onset of divergence against the predictions from curvature, combined over the scans of all seeds. Errors are over
 * seeds, with the resolution of the scans, ln(b/a)/√12 for a threshold between a and b, added in quadrature: scans
 * begin at a share of the prediction, so that this error is common to them.
 */
import type { Estimate } from '../../../numeric/estimate.js';
import { leastSquares } from '../../../numeric/lines.js';
import { overSeeds } from '../../../numeric/seeds.js';
import { mean } from '../../../numeric/statistics.js';
import type { CeilingPrediction, CeilingResult, CeilingScan, NetworkCell } from './measured.js';
import { chanceLoss, divergedAt, threshold, unstableAt } from './thresholds.js';

/** The predictions in words, for the report. */
export const PREDICTIONS: Readonly<Record<keyof CeilingPrediction, string>> = {
  edge: '2/h_max',
  meanSquare: '2l/(l² + Var l) along the top eigenvector',
  meanSquareLeast: 'the least 2l/(l² + Var l) over the directions',
  almostSure: 'E ln|1 − eta l| = 0 along the top eigenvector',
  coupled: 'the directions coupled by minibatches',
};

/** Holds a start and a batch size, over seeds. */
export interface CeilingRow extends Pick<CeilingScan, 'start' | 'batchSize'> {
  readonly curvature: Estimate;
  /** PER BATCH. */
  readonly variance: Estimate;
  readonly predicted: Readonly<Record<keyof CeilingPrediction, Estimate>>;
  /** Learning rates at which runs become unstable, and diverge. */
  readonly unstable: Estimate;
  readonly diverged: Estimate;
  /** Unstable over each prediction. */
  readonly ratios: Readonly<Record<keyof CeilingPrediction, Estimate>>;
  /** Diverged over unstable. */
  readonly recovery: Estimate;
  readonly seeds: readonly { readonly seed: number; readonly unstable: number; readonly diverged: number }[];
}

const NAMES = Object.keys(PREDICTIONS) as (keyof CeilingPrediction)[];
const record = <T>(of: (name: keyof CeilingPrediction) => T) =>
  Object.fromEntries(NAMES.map((n) => [n, of(n)])) as Record<keyof CeilingPrediction, T>;

interface Scanned {
  readonly seed: number;
  readonly scan: CeilingScan;
  readonly unstable: number;
  readonly diverged: number;
  /** Relative error of a threshold for the scan's steps. */
  readonly resolution: number;
}

function scansOf(cells: readonly NetworkCell[]): Scanned[] {
  return cells
    .filter((c): c is CeilingResult => c.kind === 'ceiling')
    .flatMap(({ seed, classes, scans }) =>
      scans.map((scan) => {
        const at = { start: scan.start, loss: scan.loss, chance: chanceLoss(classes) };
        const unstable = threshold(scan.probes, (p) => unstableAt(p, at) || divergedAt(p, at));
        const diverged = threshold(scan.probes, (p) => divergedAt(p, at));
        const resolution = Math.log(unstable.between[1] / unstable.between[0]) / Math.sqrt(12);
        return { seed, scan, unstable: unstable.value, diverged: diverged.value, resolution };
      }),
    );
}

/** Combines the scans of all seeds, a row for each start and batch size. */
export function ceilingRows(cells: readonly NetworkCell[]): CeilingRow[] {
  const all = scansOf(cells);
  const keys = [...new Set(all.map(({ scan }) => `${scan.start} ${scan.batchSize}`))];
  return keys.map((key) => {
    const own = all.filter(({ scan }) => `${scan.start} ${scan.batchSize}` === key);
    const over = (of: (s: Scanned) => number) => overSeeds(own.map(of));
    const step = mean(own.map((s) => s.resolution).filter(Number.isFinite));
    const coarse = (of: (s: Scanned) => number): Estimate => {
      const e = over(of);
      return { ...e, standardError: Math.hypot(e.standardError, step * e.value) };
    };
    return {
      start: own[0].scan.start,
      batchSize: own[0].scan.batchSize,
      curvature: over((s) => s.scan.curvature.value),
      variance: over((s) => s.scan.variance.value),
      predicted: record((name) => over((s) => s.scan.predicted[name])),
      unstable: coarse((s) => s.unstable),
      diverged: coarse((s) => s.diverged),
      ratios: record((name) => coarse((s) => s.unstable / s.scan.predicted[name])),
      recovery: coarse((s) => s.diverged / s.unstable),
      seeds: own.map(({ seed, unstable, diverged }) => ({ seed, unstable, diverged })),
    };
  });
}

/**
 * Returns the slope of ln measured against ln predicted over batch sizes, from solutions: 1 where the noise lowers the
 * ceiling as predicted.
 */
export function ceilingSlope(cells: readonly NetworkCell[], name: keyof CeilingPrediction): Estimate {
  const all = scansOf(cells).filter(({ scan, unstable }) => scan.start === 'trained' && Number.isFinite(unstable));
  const slopes = [...new Set(all.map((s) => s.seed))].map((seed) => {
    const own = all.filter((s) => s.seed === seed);
    if (own.length < 2) return Number.NaN;
    return leastSquares(
      own.map((s) => Math.log(s.scan.predicted[name])),
      own.map((s) => Math.log(s.unstable)),
    ).slope;
  });
  return overSeeds(slopes);
}
