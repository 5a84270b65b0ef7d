/** The tables of `thermograd advise` as CSV documents, at full precision. */
import type { Advice } from '../../apply/advice.js';
import { type AdviceFacts, factsOf } from '../../apply/advice-facts.js';
import type { Verification } from '../../apply/advice-verify.js';
import { csv } from '../../report/csv.js';

/** Writes every number, the ceiling over batch sizes and the runs, by file name. */
export function adviceTables({ items }: Advice, facts: AdviceFacts, v: Verification | null): Record<string, string> {
  const c = factsOf(facts.curvature);
  return {
    'numbers.csv': csv(
      [
        'id',
        'value',
        'standard_error',
        'unit',
        'n',
        'converged',
        'interval_low',
        'interval_high',
        'refused',
        'method',
        'assumes',
      ],
      items.map((i) => [
        i.id,
        i.value?.value,
        i.value?.standardError,
        i.unit,
        i.value?.n,
        i.value?.converged,
        i.interval?.[0],
        i.interval?.[1],
        i.refused,
        i.value?.method,
        i.assumes,
      ]),
    ),
    ...(c && {
      'ceiling.csv': csv(
        ['batch_size', 'ceiling', 'standard_error'],
        c.line.map(({ batchSize, ceiling: e }) => [batchSize, e.value, e.standardError]),
      ),
    }),
    ...(v && {
      'runs.csv': csv(
        [
          'learning_rate',
          'over_ceiling',
          'seed',
          'outcome',
          'peak',
          'end',
          'rim',
          'top_curvature_start',
          'top_curvature_end',
        ],
        v.runs.map((r) => [
          r.learningRate,
          v.ceiling === null ? null : r.learningRate / v.ceiling,
          r.seed,
          r.outcome,
          r.peak,
          r.end,
          r.rim,
          v.top,
          r.top,
        ]),
      ),
    }),
  };
}
