/** Curves, bands and points with errors on a canvas. */
import type { Frame } from '../../charts/axes.js';

/** Draws a curve through points; gaps where a number is missing. */
export function drawCurve(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  colour: string,
  { width = 2, dash = [] }: { width?: number; dash?: readonly number[] } = {},
): void {
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash([...dash]);
  ctx.lineJoin = 'round';
  ctx.beginPath();
  let down = false;
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(y[i])) {
      down = false;
      continue;
    }
    if (down) ctx.lineTo(frame.x(x[i]), frame.y(y[i]));
    else ctx.moveTo(frame.x(x[i]), frame.y(y[i]));
    down = true;
  }
  ctx.stroke();
  ctx.restore();
}

/** Draws one error bar, from value − error to value + error. */
export function drawError(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  x: number,
  y: number,
  error: number,
  colour: string,
): void {
  if (!(error > 0)) return;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.2;
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(frame.x(x), frame.y(y - error));
  ctx.lineTo(frame.x(x), frame.y(y + error));
  ctx.stroke();
}

/** Draws a vertical line across the frame with a name beside its upper end, or its lower one. */
export function drawUpright(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  x: number,
  colour: string,
  name: string,
  { dash = [], row = 0, low = false }: { dash?: readonly number[]; row?: number; low?: boolean } = {},
): void {
  const at = frame.x(x);
  if (!(at >= frame.left && at <= frame.right)) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.setLineDash([...dash]);
  ctx.beginPath();
  ctx.moveTo(at, frame.top);
  ctx.lineTo(at, frame.bottom);
  ctx.stroke();
  const right = at + ctx.measureText(name).width + 6 < frame.right;
  ctx.textAlign = right ? 'left' : 'right';
  ctx.textBaseline = 'top';
  ctx.fillText(name, at + (right ? 4 : -4), low ? frame.bottom - 18 - 15 * row : frame.top + 4 + 15 * row);
  ctx.restore();
}

/** Returns the smallest and the largest finite number of some lists, widened by a share of their distance. */
export function spanOf(lists: readonly ArrayLike<number>[], margin = 0.05): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const list of lists)
    for (let i = 0; i < list.length; i++)
      if (Number.isFinite(list[i])) {
        low = Math.min(low, list[i]);
        high = Math.max(high, list[i]);
      }
  if (!(high >= low)) return [0, 1];
  const room = (high - low || Math.abs(high) || 1) * margin;
  return [low - room, high + room];
}
