/** The table of the relation under its controls. */

import { REGIMES, type Regime, type RegimeName } from '../../analyse/trajectory/regime.js';
import { formatCount, formatEstimate, formatNumber, formatPlain, MISSING } from '../../report/format.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { type Column, table } from '../../report/sections/tables.js';
import type { RelationDocument } from './relation-stage.js';

const NAMES: Readonly<Record<RegimeName, string>> = {
  same: 'same window',
  half: 'directions of one half, variance of the other',
  hessian: 'Ritz vectors of the Hessian, a straight line in time removed',
  walk: "walk of the run's own noise through its optimiser",
  own: "the optimiser's own coordinates",
};

interface Row {
  readonly name: string;
  readonly regime: Regime;
}

/** Writes psi in every regime, and what the law of noise and curvature gives. */
export function regimesTable({ measured, missing, moved, optimiser }: RelationDocument): Markup {
  if (!measured) return html`<h3 id="controls">Controls</h3><p>${prose(missing ?? 'Nothing was measured.')}</p>`;
  const rows = REGIMES.flatMap((name): Row[] => {
    const regime = measured.regimes[name];
    return regime ? [{ name: NAMES[name], regime }] : [];
  });
  const columns: Column<Row>[] = [
    { head: 'directions', cell: (r) => r.name, words: true },
    { head: 'ψ', cell: ({ regime }) => formatEstimate(regime.psi) },
    { head: 'R²', cell: ({ regime }) => (Number.isFinite(regime.r2) ? formatNumber(regime.r2, 2) : MISSING) },
    { head: 'fitted', cell: ({ regime }) => formatCount(regime.points) },
    { head: 'open', cell: ({ regime }) => formatCount(regime.open) },
    { head: 'decades of F', cell: ({ regime }) => formatNumber(regime.decades, 2) },
  ];
  const { gamma } = measured;
  return html`<h3 id="controls">Controls</h3>
${table('Exponent of the relation along other directions, in other coordinates, and of a walk without a landscape.', columns, rows)}
<p>${prose(
    `Along the Ritz vectors the noise follows the curvature as C ∝ H^γ with γ = ${formatEstimate(gamma.gamma)} over ${formatNumber(gamma.decades, 2)} decades of H.${moved === undefined ? '' : ` √v of ${optimiser} moved ${formatPlain(moved, 3)}-fold in the window (median over weights).`}`,
  )}</p>`;
}
