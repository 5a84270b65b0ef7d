/** Guides for the eye on logarithmic axes: diffusion and drift. */

import type { Theme } from '../theme.js';
import type { Frame } from './axes.js';

/** Draws lines of slope 1 (dotted) and 2 (dashed) from the left, three times above the lower end of y. */
export function drawSlopes(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  theme: Theme,
  x: readonly [number, number],
  y: readonly [number, number],
): void {
  const from = y[0] * 3;
  ctx.strokeStyle = theme.muted;
  ctx.lineWidth = 1;
  for (const [slope, dash] of [
    [1, [2, 3]],
    [2, [8, 4]],
  ] as const) {
    ctx.setLineDash([...dash]);
    ctx.beginPath();
    ctx.moveTo(frame.x(x[0]), frame.y(from));
    ctx.lineTo(frame.x(x[1]), frame.y(from * (x[1] / x[0]) ** slope));
    ctx.stroke();
  }
  ctx.setLineDash([]);
}
