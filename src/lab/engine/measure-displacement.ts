/** Drift and diffusion along principal directions. docs/theory [P5]. */
import { directionDynamics } from '../../analyse/trajectory/dynamics.js';
import { check } from '../../numeric/errors.js';
import type { Measure } from './registry.js';
import { coordinates, principal, usedRows } from './rows.js';

/** Ranks that are followed where none are named. */
const FOLLOWED = [1, 2, 3, 5, 10, 20, 50, 100, 200];
/** Fewest rows of which a slope has an error. */
const FEWEST = 40;

/** Most rows that are followed: the last ones. */
const MOST_FOLLOWED_ROWS = 12_000;

/** Measures mean squared displacements, exponents, drifts and correlation times, with every row of the window. */
export const measureDisplacement: Measure<'displacement'> = async (
  bench,
  snapshot,
  { ranks = FOLLOWED, rows: most },
  report,
) => {
  const P = bench.block.size;
  const T = snapshot.rows.length / P;
  check(
    T >= FEWEST,
    'few-rows',
    `displacements need at least ${FEWEST} rows; the window of ${snapshot.layer} has ${T} so far, train on.`,
  );
  await report(0.1, 'principal directions');
  const found = await principal(bench, usedRows(snapshot, P, most), ranks);
  await report(0.7, 'displacements');
  const kept = snapshot.rows.subarray(Math.max(0, T - MOST_FOLLOWED_ROWS) * P);
  const theta = coordinates(bench, kept, found);
  const { every } = snapshot;
  const directions = directionDynamics({
    indices: found.indices,
    thetas: theta.data,
    components: found.components,
    mean: found.mean,
  });
  return {
    basis: { step: snapshot.step, rows: kept.length / P, every, weights: P },
    directions: every === 1 ? directions : directions.map((d) => inSteps(d, every)),
  };
};

type Dynamics = ReturnType<typeof directionDynamics>[number];

/** Turns times in rows into times in steps. */
function inSteps(d: Dynamics, every: number): Dynamics {
  const { driftVelocity: v, correlationTime: tau, msd } = d;
  return {
    ...d,
    driftVelocity: { ...v, value: v.value / every, standardError: v.standardError / every },
    correlationTime: { ...tau, value: tau.value * every, standardError: tau.standardError * every },
    msd: { lag: msd.lag.map((lag) => lag * every), value: msd.value },
  };
}
