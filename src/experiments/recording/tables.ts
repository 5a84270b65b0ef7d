/** Tables of the page: what was read, the walk, the half windows and temperatures, rotation, what was left out. */

import { diffusing } from '../../analyse/trajectory/diffusing.js';
import type { OverDraws } from '../../analyse/trajectory/results.js';
import { median } from '../../numeric/statistics.js';
import { spread } from '../../report/figures/window/displacement.js';
import { formatCount, formatNumber, formatShare, MISSING } from '../../report/format.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { type Column, starred, table } from '../../report/sections/tables.js';
import type { LeftOut, MeasuredRecording } from './measured.js';

/** Lists the parameters. */
export function parameterTable({ recording: { parameters } }: MeasuredRecording): Markup {
  return table(
    '',
    [
      { head: 'parameter', cell: (p) => p.name, words: true },
      { head: 'shape', cell: (p) => p.shape.join(' × ') },
      { head: 'weights', cell: (p) => formatCount(p.size) },
    ],
    spread(parameters, 40),
  );
}

/** Compares the recording with the walks. */
export function walkTable({ walk, pca, rankLaw, motion }: MeasuredRecording): Markup {
  const title = html`<h3 id="walk">The recording and a walk with its own steps</h3>`;
  if ('missing' in walk) return html`${title}<p class="missing">${walk.missing}</p>`;
  type Row = readonly [what: string, own: number, walk: OverDraws, isotropic: number];
  const followed = diffusing(motion.dynamics).map((d) => d.msdExponent.value);
  const first = motion.dynamics.find((d) => d.index === 1)?.msdExponent.value ?? Number.NaN;
  const law = 'missing' in rankLaw ? undefined : rankLaw;
  const rows: Row[] = [
    [law ? `γ over ranks ${law.ranks.join('–')}` : 'γ', law?.gamma.value ?? Number.NaN, walk.gamma, 2],
    ['share of direction 1', pca.variances[0] / pca.totalVariance, walk.share, 6 / Math.PI ** 2],
    ['displacement exponent of direction 1', first, walk.first, Number.NaN],
    [
      'median exponent of directions 10–100',
      followed.length > 0 ? median(followed) : Number.NaN,
      walk.median,
      Number.NaN,
    ],
  ];
  const draws = (o: OverDraws) =>
    Number.isFinite(o.mean) ? `${formatNumber(o.mean)} (${formatNumber(o.deviation, 2)})` : MISSING;
  return html`${title}${table(
    `The walk makes the increments of this recording with random signs${walk.block > 1 ? `, one for ${formatCount(walk.block)} rows` : ''}: no direction to return to, none to drift in. In brackets: standard deviation over ${walk.draws} draws.`,
    [
      { head: '', cell: (r: Row) => r[0], words: true },
      { head: 'recording', cell: (r) => formatNumber(r[1]) },
      { head: 'own steps', cell: (r) => draws(r[2]) },
      { head: 'isotropic', cell: (r) => formatNumber(r[3]) },
    ],
    rows,
  )}`;
}

/** Lists effective sizes, half windows and temperatures of some directions. */
export function stateTable({ motion, temperatures, pca }: MeasuredRecording): Markup {
  type Row = MeasuredRecording['motion']['dynamics'][number];
  const heat = new Map('missing' in temperatures ? [] : temperatures.directions.map((d) => [d.index, d.temperature]));
  const halves = new Map(motion.halves.map((h) => [h.index, h]));
  const columns: Column<Row>[] = [
    { head: 'direction', cell: (d) => formatCount(d.index) },
    { head: 'σ²', cell: (d) => formatNumber(pca.variances[d.index - 1]) },
    {
      head: 'independent rows',
      cell: (d) => `${formatNumber(d.correlationTime.n)}${d.correlationTime.converged ? '' : ' *'}`,
    },
    { head: 'between halves', cell: (d) => formatNumber(halves.get(d.index)?.between) },
    { head: 'σ², second/first half', cell: (d) => formatNumber(halves.get(d.index)?.ratio) },
    ...(heat.size > 0
      ? [{ head: 'temperature (loss)', cell: (d: Row) => (heat.has(d.index) ? starred(heat.get(d.index)!) : MISSING) }]
      : []),
  ];
  return html`<h3>State of the window</h3>${table(
    'Independent rows T/(2τ), with a star where τ did not converge and the number is an upper bound; share of the total variance that lies between the means of the two half windows along the direction; ratio of the variances within them.',
    columns,
    spread(motion.dynamics, 12),
  )}`;
}

/** Lists the planes in which the trajectory rotates most significantly. */
export function rotationTable({ rotation }: MeasuredRecording): Markup {
  const title = html`<h3>Rotation</h3>`;
  if ('missing' in rotation) return html`${title}<p class="missing">${rotation.missing}</p>`;
  return html`${title}${table(
    `Rate of rotation, circulation/(σᵢσⱼ), in the planes of the ${rotation.ranks.length} leading directions of at least 100 correlation times; errors over ${rotation.blocks} blocks${rotation.converged ? '' : ', which are shorter than five correlation times, so that the errors are too small'}. Adjusted p: Holm, over all ${formatCount(rotation.planes)} planes.`,
    [
      { head: 'plane', cell: (p) => p.ranks.join(', ') },
      { head: 'radian per step', cell: (p) => `${formatNumber(p.rate)} ± ${formatNumber(p.standardError, 2)}` },
      { head: 'adjusted p', cell: (p) => formatNumber(p.holm, 2) },
      { head: 'variance outside', cell: (p) => formatShare(p.offPlane) },
    ],
    rotation.pairs.slice(0, 10),
  )}`;
}

/** Lists what was left out, and what it would need. */
export function leftOutTable(leftOut: readonly LeftOut[]): Markup {
  return html`<dl class="facts">${leftOut.map(({ what, needs }) => html`<dt>${prose(what)}</dt><dd>${prose(needs)}</dd>`)}</dl>`;
}
