/** All eigenvalues of the Hessian of the layer against their rank. docs/theory [S1]. */
import * as Plot from '@observablehq/plot';
import { logAxis, logDomain, thinLog } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatNumber } from '../../../report/format.js';
import type { Ao2022Results } from '../measured.js';

/** Draws the sizes of the eigenvalues, positive and negative ones apart. */
export function hessianSpectrum({
  modes,
  subspaces,
  setting,
}: Pick<Ao2022Results, 'modes' | 'subspaces' | 'setting'>): Drawn {
  const name = 'hessian-spectrum';
  const all = modes.curvature;
  const kept = thinLog(all.length).map((k) => ({ rank: k + 1, h: all[k] }));
  const positive = kept.filter((p) => p.h > 0);
  if (positive.length < 2) return { name, missing: 'fewer than two eigenvalues are positive.' };
  const below = all
    .filter((h) => h < 0)
    .map((h) => -h)
    .sort((a, b) => b - a);
  const negative = thinLog(below.length).map((k) => ({ rank: k + 1, h: below[k] }));
  const { resolved, settled } = subspaces;
  const ends = [
    { rank: settled, label: 'settled', colour: COLOURS.green },
    { rank: resolved, label: 'above rounding', colour: COLOURS.muted },
  ].filter((e) => e.rank > 0 && e.rank < all.length);
  const trace = all.reduce((s, h) => s + h, 0);
  return {
    name,
    title: 'Spectrum of the Hessian',
    ...drawFigure({
      name,
      title: 'Eigenvalues of the Hessian of the layer against their rank',
      x: logAxis('rank', logDomain([1, all.length], 0.05)),
      y: logAxis(
        'eigenvalue h (loss/weight²)',
        logDomain(
          [...positive, ...negative].map((p) => p.h),
          0.1,
        ),
      ),
      marks: [
        ...ends.map((e) => Plot.ruleX([e.rank], { stroke: e.colour, strokeDasharray: '3 2', strokeWidth: 1.4 })),
        Plot.dot(negative, { x: 'rank', y: 'h', r: 2.2, stroke: COLOURS.orange, strokeWidth: 1 }),
        Plot.dot(positive, { x: 'rank', y: 'h', r: 2.2, fill: COLOURS.blue }),
      ],
      legend: [
        { label: 'positive', mark: 'dot', colour: COLOURS.blue },
        ...(negative.length > 0 ? [{ label: 'negative, −h', mark: 'ring' as const, colour: COLOURS.orange }] : []),
        ...ends.map((e) => ({ label: `last ${e.label}`, mark: 'rule' as const, colour: e.colour })),
      ],
    }),
    caption:
      `The ${formatCount(all.length)} eigenvalues of the Hessian of ${setting.layer} at the ${setting.centre === 'mean' ? 'mean' : 'last'} weights of the window, thinned for drawing; ` +
      `${formatCount(resolved)} lie above rounding, ${formatCount(settled)} of them are settled. ${below.length > 0 ? `${formatCount(below.length)} are negative, ranked by size. ` : ''}Trace ${formatNumber(trace)}, largest ${formatNumber(all[0])}.`,
  };
}
