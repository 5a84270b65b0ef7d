/** The page of ivf2021: the variance-flatness relation of one recorded window. */
import type { Citation } from './citations.js';
import type { FigureGroup } from './figures/all.js';
import type { Figure, MissingFigure } from './figures/frame.js';
import type { ReportInput } from './input.js';
import { html } from './markup.js';
import { gallery, type Page } from './page.js';
import { findingsTable } from './sections/findings.js';
import { glossary, method } from './sections/method.js';
import { references } from './sections/references.js';
import { runFacts } from './sections/run.js';
import { keyNumbers, summary } from './sections/summary.js';
import { dynamicsTable, explainedTable, flatnessTable, sensitivity } from './sections/tables.js';

export function ivf2021Page(
  input: ReportInput,
  figures: Record<FigureGroup, readonly (Figure | MissingFigure)[]>,
  citations: readonly Citation[],
): Page {
  const { title, analysis: a, findings, run } = input;
  const sections: Page['sections'] = [
    ['findings', 'Findings', findingsTable(findings)],
    [
      'relation',
      'Variance and flatness',
      html`${gallery(figures.relation, 'wide')}
<h3 id="sensitivity">Sensitivity to the fit range</h3>
${sensitivity(a)}`,
    ],
    ['training', 'Training', gallery(figures.training)],
    [
      'fluctuations',
      'Fluctuations',
      html`${gallery(figures.fluctuations)}
${dynamicsTable(a)}
<div class="narrow">${explainedTable(a)}</div>`,
    ],
    ['landscape', 'Loss landscape', html`${gallery(figures.landscape)}${flatnessTable(a)}`],
    ['method', 'How this was measured', method(a)],
    ['run', 'The run', runFacts(run)],
    ['symbols', 'Symbols', glossary()],
    ['references', 'References', references(citations)],
  ];
  return {
    title,
    head: html`${summary(a, findings)}
${keyNumbers(a)}`,
    sections,
  };
}
