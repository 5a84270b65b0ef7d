/** The tables of the report as CSV documents, at full precision. */
import { type Cell, csv } from '../../report/csv.js';
import type { LeftOut, MeasuredRecording } from './measured.js';
import { surfaceTables } from './surface/tables.js';

/** Writes the documents by file name. */
export function recordingTables(m: MeasuredRecording, leftOut: readonly LeftOut[]): Record<string, string> {
  const { pca, motion, temperatures, rotation, walk } = m;
  const heat = new Map('missing' in temperatures ? [] : temperatures.directions.map((d) => [d.index, d.temperature]));
  const halves = new Map(motion.halves.map((h) => [h.index, h]));
  return {
    'variances.csv': csv(
      ['rank', 'variance', 'share', 'resolved'],
      pca.variances.map((v, k) => [k + 1, v, v / pca.totalVariance, v > pca.resolution]),
    ),
    'directions.csv': csv(
      [
        'rank',
        'variance',
        'cos_with_weights',
        'drift_per_step',
        'drift_error',
        'drift_converged',
        'displacement_exponent',
        'displacement_exponent_error',
        'displacement_exponent_converged',
        'correlation_time_steps',
        'correlation_time_error',
        'correlation_time_converged',
        'effective_sample_size',
        'between_halves',
        'variance_ratio_of_halves',
        'temperature',
        'temperature_error',
        'settled',
      ],
      motion.dynamics.map((d): Cell[] => [
        d.index,
        pca.variances[d.index - 1],
        d.cosWithWeights,
        d.driftVelocity.value,
        d.driftVelocity.standardError,
        d.driftVelocity.converged,
        d.msdExponent.value,
        d.msdExponent.standardError,
        d.msdExponent.converged,
        d.correlationTime.value,
        d.correlationTime.standardError,
        d.correlationTime.converged,
        d.correlationTime.n,
        halves.get(d.index)?.between,
        halves.get(d.index)?.ratio,
        heat.get(d.index)?.value,
        heat.get(d.index)?.standardError,
        motion.settled.includes(d.index),
      ]),
    ),
    'displacement.csv': csv(
      ['rank', 'lag_steps', 'mean_squared_displacement'],
      motion.dynamics.flatMap((d) => d.msd.lag.map((lag, k) => [d.index, lag, d.msd.value[k]])),
    ),
    'planes.csv': csv(
      ['rank_1', 'rank_2', 'off_plane_share'],
      motion.planes.map(({ indices, offPlane }) => [...indices, offPlane]),
    ),
    ...(!('missing' in rotation) && {
      'rotation.csv': csv(
        ['rank_1', 'rank_2', 'radian_per_step', 'standard_error', 'holm_p', 'off_plane_share'],
        rotation.pairs.map((p) => [...p.ranks, p.rate, p.standardError, p.holm, p.offPlane]),
      ),
    }),
    ...(!('missing' in walk) && {
      'walk.csv': csv(
        ['rank', 'variance_of_walk'],
        walk.variances.index.map((i, k) => [i, walk.variances.value[k]]),
      ),
    }),
    ...(m.surface && surfaceTables(m.surface)),
    'left-out.csv': csv(
      ['what', 'needs'],
      leftOut.map(({ what, needs }) => [what, needs]),
    ),
  };
}
