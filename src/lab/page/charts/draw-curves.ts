/** The curves of a line chart on any drawing context, for documents: the same points as on the page, extremes of each pixel kept. */
import { logDomain } from '../../../report/figures/axes.js';
import type { Theme } from '../theme.js';
import type { Size } from './axes.js';
import { drawAxes } from './axes.js';
import type { LegendEntry } from './legend.js';
import { drawMark, type Shape } from './marks.js';
import type { Series } from './series.js';

/** What is drawn of a curve. */
interface Curve extends LegendEntry {
  readonly series: Series;
  readonly stepped?: boolean;
}

/** What is drawn of a chart. */
interface Chart {
  readonly curves: readonly Curve[];
  readonly yLabel: string;
  readonly log?: boolean;
  readonly flags?: readonly { readonly at: number }[];
  readonly range: { peek(): readonly [number, number] | undefined };
}

/** All points of the curves, by label: exact, none left out. */
export function pointsOf(curves: readonly Curve[]): Record<string, { step: Float64Array; value: Float64Array }> {
  return Object.fromEntries(
    curves.map(({ label, series }) => [
      label,
      {
        step: Float64Array.from({ length: series.length }, (_, i) => series.x(i)),
        value: Float64Array.from({ length: series.length }, (_, i) => series.y(i)),
      },
    ]),
  );
}

const POINTS: readonly string[] = ['dot', 'ring', 'square', 'diamond', 'triangle', 'cross'] satisfies Shape[];

export function drawCurves(
  ctx: CanvasRenderingContext2D,
  { curves, yLabel, log = false, flags = [], range }: Chart,
  size: Size,
  theme: Theme,
): void {
  const end = Math.max(1, ...curves.map((c) => (c.series.length > 0 ? c.series.x(c.series.length - 1) : 0)));
  const [from, to] = range.peek() ?? [0, end];
  const thinned = curves.map((c) => c.series.thinned(from, to, size.width, log));
  const values = thinned.flatMap((t) =>
    t.y.filter((v, k): v is number => v !== null && t.x[k] >= from && t.x[k] <= to),
  );
  if (values.length === 0) return;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || Math.abs(high) || 1) * 0.05;
  const domain: readonly [number, number] = log ? logDomain(values) : [low - margin, high + margin];
  const frame = drawAxes(ctx, size, theme, { label: 'step', domain: [from, to] }, { label: yLabel, domain, log });
  frame.inside(() => {
    for (const flag of flags) {
      ctx.strokeStyle = theme.muted;
      ctx.lineWidth = 1;
      ctx.setLineDash([3, 3]);
      ctx.beginPath();
      ctx.moveTo(frame.x(flag.at), frame.top);
      ctx.lineTo(frame.x(flag.at), frame.bottom);
      ctx.stroke();
    }
    for (const [k, { colour, mark, stepped }] of curves.entries()) {
      const { x, y } = thinned[k];
      ctx.strokeStyle = theme[colour];
      ctx.lineWidth = colour === 'muted' ? 1 : 2;
      ctx.setLineDash(mark === 'dash' ? [6, 4] : mark === 'dots' ? [2, 3] : []);
      ctx.beginPath();
      let [drawing, before] = [false, 0];
      for (const [i, value] of y.entries()) {
        if (value === null) {
          drawing = false;
          continue;
        }
        const [px, py] = [frame.x(x[i]), frame.y(value)];
        if (!drawing) ctx.moveTo(px, py);
        else if (stepped) ctx.lineTo(px, before);
        ctx.lineTo(px, py);
        [drawing, before] = [true, py];
      }
      ctx.stroke();
      ctx.setLineDash([]);
      if (!POINTS.includes(mark)) continue;
      for (const [i, value] of y.entries())
        if (value !== null) drawMark(ctx, mark as Shape, frame.x(x[i]), frame.y(value), 6, theme[colour]);
    }
  });
}
