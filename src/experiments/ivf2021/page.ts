/** The report of ivf2021: the variance-flatness relation of one recorded window. */
import type { Analysis } from '../../analyse/trajectory/results.js';
import * as is from '../../numeric/wants.js';
import { composeReport } from '../../report/compose.js';
import type { Drawn } from '../../report/figures/frame.js';
import type { Finding } from '../../report/finding.js';
import type { Report, RunFacts } from '../../report/input.js';
import { html } from '../../report/markup.js';
import { gallery, type Page } from '../../report/page.js';
import { findingsTable } from '../../report/sections/findings.js';
import { dynamicsTable } from '../../report/sections/motion.js';
import { ivf2021Tables } from './csv.js';
import { drawFigures, type FigureGroup } from './figures/all.js';
import { firstNumbers, summary } from './key-numbers.js';
import { method, SYMBOLS } from './method.js';
import type { RelationDocument } from './relation-stage.js';
import { regimesTable } from './relation-table.js';
import { flatnessTable, sensitivity, walkTable } from './tables.js';

/** The input of the report: measured numbers, findings, and facts of the run. */
export interface ReportInput {
  readonly title: string;
  readonly analysis: Analysis;
  readonly findings: readonly Finding[];
  /** The relation under its controls, of runs of layers and of optimisers. */
  readonly relation?: RelationDocument | undefined;
  readonly run: RunFacts;
}

const INPUT_WANTS = is.shape<ReportInput>({
  title: is.text,
  analysis: is.shape<Analysis>({
    layer: is.text,
    curves: is.object,
    pca: is.object,
    dynamics: is.listOf(is.object),
    paths: is.listOf(is.object),
    flatness: is.object,
    scaling: is.object,
    walk: is.object,
  }),
  findings: is.listOf(is.object),
  run: is.object,
});

/**
 * Makes the report of one run in memory; nothing is read or written, and the same input gives the same bytes. Figures
 * for which the analysis has no numbers are omitted, and the page names them with the reason. The cost is about a
 * second, for drawing the figures.
 */
export function renderReport(input: ReportInput): Report {
  is.given('renderReport', { input }, { input: INPUT_WANTS });
  return is.reading('renderReport', 'the input', () => {
    const { analysis, findings, relation, run } = input;
    const figures = drawFigures(analysis);
    return composeReport({
      ...ivf2021Page(input, figures),
      symbols: SYMBOLS,
      figures: Object.values(figures).flat(),
      tables: ivf2021Tables(analysis),
      findings,
      format: 'thermograd-report',
      version: 1,
      document: { findings, analysis, ...(relation && { relation }) },
      run,
    });
  });
}

/** Title, head and sections. */
export function ivf2021Page(
  { title, analysis: a, findings, relation }: ReportInput,
  figures: Readonly<Record<FigureGroup, readonly Drawn[]>>,
): Page {
  return {
    title,
    head: html`${summary(a, findings)}
${firstNumbers(a, findings)}`,
    sections: [
      ['findings', 'Findings', findingsTable(findings)],
      [
        'relation',
        'Variance and flatness',
        html`${gallery(figures.relation, 'wide')}
<h3 id="sensitivity">Sensitivity to the fit range</h3>
${sensitivity(a)}${relation ? regimesTable(relation) : ''}`,
      ],
      ['training', 'Training', gallery(figures.training)],
      [
        'fluctuations',
        'Fluctuations',
        html`${gallery(figures.fluctuations)}
${walkTable(a)}
${dynamicsTable(a)}`,
      ],
      ['landscape', 'Loss landscape', html`${gallery(figures.landscape)}${flatnessTable(a)}`],
      ['method', 'How this was measured', method(a)],
    ],
  };
}
