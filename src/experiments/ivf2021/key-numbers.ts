/** The top of the page: what ran, its result, and the five numbers that a reader looks for first. */
import type { Analysis, PowerLaw } from '../../analyse/trajectory/results.js';
import { type Estimate, negated } from '../../numeric/estimate.js';
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
    ? `Fitted over ${formatCount(fit.points)} of the ${formatCount(closed)} closed directions, with widths F from ${formatPlain(fit.range[0])} to ${formatPlain(fit.range[1])}, σ² ∝ F^−ψ gives ψ = ${formatEstimate(measuredOf(findings, 'ivf.psi', fit))} (misfit and choice of range together).`
    : 'Too few valleys are closed to fit a relation between variance and flatness.';
  return html`<p class="summary">The training was recorded at every step of ${
    from === to ? `epoch ${formatCount(from)}` : `epochs ${formatCount(from)} to ${formatCount(to)}`
  }
(${formatCount(pca.T)} steps) in layer ${a.layer}, ${formatCount(pca.P)} weights, at a full training loss of ${formatNumber(f.centreLoss)}.
The fluctuations of these weights were resolved into principal directions, and the width of the loss valley was measured along
${formatCount(f.directions.length)} of them. ${prose(relation)} ${verdictWords(findings)} ${prose(exceptions(findings))}</p>`;
}

/** Writes the list of the five key numbers. */
export function firstNumbers(a: Analysis, findings: readonly Finding[]): Markup {
  const { pca, flatness: f, scaling: s } = a;
  const open = f.directions.filter((d) => d.open !== null).length;
  const items: [string, string][] = [
    ['exponent ψ of σ² ∝ F^−ψ', formatEstimate(measuredOf(findings, 'ivf.psi', s.varianceFlatness))],
    ['exponent γ of σᵢ² ∝ i^−γ', formatEstimate(measuredOf(findings, 'ivf.rank-law', s.rankLaw))],
    ['loss at the centre, L₀', formatNumber(f.centreLoss)],
    ['share of direction 1', `${formatNumber(100 * (pca.variances[0] / pca.totalVariance))} %`],
    ['valleys closed / open', `${formatCount(f.directions.length - open)} / ${formatCount(open)}`],
  ];
  return keyList(items);
}

/** Returns the exponent of a finding with its total error; without the finding, that of the fit. */
const measuredOf = (findings: readonly Finding[], id: string, fit: PowerLaw): Estimate =>
  findings.find((f) => f.id === id)?.measured ?? negated(fit.exponent);
