/** One self-contained HTML page out of sections and figures. */
import type { Citation } from './citations.js';
import type { FigureGroup } from './figures/all.js';
import type { Figure, MissingFigure } from './figures/frame.js';
import { FIGURE_CSS } from './figures/palette.js';
import type { ReportInput } from './input.js';
import { html, Markup, prose } from './markup.js';
import { findingsTable } from './sections/findings.js';
import { glossary, method } from './sections/method.js';
import { references } from './sections/references.js';
import { runFacts } from './sections/run.js';
import { keyNumbers, summary } from './sections/summary.js';
import { dynamicsTable, explainedTable, flatnessTable, sensitivity } from './sections/tables.js';
import { PAGE_CSS } from './style.js';

export function renderPage(
  input: ReportInput,
  figures: Record<FigureGroup, readonly (Figure | MissingFigure)[]>,
  citations: readonly Citation[],
): string {
  const { title, analysis: a, findings, run } = input;
  const sections: [string, string, Markup][] = [
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
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>
${new Markup(PAGE_CSS)}
${new Markup(FIGURE_CSS)}
</style>
</head>
<body>
<header>
<h1>${title}</h1>
${summary(a, findings)}
${keyNumbers(a)}
</header>
<nav aria-label="Contents"><ul>${sections.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>
${sections.map(
  ([id, name, body]) => html`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${name}</h2>
${body}
</section>
`,
)}</main>
<footer>Made by thermograd. Every figure also exists as SVG, every number as JSON and CSV.</footer>
</body>
</html>
`;
  return page.text;
}

function gallery(figures: readonly (Figure | MissingFigure)[], style = ''): Markup {
  const drawn = figures.filter((f): f is Figure => 'svg' in f);
  const missing = figures.filter((f): f is MissingFigure => 'missing' in f);
  return html`<div class="figures ${style}">${drawn.map(
    (f) => html`<figure id="figure-${f.name}">
${new Markup(inline(f.svg))}
<figcaption><b>${f.title}.</b> ${prose(f.caption)}</figcaption>
</figure>
`,
  )}</div>${missing.map((f) => html`<p class="missing">Figure ${f.name} is not drawn: ${f.missing}</p>`)}`;
}

/** The SVG without its own styles (the page has them once) and without the tooltip that `<title>` would raise. */
const inline = (svg: string): string =>
  svg.replace(/<style>[\s\S]*?<\/style>/, '').replace(/<title>[\s\S]*?<\/title>/, '');
