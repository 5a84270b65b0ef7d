/** The report of `reproduce valley2023` out of what its stages left: pure, the same input gives the same bytes. */
import { citationsUsed } from '../../report/citations.js';
import { findingsCsv } from '../../report/csv.js';
import type { Figure, MissingFigure } from '../../report/figures/frame.js';
import type { Finding } from '../../report/finding.js';
import type { RunFacts } from '../../report/input.js';
import { html } from '../../report/markup.js';
import { renderPage } from '../../report/page.js';
import { findingsTable, verdictWords } from '../../report/sections/findings.js';
import { bibtex, references } from '../../report/sections/references.js';
import { runFacts } from '../../report/sections/run.js';
import type { ValleyModelResults } from './measured.js';
import { convergenceFindings, densityFindings } from './motion-findings.js';
import type { NetworkInput } from './network/measured.js';
import { networkSections } from './network/page.js';
import { valleyFigures, valleyGlossary, valleyKeyNumbers, valleySections } from './page.js';
import { circulationFindings, freezingFindings, phaseFindings } from './phase-findings.js';
import { potentialFindings } from './potential-findings.js';
import { valleyTables } from './tables.js';

export interface Valley2023Input {
  readonly title: string;
  /** Either part may be missing. */
  readonly model?: ValleyModelResults;
  readonly network?: NetworkInput;
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

export function renderValley2023({ title, model, network, run }: Valley2023Input): Valley2023Report {
  const networks = network && networkSections(network);
  const modelFindings = model ? valleyFindings(model) : [];
  const findings = [...modelFindings, ...(networks?.findings ?? [])];
  const figures = model ? valleyFigures(model) : undefined;
  const citations = citationsUsed(
    findings.flatMap((f) => [f.source, f.stated, f.predicted ?? '', f.reason]),
    network?.dataset,
  );
  const head = html`${
    model
      ? html`<p class="summary">A model of the valley that solutions of a network form, with the noise of minibatches in it: what the noise adds
to the loss, how fast it carries SGD to flat places, and where it makes it diverge. ${verdictWords(modelFindings)}
Equations of the paper are quoted after a secondary source; what is derived from them says so.</p>
${valleyKeyNumbers(model, modelFindings)}`
      : ''
  }${
    networks
      ? html`<p class="summary">Real networks trained to one loss with noise of different strength. ${verdictWords(networks.findings)}</p>`
      : ''
  }`;
  const document = {
    format: 'thermograd-valley2023-report',
    version: 1,
    title,
    findings,
    ...(model && { model }),
    ...(networks && { network: { input: network, judged: networks.judged } }),
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
        ...(model && figures ? valleySections(model, figures, modelFindings) : []),
        ...(networks?.sections ?? []),
        ...(networks
          ? [['networks-findings', 'Real networks: findings', findingsTable(networks.findings)] as const]
          : []),
        ['run', 'The run', runFacts(run)],
        ...(model ? [['symbols', 'Symbols', valleyGlossary()] as const] : []),
        ['references', 'References', references(citations)],
      ],
    }),
    figures: Object.fromEntries(
      [...Object.values<Figure | MissingFigure>(figures ?? {}), ...(networks?.figures ?? [])]
        .filter((f): f is Figure => 'svg' in f)
        .map((f) => [f.name, f.svg]),
    ),
    tables: { 'findings.csv': findingsCsv(findings), ...(model && valleyTables(model)), ...networks?.tables },
    json: `${JSON.stringify(document, null, 1)}\n`,
  };
}
