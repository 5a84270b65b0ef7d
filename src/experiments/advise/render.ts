/** The report of `thermograd advise` out of its numbers: pure, the same input gives the same bytes. */

import type { Advice } from '../../apply/advice.js';
import { type AdviceFacts, factsOf } from '../../apply/advice-facts.js';
import type { Verification } from '../../apply/advice-verify.js';
import { citationsUsed } from '../../report/citations.js';
import { csv } from '../../report/csv.js';
import type { Report } from '../../report/input.js';
import { renderPage } from '../../report/page.js';
import { adviceRegion } from './figures/region.js';
import { adviceRuns } from './figures/runs.js';
import type { AdviceReportInput } from './input.js';
import { advicePage } from './page.js';
import { adviceWords } from './words.js';

export function renderAdvice(input: AdviceReportInput): Report {
  const { advice, facts, verification: v, run } = input;
  const figures = [adviceRegion(advice, facts, v), ...(v ? [adviceRuns(v)] : [])];
  const citations = citationsUsed(['valley2023'], JSON.stringify(run));
  const words = adviceWords(advice, facts, v);
  const document = {
    format: 'thermograd advice',
    version: 1,
    title: input.title,
    words,
    advice,
    facts,
    verification: v,
    run,
  };
  return {
    html: renderPage(advicePage(input, words, figures, citations)),
    figures: Object.fromEntries(figures.flatMap((f) => ('svg' in f ? [[f.name, f.svg]] : []))),
    tables: tables(advice, facts, v),
    json: `${JSON.stringify(document, null, 1)}\n`,
  };
}

function tables({ items, safety }: Advice, facts: AdviceFacts, v: Verification | null): Record<string, string> {
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
        ['batch_size', 'ceiling', 'standard_error', 'advised'],
        c.line.map(({ batchSize, ceiling: e }) => [batchSize, e.value, e.standardError, safety * e.value]),
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
          r.learningRate / v.ceiling,
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
