/** The top of the page: what ran, its result, and the five numbers that a reader looks for first. */
import type { Analysis } from '../../analyse/trajectory/results.js';
import { negated } from '../../numeric/estimate.js';
import type { Finding } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, formatPlain } from '../../report/format.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { exceptions, verdictWords } from '../../report/sections/findings.js';
import { keyList } from '../../report/sections/lists.js';

/** Writes the summary of a run: what was trained, and the fitted relation. */
export function summary(a: Analysis, findings: readonly Finding[]): Markup {
  const { pca, flatness: f, scaling: s, curves: c } = a;
  const closed = f.directions.filter((d) => d.flatness !== null).length;
  const fit = s.varianceFlatness;
  const [from, to] = c.window;
  const relation = Number.isFinite(fit.exponent.value)
    ? `Fitted over ${formatCount(fit.points)} of the ${formatCount(closed)} closed directions, with widths F from ${formatPlain(fit.range[0])} to ${formatPlain(fit.range[1])}, σ² ∝ F^−ψ gives ψ = ${formatEstimate(negated(fit.exponent))}.`
    : 'Too few valleys are closed to fit a relation between variance and flatness.';
  return html`<p class="summary">Stochastic gradient descent was recorded at every step of ${
    from === to ? `epoch ${formatCount(from)}` : `epochs ${formatCount(from)} to ${formatCount(to)}`
  }
(${formatCount(pca.T)} steps) in layer ${a.layer}, ${formatCount(pca.P)} weights, at a full training loss of ${formatNumber(f.centreLoss)}.
The fluctuations of these weights were resolved into principal directions, and the width of the loss valley was measured along
${formatCount(f.directions.length)} of them. ${prose(relation)} ${verdictWords(findings)} ${prose(exceptions(findings))}</p>`;
}

/** Writes the list of the five key numbers. */
export function firstNumbers(a: Analysis): Markup {
  const { pca, flatness: f, scaling: s } = a;
  const open = f.directions.filter((d) => d.open !== null).length;
  const items: [string, string][] = [
    ['exponent ψ of σ² ∝ F^−ψ', formatEstimate(negated(s.varianceFlatness.exponent))],
    ['exponent γ of σᵢ² ∝ i^−γ', formatEstimate(negated(s.rankLaw.exponent))],
    ['loss at the centre, L₀', formatNumber(f.centreLoss)],
    ['share of direction 1', `${formatNumber(100 * (pca.variances[0] / pca.totalVariance))} %`],
    ['valleys closed / open', `${formatCount(f.directions.length - open)} / ${formatCount(open)}`],
  ];
  return keyList(items);
}
