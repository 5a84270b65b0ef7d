/** The diagram of noise and learning rate: the flatness that the walkers reach, and where they diverge. docs/theory [V1], [V4]. */
import * as Plot from '@observablehq/plot';
import { type Axis, linearAxis, logAxis, rampTicks } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';
import { LINE_NAMES, type PhaseLine, type PhaseResult } from '../measured.js';

const LINES: Readonly<Record<PhaseLine, { readonly dash?: string; readonly mark: LegendEntry['mark'] }>> = {
  sharpMeanSquare: { mark: 'line' },
  sharpAlmostSure: { mark: 'dash', dash: '6 4' },
  flatMeanSquare: { mark: 'line' },
  flatAlmostSure: { mark: 'dash', dash: '6 4' },
};
const lineColour = (line: PhaseLine): string => (line.startsWith('sharp') ? COLOURS.ink : COLOURS.muted);

export function phaseDiagram(r: PhaseResult): Drawn {
  const name = 'valley-phase';
  const [nx, ny] = [r.noise.length, r.rates.length];
  if (nx < 2 || ny < 2) return { name, missing: 'the diagram has a single row or column.' };
  const dx = (r.noise[nx - 1] - r.noise[0]) / (nx - 1);
  const dy = Math.log(r.rates[ny - 1] / r.rates[0]) / (ny - 1);
  const x: [number, number] = [r.noise[0] - dx / 2, r.noise[nx - 1] + dx / 2];
  const y: [number, number] = [r.rates[0] * Math.exp(-dy / 2), r.rates[ny - 1] * Math.exp(dy / 2)];
  const cells = r.rates.flatMap((eta, j) =>
    r.noise.map((s, i) => ({
      x1: s - dx / 2,
      x2: s + dx / 2,
      y1: eta * Math.exp(-dy / 2),
      y2: eta * Math.exp(dy / 2),
      flat: r.flatness[j * nx + i],
      lost: r.diverged[j * nx + i],
    })),
  );
  const alive = cells.filter((c) => c.lost < 0.5);
  const lost = cells.filter((c) => c.lost >= 0.5);
  const some = alive.filter((c) => c.lost > 0);
  const lines = (Object.keys(LINES) as PhaseLine[]).map((line) => ({
    line,
    points: r.noise.map((s, k) => ({ s, eta: r.lines[line][k] })).filter((p) => p.eta >= y[0] && p.eta <= y[1]),
  }));
  return {
    name,
    title: 'Phase diagram',
    ...drawFigure({
      name,
      title: 'Flatness reached and divergence in the plane of batch noise and learning rate',
      width: 860,
      height: 500,
      x: { ...linearAxis('batch curvature: standard deviation over mean', x, 8), grid: false } as Axis,
      y: logAxis('learning rate η', y),
      legend: [
        { label: 'order (0 sharp, 1 flat)', mark: 'ramp', ticks: rampTicks([0, 1]) },
        { label: 'half or more diverge', mark: 'area', colour: COLOURS.ink },
        { label: 'some diverge', mark: 'ring', colour: COLOURS.ink },
        ...lines
          .filter((l) => l.points.length > 1)
          .map(({ line }) => ({ label: LINE_NAMES[line], mark: LINES[line].mark, colour: lineColour(line) })),
      ],
      marks: [
        Plot.rect(alive, {
          x1: 'x1',
          x2: 'x2',
          y1: 'y1',
          y2: 'y2',
          fill: (c) => rampColour(c.flat),
          inset: -0.2,
          channels: { order: 'flat' },
        }),
        Plot.rect(lost, { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: COLOURS.ink, fillOpacity: 0.18, inset: -0.1 }),
        Plot.dot(some, {
          x: (c) => (c.x1 + c.x2) / 2,
          y: (c) => Math.sqrt(c.y1 * c.y2),
          r: 1.9,
          fill: COLOURS.paper,
          stroke: COLOURS.ink,
          strokeWidth: 0.7,
        }),
        ...lines.flatMap(({ line, points }) => [
          Plot.line(points, { x: 's', y: 'eta', stroke: COLOURS.paper, strokeWidth: 4, strokeOpacity: 0.7 }),
          Plot.line(points, {
            x: 's',
            y: 'eta',
            stroke: lineColour(line),
            strokeWidth: 2,
            ...(LINES[line].dash && { strokeDasharray: LINES[line].dash }),
          }),
        ]),
      ],
    }),
    caption: `${formatCount(nx)} × ${formatCount(ny)} points, ${formatCount(r.walkers)} walkers each, started at the sharp end and followed for ${formatCount(r.steps)} steps. Colour: (ln F − ln F_sharp)/(ln F_flat − ln F_sharp), mean of those that did not diverge. Lines: where E(1 − ηλ)² = 1 (mean square) and where E ln|1 − ηλ| = 0 (almost sure), with the curvature of either end.`,
  };
}
