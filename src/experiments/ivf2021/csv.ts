/** The tables of ivf2021 as CSV documents, at full precision. */

import { silence, type VoteRule } from '../../analyse/trajectory/fit-ranges.js';
import type { Analysis, PowerLaw, WalkNull } from '../../analyse/trajectory/results.js';
import { type Cell, csv } from '../../report/csv.js';
import { GAMMA_VOTE, PSI_VOTE } from './facts.js';

/** Writes everything that the report draws or lists, by file name. */
export function ivf2021Tables(a: Analysis): Record<string, string> {
  return {
    'training.csv': trainingCsv(a),
    'variances.csv': variancesCsv(a),
    'flatness.csv': flatnessCsv(a),
    'profiles.csv': csv(
      ['index', 'displacement', 'loss'],
      a.flatness.profiles.flatMap((p) => p.displacement.map((d, k) => [p.index, d, p.loss[k]])),
    ),
    'dynamics.csv': dynamicsCsv(a),
    'msd.csv': csv(
      ['index', 'lag_steps', 'mean_squared_displacement'],
      a.dynamics.flatMap((d) => d.msd.lag.map((lag, k) => [d.index, lag, d.msd.value[k]])),
    ),
    'trajectory.csv': csv(
      ['index_x', 'index_y', 'step', 'x', 'y'],
      a.paths.flatMap((p) => p.step.map((s, k) => [...p.indices, s, p.x[k], p.y[k]])),
    ),
    'fit-ranges.csv': fitRangesCsv(a),
    ...('missing' in a.walk ? {} : { 'walk.csv': walkCsv(a.walk) }),
  };
}

/** Writes the curves of a training, one epoch to a row. */
export function trainingCsv({ curves: c }: Pick<Analysis, 'curves'>): string {
  const [from, to] = c.window;
  return csv(
    [
      'epoch',
      'running_loss',
      'running_accuracy',
      'train_loss',
      'train_errors',
      'test_loss',
      'test_accuracy',
      'weight_norm',
      'recorded',
    ],
    c.epoch.map((e, k) => [
      e,
      c.runningLoss[k],
      c.runningAccuracy[k],
      c.trainLoss[k],
      c.trainErrors[k],
      c.testLoss[k],
      c.testAccuracy[k],
      c.weightNorm[k],
      e >= from && e <= to,
    ]),
  );
}

function variancesCsv(a: Analysis): string {
  const share = new Map(a.scaling.explained.index.map((j, k) => [j, a.scaling.explained.fraction[k]]));
  return csv(
    ['index', 'variance', 'fraction', 'random_walk_fraction', 'above_resolution'],
    a.pca.variances.map((v, k) => {
      const j = k + 1;
      const fraction = share.get(j) ?? v / a.pca.totalVariance;
      return [j, v, fraction, 6 / (Math.PI ** 2 * j ** 2), v >= a.pca.resolution];
    }),
  );
}

function flatnessCsv(a: Analysis): string {
  return csv(
    [
      'index',
      'variance',
      'left',
      'right',
      'flatness',
      'open',
      'slope',
      'curvature',
      'quadratic_ratio',
      'asymmetry',
      'evaluations',
    ],
    a.flatness.directions.map((d) => [
      d.index,
      d.variance,
      d.left,
      d.right,
      d.flatness,
      d.open,
      d.slope,
      d.curvature,
      d.quadraticRatio,
      d.asymmetry,
      d.evaluations,
    ]),
  );
}

function dynamicsCsv(a: Analysis): string {
  return csv(
    [
      'index',
      'cos_with_weights',
      'drift_velocity',
      'drift_velocity_error',
      'msd_exponent',
      'msd_exponent_error',
      'correlation_time',
      'correlation_time_error',
    ],
    a.dynamics.map((d) => [
      d.index,
      d.cosWithWeights,
      d.driftVelocity.value,
      d.driftVelocity.standardError,
      d.msdExponent.value,
      d.msdExponent.standardError,
      d.correlationTime.value,
      d.correlationTime.standardError,
    ]),
  );
}

function walkCsv({ forms }: WalkNull): string {
  return csv(
    ['batches', 'index', 'variance'],
    forms.flatMap(({ sampling, variances: { index, value } }) => index.map((i, k) => [sampling, i, value[k]])),
  );
}

function fitRangesCsv({ scaling: s }: Analysis): string {
  const fit = (f: PowerLaw, rule: VoteRule): Cell[] => [
    f.exponent.value,
    f.exponent.standardError,
    f.intercept.value,
    f.intercept.standardError,
    f.range[0],
    f.range[1],
    f.points,
    f.scatter,
    f.r2,
    silence({ label: '', fit: f }, rule) === undefined,
  ];
  return csv(
    [
      'relation',
      'label',
      'exponent',
      'exponent_error',
      'intercept',
      'intercept_error',
      'from',
      'to',
      'points',
      'scatter_decades',
      'r2',
      'decidable',
      'least_squares',
      'inverse_least_squares',
    ],
    [
      ['variance-flatness', 'main', ...fit(s.varianceFlatness, PSI_VOTE)],
      ...s.varianceFlatnessRanges.map((r) => [
        'variance-flatness',
        r.label,
        ...fit(r.fit, PSI_VOTE),
        r.leastSquares,
        r.inverseLeastSquares,
      ]),
      ['rank', 'main', ...fit(s.rankLaw, GAMMA_VOTE)],
      ...s.rankLawRanges.map((r) => ['rank', r.label, ...fit(r.fit, GAMMA_VOTE)]),
    ],
  );
}
