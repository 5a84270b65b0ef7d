/** Temperature of each direction against its variance, with error bars, on logarithmic axes. */
import { formatEstimate, formatNumber } from '../../../../report/format.js';
import type { MeasureResults } from '../../../measures.js';
import { drawAxes, logDomainOf } from '../../charts/axes.js';
import type { Draw, Mark } from '../../charts/draw.js';
import { drawHalo, drawMark } from '../../charts/marks.js';

export const drawTemperature: Draw<MeasureResults['temperature']> = (ctx, { directions }, size, theme, lit) => {
  const known = directions.filter((d) => d.temperature.value > 0 && d.variance > 0);
  const ends = known.flatMap(({ temperature: { value, standardError } }) => [
    value,
    value + (standardError || 0),
    Math.max(value - (standardError || 0), value / 4),
  ]);
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'variance σᵢ² (weight²)', domain: logDomainOf(known.map((d) => d.variance)), log: true },
    { label: 'temperature Tᵢ (nat)', domain: logDomainOf(ends), log: true },
  );
  const marks: Mark[] = [];
  const mean = Math.exp(known.reduce((sum, d) => sum + Math.log(d.temperature.value), 0) / Math.max(1, known.length));
  frame.inside(() => {
    if (known.length > 0) {
      ctx.strokeStyle = theme.orange;
      ctx.lineWidth = 1.5;
      ctx.setLineDash([6, 4]);
      ctx.beginPath();
      ctx.moveTo(frame.left, frame.y(mean));
      ctx.lineTo(frame.right, frame.y(mean));
      ctx.stroke();
    }
    for (const d of known) {
      const { value, standardError } = d.temperature;
      const [x, y] = [frame.x(d.variance), frame.y(value)];
      if (Number.isFinite(standardError)) {
        ctx.strokeStyle = theme.blue;
        ctx.lineWidth = 1;
        ctx.setLineDash([]);
        ctx.beginPath();
        ctx.moveTo(x, frame.y(value + standardError));
        ctx.lineTo(x, value > standardError ? frame.y(value - standardError) : frame.bottom);
        ctx.stroke();
      }
      drawMark(ctx, d.temperature.converged ? 'dot' : 'ring', x, y, 7, theme.blue);
      const label = `PC${d.index}: T = ${formatEstimate(d.temperature)} nat, σ² = ${formatNumber(d.variance)}`;
      marks.push({ x, y, rank: d.index, label });
    }
  });
  const at = marks.find((m) => m.rank === lit);
  if (at) drawHalo(ctx, at.x, at.y, theme.ink);
  return marks;
};
