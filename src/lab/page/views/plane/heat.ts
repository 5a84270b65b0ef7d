/** Values on a grid of cells as a picture: paper where they are 0, one hue that grows stronger with the value. */
import type { Frame } from '../../charts/axes.js';
import { contour } from './contours.js';

/** A grid of cells that fills a frame from its left to its right side and from its bottom to its top. */
export interface Cells {
  readonly nx: number;
  readonly ny: number;
  readonly values: ArrayLike<number>;
}

let sheet: HTMLCanvasElement | undefined;

/** Fills the frame with the cells; `share` maps a value to 0 … 1. */
export function drawHeat(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  cells: Cells,
  colour: string,
  share: (v: number) => number,
): void {
  const { nx, ny, values } = cells;
  sheet ??= document.createElement('canvas');
  [sheet.width, sheet.height] = [nx, ny];
  const inner = sheet.getContext('2d');
  if (!inner) return;
  const picture = inner.createImageData(nx, ny);
  const [r, g, b] = [1, 3, 5].map((k) => Number.parseInt(colour.slice(k, k + 2), 16));
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < nx; i++) {
      const at = 4 * (i + nx * (ny - 1 - j));
      const s = share(values[i + nx * j]);
      picture.data.set([r, g, b, Number.isFinite(s) ? Math.round(255 * Math.min(1, Math.max(0, s))) : 0], at);
    }
  inner.putImageData(picture, 0, 0);
  ctx.imageSmoothingEnabled = true;
  ctx.drawImage(sheet, frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
}

/** Draws lines of equal value, one for each level. */
export function drawContours(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  cells: Cells,
  levels: readonly number[],
  colour: string,
  dash: readonly number[] = [],
): void {
  const { nx, ny, values } = cells;
  const x = (u: number) => frame.left + ((u + 0.5) / nx) * (frame.right - frame.left);
  const y = (v: number) => frame.bottom - ((v + 0.5) / ny) * (frame.bottom - frame.top);
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.setLineDash([...dash]);
  ctx.beginPath();
  for (const level of levels) {
    const s = contour(values, nx, ny, level);
    for (let k = 0; k < s.length; k += 4) {
      ctx.moveTo(x(s[k]), y(s[k + 1]));
      ctx.lineTo(x(s[k + 2]), y(s[k + 3]));
    }
  }
  ctx.stroke();
  ctx.restore();
}

/** Hatches the cells whose value is 1. */
export function drawHatch(ctx: CanvasRenderingContext2D, frame: Frame, cells: Cells, colour: string): void {
  const { nx, ny, values } = cells;
  const [w, h] = [(frame.right - frame.left) / nx, (frame.bottom - frame.top) / ny];
  ctx.save();
  ctx.beginPath();
  for (let j = 0; j < ny; j++)
    for (let i = 0; i < nx; i++) {
      if (values[i + nx * j] !== 1) continue;
      let end = i;
      while (end + 1 < nx && values[end + 1 + nx * j] === 1) end++;
      ctx.rect(frame.left + i * w, frame.bottom - (j + 1) * h, (end - i + 1) * w, h + 0.5);
      i = end;
    }
  ctx.clip();
  ctx.beginPath();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  ctx.setLineDash([]);
  const height = frame.bottom - frame.top;
  for (let x = frame.left - height; x < frame.right; x += 9) {
    ctx.moveTo(x, frame.bottom);
    ctx.lineTo(x + height, frame.top);
  }
  ctx.stroke();
  ctx.restore();
}
