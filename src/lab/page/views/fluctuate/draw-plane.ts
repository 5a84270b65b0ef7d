/** The plane of learning rate and batch size: the largest stable rate, the noise scale, the line of equal noise, the present point. */
import { formatEstimate, formatPlain } from '../../../../report/format.js';
import type { MeasureResults } from '../../../measures.js';
import { drawAxes, FONT } from '../../charts/axes.js';
import type { Draw, Mark } from '../../charts/draw.js';
import { drawMark } from '../../charts/marks.js';

export interface PlaneData {
  readonly ceiling: MeasureResults['ceiling'] | undefined;
  readonly noise: MeasureResults['noise-scale'] | undefined;
  /** What the sliders say now, and where they stood before, oldest first. */
  readonly now: { readonly learningRate: number; readonly batchSize: number };
  readonly before: readonly { readonly learningRate: number; readonly batchSize: number }[];
}

export const drawPlane: Draw<PlaneData> = (ctx, { ceiling, noise, now, before }, size, theme) => {
  const edge = ceiling && ceiling.edge.value > 0 ? ceiling.edge : undefined;
  const scale = noise && noise.simple.value > 0 ? noise.simple : undefined;
  const rates = [now.learningRate, ...before.map((b) => b.learningRate), ...(edge ? [edge.value] : [])];
  const sizes = [now.batchSize, ...before.map((b) => b.batchSize), ...(scale ? [scale.value] : [])];
  const y: [number, number] = [Math.min(...rates) / 5, Math.max(...rates) * 5];
  const x: [number, number] = [Math.max(0.5, Math.min(...sizes) / 8), Math.max(...sizes) * 8];
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'batch size B (samples)', domain: x, log: true },
    { label: 'learning rate η', domain: y, log: true },
  );
  const marks: Mark[] = [];
  frame.inside(() => {
    ctx.font = FONT;
    if (edge) {
      const at = frame.y(edge.value);
      ctx.fillStyle = theme.orange;
      ctx.globalAlpha = 0.12;
      ctx.fillRect(frame.left, frame.top, frame.right - frame.left, Math.max(0, at - frame.top));
      ctx.globalAlpha = 1;
      rule(ctx, theme.orange, [], 2, frame.left, at, frame.right, at);
      marks.push({ x: frame.right - 30, y: at, label: `Largest stable rate ${formatEstimate(edge)}` });
    }
    if (scale) {
      const at = frame.x(scale.value);
      const [lo, hi] = [scale.value - scale.standardError, scale.value + scale.standardError];
      if (Number.isFinite(lo)) {
        ctx.fillStyle = theme.green;
        ctx.globalAlpha = 0.15;
        const from = lo > 0 ? frame.x(lo) : frame.left;
        ctx.fillRect(from, frame.top, frame.x(hi) - from, frame.bottom - frame.top);
        ctx.globalAlpha = 1;
      }
      rule(ctx, theme.green, [7, 4], 2, at, frame.top, at, frame.bottom);
      marks.push({ x: at, y: frame.bottom - 24, label: `Noise scale ${formatEstimate(scale)} samples` });
    }
    const noiseAt = (b: number) => frame.y((now.learningRate / now.batchSize) * b);
    rule(ctx, theme.muted, [2, 3], 1.5, frame.x(x[0]), noiseAt(x[0]), frame.x(x[1]), noiseAt(x[1]));
    ctx.strokeStyle = theme.purple;
    ctx.lineWidth = 1;
    ctx.setLineDash([]);
    ctx.beginPath();
    for (const b of [...before, now]) ctx.lineTo(frame.x(b.batchSize), frame.y(b.learningRate));
    ctx.stroke();
    for (const b of before) drawMark(ctx, 'ring', frame.x(b.batchSize), frame.y(b.learningRate), 6, theme.purple);
    const [px, py] = [frame.x(now.batchSize), frame.y(now.learningRate)];
    drawMark(ctx, 'diamond', px, py, 13, theme.purple);
    const share = edge ? `, ${formatPlain(now.learningRate / edge.value, 2)} of the largest stable rate` : '';
    marks.unshift({
      x: px,
      y: py,
      label: `Now: η = ${formatPlain(now.learningRate)}, B = ${formatPlain(now.batchSize)}${share}`,
    });
  });
  return marks;
};

function rule(
  ctx: CanvasRenderingContext2D,
  colour: string,
  dash: number[],
  width: number,
  ...[x0, y0, x1, y1]: [number, number, number, number]
): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}
