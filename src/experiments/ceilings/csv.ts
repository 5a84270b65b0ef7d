/** The tables of `reproduce ceilings` as CSV documents, at full precision. */
import { csv } from '../../report/csv.js';
import type { Judging } from './judging.js';
import type { StateCell } from './measured.js';
import { QUANTITIES } from './rivals.js';
import { bracketOf } from './thresholds.js';

/** Writes states, runs and rules, by file name. */
export const ceilingsTables = (cells: readonly StateCell[], judging: Judging | undefined): Record<string, string> => ({
  'states.csv': statesCsv(cells, judging),
  'runs.csv': runsCsv(cells),
  ...(judging && { 'rules.csv': rulesCsv(judging) }),
});

function statesCsv(cells: readonly StateCell[], judging: Judging | undefined): string {
  const ids = Object.keys(QUANTITIES) as (keyof typeof QUANTITIES)[];
  const fitted = new Set(judging?.fitted.map(({ state }) => state.spec.name));
  const judged = new Set(judging?.judged.map(({ state }) => state.spec.name));
  return csv(
    [
      'state',
      'network',
      'loss_kind',
      'learning_rate',
      'batch_size',
      'momentum',
      'samples',
      'seed',
      'epochs',
      'steps',
      'loss',
      'errors',
      'half',
      'low',
      'high',
      ...ids.map((id) => id.replaceAll('-', '_')),
      'sharpness_error',
      'coupled_error',
      'why_none',
    ],
    cells.map((cell) => {
      const { spec } = cell;
      const head = [
        spec.name,
        spec.network.widths.join('-'),
        spec.network.loss,
        spec.learningRate,
        spec.batchSize,
        spec.momentum,
        spec.samples,
        spec.seed,
      ];
      if (cell.outcome === 'none') return [...head, ...Array(ids.length + 9).fill(null), cell.why];
      const { low, high } = bracketOf(cell);
      const half = fitted.has(spec.name) ? 'fitted' : judged.has(spec.name) ? 'judged' : null;
      const { sharpness, coupled } = cell.measures;
      return [
        ...head,
        cell.epochs,
        cell.steps,
        cell.loss,
        cell.errors,
        half,
        low,
        high,
        ...ids.map((id) => QUANTITIES[id](cell)),
        2 * (1 + spec.momentum) * sharpness.standardError,
        coupled.standardError,
        null,
      ];
    }),
  );
}

const runsCsv = (cells: readonly StateCell[]): string =>
  csv(
    ['state', 'rung', 'learning_rate', 'rim', 'run', 'left', 'looks', 'peak'],
    cells.flatMap((cell) =>
      cell.outcome === 'none'
        ? []
        : cell.rungs.flatMap(({ rung, learningRate, rim, runs }) =>
            runs.map((r) => [cell.spec.name, rung, learningRate, rim, r.seed, r.left, r.looks, r.peak]),
          ),
    ),
  );

const rulesCsv = ({ rivals }: Judging): string =>
  csv(
    [
      'rule',
      'factor',
      'exponent',
      'spread',
      'half_width',
      'fitted_states',
      'leave_one_out',
      'coverage',
      'hits',
      'safe',
      'judged_states',
      'bias',
      'bias_error',
      'miss',
      'miss_error',
      'rank_correlation',
      'rank_correlation_error',
      'silent',
      'coverage_other_halves',
      'miss_other_halves',
      'miss_other_halves_deviation',
    ],
    rivals.map(({ rival, fit, leaveOneOut, scores: s, silent, otherHalves: o }) => [
      rival,
      fit.factor,
      fit.exponent,
      fit.spread,
      fit.half,
      fit.n,
      leaveOneOut,
      s.coverage.value,
      s.hits.value,
      s.safe.value,
      s.coverage.n,
      s.bias.value,
      s.bias.standardError,
      s.miss.value,
      s.miss.standardError,
      s.rank.value,
      s.rank.standardError,
      silent.length,
      o.coverage.value,
      o.miss.value,
      o.miss.standardError,
    ]),
  );
