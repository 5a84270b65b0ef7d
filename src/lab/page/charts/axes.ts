/** Axes of canvas panels: scales in pixels, ticks from the same rules as the report's figures, labels that stay inside the panel. */
import { linearTicks, logDomain, logTicks } from '../../../report/figures/axes.js';
import { formatTick } from '../../../report/format.js';
import type { Theme } from '../theme.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface AxisSpec {
  readonly label: string;
  readonly domain: readonly [number, number];
  readonly log?: boolean;
}

/** Maps values to pixels and back within the frame of a panel. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  x(value: number): number;
  y(value: number): number;
  /** The value at a pixel. */
  atX(pixel: number): number;
  atY(pixel: number): number;
  /** Clips what `draw` draws to the frame. */
  inside(draw: () => void): void;
}

/** The domain of a logarithmic axis that leaves 4 % of its length beyond the smallest and the largest positive value. */
export function logDomainOf(values: readonly number[]): [number, number] {
  const [lo, hi] = logDomain(values, 0);
  const pad = (hi / lo) ** 0.04;
  return [lo / pad, hi * pad];
}

export const FONT = '12px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif';

/** Draws grid, ticks and labels, and returns the frame. */
export function drawAxes(
  ctx: CanvasRenderingContext2D,
  size: Size,
  theme: Theme,
  x: AxisSpec,
  y: AxisSpec,
  top = 8,
): Frame {
  ctx.font = FONT;
  const yTicks = ticksOf(y, Math.max(2, Math.floor(size.height / 56)));
  const xTicks = ticksOf(x, Math.max(2, Math.floor(size.width / 90)));
  const yText = labelsOf(yTicks, y.log === true);
  const xText = labelsOf(xTicks, x.log === true);
  const left = Math.ceil(24 + Math.max(0, ...yText.map((t) => ctx.measureText(t).width)));
  const frame = frameOf({ left, top, right: size.width - 14, bottom: size.height - 38 }, x, y, ctx);
  ctx.lineWidth = 1;
  ctx.setLineDash([]);
  ctx.strokeStyle = theme.grid;
  ctx.beginPath();
  for (const t of xTicks) line(ctx, frame.x(t), frame.top, frame.x(t), frame.bottom);
  for (const t of yTicks) line(ctx, frame.left, frame.y(t), frame.right, frame.y(t));
  ctx.stroke();
  ctx.strokeStyle = theme.muted;
  ctx.strokeRect(frame.left + 0.5, frame.top + 0.5, frame.right - frame.left - 1, frame.bottom - frame.top - 1);
  ctx.fillStyle = theme.muted;
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'right';
  for (const [k, t] of yTicks.entries()) ctx.fillText(yText[k], frame.left - 6, frame.y(t));
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  let taken = -Infinity;
  for (const [k, t] of xTicks.entries()) {
    const [at, half] = [frame.x(t), ctx.measureText(xText[k]).width / 2];
    if (at - half < taken + 6 || at + half > size.width) continue;
    ctx.fillText(xText[k], at, frame.bottom + 6);
    taken = at + half;
  }
  ctx.fillStyle = theme.ink;
  fitted(ctx, x.label, (frame.left + frame.right) / 2, size.height - 15, frame.right - frame.left);
  ctx.save();
  ctx.translate(2, (frame.top + frame.bottom) / 2);
  ctx.rotate(-Math.PI / 2);
  fitted(ctx, y.label, 0, 0, frame.bottom - frame.top);
  ctx.restore();
  return frame;
}

function ticksOf(axis: AxisSpec, count: number): number[] {
  return axis.log ? logTicks(axis.domain, Math.max(2, count)) : linearTicks(axis.domain, count);
}

function labelsOf(ticks: readonly number[], log: boolean): string[] {
  const largest = Math.max(0, ...ticks.map(Math.abs));
  const powers = log ? ticks.some((t) => t < 0.9e-2 || t > 1.1e4) : largest < 0.99e-3 || largest >= 1e5;
  return ticks.map((t) => formatTick(t, powers && t !== 0));
}

/** Draws a text, compressed where it would be longer than `most`. */
function fitted(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, most: number): void {
  ctx.fillText(text, x, y, Math.max(40, most));
}

function line(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
  ctx.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
}

function frameOf(
  box: { left: number; top: number; right: number; bottom: number },
  x: AxisSpec,
  y: AxisSpec,
  ctx: CanvasRenderingContext2D,
): Frame {
  const { left, top, right, bottom } = box;
  const [sx, sy] = [scale(x, left, right), scale(y, bottom, top)];
  return {
    ...box,
    x: sx.to,
    y: sy.to,
    atX: sx.back,
    atY: sy.back,
    inside(draw) {
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, top, right - left, bottom - top);
      ctx.clip();
      draw();
      ctx.restore();
    },
  };
}

function scale({ domain, log }: AxisSpec, from: number, to: number) {
  const f = log ? Math.log : (v: number) => v;
  const g = log ? Math.exp : (v: number) => v;
  const [a, b] = [f(domain[0]), f(domain[1])];
  return {
    to: (v: number) => from + ((f(v) - a) / (b - a)) * (to - from),
    back: (p: number) => g(a + ((p - from) / (to - from)) * (b - a)),
  };
}
