/** The list of works that a report cites, with their BibTeX. */
import type { Citation } from '../citations.js';
import { html, type Markup } from '../markup.js';

export function references(citations: readonly Citation[]): Markup {
  return html`<ul class="references">${citations.map(
    (c) => html`<li id="ref-${c.key}"><b>${c.key}</b> ${c.authors}, <i>${c.title}</i>, ${c.where} (${String(c.year)})${
      c.url ? html`, <a href="${c.url}">${c.url.replace('https://', '')}</a>` : ''
    }</li>
`,
  )}</ul>
<details><summary>BibTeX</summary><pre>${bibtex(citations)}</pre></details>`;
}

/** Writes the works as a BibTeX document. */
export const bibtex = (citations: readonly Citation[]): string => `${citations.map((c) => c.bibtex).join('\n\n')}\n`;
