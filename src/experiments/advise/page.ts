/** The report of `thermograd advise`. */
import type { Advice, AdviceItem } from '../../apply/advice.js';
import { type AdviceFacts, factsOf } from '../../apply/advice-facts.js';
import { LADDER, type Verification } from '../../apply/advice-verify.js';
import type { Outputs } from '../../jobs/outputs.js';
import { citationsUsed } from '../../report/citations.js';
import { composeReport } from '../../report/compose.js';
import type { Drawn } from '../../report/figures/frame.js';
import {
  formatCount,
  formatEstimate,
  formatMarked,
  formatNumber,
  formatPlain,
  MISSING,
  sentence,
} from '../../report/format.js';
import type { Report, RunFacts } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery } from '../../report/page.js';
import { factList, keyList } from '../../report/sections/lists.js';
import { type Column, table } from '../../report/sections/tables.js';
import { adviceTables } from './csv.js';
import { adviceRegion } from './figures/region.js';
import { adviceRuns } from './figures/runs.js';
import { type AdviceWords, adviceWords, brief, outcomeCounts, shownInterval, shownValue } from './findings.js';

/** The input of the report. */
export interface AdviceReportInput {
  readonly title: string;
  readonly advice: Advice;
  readonly facts: AdviceFacts;
  readonly verification: Verification | null;
  readonly run: RunFacts;
  /** Files, bytes and digests of what is written beside the document. */
  readonly outputs?: Outputs;
}

/** Makes the report of `thermograd advise` from its numbers. Pure: the same input gives the same bytes. */
export function renderAdvice(input: AdviceReportInput): Report {
  const { title, advice, facts, verification: v, run, outputs } = input;
  const words = adviceWords(advice, facts, v);
  const region = adviceRegion(advice, facts, v);
  const runs = v && adviceRuns(v);
  return composeReport({
    title,
    head: headOf(input, words),
    sections: [
      [
        'region',
        'Ceilings and runs',
        html`${gallery([region], 'wide')}<p>Ceiling: ${prose(sentence(words.ceiling))} ${prose(sentence(words.noise))}</p>`,
      ],
      ...(v && runs ? [['runs', 'Runs from this state', tried(v, runs)] as const] : []),
      ['numbers', 'Every number, with its assumptions', numbers(advice.items)],
      ['method', 'How this was measured', method(input)],
    ],
    figures: [region, ...(runs ? [runs] : [])],
    tables: adviceTables(advice, facts, v),
    format: 'thermograd advice',
    version: 2,
    document: { words, advice, facts, verification: v, ...(outputs && { outputs }) },
    run,
    citations: citationsUsed(['valley2023'], JSON.stringify(run)),
    listed: false,
  });
}

function headOf(input: AdviceReportInput, words: AdviceWords): Markup {
  const told = [words.rate, words.batch, words.stationary, ...(words.verified ? [words.verified] : [])];
  return html`<p class="subtitle">At ${words.state}. ${sentence(words.setting)}</p>
${keyList(firstNumbers(input))}
${['Learning rate', 'Batch size', 'Stationary', 'Runs from this state'].map((name, k) => (told[k] ? html`<p class="summary"><b>${name}.</b> ${prose(sentence(told[k]))}</p>` : ''))}
${words.notes.map((n) => html`<p>${prose(n)}</p>`)}`;
}

function firstNumbers({ advice, facts }: AdviceReportInput): [string, string][] {
  const { rate, ceiling, batch, point } = advice;
  const edge = factsOf(facts.curvature)?.edge;
  return [
    ['advised η, up to', rate?.largestRate ? formatNumber(rate.largestRate) : MISSING],
    [`ceiling on η at B = ${formatCount(point.batchSize)}, quadratic loss`, ceiling ? formatMarked(ceiling) : MISSING],
    ['edge for full batches, quadratic loss', edge ? brief(edge) : MISSING],
    ['critical batch size', batch ? brief(batch.critical.value) : MISSING],
  ];
}

function numbers(items: readonly AdviceItem[]): Markup {
  const columns: Column<AdviceItem>[] = [
    { head: 'number', cell: (i) => i.name, words: true },
    { head: 'value', cell: shownValue, words: true },
    { head: '95 % interval', cell: shownInterval, words: true },
    { head: 'assumes', cell: (i) => (i.refused ? `Refused: ${i.refused}` : sentence(i.assumes)), words: true },
    { head: 'what would change it', cell: (i) => (i.changes ? sentence(i.changes) : ''), words: true },
  ];
  return table(
    'The number after ± is one standard error. The error of the edge is numerical, from the residual of the eigenvector, and left out where it is negligible.',
    columns,
    items,
  );
}

interface RateRow {
  readonly eta: number;
  readonly runs: Verification['runs'];
}

function tried(v: Verification, figure: Drawn): Markup {
  const rows: RateRow[] = [...new Set(v.runs.map((r) => r.learningRate))].map((eta) => ({
    eta,
    runs: v.runs.filter((r) => r.learningRate === eta),
  }));
  const spread = (x: readonly number[]) => {
    const known = x.filter(Number.isFinite);
    return known.length === 0 ? '∞' : `${formatNumber(Math.min(...known), 2)} … ${formatNumber(Math.max(...known), 2)}`;
  };
  const columns: Column<RateRow>[] = [
    { head: 'η', cell: (r) => formatNumber(r.eta) },
    { head: 'η / ceiling', cell: (r) => (v.ceiling === null ? MISSING : formatNumber(r.eta / v.ceiling, 2)) },
    { head: 'runs', cell: (r) => outcomeCounts(r.runs), words: true },
    { head: 'rim', cell: (r) => formatNumber(r.runs[0].rim, 2) },
    { head: 'highest loss', cell: (r) => spread(r.runs.map((x) => x.peak)) },
    { head: 'loss at the end', cell: (r) => spread(r.runs.map((x) => x.end)) },
    {
      head: 'top curvature, end / start',
      cell: (r) =>
        v.top !== null && r.runs.some((x) => x.top !== null)
          ? spread(r.runs.flatMap((x) => (x.top === null ? [] : [x.top / v.top!])))
          : MISSING,
    },
  ];
  return html`${gallery([figure], 'wide')}
<h3>Outcomes of the runs</h3>
${table(`Runs from the same weights with fresh batches. The rim of the basin is e times the loss at the start (${formatNumber(v.base.loss)} on ${formatCount(v.looked)} samples) plus what the gradient noise alone adds; ‘stays’: never observed above it; ‘returns’: above it once, below it at the end; ‘leaves’: above it at the end; ‘diverges’: no better than a constant answer, or not finite.`, columns, rows)}`;
}

function method({ advice, facts, verification }: AdviceReportInput): Markup {
  const c = factsOf(facts.curvature);
  const n = factsOf(facts.noise);
  const { point, safety } = advice;
  const entries: [string, string][] = [
    [
      'Samples',
      `Gradients, their covariance and the Hessian are exact sums over all ${formatCount(point.samples)} training samples in float64, at one state. Errors treat the set as a sample of a distribution, unless stated otherwise.`,
    ],
    ...(c
      ? ([
          [
            'Ceiling',
            `SGD on the quadratic form of the loss, minibatch Hessians drawn anew each step. E|w|² is bounded only if a generalised eigenvalue of the minibatch Hessians’ second moments stays below 1/η; restricted to any directions that eigenvalue is a lower bound, so the ceiling is an upper one. Here ${formatCount(c.curvatures.length)} top eigenvectors and the gradients of ${formatCount(c.hardSamples)} samples that are hard to fit. Along the top eigenvector alone it is ${formatNumber(c.alongTop)}, with all eigenvectors ${formatNumber(c.eigenvectorsOnly)}, with half of the hard samples ${formatNumber(c.fewer)}, with all ${formatEstimate(c.ceiling)} (jackknife over 20 groups of samples).`,
          ],
          [
            'Top of the Hessian',
            `Lanczos, ${formatCount(c.top.n)} products: ${brief(c.top)}; lowest Ritz value ${formatNumber(c.lowest.value)}.`,
          ],
        ] as [string, string][])
      : []),
    ...(n
      ? ([
          [
            'Noise scale',
            `|g|² = ${formatNumber(n.squaredGradient)}, Tr C₁ = ${formatEstimate(n.trace)} per sample over the training set; from ${n.twoBatches.counts.map(formatCount).join(' and ')} minibatches of ${n.twoBatches.sizes.map(formatCount).join(' and ')} samples |g|² = ${formatEstimate(n.twoBatches.squaredGradient)}, Tr C₁ = ${formatEstimate(n.twoBatches.trace)}. The exact values are used; the others are a check that needs only minibatches.`,
          ],
        ] as [string, string][])
      : []),
    ...(verification
      ? ([
          [
            'Advice',
            `The largest rate at which all runs stayed${safety < 1 ? `, times ${formatPlain(safety)}` : ''}. Rates were tried at the present one times powers of ${formatPlain(LADDER.factor)}, by doubling strides and bisection. Nothing is advised from curvature: see docs/results/ceilings.md.`,
          ],
        ] as [string, string][])
      : []),
  ];
  return factList(entries);
}
