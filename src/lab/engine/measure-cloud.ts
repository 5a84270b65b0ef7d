/** The window in its principal coordinates: the cloud that turns in the plane of two of them. docs/theory [P3]. */
import { correlationTime } from '../../analyse/trajectory/autocorrelation.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { mean, variance } from '../../numeric/statistics.js';
import type { Measure } from './registry.js';
import { coordinates, principal, ranksOf, usedRows } from './rows.js';

/**
 * Estimates the variance of a coordinate about 0, with the error of a mean of squares that stay correlated for their own time:
 * √(2τ·Var(θ²)/T).
 */
function coordinateVariance(theta: Float64Array): Estimate {
  const squares = theta.map((x) => x * x);
  const tau = correlationTime(squares);
  const times = Math.max(0.5, Number.isFinite(tau.value) ? tau.value : 0.5);
  const n = squares.length / (2 * times);
  return estimate(
    mean(squares),
    Math.sqrt(variance(squares) / n),
    n,
    'mean of θ², its error from the correlation time of θ²',
    tau.converged,
  );
}

/** Measures the cloud. */
export const measureCloud: Measure<'cloud'> = async (bench, snapshot, { directions = 3, rows: most }, report) => {
  const rows = usedRows(snapshot, bench.block.size, most);
  await report(0.1, 'principal directions');
  const wanted = Math.min(Math.max(1, directions), ranksOf(rows));
  const found = await principal(
    bench,
    rows,
    Array.from({ length: wanted }, (_, k) => k + 1),
  );
  await report(0.9, 'coordinates');
  const theta = coordinates(bench, rows.data, found);
  const { totalVariance, variances } = found.summary;
  const { basis, firstStep } = rows;
  return {
    basis,
    ranks: found.indices,
    variances: found.indices.map((_, k) =>
      coordinateVariance(theta.data.subarray(k * theta.cols, (k + 1) * theta.cols)),
    ),
    shares: found.indices.map((rank) => variances[rank - 1] / totalVariance),
    totalVariance,
    coordinates: Float32Array.from(theta.data),
    steps: Float64Array.from({ length: basis.rows }, (_, t) => firstStep + t * basis.every),
  };
};
