/** The tables of the study of real networks as CSV documents, at full precision. */
import { csv, findingsCsv } from '../../../report/csv.js';
import { type CeilingRow, PREDICTIONS } from './ceilings.js';
import type { NetworkJudged } from './findings.js';
import type { NetworkInput } from './measured.js';
import { MEASURES, type SlopeRow, solutionsOf } from './summary.js';

/** Writes findings, slopes, solutions, ceilings and the paths to the solutions, by file name. */
export const networkTables = (
  input: NetworkInput,
  { findings, slopes, ceilings }: NetworkJudged,
): Record<string, string> => ({
  'network-findings.csv': findingsCsv(findings),
  'network-slopes.csv': slopesCsv(slopes),
  'network-solutions.csv': solutionsCsv(input),
  'network-ceilings.csv': ceilingsCsv(ceilings),
  'network-paths.csv': pathsCsv(input),
});

function slopesCsv(rows: readonly SlopeRow[]): string {
  return csv(
    [
      'measure',
      'name',
      'flatter_is',
      'invariant',
      'slope',
      'slope_error',
      'spearman',
      'spearman_error',
      'pairs',
      'pairs_error',
      'seeds',
    ],
    rows.map(({ measure: m, slope, spearman, pairs }) => [
      m.id,
      m.name,
      m.flatter,
      m.invariant,
      slope.value,
      slope.standardError,
      spearman.value,
      spearman.standardError,
      pairs.value,
      pairs.standardError,
      slope.n,
    ]),
  );
}

function solutionsCsv({ cells }: NetworkInput): string {
  const head = [
    'seed',
    'learning_rate',
    'batch_size',
    'outcome',
    'epochs',
    'steps',
    'loss',
    'errors',
    'test_loss',
    'test_errors',
  ];
  const valley = ['kappa_drift', 'kappa_random', 'sgd_loss', 'sgd_loss_logarithmic', 'noise_force', 'gradient_force'];
  return csv(
    [...head, ...MEASURES.map((m) => m.id.replace('-', '_')), ...valley],
    solutionsOf(cells).map((s) => [
      s.seed,
      s.learningRate,
      s.batchSize,
      s.outcome,
      s.epochs,
      s.steps,
      s.loss,
      s.errors,
      s.test?.loss,
      s.test?.errors,
      ...MEASURES.map((m) => m.of(s)),
      s.valley?.anisotropyDrift.value,
      s.valley?.anisotropyRandom.value,
      s.valley?.proportional.value,
      s.valley?.logarithmic,
      s.valley?.noiseForce,
      s.valley?.gradientForce,
    ]),
  );
}

function ceilingsCsv(rows: readonly CeilingRow[]): string {
  const names = Object.keys(PREDICTIONS) as (keyof typeof PREDICTIONS)[];
  return csv(
    ['start', 'batch_size', 'seeds', 'unstable', 'unstable_error', 'diverged', 'diverged_error', ...names],
    rows.map((r) => [
      r.start,
      r.batchSize,
      r.unstable.n,
      r.unstable.value,
      r.unstable.standardError,
      r.diverged.value,
      r.diverged.standardError,
      ...names.map((n) => r.predicted[n].value),
    ]),
  );
}

const pathsCsv = ({ cells }: NetworkInput): string =>
  csv(
    ['seed', 'learning_rate', 'batch_size', 'epoch', 'step', 'loss', 'trace'],
    solutionsOf(cells).flatMap((s) =>
      s.path.map((p) => [s.seed, s.learningRate, s.batchSize, p.epoch, p.step, p.loss, p.trace]),
    ),
  );
