/** The page of ivf2021: the variance-flatness relation of one recorded window. */
import type { Citation } from '../../report/citations.js';
import type { Figure, MissingFigure } from '../../report/figures/frame.js';
import type { ReportInput } from '../../report/input.js';
import { html } from '../../report/markup.js';
import { gallery, type Page } from '../../report/page.js';
import { findingsTable } from '../../report/sections/findings.js';
import { references } from '../../report/sections/references.js';
import { runFacts } from '../../report/sections/run.js';
import { dynamicsTable, explainedTable, flatnessTable, sensitivity } from '../../report/sections/tables.js';
import type { FigureGroup } from './figures/all.js';
import { keyNumbers, summary } from './key-numbers.js';
import { glossary, method } from './method.js';

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
