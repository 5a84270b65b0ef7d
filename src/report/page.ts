/** A self-contained HTML page with a title, a summary at its head, and named sections. Every report is such a page. */
import type { Drawn, Figure, MissingFigure } from './figures/frame.js';
import { FIGURE_CSS } from './figures/palette.js';
import { caption, escapeText, html, Markup } from './markup.js';
import { fontObjects } from './pdf/font-objects.js';
import { SCRIPT } from './script.generated.js';
import { PAGE_CSS } from './style.js';

/** A section of the page: its anchor, its heading, its content. */
export type Section = readonly [id: string, name: string, body: Markup];

export interface Page {
  readonly title: string;
  /** Below the title: what ran, what came out, the first numbers a reader looks for. */
  readonly head: Markup;
  readonly sections: readonly Section[];
  /** The last line; by default it says where else the numbers of a report are found. */
  readonly footer?: string;
}

const FOOTER = 'Made by thermograd. Every figure also exists as SVG, every number as JSON and CSV.';

/**
 * Writes the page as text; it needs no network, and no script but for the buttons of its figures, the values under the pointer and the switches in
 * legends. Figures are numbered in their order.
 */
export function renderPage({ title, head, sections, footer = FOOTER }: Page): string {
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
${head}
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
<footer>${footer}</footer>
</body>
</html>
`;
  let figures = 0;
  const numbered = page.text.replaceAll(NUMBER, () => `Figure ${++figures}`);
  return figures === 0 ? numbered : numbered.replace('</body>', () => `${equipment(page.text)}</body>`);
}

/** Where the number of a figure will stand; no text on a page can hold it. */
const NUMBER = '<!--number-->';

/** What the figures of a page need once: their script, and the letters that their PDF documents embed. */
function equipment(page: string): string {
  const svgs = page.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
  const { head, ...font } = fontObjects(`${svgs.join('').replace(/<[^>]*>/g, '')}<>"'`);
  const letters = escapeText(JSON.stringify({ ...font, head: btoa(head) }));
  return `<template id="letters">${letters}</template>\n<script>${SCRIPT}</script>\n`;
}

/** Shows figures side by side with their captions, and names those that could not be drawn with the reason. */
export function gallery(figures: readonly Drawn[], style = ''): Markup {
  const drawn = figures.filter((f): f is Figure => 'svg' in f);
  const missing = figures.filter((f): f is MissingFigure => 'missing' in f);
  return html`<div class="figures ${style}">${drawn.map(
    (f) => html`<figure id="figure-${f.name}">
${new Markup(f.onPage)}
<figcaption><a href="#figure-${f.name}">${new Markup(NUMBER)}</a> <b>${caption(f.title)}.</b> ${caption(f.caption)}</figcaption>
</figure>
`,
  )}</div>${missing.map((f) => html`<p class="missing">Figure ${f.name} is not drawn: ${f.missing}</p>`)}`;
}
