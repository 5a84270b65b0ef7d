/** Tables of a page; each column says what it shows of a row. */
import { type Estimate, unconverged } from '../../numeric/estimate.js';
import { formatEstimate } from '../format.js';
import { type Content, html, type Markup, prose } from '../markup.js';

export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => string;
  /** Whether the cells are words, aligned left, instead of numbers, aligned right. */
  readonly words?: boolean;
}

export function table<T>(caption: string, columns: readonly Column<T>[], rows: readonly T[]): Markup {
  const style = (c: Column<T>) => (c.words ? '' : 'n');
  return html`<div class="scroll" tabindex="0"><table class="${columns.length > 4 ? 'stack' : ''}">${caption ? html`<caption>${prose(caption)}</caption>` : ''}
<thead><tr>${columns.map((c) => (c.head ? html`<th class="${style(c)}">${c.head}</th>` : html`<td></td>`))}</tr></thead>
<tbody>${rows.map(
    (
      r,
    ) => html`<tr>${columns.map((c) => html`<td class="${style(c)}" data-label="${c.head}">${whole(c.cell(r))}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

/** Keeps a text such as `3.92 ± 0.11` on one line. */
const whole = (s: string): Content => (/[±×]/.test(s) ? html`<span class="whole">${s}</span>` : s);

/** The mark of an estimate that did not converge, for tables, where words are too long. */
export const star = (e: Estimate): string => (unconverged(e) ? '\u202f*' : '');
/** Writes an estimate, with a star where it did not converge. */
export const starred = (e: Estimate): string => formatEstimate(e) + star(e);
export const STAR = 'A star marks estimates that did not converge; their errors are lower bounds.';
