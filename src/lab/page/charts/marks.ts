/** Marks that differ in shape as well as in colour, for canvas panels. */

export type Shape = 'dot' | 'ring' | 'square' | 'diamond' | 'triangle' | 'cross';

/** Shapes of the curves of one panel, in their order; further curves begin again. */
export const SHAPES: readonly Shape[] = ['dot', 'square', 'diamond', 'triangle', 'ring', 'cross'];

/** Draws one mark of about `size` pixels at (x, y). */
export function drawMark(
  ctx: CanvasRenderingContext2D,
  shape: Shape,
  x: number,
  y: number,
  size: number,
  colour: string,
): void {
  const r = size / 2;
  ctx.beginPath();
  ctx.fillStyle = colour;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.setLineDash([]);
  switch (shape) {
    case 'dot':
    case 'ring':
      ctx.arc(x, y, r, 0, 2 * Math.PI);
      break;
    case 'square':
      ctx.rect(x - 0.88 * r, y - 0.88 * r, 1.76 * r, 1.76 * r);
      break;
    case 'diamond':
      polygon(ctx, x, y, [0, -1.2, 1.2, 0, 0, 1.2, -1.2, 0], r);
      break;
    case 'triangle':
      polygon(ctx, x, y, [0, -1.15, 1.1, 0.8, -1.1, 0.8], r);
      break;
    case 'cross':
      ctx.moveTo(x - r, y - r);
      ctx.lineTo(x + r, y + r);
      ctx.moveTo(x - r, y + r);
      ctx.lineTo(x + r, y - r);
      break;
  }
  if (shape === 'ring' || shape === 'cross') ctx.stroke();
  else ctx.fill();
}

/** Rings the mark that is pointed at. */
export function drawHalo(ctx: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  ctx.beginPath();
  ctx.setLineDash([]);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  ctx.arc(x, y, 8, 0, 2 * Math.PI);
  ctx.stroke();
}

function polygon(ctx: CanvasRenderingContext2D, x: number, y: number, corners: readonly number[], r: number): void {
  for (let k = 0; k < corners.length; k += 2) {
    const [px, py] = [x + corners[k] * r, y + corners[k + 1] * r];
    if (k === 0) ctx.moveTo(px, py);
    else ctx.lineTo(px, py);
  }
  ctx.closePath();
}
