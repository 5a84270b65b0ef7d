/** The findings on a page: a summary sentence and a table with badges. Verdicts are those of the findings; none is made here. */
import { CITATIONS } from '../citations.js';
import type { Finding, Verdict } from '../finding.js';
import { formatCount, formatMarked } from '../format.js';
import { html, Markup, prose } from '../markup.js';
import { linkTags } from '../theory.js';

const BADGES: Record<Verdict, { readonly style: string; readonly sign: string }> = {
  reproduced: { style: 'reproduced', sign: '✓' },
  'reproduced with another exponent': { style: 'near', sign: '≈' },
  'not reproduced': { style: 'not', sign: '✗' },
  'not decidable with this run': { style: 'undecided', sign: '?' },
};

const VERDICTS = Object.keys(BADGES) as Verdict[];
const badge = (v: Verdict): Markup => html`<span class="badge ${BADGES[v].style}">${BADGES[v].sign}\u00a0${v}</span>`;
const sign = (v: Verdict): Markup => html`<span class="${BADGES[v].style}">${BADGES[v].sign}</span>`;

/** Says how many claims received which verdict. */
export function verdictWords(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'No claim was tested.';
  const counts = VERDICTS.map((v) => ({ v, n: findings.filter((f) => f.verdict === v).length })).filter((c) => c.n > 0);
  const parts = counts.map((c, k) => `${formatCount(c.n)} ${k === 0 ? (c.n === 1 ? 'is ' : 'are ') : ''}${c.v}`);
  const list = parts.length > 1 ? `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}` : parts[0];
  return `Of ${formatCount(findings.length)} ${findings.length === 1 ? 'claim' : 'claims'} tested, ${list}.`;
}

/** Names the claims that were not reproduced, or with another exponent. */
export function exceptions(findings: readonly Finding[]): string {
  const named = (verdict: Verdict) => findings.filter((f) => f.verdict === verdict).map((f) => `“${trimmed(f.claim)}”`);
  const not = named('not reproduced');
  const other = named('reproduced with another exponent');
  return [
    other.length > 0 ? `With another exponent: ${other.join('; ')}.` : '',
    not.length > 0 ? `Not reproduced: ${not.join('; ')}.` : '',
  ].join(' ');
}

const trimmed = (s: string): string => s.trim().replace(/[.\s]+$/, '');

/** A source whose citation keys link to the list of references and whose tags link to docs/theory. */
function source(text: string): Markup {
  const keys = CITATIONS.map((c) => c.key).join('|');
  const parts = text
    .split(new RegExp(`\\b(${keys})\\b`))
    .map((part, k) => (k % 2 === 1 ? html`<a href="#ref-${part}">${part}</a>` : part));
  return new Markup(linkTags(html`${parts}`.text));
}

/** The findings by their verdicts, with how many each was given to; below each claim the reason, and how it was measured on request. */
export function findingsTable(findings: readonly Finding[]): Markup {
  if (findings.length === 0) return html`<p class="missing">This run has no findings.</p>`;
  const groups = VERDICTS.map((v) => [v, findings.filter((f) => f.verdict === v)] as const).filter(
    ([, own]) => own.length,
  );
  return html`<table class="findings">
<thead><tr><th>Claim</th><th>Measured</th><th class="n">n</th><th>Stated in the source</th><th>Predicted or null model</th><th>Verdict</th></tr></thead>
${groups.map(
  ([
    v,
    own,
  ]) => html`<tbody class="verdict"><tr><th colspan="6" scope="rowgroup">${sign(v)} ${formatCount(own.length)} of ${formatCount(findings.length)} ${v}</th></tr></tbody>
${own.map(row)}`,
)}
</table>`;
}

const row = (f: Finding): Markup => html`<tbody id="${f.id}">
<tr><td>${prose(f.claim)}${of(f)}</td><td data-label="Measured"><span class="value">${formatMarked(f.measured)}</span> ${prose(f.unit)}</td><td class="n" data-label="n">${formatCount(f.measured.n)}</td>
<td data-label="Stated">${prose(f.stated)}</td><td data-label="Predicted">${prose(f.predicted ?? '–')}</td><td>${badge(f.verdict)}</td></tr>
<tr class="why"><td colspan="6"><p>${prose(f.reason)}</p>
<details><summary>Method and source</summary>
<p>${f.range ? html`<b>Range</b> ${prose(f.range)} · ` : ''}<b>Method</b> ${f.measured.method} ·
<b>Source</b> ${source(f.source)} · <code>${f.id}</code></p></details></td></tr>
</tbody>
`;

/** The layer that a finding is about, where a report has several. */
const of = (f: Finding): string => (f.id.includes('@') ? ` (${f.id.slice(f.id.indexOf('@') + 1)})` : '');

/** Links from a section of the page to its findings in the table, each with the sign of its verdict. */
export const findingLinks = (findings: readonly Finding[]): Markup =>
  findings.length === 0
    ? html``
    : html`<p>Findings:</p>
<ul class="links">${findings.map((f) => html`<li>${sign(f.verdict)} <a href="#${f.id}">${unlinked(prose(trimmed(f.claim)))}</a></li>`)}</ul>`;

/** Markup without links of its own, to stand inside one. */
const unlinked = ({ text }: Markup): Markup => new Markup(text.replace(/<\/?a\b[^>]*>/g, ''));
