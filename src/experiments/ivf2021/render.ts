/** A report out of measured numbers: pure, the same input gives the same bytes; nothing is read or written. */
import { citationsUsed } from '../../report/citations.js';
import { reportTables } from '../../report/csv.js';
import type { Report, ReportInput } from '../../report/input.js';
import { renderPage } from '../../report/page.js';
import { bibtex } from '../../report/sections/references.js';
import { drawFigures } from './figures/all.js';
import { ivf2021Page } from './page.js';

/** Version of the layout of the JSON document. */
const JSON_VERSION = 1;

/**
 * HTML page, figures, tables and JSON of one run. Figures for which the analysis holds no numbers are left out and
 * named in the page with the reason. Cost: about a second, set by the drawing of figures.
 */
export function renderReport(input: ReportInput): Report {
  const { title, analysis, findings, run } = input;
  const figures = drawFigures(analysis);
  const citations = citationsUsed(
    findings.flatMap((f) => [f.source, f.stated, f.predicted ?? '', f.reason]),
    JSON.stringify(run),
  );
  const references = citations.map(({ bibtex: _, ...c }) => c);
  const document = {
    format: 'thermograd-report',
    version: JSON_VERSION,
    title,
    findings,
    analysis,
    run,
    references,
    bibtex: bibtex(citations),
  };
  return {
    html: renderPage(ivf2021Page(input, figures, citations)),
    figures: Object.fromEntries(
      Object.values(figures)
        .flat()
        .flatMap((f) => ('svg' in f ? [[f.name, f.svg]] : [])),
    ),
    tables: reportTables(analysis, findings),
    json: `${JSON.stringify(document, null, 1)}\n`,
  };
}
