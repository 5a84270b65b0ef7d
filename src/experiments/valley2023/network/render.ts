/** The study of real networks as a report of its own; its head and symbols also for a page that holds more. Pure. */
import { citationsUsed } from '../../../report/citations.js';
import type { Figure } from '../../../report/figures/frame.js';
import type { Finding } from '../../../report/finding.js';
import { formatCount, formatEstimate } from '../../../report/format.js';
import type { Report, RunFacts } from '../../../report/input.js';
import { html, type Markup, prose } from '../../../report/markup.js';
import { renderPage } from '../../../report/page.js';
import { findingsTable, verdictWords } from '../../../report/sections/findings.js';
import { bibtex, references } from '../../../report/sections/references.js';
import { runFacts } from '../../../report/sections/run.js';
import type { NetworkJudged } from './findings.js';
import type { NetworkInput } from './measured.js';
import { type NetworkReport, networkSections } from './page.js';

export interface NetworkStudyReport extends Report {
  readonly findings: readonly Finding[];
}

export function renderNetworkStudy(input: NetworkInput, run: RunFacts): NetworkStudyReport {
  const report = networkSections(input);
  const { findings, figures, tables, judged } = report;
  const title = `Flat solutions and the noise of SGD: ${input.widths.join('-')} on ${input.dataset}, ${input.seeds.length} ${input.seeds.length === 1 ? 'seed' : 'seeds'}`;
  const citations = citationsUsed(
    findings.flatMap((f) => [f.source, f.stated, f.predicted ?? '', f.reason]),
    input.dataset,
  );
  const document = {
    format: 'thermograd-valley-network-report',
    version: 1,
    title,
    findings,
    slopes: judged.slopes,
    times: judged.times,
    ceilings: judged.ceilings,
    cells: input.cells,
    run,
    references: citations.map(({ bibtex: _, ...c }) => c),
    bibtex: bibtex(citations),
  };
  return {
    findings,
    html: renderPage({
      title,
      head: networkHead(report, input),
      sections: [
        ...report.sections,
        ['findings', 'Findings', findingsTable(findings)],
        ['run', 'The run', runFacts(run)],
        ['symbols', 'Symbols', networkGlossary()],
        ['references', 'References', references(citations)],
      ],
    }),
    figures: Object.fromEntries(figures.filter((f): f is Figure => 'svg' in f).map((f) => [f.name, f.svg])),
    tables: { ...tables },
    json: `${JSON.stringify(document, null, 1)}\n`,
  };
}

/** What ran and the first numbers a reader looks for. */
export function networkHead({ findings, judged }: NetworkReport, { seeds }: NetworkInput): Markup {
  return html`<p class="summary">Networks were trained with different learning rates and batch sizes to the same training loss, from the same
${formatCount(seeds.length)} sets of initial weights: are solutions found under stronger noise flatter, are they found sooner, do they generalise better, and
where does training diverge? ${verdictWords(findings)}</p>
<dl class="key">${networkKeyNumbers(judged).map(([k, v]) => html`<div><dt>${prose(k)}</dt><dd>${v}</dd></div>`)}</dl>`;
}

export function networkKeyNumbers({ slopes, ceilings }: NetworkJudged): [string, string][] {
  const slope = (id: string) => formatEstimate(slopes.find((r) => r.measure.id === id)!.slope);
  const trained = ceilings.filter((r) => r.start === 'trained');
  const of = (name: 'meanSquare' | 'coupled') => trained.map((r) => formatEstimate(r.ratios[name])).join(', ');
  const sizes = trained.map((r) => formatCount(r.batchSize)).join(', ');
  return [
    ['exponent of Tr H over η/B', slope('trace')],
    ['the same, blind to rescaling of layers', slope('scaled-trace')],
    ['exponent of wrong test answers over η/B', slope('test-error')],
    [`instability over 2l/(l² + Var l), B = ${sizes}`, of('meanSquare')],
    [`instability over the coupled bound, B = ${sizes}`, of('coupled')],
  ];
}

const SYMBOLS: readonly (readonly [string, string])[] = [
  ['η, B', 'learning rate and batch size; η/B is the strength of the noise'],
  [
    'H, h₁, λ',
    'Hessian of the training loss over all weights, its largest eigenvalue, curvature along a direction (nat/weight²)',
  ],
  ['C1, C', 'covariance of the gradient of one sample, of one minibatch'],
  ['Var λ', 'variance of the curvature along a direction, from sample to sample or batch to batch as said'],
  ['F', 'width: distance between the nearest points on both sides where the loss is e times that of the solution'],
  ['wₗ, Hₗ, Pₗ', 'weights of layer l, their block of H, their number'],
  ['κ', 'noise across the valley over noise along it'],
  ['L_SGD', 'what noise adds to the loss that SGD follows along the valley'],
];

export const networkGlossary = (): Markup =>
  html`<dl class="facts">${SYMBOLS.map(([k, v]) => html`<dt>${k}</dt><dd>${prose(v)}</dd>`)}</dl>`;
