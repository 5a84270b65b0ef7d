/** Mean squared displacement against lag along several principal directions, on logarithmic axes, with slopes 1 and 2 for the eye. */
import { formatEstimate } from '../../../../report/format.js';
import type { MeasureResults } from '../../../measures.js';
import { drawAxes, logDomainOf } from '../../charts/axes.js';
import type { Draw, Mark } from '../../charts/draw.js';
import { drawMark, SHAPES } from '../../charts/marks.js';
import { drawSlopes } from '../../charts/slopes.js';

export const drawDisplacement: Draw<MeasureResults['displacement']> = (ctx, { directions }, size, theme, lit) => {
  const lags = directions.flatMap((d) => d.msd.lag);
  const values = directions.flatMap((d) => d.msd.value);
  const yDomain = logDomainOf(values);
  const xDomain = logDomainOf(lags);
  const frame = drawAxes(
    ctx,
    size,
    theme,
    { label: 'lag (steps)', domain: xDomain, log: true },
    { label: 'displacement² (weight²)', domain: yDomain, log: true },
  );
  const marks: Mark[] = [];
  const named: number[] = [];
  frame.inside(() => {
    drawSlopes(ctx, frame, theme, xDomain, yDomain);
    for (const [k, d] of directions.entries()) {
      const colour = theme.ramp(k / Math.max(1, directions.length - 1));
      const strong = lit === undefined || lit === d.index;
      ctx.globalAlpha = strong ? 1 : 0.3;
      ctx.strokeStyle = colour;
      ctx.lineWidth = lit === d.index ? 3 : 1.5;
      ctx.setLineDash([]);
      ctx.beginPath();
      for (const [j, lag] of d.msd.lag.entries())
        if (d.msd.value[j] > 0) ctx.lineTo(frame.x(lag), frame.y(d.msd.value[j]));
      ctx.stroke();
      for (const [j, lag] of d.msd.lag.entries())
        if (d.msd.value[j] > 0)
          drawMark(ctx, SHAPES[k % SHAPES.length], frame.x(lag), frame.y(d.msd.value[j]), 6, colour);
      ctx.globalAlpha = 1;
      const j = d.msd.lag.length - 1;
      ctx.fillStyle = colour;
      ctx.textAlign = 'right';
      const at = frame.y(d.msd.value[j]);
      if (named.every((y) => Math.abs(y - at) > 13)) {
        // beside the curve, below it where there is no room above
        const high = at < frame.top + 20;
        ctx.textBaseline = high ? 'top' : 'bottom';
        ctx.fillText(`PC${d.index}`, frame.x(d.msd.lag[j]) - (high ? 14 : 6), at + (high ? 6 : -4));
        named.push(at);
      }
      marks.push({
        x: frame.x(d.msd.lag[j]),
        y: frame.y(d.msd.value[j]),
        rank: d.index,
        label: `PC${d.index}: exponent ${formatEstimate(d.msdExponent)}`,
      });
    }
  });
  return marks;
};
