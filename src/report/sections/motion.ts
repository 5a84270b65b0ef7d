/** The table of how principal coordinates move. docs/theory [P5]. */
import type { DirectionDynamics } from '../../analyse/trajectory/results.js';
import { spread } from '../figures/window/displacement.js';
import { formatCount, formatNumber } from '../format.js';
import { html, type Markup } from '../markup.js';
import { type Column, STAR, starred, table } from './tables.js';

/** Shows drift and diffusion of each direction; docs/theory [P5]. */
export function dynamicsTable({ dynamics }: { readonly dynamics: readonly DirectionDynamics[] }): Markup {
  if (dynamics.length === 0) return html``;
  type Row = (typeof dynamics)[number];
  const columns: Column<Row>[] = [
    { head: 'direction', cell: (d) => formatCount(d.index) },
    { head: 'cos with weights', cell: (d) => formatNumber(d.cosWithWeights) },
    { head: 'drift (weight/step)', cell: (d) => starred(d.driftVelocity) },
    { head: 'displacement exponent', cell: (d) => starred(d.msdExponent) },
    { head: 'τ (steps)', cell: (d) => starred(d.correlationTime) },
  ];
  const caption =
    'Cosine of the angle between pᵢ and the mean weights of the layer, drift velocity of θᵢ, exponent of its mean squared displacement (2 drift, 1 diffusion, 0 bounded), integrated correlation time.' +
    (dynamics.some((d) => ![d.driftVelocity, d.msdExponent, d.correlationTime].every((e) => e.converged))
      ? ` ${STAR}`
      : '');
  const few = 12;
  if (dynamics.length <= few) return html`<h3>Drift and diffusion</h3>${table(caption, columns, dynamics)}`;
  return html`<h3>Drift and diffusion</h3>${table(caption, columns, spread(dynamics, few))}
<details><summary>All ${formatCount(dynamics.length)} directions</summary>${table('', columns, dynamics)}</details>`;
}
