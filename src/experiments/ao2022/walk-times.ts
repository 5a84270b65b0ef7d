/**
 * Correlation times of walks without any restoring force along their own principal directions: they fall with the rank, and hence with
 * any width that rises with it. The null of the claim that correlation times fall with the flatness. docs/theory [S5], [N1].
 */
import { correlationTime } from '../../analyse/trajectory/autocorrelation.js';
import { estimate, missing } from '../../numeric/estimate.js';
import type { LinearAlgebra, Matrix } from '../../numeric/linalg/index.js';
import type { Key } from '../../numeric/random.js';
import { mean, spearman, standardDeviation } from '../../numeric/statistics.js';
import { stepsOf } from '../../theory/layer/ball.js';
import { batchFactor } from '../../theory/layer/modes.js';
import type { LayerSetting } from '../../theory/layer/results.js';
import { walkCourses } from '../../theory/walk-motion.js';
import { FEWEST_RANKS, LAST_RANK, type WalkCorrelation } from './measured.js';

/** Names the noise of a layer and the widths along its principal directions. */
export interface WalkTimesInput {
  readonly la: LinearAlgebra;
  readonly setting: LayerSetting;
  /** C1, P×P, per sample. */
  readonly covariance: Matrix;
  /** Ranks with their widths; null where the valley stays open. */
  readonly flatness: readonly (readonly [rank: number, width: number | null])[];
  readonly key: Key;
  /** Called with the share of the walks that are done. */
  readonly onProgress?: (share: number) => void;
}

/** Walks that are drawn. */
const DRAWS = 10;

/**
 * Draws walks with the run's own noise, sampling and window and correlates the correlation time of each rank (2 to 100) with the width
 * that the run has at that rank. Costs one eigenproblem without vectors of order P and 10 walks of T steps in 300 directions.
 */
export function walkCorrelation(input: WalkTimesInput): WalkCorrelation {
  const { la, setting, covariance, flatness, key, onProgress } = input;
  const used = flatness.flatMap(([rank, F]) =>
    rank >= 2 && rank <= Math.min(LAST_RANK, covariance.rows) && F !== null && F > 0 ? [{ rank, F }] : [],
  );
  const ranks = used.map((u) => u.rank);
  if (ranks.length < FEWEST_RANKS) return { ranks: ranks.length, rho: missing('too few directions with a width') };
  const { rate, momentum } = stepsOf(setting);
  const scale = rate ** 2 * batchFactor('window', setting);
  const step = la
    .eigvalsh(covariance)
    .map((v) => scale * Math.max(0, v))
    .reverse();
  const rhos = Array.from({ length: DRAWS }, (_, d) => {
    onProgress?.(d / DRAWS);
    const times = walkCourses(la, {
      steps: setting.T,
      sampling: setting.sampling,
      batchesPerEpoch: setting.stepsPerEpoch,
      covariance: step,
      ...(momentum > 0 && { momentum }),
      ranks,
      key: key.child(d),
    }).map((theta) => correlationTime(theta).value);
    return spearman(
      used.map((u) => u.F),
      times,
    );
  });
  return {
    ranks: ranks.length,
    rho: estimate(
      mean(rhos),
      standardDeviation(rhos, 1),
      DRAWS,
      `mean of ${DRAWS} walks with the noise of the run; the error is the spread of one`,
    ),
  };
}
