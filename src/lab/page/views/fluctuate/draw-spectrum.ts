/** Variances by rank of the run and of the walk with the run's own noise, on logarithmic axes. */
import { thinLog } from '../../../../report/figures/axes.js';
import { formatNumber } from '../../../../report/format.js';
import type { MeasureResults } from '../../../measures.js';
import { drawAxes, logDomainOf } from '../../charts/axes.js';
import type { Draw, Mark } from '../../charts/draw.js';
import { drawHalo, drawMark } from '../../charts/marks.js';

export const drawSpectrum: Draw<MeasureResults['spectrum']> = (ctx, s, size, theme, lit) => {
  const { variances, walk, resolution } = s;
  const shown = thinLog(variances.length, 30, 120).filter((i) => variances[i] > resolution);
  const last = Math.max(2, ...shown.slice(-1).map((i) => i + 1));
  // the last ranks of any sample fall to rounding; they would stretch the axis over empty decades
  const least = Math.min(...shown.map((i) => variances[i])) / 3;
  const walked = walk
    ? thinLog(walk.variances.length, 30, 120).filter((i) => i < last && walk.variances[i] > least)
    : [];
  const values = [...shown.map((i) => variances[i]), ...walked.map((i) => walk!.variances[i])];
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'rank i', domain: logDomainOf([1, last]), log: true },
    { label: 'variance σᵢ² (weight²)', domain: logDomainOf(values), log: true },
  );
  const marks: Mark[] = [];
  frame.inside(() => {
    ctx.strokeStyle = theme.orange;
    ctx.lineWidth = 2;
    ctx.setLineDash([6, 4]);
    ctx.beginPath();
    for (const i of walked) ctx.lineTo(frame.x(i + 1), frame.y(walk!.variances[i]));
    ctx.stroke();
    for (const i of shown) {
      const [x, y] = [frame.x(i + 1), frame.y(variances[i])];
      drawMark(ctx, 'dot', x, y, 5, theme.blue);
      const beside = walk && i < walk.variances.length ? `; walk ${formatNumber(walk.variances[i])}` : '';
      marks.push({ x, y, rank: i + 1, label: `PC${i + 1}: σ² = ${formatNumber(variances[i])}${beside}` });
    }
  });
  const at = marks.find((m) => m.rank === lit);
  if (at) drawHalo(ctx, at.x, at.y, theme.ink);
  return marks;
};
