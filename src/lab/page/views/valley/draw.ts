/** The pictures of the view Valley: pure functions of a frame, a size and a theme. */

import { formatNumber } from '../../../../report/format.js';
import type { ValleyFrame } from '../../../engine/valley/frame.js';
import { drawAxes } from '../../charts/axes.js';
import type { Draw, Mark } from '../../charts/draw.js';
import { drawMark } from '../../charts/marks.js';
import { levelsOf } from '../plane/contours.js';
import { drawContours, drawHatch, drawHeat } from '../plane/heat.js';
import { drawCurve, drawError, drawUpright, spanOf } from '../plane/lines.js';

/** What each picture needs of a frame; it is also what is saved with the picture. */
export const NEEDS = {
  particles: ['state', 'size', 'points', 'grid', 'density', 'loss', 'growing', 'potential'],
  histogram: ['state', 'bars', 'x', 'marginal', 'stationary'],
  potential: ['state', 'size', 'potential', 'bars', 'marginal', 'stationary'],
  bound: ['state', 'bound', 'diverged', 'particles'],
  curvature: ['state', 'series'],
  freezing: ['state', 'series', 'freezing', 'time'],
} as const satisfies Readonly<Record<string, readonly (keyof ValleyFrame)[]>>;

export type PictureName = keyof typeof NEEDS;

type Part<K extends PictureName> = Pick<ValleyFrame, (typeof NEEDS)[K][number]>;

/** Returns the part of a frame that a picture needs. */
export function partOf<K extends PictureName>(name: K, f: ValleyFrame): Part<K> {
  return Object.fromEntries(NEEDS[name].filter((key) => key in f).map((key) => [key, f[key]])) as Part<K>;
}

const peak = (values: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > most) most = values[i];
  return most;
};

/** Particles over the density and lines of equal loss; in one dimension over the loss itself. */
const drawParticles: Draw<Part<'particles'>> = (ctx, f, size, theme) => {
  const [x0, x1, y0, y1] = f.state.box;
  if (f.size === 1) {
    const { x, loss } = f.potential;
    const y = spanOf([loss], 0.08);
    const frame = drawAxes(
      ctx,
      size,
      theme,
      { label: 'x (weight)', domain: [x0, x1] },
      { label: 'loss (nat)', domain: y },
    );
    frame.inside(() => {
      drawHatch(ctx, frame, { nx: f.grid.nx, ny: 1, values: f.growing }, theme.orange);
      drawCurve(ctx, frame, x, loss, theme.ink);
      ctx.fillStyle = theme.orange;
      const h = x[1] - x[0];
      for (let k = 0; k < f.points.length; k += 2) {
        const at = f.points[k];
        const i = Math.min(x.length - 1, Math.max(0, Math.round((at - x[0]) / h)));
        // particles that would hide one another lie in rows above the curve
        ctx.fillRect(frame.x(at) - 1, frame.y(loss[i]) - 4 - ((k / 2) % 40) * 1.6, 2, 2);
      }
    });
    return [];
  }
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'x along (weight)', domain: [x0, x1] },
    { label: 'y across (weight)', domain: [y0, y1] },
  );
  const cells = (values: ArrayLike<number>) => ({ ...f.grid, values });
  const most = peak(f.density);
  frame.inside(() => {
    drawHeat(ctx, frame, cells(f.density), theme.blue, (v) => 0.85 * Math.sqrt(v / most));
    drawContours(ctx, frame, cells(f.loss), levelsOf(f.loss, 9), theme.muted);
    drawHatch(ctx, frame, cells(f.growing), theme.orange);
    ctx.fillStyle = theme.orange;
    for (let k = 0; k < f.points.length; k += 2)
      ctx.fillRect(frame.x(f.points[k]) - 0.9, frame.y(f.points[k + 1]) - 0.9, 1.8, 1.8);
  });
  return [];
};

/** The histogram of x with its errors, the density now and the stationary one. */
const drawHistogram: Draw<Part<'histogram'>> = (ctx, f, size, theme) => {
  const { edges, density, errors, counts } = f.bars;
  const top = Math.max(...density.map((d, k) => d + errors[k]), f.stationary ? peak(f.stationary) : 0) * 1.08 || 1;
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'x (weight)', domain: [f.state.box[0], f.state.box[1]] },
    { label: 'density of x (1/weight)', domain: [0, top] },
  );
  const marks: Mark[] = [];
  frame.inside(() => {
    ctx.fillStyle = theme.orange;
    ctx.globalAlpha = 0.22;
    for (let k = 0; k < density.length; k++)
      ctx.fillRect(
        frame.x(edges[k]),
        frame.y(density[k]),
        frame.x(edges[k + 1]) - frame.x(edges[k]),
        frame.bottom - frame.y(density[k]),
      );
    ctx.globalAlpha = 1;
    if (f.stationary) drawCurve(ctx, frame, f.x, f.stationary, theme.muted, { dash: [6, 4] });
    drawCurve(ctx, frame, f.x, f.marginal, theme.blue);
    for (let k = 0; k < density.length; k++) {
      const middle = (edges[k] + edges[k + 1]) / 2;
      if (counts[k] === 0) continue;
      drawError(ctx, frame, middle, density[k], errors[k], theme.orange);
      drawMark(ctx, 'dot', frame.x(middle), frame.y(density[k]), 5, theme.orange);
      marks.push({
        x: frame.x(middle),
        y: frame.y(density[k]),
        label: `x = ${formatNumber(middle)}: ${formatNumber(density[k])} ± ${formatNumber(errors[k], 2)} per weight, ${counts[k]} particles`,
      });
    }
  });
  return marks;
};

/** The loss on the floor and the effective potential by three ways. */
const drawPotential: Draw<Part<'potential'>> = (ctx, f, size, theme) => {
  const { x, loss, marginal, floor, theory, unit } = f.potential;
  const { edges, density, errors, counts, n } = f.bars;
  const points = density.map((d) => (d > 0 ? -unit * Math.log(d) : Number.NaN));
  const reach = 12 * unit;
  const lift = marginal
    ? -unit * Math.log(peak(f.stationary ?? f.marginal))
    : Math.min(...points.filter(Number.isFinite));
  const shifted = points.map((p) => p - lift);
  const lists = [marginal, theory?.marginal, shifted].filter((l) => l !== undefined);
  const top = Math.min(reach, Math.max(...lists.map((l) => spanOf([l], 0)[1]))) || 1;
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'x (weight)', domain: [f.state.box[0], f.state.box[1]] },
    { label: 'energy (nat)', domain: [-0.06 * top, 1.05 * top] },
  );
  const marks: Mark[] = [];
  frame.inside(() => {
    drawCurve(ctx, frame, x, loss, theme.muted, { dash: [2, 3] });
    if (f.size === 2 && floor) drawCurve(ctx, frame, x, floor, theme.green, { width: 1.5, dash: [10, 3, 2, 3] });
    if (marginal) drawCurve(ctx, frame, x, marginal, theme.blue);
    if (theory) drawCurve(ctx, frame, x, theory.marginal, theme.purple, { dash: [6, 4] });
    for (let k = 0; k < shifted.length; k++) {
      if (counts[k] < 1) continue;
      const middle = (edges[k] + edges[k + 1]) / 2;
      const error = (unit * errors[k]) / density[k];
      drawError(ctx, frame, middle, shifted[k], error, theme.orange);
      drawMark(ctx, 'dot', frame.x(middle), frame.y(shifted[k]), 5, theme.orange);
      marks.push({
        x: frame.x(middle),
        y: frame.y(shifted[k]),
        label: `x = ${formatNumber(middle)}: ${formatNumber(shifted[k])} ± ${formatNumber(error, 2)} nat of ${n} particles`,
      });
    }
  });
  return marks;
};

/** The learning rate between its bounds, with the share of particles that diverged. */
const drawBound: Draw<Part<'bound'>> = (ctx, f, size, theme) => {
  const { eta } = f.state;
  const { meanSquare, almostSure } = f.bound;
  const finite = [eta, meanSquare, almostSure].filter(Number.isFinite);
  const domain = [Math.min(...finite) / 3, Math.max(...finite) * 3] as const;
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'learning rate eta', domain, log: true },
    { label: 'diverged (share)', domain: [-0.05, 1.05] },
  );
  const share = f.diverged / f.particles;
  const [x, y] = [frame.x(eta), frame.y(share)];
  // the names lie where the diamond is not
  const low = share > 0.5;
  frame.inside(() => {
    if (Number.isFinite(almostSure)) {
      ctx.fillStyle = theme.orange;
      ctx.globalAlpha = 0.12;
      ctx.fillRect(frame.x(meanSquare), frame.top, frame.right - frame.x(meanSquare), frame.bottom - frame.top);
      ctx.globalAlpha = 1;
      drawUpright(ctx, frame, meanSquare, theme.ink, 'mean square', { dash: [6, 4], low });
      if (almostSure > 1.02 * meanSquare)
        drawUpright(ctx, frame, almostSure, theme.ink, 'almost surely', { row: 1, low });
    }
    drawMark(ctx, 'diamond', x, y, 11, theme.blue);
  });
  return [{ x, y, label: `eta = ${formatNumber(eta)}: ${formatNumber(100 * share)} % of the particles diverged` }];
};

/** The curvature that particles see, over time. */
const drawCurvature: Draw<Part<'curvature'>> = (ctx, f, size, theme) => {
  const { time, curvature } = f.series;
  const y = spanOf([curvature]);
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'time (eta·steps)', domain: [0, Math.max(time[time.length - 1] ?? 0, f.state.eta * 10)] },
    { label: 'mean curvature (nat/weight²)', domain: [Math.max(0, y[0]), y[1]] },
  );
  frame.inside(() => drawCurve(ctx, frame, time, curvature, theme.orange));
  return [];
};

/** The share of particles in the right well: measured and predicted. */
const drawFreezing: Draw<Part<'freezing'>> = (ctx, f, size, theme) => {
  const { time, right } = f.series;
  const z = f.freezing!;
  const end = Math.max(1.25 * f.time, f.state.eta * 100, Math.min(2 * (z.freezesAt ?? 0), 4 * f.time));
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'time (eta·steps)', domain: [0, end] },
    { label: 'share in the right well', domain: [0, 1.05] },
  );
  frame.inside(() => {
    drawCurve(ctx, frame, z.time, z.course, theme.blue, { dash: [6, 4] });
    drawCurve(ctx, frame, time, right, theme.orange);
    if (z.freezesAt !== undefined)
      drawUpright(ctx, frame, z.freezesAt, theme.ink, 'predicted freezing', { dash: [2, 3] });
    drawError(ctx, frame, f.time, z.share.value, z.share.standardError, theme.orange);
    drawMark(ctx, 'dot', frame.x(f.time), frame.y(z.share.value), 7, theme.orange);
  });
  return [
    {
      x: frame.x(f.time),
      y: frame.y(z.share.value),
      label: `${formatNumber(z.share.value)} ± ${formatNumber(z.share.standardError, 2)} measured, ${formatNumber(z.predicted)} predicted`,
    },
  ];
};

/** All pictures by name. */
export const PICTURES: { readonly [K in PictureName]: Draw<Part<K>> } = {
  particles: drawParticles,
  histogram: drawHistogram,
  potential: drawPotential,
  bound: drawBound,
  curvature: drawCurvature,
  freezing: drawFreezing,
};
