/** The temperature of each followed direction against its variance. docs/theory [S9], [R4]. */
import * as Plot from '@observablehq/plot';
import { logAxis, logDomain } from '../../../report/figures/axes.js';
import { barMarks } from '../../../report/figures/bars.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import type { MeasuredRecording } from '../measured.js';

export function temperatureFigure({ temperatures: t, pca, motion }: MeasuredRecording): Drawn {
  const name = 'temperatures';
  if ('missing' in t) return { name, missing: t.missing };
  const points = t.directions
    .map(({ index, temperature: { value, standardError } }) => ({
      x: pca.variances[index - 1],
      y: value,
      low: value - standardError,
      high: value + standardError,
      settled: motion.settled.includes(index),
    }))
    .filter((p) => p.x > 0 && p.y > 0 && Number.isFinite(p.high));
  if (points.length === 0) return { name, missing: 'no direction has a temperature.' };
  const y = logDomain(
    points.flatMap((p) => [Math.max(p.low, p.y / 10), p.high]),
    0.12,
  );
  const bars = points.map((p) => ({ at: p.x, low: p.low, high: p.high, colour: COLOURS.blue }));
  const settled = points.filter((p) => p.settled);
  const moving = points.filter((p) => !p.settled);
  return {
    name,
    title: 'Temperature',
    ...drawFigure({
      name,
      title: 'Temperature of principal directions against the variance along them',
      x: logAxis(
        'variance σᵢ² (weight²)',
        logDomain(
          points.map((p) => p.x),
          0.1,
        ),
      ),
      y: logAxis('temperature Tᵢ (loss)', y),
      marks: [
        ...barMarks(bars, 'y', y, { strokeWidth: 1.2 }),
        Plot.dot(settled, { x: 'x', y: 'y', r: 3, fill: COLOURS.blue }),
        Plot.dot(moving, { x: 'x', y: 'y', r: 3, stroke: COLOURS.orange, strokeWidth: 1.5 }),
      ],
      legend: [
        ...(settled.length > 0
          ? [{ label: 'settled, ± standard error', mark: 'dot' as const, colour: COLOURS.blue }]
          : []),
        ...(moving.length > 0 ? [{ label: 'not settled', mark: 'ring' as const, colour: COLOURS.orange }] : []),
      ],
    }),
    caption:
      'Tᵢ = (1 + μ)⟨Δθᵢ²⟩/(2η), which is ⟨θᵢ ∂L/∂θᵢ⟩ in the steady state of SGD. If the weights were distributed as exp(−L/T), all points ' +
      'would lie on one horizontal line. Directions that have not settled within the window have an active temperature, up to their drift.',
  };
}
