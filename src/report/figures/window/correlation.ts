/** Correlation time of principal coordinates against the width of the valley or the rank. docs/theory [P5], [R4]. */
import * as Plot from '@observablehq/plot';
import type { Analysis } from '../../../analyse/trajectory/results.js';
import { logAxis, logDomain } from '../axes.js';
import { barMarks } from '../bars.js';
import { type Drawn, drawFigure } from '../frame.js';
import { COLOURS } from '../palette.js';

/** tau_i against F, or against rank where fewer than two of the directions have a width. */
export function correlationTimes({
  dynamics,
  flatness,
}: Pick<Analysis, 'dynamics'> & { readonly flatness?: Pick<Analysis['flatness'], 'directions'> }): Drawn {
  const name = 'correlation-time';
  const widths = new Map(flatness?.directions.map((d) => [d.index, d.flatness]));
  const measured = dynamics.filter((d) => d.correlationTime.value > 0 && Number.isFinite(d.correlationTime.value));
  if (measured.length === 0) return { name, missing: 'no correlation time was measured.' };
  const wide = measured.filter((d) => (widths.get(d.index) ?? 0) > 0);
  const byWidth = wide.length >= 2;
  const points = (byWidth ? wide : measured).map((d) => {
    const { value, standardError: error } = d.correlationTime;
    const spread = Number.isFinite(error) ? Math.max(0, error) : 0;
    return {
      x: byWidth ? widths.get(d.index)! : d.index,
      y: value,
      low: value - spread,
      high: value + spread,
      drift: d.index === 1,
    };
  });
  const x = logDomain(
    points.map((p) => p.x),
    0.1,
  );
  const y = logDomain(
    points.flatMap((p) => [Math.max(p.low, p.y / 10), p.high]),
    0.12,
  );
  const bars = points.map((p) => ({ at: p.x, low: p.low, high: p.high, colour: COLOURS.blue }));
  return {
    name,
    title: 'Correlation time',
    ...drawFigure({
      name,
      title: `Correlation time of principal coordinates against ${byWidth ? 'flatness' : 'rank'}`,
      x: byWidth ? logAxis('flatness F (weight)', x) : logAxis('rank i', x),
      y: logAxis('correlation time τ (steps)', y),
      marks: [
        ...barMarks(bars, 'y', y, { strokeWidth: 1.2 }),
        Plot.dot(
          points.filter((p) => !p.drift),
          { x: 'x', y: 'y', r: 3, fill: COLOURS.blue },
        ),
        Plot.dot(
          points.filter((p) => p.drift),
          { x: 'x', y: 'y', r: 4, stroke: COLOURS.orange, strokeWidth: 1.6 },
        ),
      ],
      legend: [
        { label: 'τ ± standard error', mark: 'dot', colour: COLOURS.blue },
        ...(points.some((p) => p.drift)
          ? [{ label: 'direction 1 (drift)', mark: 'ring' as const, colour: COLOURS.orange }]
          : []),
      ],
    }),
    caption:
      'Integrated autocorrelation time of the principal coordinates within the window. Times that are not short compared with the window ' +
      'are lower bounds, because the coordinate did not return within it. A bar with an arrow reaches beyond the frame.',
  };
}
