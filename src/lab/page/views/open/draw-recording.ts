/** The panels of a recording: variances by rank, and displacements against lag, on logarithmic axes. */
import type { DirectionDynamics } from '../../../../analyse/trajectory/results.js';
import { logDomain, thinLog } from '../../../../report/figures/axes.js';
import { formatEstimate, formatNumber } from '../../../../report/format.js';
import { drawAxes } from '../../charts/axes.js';
import type { Draw, Mark } from '../../charts/canvas-panel.js';
import { drawHalo, drawMark, SHAPES } from '../../charts/marks.js';
import { drawSlopes } from '../../charts/slopes.js';
import type { RecordingSpectrum } from '../../dropped/recording.js';

/** Displacements along some directions; lags are counted in rows, which are `every` steps apart. */
export interface RecordedDisplacement {
  readonly every: number;
  readonly directions: readonly DirectionDynamics[];
}

export const drawRecordedSpectrum: Draw<RecordingSpectrum> = (ctx, { variances, resolution }, size, theme, lit) => {
  const shown = thinLog(variances.length, 30, 120).filter((i) => variances[i] > resolution && variances[i] > 0);
  if (shown.length === 0) return [];
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'rank i', domain: logDomain([1, Math.max(2, shown[shown.length - 1] + 1)]), log: true },
    { label: 'variance σᵢ² (weight²)', domain: logDomain(shown.map((i) => variances[i])), log: true },
  );
  const marks = shown.map(
    (i): Mark => ({
      x: frame.x(i + 1),
      y: frame.y(variances[i]),
      rank: i + 1,
      label: `PC${i + 1}: σ² = ${formatNumber(variances[i])}`,
    }),
  );
  for (const { x, y } of marks) drawMark(ctx, 'dot', x, y, 5, theme.blue);
  const at = marks.find((m) => m.rank === lit);
  if (at) drawHalo(ctx, at.x, at.y, theme.ink);
  return marks;
};

export const drawRecordedDisplacement: Draw<RecordedDisplacement> = (ctx, { every, directions }, size, theme, lit) => {
  const points = directions.map((d) =>
    d.msd.lag.map((lag, j) => ({ lag: lag * every, value: d.msd.value[j] })).filter(({ value }) => value > 0),
  );
  const all = points.flat();
  if (all.length === 0) return [];
  const [xDomain, yDomain] = [logDomain(all.map((p) => p.lag)), logDomain(all.map((p) => p.value))];
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'lag (steps)', domain: xDomain, log: true },
    { label: 'displacement² (weight²)', domain: yDomain, log: true },
  );
  const marks: Mark[] = [];
  frame.inside(() => {
    drawSlopes(ctx, frame, theme, xDomain, yDomain);
    for (const [k, own] of points.entries()) {
      const colour = theme.ramp(k / Math.max(1, points.length - 1));
      const { index, msdExponent } = directions[k];
      ctx.strokeStyle = colour;
      ctx.lineWidth = lit === index ? 3 : 1.5;
      ctx.beginPath();
      for (const { lag, value } of own) ctx.lineTo(frame.x(lag), frame.y(value));
      ctx.stroke();
      for (const { lag, value } of own) {
        const [x, y] = [frame.x(lag), frame.y(value)];
        drawMark(ctx, SHAPES[k % SHAPES.length], x, y, 6, colour);
        marks.push({
          x,
          y,
          rank: index,
          label: `PC${index}, lag ${lag}: ${formatNumber(value)}; exponent ${formatEstimate(msdExponent)}`,
        });
      }
    }
  });
  return marks;
};
