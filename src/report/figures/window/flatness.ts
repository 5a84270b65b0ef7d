/** Flatness against rank; directions whose valley does not close are drawn with marks of their own. docs/theory [F1], [F2]. */
import * as Plot from '@observablehq/plot';
import type { DirectionFlatness } from '../../../analyse/trajectory/results.js';
import { formatCount } from '../../format.js';
import { logAxis, logDomain } from '../axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../frame.js';
import { COLOURS } from '../palette.js';

/** Widths along principal directions. */
export interface Widths {
  readonly flatness: { readonly directions: readonly DirectionFlatness[] };
}

export function flatnessByRank({ flatness: f }: Widths): Drawn {
  const name = 'flatness';
  if (f.directions.length === 0) return { name, missing: 'no direction was measured.' };
  const closed = f.directions.flatMap((d) =>
    d.flatness !== null && d.flatness > 0 ? [{ x: d.index, y: d.flatness }] : [],
  );
  const bound = (d: (typeof f.directions)[number]) => Math.abs(d.left ?? d.right ?? NaN);
  const half = f.directions.flatMap((d) => (d.open !== null && bound(d) > 0 ? [{ x: d.index, y: bound(d) }] : []));
  const open = f.directions.filter((d) => d.open === 'both').map((d) => d.index);
  const x = logDomain(
    f.directions.map((d) => d.index),
    0.06,
  );
  const y = logDomain(
    [...closed, ...half].map((p) => p.y),
    0.15,
  );
  const legend: LegendEntry[] = [
    { label: 'width F', mark: 'dot', colour: COLOURS.blue },
    ...(half.length > 0
      ? [{ label: 'one side open: lower bound', mark: 'triangle' as const, colour: COLOURS.orange }]
      : []),
    ...(open.length > 0 ? [{ label: 'open on both sides', mark: 'cross' as const, colour: COLOURS.purple }] : []),
  ];
  return {
    name,
    title: 'Flatness by rank',
    ...drawFigure({
      name,
      title: 'Width of the loss valley along each principal direction against its rank',
      x: logAxis('rank i', x),
      y: logAxis('flatness Fᵢ (weight)', y),
      marks: [
        Plot.dot(closed, { x: 'x', y: 'y', r: 2.6, fill: COLOURS.blue, fillOpacity: 0.8 }),
        Plot.dot(half, { x: 'x', y: 'y', r: 4, symbol: 'triangle', stroke: COLOURS.orange, strokeWidth: 1.5 }),
        Plot.dot(open, {
          x: (i) => i,
          y: () => y[1] * 0.93,
          r: 4,
          symbol: 'times',
          stroke: COLOURS.purple,
          strokeWidth: 1.5,
        }),
      ],
      legend,
    }),
    caption:
      `Width of the valley along ${formatCount(f.directions.length)} principal directions; ${formatCount(closed.length)} closed on both sides.` +
      (half.length + open.length > 0
        ? ` Where the loss never reaches the threshold on one side (${formatCount(half.length)}) the closed half is drawn as a lower bound. ` +
          (open.length > 0
            ? `Those open on both sides (${formatCount(open.length)}) are drawn on the upper edge. `
            : '') +
          'Open directions are excluded from all fits.'
        : ' Every valley is closed within the searched range.'),
  };
}
