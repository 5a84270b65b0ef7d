/** The report of `reproduce valley2023` out of what its stages left: pure, the same input gives the same bytes. */
import { citationsUsed } from './citations.js';
import { findingsCsv } from './csv.js';
import type { Figure } from './figures/frame.js';
import type { Finding } from './finding.js';
import type { RunFacts } from './input.js';
import { html } from './markup.js';
import { renderPage } from './page.js';
import { verdictWords } from './sections/findings.js';
import { bibtex, references } from './sections/references.js';
import { runFacts } from './sections/run.js';
import { convergenceFindings, densityFindings } from './valley-motion-findings.js';
import { valleyFigures, valleyGlossary, valleyKeyNumbers, valleySections } from './valley-page.js';
import { circulationFindings, freezingFindings, phaseFindings } from './valley-phase-findings.js';
import { potentialFindings } from './valley-potential-findings.js';
import type { ValleyModelResults } from './valley-results.js';
import { valleyTables } from './valley-tables.js';

export interface Valley2023Input {
  readonly title: string;
  readonly model: ValleyModelResults;
  readonly run: RunFacts;
}

export interface Valley2023Report {
  readonly findings: readonly Finding[];
  readonly html: string;
  /** SVG documents by name, CSV documents by file name. */
  readonly figures: Record<string, string>;
  readonly tables: Record<string, string>;
  readonly json: string;
}

export function valleyFindings(m: ValleyModelResults): Finding[] {
  return [
    ...potentialFindings(m.potential),
    ...densityFindings(m.densities),
    ...convergenceFindings(m.convergence),
    ...phaseFindings(m.phase),
    ...freezingFindings(m.freezing),
    ...circulationFindings(m.circulation),
  ];
}

export function renderValley2023({ title, model, run }: Valley2023Input): Valley2023Report {
  const findings = valleyFindings(model);
  const figures = valleyFigures(model);
  const citations = citationsUsed(findings.flatMap((f) => [f.source, f.stated, f.predicted ?? '', f.reason]));
  const head = html`<p class="summary">A model of the valley that solutions of a network form, with the noise of minibatches in it: what the noise adds
to the loss, how fast it carries SGD to flat places, and where it makes it diverge. ${verdictWords(findings)}
Equations of the paper are quoted second-hand; what is derived from them says so.</p>
${valleyKeyNumbers(model, findings)}`;
  const document = {
    format: 'thermograd-valley2023-report',
    version: 1,
    title,
    findings,
    model,
    run,
    references: citations.map(({ bibtex: _, ...c }) => c),
    bibtex: bibtex(citations),
  };
  return {
    findings,
    html: renderPage({
      title,
      head,
      sections: [
        ...valleySections(model, figures, findings),
        ['run', 'The run', runFacts(run)],
        ['symbols', 'Symbols', valleyGlossary()],
        ['references', 'References', references(citations)],
      ],
    }),
    figures: Object.fromEntries(
      Object.values(figures)
        .filter((f): f is Figure => 'svg' in f)
        .map((f) => [f.name, f.svg]),
    ),
    tables: { 'findings.csv': findingsCsv(findings), ...valleyTables(model) },
    json: `${JSON.stringify(document, null, 1)}\n`,
  };
}
