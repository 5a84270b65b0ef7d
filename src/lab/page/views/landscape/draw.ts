/** The pictures of the view Landscape. */
import { formatNumber } from '../../../../report/format.js';
import type { PlaneOfMotion, PotentialResult, SliceResult, SliceRow } from '../../../landscape-results.js';
import type { FlatnessPart } from '../../../measures.js';
import { drawAxes, type Frame } from '../../charts/axes.js';
import type { Draw, Mark } from '../../charts/draw.js';
import { drawHalo, drawMark } from '../../charts/marks.js';
import type { Theme } from '../../theme.js';
import { levelsOf } from '../plane/contours.js';
import { drawContours, drawHeat } from '../plane/heat.js';
import { drawCurve, spanOf } from '../plane/lines.js';
import { currentAt, half, inverse, reachOf } from './motion.js';

/** A slice as far as it is measured. */
export interface SliceData {
  readonly result: SliceResult | undefined;
  readonly rows: readonly SliceRow[];
}

/** Profiles of the loss along each direction, over the displacement; the one that is pointed at is strong. */
export const drawProfiles: Draw<readonly FlatnessPart[]> = (ctx, parts, size, theme, lit) => {
  const first = Math.max(...parts.map((p) => p.direction.index), 2);
  const base = parts.map((p) => p.profile.loss.reduce((m, v) => Math.min(m, v), Number.POSITIVE_INFINITY));
  const low = Math.min(...base);
  const widest = parts.reduce((m, p) => Math.max(m, ...p.profile.displacement.map(Math.abs)), 0) || 1;
  const top = Math.max(...parts.map((p) => spanOf([p.profile.loss], 0)[1]));
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'displacement δ along the direction (weight)', domain: [-widest, widest] },
    { label: 'loss (nat)', domain: [low - 0.05 * (top - low), top + 0.05 * (top - low)] },
  );
  const marks: Mark[] = [];
  frame.inside(() => {
    for (const { direction: d, profile } of parts) {
      const on = d.index === lit;
      const colour = theme.ramp(Math.log(d.index) / Math.log(first));
      ctx.globalAlpha = lit === undefined || on ? 1 : 0.35;
      drawCurve(ctx, frame, profile.displacement, profile.loss, on ? theme.ink : colour, { width: on ? 3 : 1.4 });
      ctx.globalAlpha = 1;
      for (const side of [d.left, d.right]) {
        if (side === null) continue;
        const y = frame.y(valueAt(profile.displacement, profile.loss, side));
        drawMark(ctx, 'dot', frame.x(side), y, on ? 8 : 5, on ? theme.ink : colour);
        marks.push({
          x: frame.x(side),
          y,
          rank: d.index,
          label: `PC${d.index}: the loss is e times that of the centre at δ = ${formatNumber(side)}; F = ${formatNumber(d.flatness)}`,
        });
      }
    }
  });
  return marks;
};

function valueAt(x: readonly number[], y: readonly number[], at: number): number {
  for (let i = 0; i + 1 < x.length; i++)
    if (at <= x[i + 1] && at >= x[i]) return y[i] + ((at - x[i]) / (x[i + 1] - x[i])) * (y[i + 1] - y[i]);
  return y[y.length - 1];
}

/** The loss on a plane with the path of the window. */
export const drawSlice: Draw<SliceData> = (ctx, { result, rows }, size, theme, lit) => {
  if (!result) return drawRows(ctx, rows, size, theme);
  const { x, y, values, path, ranks } = result;
  const end = (v: Float64Array) => v[v.length - 1] + (v[v.length - 1] - v[0]) / (2 * (v.length - 1));
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: `PC${ranks[0]} (weight)`, domain: [-end(x), end(x)] },
    { label: `PC${ranks[1]} (weight)`, domain: [-end(y), end(y)] },
  );
  const cells = { nx: x.length, ny: y.length, values };
  const [low, high] = spanOf([values], 0);
  const T = path.x.length;
  frame.inside(() => {
    drawHeat(ctx, frame, cells, theme.purple, (v) => 0.6 * Math.sqrt((v - low) / (high - low)));
    drawContours(ctx, frame, cells, levelsOf(values, 10), theme.muted);
    drawAxisOf(ctx, frame, theme, lit, ranks);
    ctx.globalAlpha = 0.75;
    drawCurve(ctx, frame, path.x, path.y, theme.orange, { width: 1 });
    ctx.globalAlpha = 1;
    drawMark(ctx, 'cross', frame.x(0), frame.y(0), 10, theme.ink);
    drawMark(ctx, 'ring', frame.x(path.x[0]), frame.y(path.y[0]), 8, theme.orange);
    drawMark(ctx, 'dot', frame.x(path.x[T - 1]), frame.y(path.y[T - 1]), 8, theme.orange);
  });
  const mark = (px: number, py: number, label: string, rank?: number): Mark => ({
    x: frame.x(px),
    y: frame.y(py),
    label,
    ...(rank !== undefined && { rank }),
  });
  return [
    mark(0, 0, `mean of the window: ${formatNumber(result.centreLoss)} nat`),
    mark(path.x[0], path.y[0], `first row, step ${path.steps[0]}`),
    mark(path.x[T - 1], path.y[T - 1], `last row, step ${path.steps[T - 1]}`),
    mark(0.9 * end(x), 0, `direction ${ranks[0]}`, ranks[0]),
    mark(0, 0.9 * end(y), `direction ${ranks[1]}`, ranks[1]),
  ];
};

/** While the plane is being measured: the rows that are there, in units of the grid. */
function drawRows(
  ctx: CanvasRenderingContext2D,
  rows: readonly SliceRow[],
  size: { width: number; height: number },
  theme: Theme,
): readonly Mark[] {
  const n = rows[0]?.values.length ?? 21;
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'point along the first direction', domain: [0, n] },
    { label: 'row along the second', domain: [0, n] },
  );
  const values = new Float64Array(n * n).fill(Number.NaN);
  for (const r of rows) values.set(r.values, r.row * n);
  const [low, high] = spanOf([values], 0);
  frame.inside(() =>
    drawHeat(ctx, frame, { nx: n, ny: n, values }, theme.purple, (v) => 0.6 * Math.sqrt((v - low) / (high - low))),
  );
  return [];
}

/** Draws the axis of the direction that is pointed at, where it is one of the plane. */
function drawAxisOf(
  ctx: CanvasRenderingContext2D,
  frame: Frame,
  theme: Theme,
  lit: number | undefined,
  ranks: readonly [number, number],
): void {
  const k = ranks.indexOf(lit as number);
  if (lit === undefined || k < 0) return;
  ctx.strokeStyle = theme.ink;
  ctx.lineWidth = 2.5;
  ctx.setLineDash([]);
  ctx.beginPath();
  if (k === 0) {
    ctx.moveTo(frame.left, frame.y(0));
    ctx.lineTo(frame.right, frame.y(0));
  } else {
    ctx.moveTo(frame.x(0), frame.bottom);
    ctx.lineTo(frame.x(0), frame.top);
  }
  ctx.stroke();
}

/** Cells along each axis of the drawn potential. */
const N = 61;

/** What the picture of the potential needs. */
export interface MotionData {
  readonly plane: PlaneOfMotion;
  /** The ranks of the axes, where these are directions of the window. */
  readonly ranks: readonly [number, number] | undefined;
}

/** The potential and the loss as lines of equal value, with the current as arrows over the cloud of the window. */
export const drawMotion: Draw<MotionData> = (ctx, { plane, ranks }, size, theme, lit) => {
  const [rx, ry] = reachOf(plane);
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: `${plane.labels[0]} (weight)`, domain: [-rx, rx] },
    { label: `${plane.labels[1]} (weight)`, domain: [-ry, ry] },
  );
  const u = inverse(plane.covariance);
  const at = (k: number, r: number) => r * ((2 * (k + 0.5)) / N - 1);
  const grid = (f: (x: number, y: number) => number) =>
    Float64Array.from({ length: N * N }, (_, i) => f(at(i % N, rx), at(Math.floor(i / N), ry)));
  const U = grid((x, y) => half(u, x, y));
  const L = grid((x, y) => half(plane.hessian, x, y));
  const cells = (values: Float64Array) => ({ nx: N, ny: N, values });
  const arrows = arrowsOf(plane, rx, ry);
  const lossAt = half(plane.hessian, rx / 2, 0) + half(plane.hessian, 0, ry / 2);
  frame.inside(() => {
    ctx.fillStyle = theme.orange;
    ctx.globalAlpha = 0.35;
    for (let t = 0; t < plane.x.length; t++)
      ctx.fillRect(frame.x(plane.x[t]) - 0.9, frame.y(plane.y[t]) - 0.9, 1.8, 1.8);
    ctx.globalAlpha = 1;
    drawContours(
      ctx,
      frame,
      cells(L),
      [0.15, 0.5, 1.05, 1.8].map((k) => k * lossAt),
      theme.purple,
      [5, 4],
    );
    ctx.lineWidth = 2;
    drawContours(ctx, frame, cells(U), [0.5, 2, 4.5], theme.blue);
    if (ranks) drawAxisOf(ctx, frame, theme, lit, ranks);
    for (const a of arrows) drawArrow(ctx, frame, a, theme.ink);
  });
  const marks: Mark[] = [{ x: frame.x(0), y: frame.y(0), label: 'mean of the window' }];
  if (ranks)
    marks.push(
      { x: frame.x(0.9 * rx), y: frame.y(0), rank: ranks[0], label: plane.labels[0] },
      { x: frame.x(0), y: frame.y(0.9 * ry), rank: ranks[1], label: plane.labels[1] },
    );
  return marks;
};

interface Arrow {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

/** Arrows on a lattice, the longest a sixth of the reach; none where nothing turns. */
function arrowsOf(p: PlaneOfMotion, rx: number, ry: number): Arrow[] {
  const out: Arrow[] = [];
  for (let i = -4; i <= 4; i++)
    for (let j = -4; j <= 4; j++) {
      const [x, y] = [(rx * i) / 5, (ry * j) / 5];
      const [dx, dy] = currentAt(p, x, y);
      out.push({ x, y, dx, dy });
    }
  const most = Math.max(...out.map((a) => Math.hypot(a.dx / rx, a.dy / ry)));
  if (!(most > 0)) return [];
  const s = 1 / (6 * most);
  return out.map((a) => ({ ...a, dx: a.dx * s, dy: a.dy * s })).filter((a) => Math.hypot(a.dx / rx, a.dy / ry) > 0.01);
}

function drawArrow(ctx: CanvasRenderingContext2D, frame: Frame, a: Arrow, colour: string): void {
  const [x0, y0] = [frame.x(a.x), frame.y(a.y)];
  const [x1, y1] = [frame.x(a.x + a.dx), frame.y(a.y + a.dy)];
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const head = Math.min(6, 0.5 * Math.hypot(x1 - x0, y1 - y0));
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.2;
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  for (const turn of [2.6, -2.6]) {
    ctx.moveTo(x1, y1);
    ctx.lineTo(x1 + head * Math.cos(angle + turn), y1 + head * Math.sin(angle + turn));
  }
  ctx.stroke();
}

/** Variances along each direction: the window's against those of theory. */
export const drawVariances: Draw<PotentialResult> = (ctx, result, size, theme, lit) => {
  const all = result.variances.flatMap((v) => [v.theory, v.measured]).filter((v) => v > 0);
  const domain = [Math.min(...all) / 2, Math.max(...all) * 2] as const;
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'variance by theory, Σᵢᵢ (weight²)', domain, log: true },
    { label: 'variance of the window (weight²)', domain, log: true },
  );
  const marks: Mark[] = [];
  frame.inside(() => {
    drawCurve(ctx, frame, domain, domain, theme.muted, { dash: [6, 4], width: 1.5 });
    for (const v of result.variances) {
      const [x, y] = [frame.x(v.theory), frame.y(v.measured)];
      drawMark(ctx, 'dot', x, y, 8, theme.blue);
      marks.push({
        x,
        y,
        rank: v.rank,
        label: `PC${v.rank}: ${formatNumber(v.theory)} by theory, ${formatNumber(v.measured)} in the window`,
      });
    }
  });
  const on = marks.find((m) => lit !== undefined && m.rank === lit);
  if (on) drawHalo(ctx, on.x, on.y, theme.ink);
  return marks;
};
