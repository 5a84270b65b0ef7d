/** The statements of docs/theory by their titles alone: the page beside a report where the rendered pages are missing. */
import { html } from './markup.js';
import { renderPage } from './page.js';
import { CHAPTERS, STATEMENTS } from './theory-statements.js';

/** Writes a page with the anchor of every tag and chapter, so that the links of reports lead to a title. */
export function theoryIndex(): string {
  return renderPage({
    title: 'Theory',
    head: html`<p>Titles only: this program was run from its sources and not built. <code>npm run build</code> renders the pages of
<code>docs/theory</code>, which hold the equations, derivations and sources.</p>`,
    sections: [
      ['chapters', 'Chapters', titles(Object.entries(CHAPTERS).map(([n, title]) => [`section-${n}`, `§${n}`, title]))],
      ['statements', 'Statements', titles(Object.entries(STATEMENTS).map(([tag, title]) => [tag, tag, title]))],
    ],
    footer: 'Made by thermograd.',
  });
}

const titles = (rows: readonly (readonly [id: string, name: string, title: string])[]) =>
  html`<dl class="facts">${rows.map(([id, name, title]) => html`<dt id="${id}">${name}</dt><dd>${title}</dd>`)}</dl>`;
