/** Puts a report together from its parts: the page, figures, tables and the JSON document. Pure: the same parts give the same bytes. */
import { jsonText } from '../numeric/json.js';
import { type Citation, citationsOf } from './citations.js';
import { findingsCsv } from './csv.js';
import type { Drawn, Figure } from './figures/frame.js';
import type { Finding } from './finding.js';
import type { Report, RunFacts } from './input.js';
import { type Page, renderPage } from './page.js';
import { findingsTable } from './sections/findings.js';
import { glossary, type Symbols } from './sections/lists.js';
import { bibtex, references } from './sections/references.js';
import { runFacts } from './sections/run.js';

/** What an experiment contributes to its report. Title, head and sections are those of its page. */
export interface ReportParts extends Page {
  /** Every figure that stands on the page, drawn or not. */
  readonly figures: readonly Drawn[];
  /** CSV documents by file name; `findings.csv` is added to them where there are findings. */
  readonly tables: Readonly<Record<string, string>>;
  /** The symbols used on the page and their meanings. */
  readonly symbols?: Symbols;
  /** Claims and their verdicts; undefined in a report that tests no claim. */
  readonly findings?: readonly Finding[];
  /** Name of the format of the JSON document, the version of its layout, and its content. */
  readonly format: string;
  readonly version: number;
  readonly document: Readonly<Record<string, unknown>>;
  /** Facts of the run; the page lists them and the document contains them. */
  readonly run: RunFacts;
  /** The works to cite; by default those that the findings and the run name. */
  readonly citations?: readonly Citation[];
  /** Whether the document lists these works too, as the page does; true by default. */
  readonly listed?: boolean;
}

/**
 * Composes the report in memory. The page begins with the table of the findings and ends with the facts of the run, the symbols and the references; the document holds the title,
 * the content, the facts of the run, and the references with their BibTeX. The cost is small, since the figures are drawn already.
 */
export function composeReport(parts: ReportParts): Report {
  const {
    title,
    head,
    sections,
    figures,
    tables,
    symbols,
    findings,
    format,
    version,
    document,
    run,
    listed = true,
  } = parts;
  const citations = parts.citations ?? citationsOf(findings ?? [], JSON.stringify(run));
  const page: Page = {
    title,
    head,
    sections: [
      ...(findings?.length ? [['findings', 'Findings', findingsTable(findings)] as const] : []),
      ...sections,
      ['run', 'The run', runFacts(run)],
      ...(symbols ? [['symbols', 'Symbols', glossary(symbols)] as const] : []),
      ['references', 'References', references(citations)],
    ],
  };
  const whole = {
    format,
    version,
    title,
    ...document,
    run,
    ...(listed && { references: citations.map(({ bibtex: _, ...c }) => c), bibtex: bibtex(citations) }),
  };
  const drawn = figures.filter((f): f is Figure => 'svg' in f);
  return {
    html: renderPage(page),
    figures: Object.fromEntries(drawn.map((f) => [f.name, f.svg])),
    figureData: Object.fromEntries(drawn.map((f) => [f.name, f.data])),
    tables: { ...(findings && { 'findings.csv': findingsCsv(findings) }), ...tables },
    json: jsonText(whole),
  };
}
