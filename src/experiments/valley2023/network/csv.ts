/** The tables of the study of real networks as CSV documents, at full precision. */
import { csv, findingsCsv } from '../../../report/csv.js';
import { type CeilingRow, PREDICTIONS } from './ceilings.js';
import type { NetworkJudged } from './findings.js';
import type { NetworkInput } from './measured.js';
import { MEASURES } from './measures.js';
import type { RivalRow } from './rivals.js';
import { type SlopeRow, solutionsOf } from './summary.js';

/** Writes findings, slopes, their ranges, pairs of equal eta/B, rivals, solutions, ceilings and the paths to the solutions, by file name. */
export const networkTables = (
  input: NetworkInput,
  { findings, slopes, rivals, ceilings }: NetworkJudged,
): Record<string, string> => ({
  'network-findings.csv': findingsCsv(findings),
  'network-slopes.csv': slopesCsv(slopes),
  'network-ranges.csv': rangesCsv(slopes),
  'network-pairs.csv': pairsCsv(slopes),
  'network-rivals.csv': rivalsCsv(rivals),
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
      'monotone',
      'slope',
      'sampling_error',
      'misfit_error',
      'range_error',
      'log_change',
      'log_change_error',
      'spearman',
      'spearman_error',
      'pairs',
      'pairs_error',
      'seeds',
    ],
    rows.map(({ measure: m, course, slope, misfit, range, spearman, pairs }) => [
      m.id,
      m.name,
      m.flatter,
      m.invariant,
      course.monotone,
      slope.value,
      slope.standardError,
      misfit,
      range,
      course.whole?.change.value,
      course.whole?.change.standardError,
      spearman.value,
      spearman.standardError,
      pairs.value,
      pairs.standardError,
      spearman.n,
    ]),
  );
}

const rangesCsv = (rows: readonly SlopeRow[]): string =>
  csv(
    ['measure', 'from', 'to', 'strengths', 'monotone', 'decidable', 'slope', 'sampling_error', 'seeds'],
    rows.flatMap(({ measure, ranges }) =>
      ranges.map((r) => [
        measure.id,
        r.from,
        r.to,
        r.strengths,
        r.monotone,
        r.decidable,
        r.slope.value,
        r.slope.standardError,
        r.slope.n,
      ]),
    ),
  );

const pairsCsv = (rows: readonly SlopeRow[]): string =>
  csv(
    ['measure', 'strength', 'learning_rate', 'larger_learning_rate', 'power_of_eta', 'power_error', 'seeds'],
    rows.flatMap(({ measure, eachPair }) =>
      eachPair.map(({ strength, rates, slope }) => [
        measure.id,
        strength,
        ...rates,
        slope.value,
        slope.standardError,
        slope.n,
      ]),
    ),
  );

const rivalsCsv = (rows: readonly RivalRow[]): string =>
  csv(
    [
      'rival',
      'controlled',
      ...['whole', 'lower_half', 'upper_half', 'of_slope'].flatMap((name) => [name, `${name}_error`]),
      'seeds',
    ],
    rows.map((r) => [
      r.id,
      r.measure,
      ...[r.whole, r.lower, r.upper, r.ofSlope].flatMap((e) => [e.value, e.standardError]),
      r.whole.n,
    ]),
  );

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
  const rival = [
    'norm',
    'spread',
    'best_temperature',
    'trace_best',
    'equal_temperature',
    'trace_equal',
    'test_loss_best',
  ];
  const valley = ['kappa_drift', 'kappa_random', 'sgd_loss', 'sgd_loss_logarithmic', 'noise_force', 'gradient_force'];
  return csv(
    [...head, ...MEASURES.map((m) => m.id.replace('-', '_')), ...rival, ...valley],
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
      s.flatness?.norm,
      s.confidence?.spread.value,
      s.confidence?.best.temperature,
      s.confidence?.best.trace.value,
      s.confidence?.equal.temperature,
      s.confidence?.equal.trace.value,
      s.confidence?.testLoss,
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
