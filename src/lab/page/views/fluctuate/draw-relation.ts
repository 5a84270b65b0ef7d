/** Variance against width of the valley along each direction, with the line that was fitted, on logarithmic axes. */

import type { PowerLaw } from '../../../../analyse/trajectory/results.js';
import { formatNumber } from '../../../../report/format.js';
import type { ControlResult, FlatnessPart } from '../../../measures.js';
import { drawAxes, type Frame, logDomainOf } from '../../charts/axes.js';
import type { Draw, Mark } from '../../charts/draw.js';
import { drawHalo, drawMark, type Shape } from '../../charts/marks.js';
import type { Theme } from '../../theme.js';

export type Shown = ControlResult['name'];

export interface RelationData {
  readonly parts: readonly FlatnessPart[];
  readonly fit: PowerLaw | undefined;
  /** The control whose points lie over those of the same window. */
  readonly control: ControlResult | undefined;
}

/** Shape and colour of the points of each control. */
export const LOOKS: Readonly<Record<Shown, readonly [Shape, 'blue' | 'orange' | 'green' | 'purple']>> = {
  same: ['dot', 'blue'],
  half: ['square', 'orange'],
  hessian: ['triangle', 'green'],
  walk: ['diamond', 'purple'],
};

export const drawRelation: Draw<RelationData> = (ctx, { parts, fit, control }, size, theme, lit) => {
  const closed = parts.filter((p) => p.direction.flatness !== null && p.direction.variance > 0);
  const widths = [...closed.map((p) => p.direction.flatness!), ...(control?.flatness ?? [])];
  const variances = [...closed.map((p) => p.direction.variance), ...(control?.variance ?? [])];
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'width of the valley Fᵢ (weight)', domain: logDomainOf(widths), log: true },
    { label: 'variance σᵢ² (weight²)', domain: logDomainOf(variances), log: true },
  );
  const marks: Mark[] = [];
  frame.inside(() => {
    ctx.globalAlpha = control ? 0.35 : 1;
    if (fit) drawLine(ctx, frame, theme, fit.exponent.value, fit.intercept.value, widths, 'blue');
    for (const { direction: d } of closed) {
      const [x, y] = [frame.x(d.flatness!), frame.y(d.variance)];
      drawMark(ctx, 'dot', x, y, 7, theme.blue);
      const label = `PC${d.index}: F = ${formatNumber(d.flatness)}, σ² = ${formatNumber(d.variance)}`;
      marks.push({ x, y, rank: d.index, label });
    }
    ctx.globalAlpha = 1;
    if (control) drawControl(ctx, frame, theme, control, widths, marks);
  });
  const at = marks.find((m) => m.rank === lit && lit !== undefined);
  if (at) drawHalo(ctx, at.x, at.y, theme.ink);
  return marks;
};

function drawControl(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  theme: Theme,
  control: ControlResult,
  widths: readonly number[],
  marks: Mark[],
): void {
  const [shape, colour] = LOOKS[control.name];
  for (const [k, F] of control.flatness.entries()) {
    const [x, y] = [frame.x(F), frame.y(control.variance[k])];
    drawMark(ctx, shape, x, y, 8, theme[colour]);
    marks.push({ x, y, label: `${control.words}: F = ${formatNumber(F)}, σ² = ${formatNumber(control.variance[k])}` });
  }
  if (!Number.isFinite(control.psi.value)) return;
  // the line of this slope through the middle of the points
  const log = (v: readonly number[]) => v.reduce((sum, x) => sum + Math.log10(x), 0) / v.length;
  const intercept = log(control.variance) + control.psi.value * log(control.flatness);
  drawLine(ctx, frame, theme, -control.psi.value, intercept, widths, colour);
}

function drawLine(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  theme: Theme,
  exponent: number,
  intercept: number,
  widths: readonly number[],
  colour: 'blue' | 'orange' | 'green' | 'purple',
): void {
  if (!Number.isFinite(exponent) || widths.length === 0) return;
  const ends = [Math.min(...widths), Math.max(...widths)];
  ctx.strokeStyle = theme[colour];
  ctx.lineWidth = 2;
  ctx.setLineDash(colour === 'blue' ? [] : [7, 4]);
  ctx.beginPath();
  for (const F of ends) ctx.lineTo(frame.x(F), frame.y(10 ** (intercept + exponent * Math.log10(F))));
  ctx.stroke();
}
