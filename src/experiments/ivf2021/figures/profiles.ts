/** The loss along single principal directions. docs/theory [F1]. */
import * as Plot from '@observablehq/plot';
import type { Analysis } from '../../../analyse/trajectory/results.js';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { spread } from '../../../report/figures/window/displacement.js';
import { formatCount, formatNumber, formatPlain } from '../../../report/format.js';

const MOST_CURVES = 6;

export function lossProfiles({ flatness: f }: Analysis): Drawn {
  const name = 'loss-profiles';
  const usable = f.profiles
    .map((p) => ({
      index: p.index,
      points: p.displacement.map((x, k) => ({ x, y: p.loss[k] })).filter((q) => Number.isFinite(q.x) && q.y > 0),
    }))
    .filter((p) => p.points.length > 1);
  if (usable.length === 0) return { name, missing: 'no loss profile was measured.' };
  const curves = spread(usable, MOST_CURVES);
  const threshold = f.factor * f.centreLoss;
  const crossings = curves.flatMap((c, k) => {
    const d = f.directions.find((e) => e.index === c.index);
    return [d?.left, d?.right].flatMap((x) =>
      typeof x === 'number' ? [{ x, y: threshold, colour: colour(k, curves.length) }] : [],
    );
  });
  const all = curves.flatMap((c) => c.points);
  const top = Math.min(Math.max(...all.map((p) => p.y)), threshold * 30);
  const visible = all.filter((p) => p.y <= top);
  const y = logDomain([...visible.map((p) => p.y), f.centreLoss, threshold], 0.06);
  const x = linearDomain([...visible.map((p) => p.x), ...crossings.map((c) => c.x)]);
  return {
    name,
    title: 'Loss along principal directions',
    ...drawFigure({
      name,
      title: 'Full training loss against displacement along principal directions',
      x: linearAxis('displacement δ along pᵢ (weight)', x),
      y: logAxis('loss (mean per sample)', y),
      marks: [
        Plot.ruleY([threshold], { stroke: COLOURS.ink, strokeDasharray: '6 4' }),
        ...curves.map((c, k) =>
          Plot.line(c.points, { x: 'x', y: 'y', stroke: colour(k, curves.length), strokeWidth: 1.8, clip: true }),
        ),
        Plot.dot(crossings, { x: 'x', y: 'y', r: 3.4, fill: (c) => c.colour, stroke: COLOURS.paper, strokeWidth: 0.8 }),
      ],
      legend: [
        ...curves.map((c, k) => ({ label: `PC ${c.index}`, mark: 'line' as const, colour: colour(k, curves.length) })),
        { label: `${factorName(f.factor)}·L₀`, mark: 'dash' },
        { label: 'crossing', mark: 'dot', colour: COLOURS.muted },
      ],
    }),
    caption:
      `Loss over ${formatCount(f.samples)} training samples when only the coordinate along one direction changes, from the ` +
      `${f.centre === 'mean' ? 'mean weights of the window' : 'last weights of the window'} (L₀ = ${formatNumber(f.centreLoss)}). ` +
      `The distance between the two crossings of the dashed line is the flatness F. A wider valley means a flatter direction.`,
  };
}

const colour = (k: number, n: number): string => rampColour(n === 1 ? 0 : k / (n - 1) - 1e-9);

/** `e` for the usual factor, else its number. */
export const factorName = (factor: number): string => (Math.abs(factor - Math.E) < 1e-9 ? 'e' : formatPlain(factor));
