/** The numbers behind the pictures of the view Landscape. */
import { formatCount, formatEstimate, formatMarked, formatNumber, formatShare } from '../../../../report/format.js';
import type { PlaneOfMotion, PotentialResult, SliceResult } from '../../../landscape-results.js';
import type { FlatnessPart } from '../../../measures.js';
import type { NumberTable } from '../../charts/numbers.js';
import { angleBetween } from './motion.js';

/** Lists the widths of profiles. */
export const profileTable = (parts: readonly FlatnessPart[]): NumberTable => ({
  caption: 'Where the loss is e times that of the centre',
  columns: ['direction', 'left (weight)', 'right (weight)', 'width F (weight)', 'curvature (nat/weight²)'],
  rows: parts.map(({ direction: d }) => [
    `PC${d.index}`,
    d.left === null ? 'open' : formatNumber(d.left),
    d.right === null ? 'open' : formatNumber(d.right),
    d.flatness === null ? 'open' : formatNumber(d.flatness),
    formatNumber(d.curvature),
  ]),
});

/** Lists what a plane holds and misses. */
export function sliceTable(s: SliceResult): NumberTable {
  return {
    caption: `Plane of PC${s.ranks[0]} and PC${s.ranks[1]} at step ${formatCount(s.basis.step)}, ${formatCount(s.samples)} samples`,
    columns: ['quantity', 'value', 'loss of the shadow (nat)'],
    rows: [
      ['loss at the centre (nat)', formatNumber(s.centreLoss, 4), ''],
      ['variance outside the plane', formatShare(s.offPlane), ''],
      ...s.rows.map((r) => [
        `row of step ${formatCount(r.step)}, ${formatShare(r.offPlane)} outside`,
        formatNumber(r.loss, 4),
        formatNumber(r.shadow, 4),
      ]),
      ...(s.batches ?? []).flatMap((b) => [
        [`curvature of a minibatch along PC${b.rank} (nat/weight²)`, formatEstimate(b.curvature), ''],
        ['its spread from batch to batch', formatEstimate(b.curvatureSpread), ''],
        ['spread of the place of its minimum (weight)', formatMarked(b.minimumSpread), ''],
      ]),
    ],
  };
}

/** Lists the numbers of a plane of the motion. */
export function motionTable(r: PotentialResult, p: PlaneOfMotion): NumberTable {
  const three = (v: readonly number[]) => v.map((x) => formatNumber(x)).join(', ');
  return {
    caption: `Motion in ${r.ranks.length} directions at step ${formatCount(r.basis.step)}`,
    columns: ['quantity', 'value'],
    rows: [
      ['covariance by theory: xx, xy, yy (weight²)', three(p.covariance)],
      ['covariance of the window', three(p.measured)],
      ['curvature of the loss: xx, xy, yy (nat/weight²)', three(p.hessian)],
      ['angle between the long axes of potential and loss', `${formatNumber(angleBetween(p), 2)}°`],
      ['circulation (weight² per η·step)', formatNumber(p.circulation)],
      ['measured over expected circulation', formatMarked(r.rotation)],
      ['entropy production (k_B per η·step)', formatNumber(r.entropyProduction)],
      ...(r.dropped.length > 0
        ? [['left out, because no stationary state exists with them', r.dropped.map((d) => `PC${d}`).join(', ')]]
        : []),
      ...r.warnings.map((w, k) => [`remark ${k + 1}`, w]),
    ],
  };
}

/** Lists vortices. */
export const vortexTable = (r: PotentialResult): NumberTable => ({
  caption: 'Vortices, strongest first, and variances',
  columns: ['vortex or direction', 'share of the flux, or theory (weight²)', 'directions, or window (weight²)'],
  rows: [
    ...r.vortices.map((v, k) => [
      `vortex ${k + 1}`,
      formatShare(v.share),
      v.ranks.map((x) => `PC${x.rank} ${formatShare(x.weight, 2)}`).join(', '),
    ]),
    ...r.variances.map((v) => [`PC${v.rank}`, formatNumber(v.theory), formatNumber(v.measured)]),
  ],
});
