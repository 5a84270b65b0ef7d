/** Learning rates at which short runs become unstable and diverge, against batch size, with the ceilings predicted from curvature. [V4], [R6]. */
import * as Plot from '@observablehq/plot';
import { logAxis, logDomain } from '../../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../../report/figures/frame.js';
import { COLOURS } from '../../../../report/figures/palette.js';
import { formatCount } from '../../../../report/format.js';
import { type CeilingRow, PREDICTIONS } from '../ceilings.js';

const BOUNDS = [
  ['edge', COLOURS.muted],
  ['meanSquare', COLOURS.blue],
  ['coupled', COLOURS.green],
] as const;

export function ceilingFigure(rows: readonly CeilingRow[], start: CeilingRow['start']): Drawn {
  const name = `valley-network-ceiling-${start}`;
  const own = rows.filter((r) => r.start === start && Number.isFinite(r.unstable.value));
  if (own.length < 2) return { name, missing: 'fewer than two batch sizes have a threshold.' };
  const seeds = own.flatMap((r) =>
    r.seeds.flatMap((s) => [
      { x: r.batchSize * 0.96, y: s.unstable, colour: COLOURS.orange },
      { x: r.batchSize * 1.04, y: s.diverged, colour: COLOURS.purple },
    ]),
  );
  const means = own.flatMap((r) => [
    { x: r.batchSize * 0.96, e: r.unstable, colour: COLOURS.orange },
    { x: r.batchSize * 1.04, e: r.diverged, colour: COLOURS.purple },
  ]);
  const lines = BOUNDS.map(([of, stroke]) => ({
    stroke,
    points: own.map((r) => ({ x: r.batchSize, y: r.predicted[of].value })),
  }));
  const values = [
    ...seeds.map((s) => s.y),
    ...lines.flatMap((l) => l.points.map((p) => p.y)),
    ...means.flatMap(({ e }) => [e.value - (e.standardError || 0), e.value + (e.standardError || 0)]),
  ];
  const domain = logDomain(values);
  const clip = (v: number) => Math.min(domain[1], Math.max(domain[0], v));
  const from = start === 'trained' ? 'a solution' : 'the initial weights';
  return {
    name,
    title: `Where runs from ${from} become unstable`,
    ...drawFigure({
      name,
      title: `Learning rates of instability and divergence from ${from} against batch size, with predicted ceilings`,
      width: 700,
      x: logAxis('batch size B', logDomain(own.map((r) => r.batchSize))),
      y: logAxis('learning rate η', domain),
      legend: [
        { label: 'unstable', mark: 'dot', colour: COLOURS.orange },
        { label: 'diverged', mark: 'dot', colour: COLOURS.purple },
        ...BOUNDS.map(([of, colour]) => ({
          label: PREDICTIONS[of].replace('eta', 'η'),
          mark: 'line' as const,
          colour,
        })),
      ],
      marks: [
        ...lines.map((l) => Plot.line(l.points, { x: 'x', y: 'y', stroke: l.stroke, strokeWidth: 1.8 })),
        Plot.dot(
          seeds.filter((s) => Number.isFinite(s.y)),
          { x: 'x', y: 'y', r: 1.8, fill: 'colour', fillOpacity: 0.6 },
        ),
        Plot.ruleX(
          means.filter(({ e }) => Number.isFinite(e.standardError)),
          {
            x: 'x',
            y1: ({ e }) => clip(e.value - e.standardError),
            y2: ({ e }) => clip(e.value + e.standardError),
            stroke: 'colour',
            strokeWidth: 1.8,
          },
        ),
        Plot.dot(
          means.filter(({ e }) => Number.isFinite(e.value)),
          { x: 'x', y: (m) => m.e.value, r: 4, fill: 'colour' },
        ),
      ],
    }),
    caption: `Small dots are seeds, large ones their means with one standard error over ${formatCount(Math.max(...own.map((r) => r.seeds.length)))} seeds; lines are means of the predictions from the curvature at the start. Unstable runs may recover in a flatter place; diverged ones do not.`,
  };
}
