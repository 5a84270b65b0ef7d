/** The cloud of weights in three principal coordinates, drawn as seen from a point that goes round the second of them. */
import { formatCount, formatShare } from '../../../../report/format.js';
import type { MeasureResults } from '../../../measures.js';
import { FONT } from '../../charts/axes.js';
import type { Draw, Mark } from '../../charts/draw.js';
import { drawMark } from '../../charts/marks.js';

export interface CloudData {
  readonly cloud: MeasureResults['cloud'];
  /** Each direction in units of its own standard deviation, in place of one scale for all. */
  readonly own: boolean;
  /** Radians a second. */
  readonly speed: number;
}

/** Radians by which the still picture is turned, so that three axes can be told apart, and the sine of the view from above. */
const STILL = 0.45;
const ABOVE = 0.2;

export const drawCloud: Draw<CloudData> = (ctx, { cloud, own, speed }, size, theme, lit, time) => {
  const { coordinates, ranks } = cloud;
  const n = cloud.steps.length;
  const unit = ranks.map((_, k) => Math.sqrt(cloud.variances[own ? k : 0].value) || 1);
  const theta = (k: number, t: number) => (k < ranks.length ? coordinates[k * n + t] / unit[k] : 0);
  let reach = 1e-30;
  for (let t = 0; t < n; t++) reach = Math.max(reach, Math.hypot(theta(0, t), theta(1, t), theta(2, t)));
  const scale = (0.42 * Math.min(size.width, size.height)) / reach;
  const turn = STILL + speed * time;
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const place = (a: number, b: number, c: number): [number, number] => [
    size.width / 2 + scale * (a * cos + c * sin),
    size.height / 2 - scale * (b + ABOVE * (c * cos - a * sin)),
  ];
  const marks: Mark[] = [];
  ctx.font = FONT;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const [k, rank] of ranks.slice(0, 3).entries()) {
    const along = (s: number) =>
      place(...([0, 1, 2].map((j) => (j === k ? s * reach : 0)) as [number, number, number]));
    const [from, to, text] = [along(-1), along(1), along(1.09)];
    ctx.strokeStyle = rank === lit ? theme.ink : theme.muted;
    ctx.lineWidth = rank === lit ? 2.5 : 1;
    ctx.beginPath();
    ctx.moveTo(...from);
    ctx.lineTo(...to);
    ctx.stroke();
    ctx.fillStyle = theme.ink;
    ctx.fillText(`PC${rank}`, ...text);
    marks.push({ x: to[0], y: to[1], rank, label: `PC${rank}: ${formatShare(cloud.shares[k])} of the variance` });
  }
  ctx.lineWidth = 1;
  ctx.strokeStyle = theme.grid;
  ctx.beginPath();
  for (let t = 0; t < n; t++) ctx.lineTo(...place(theta(0, t), theta(1, t), theta(2, t)));
  ctx.stroke();
  for (let t = 0; t < n; t++) {
    const [x, y] = place(theta(0, t), theta(1, t), theta(2, t));
    ctx.fillStyle = theme.ramp(t / n);
    ctx.fillRect(x - 1.25, y - 1.25, 2.5, 2.5);
  }
  const [x, y] = place(theta(0, n - 1), theta(1, n - 1), theta(2, n - 1));
  drawMark(ctx, 'diamond', x, y, 11, theme.ink);
  marks.push({ x, y, label: `The last weights, step ${formatCount(cloud.steps[n - 1])}` });
  return marks;
};
