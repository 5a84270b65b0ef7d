/** Densities of one coordinate by all methods in one figure; snapshots of them in time. */
import * as Plot from '@observablehq/plot';
import { linearAxis, linearDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatPlain } from '../../../report/format.js';
import { arrayOf, type MethodResult, type SimulationInput } from '../measured.js';

export const METHOD_STYLE = {
  adiabatic: { colour: COLOURS.orange, mark: 'dash' },
  'fokker-planck': { colour: COLOURS.blue, mark: 'line' },
  sgd: { colour: COLOURS.purple, mark: 'dot' },
  langevin: { colour: COLOURS.green, mark: 'ring' },
} as const;

/** The number of points of a sampled density that a figure can show. */
const POINTS = 70;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** `x`, or `x in units of 0.2` where the run is dimensionless. */
export function coordinateLabel({ facts }: SimulationInput, name: string): string {
  return facts.scales ? `${name} (units of ${formatPlain(facts.scales.length)})` : name;
}

export const timeLabel = ({ facts }: SimulationInput): string =>
  facts.scales ? `time (units of ${formatPlain(facts.scales.time)} η·steps)` : 'time (η·steps)';

type Which = 'marginal_x' | 'marginal_y' | 'floor';

const WORDS: Record<Which, { title: string; y: string; caption: string }> = {
  marginal_x: {
    title: 'Marginal density of x',
    y: 'density of x',
    caption: 'The marginal density of x, whatever the other coordinate.',
  },
  marginal_y: {
    title: 'Marginal density of y',
    y: 'density of y',
    caption: 'The marginal density of y, whatever x.',
  },
  floor: {
    title: 'Density on the floor',
    y: 'density of x at y = 0',
    caption:
      'The density on the line y = 0, normalised along it: the floor density, to which eq. 7 of valley2023 refers. It differs from the marginal, which has one more power of the width of the valley.',
  },
};

export function densityLines(input: SimulationInput, which: Which): Drawn {
  const { facts, methods } = input;
  const name = which.replace('_', '-');
  const shown = methods.filter((m) => arrayOf(m, which));
  if (shown.length === 0) return { name, missing: 'no method has this density.' };
  const axis = which === 'marginal_y' ? 1 : 0;
  const centres = facts.centres[axis];
  const series = shown.map((m) => {
    const sampled = Object.keys(m.summary.noiseFloor).length > 0;
    return { m, sampled, points: thin(centres, arrayOf(m, which)!, sampled ? Math.ceil(centres.length / POINTS) : 1) };
  });
  const all = series.flatMap((s) => s.points);
  const top = Math.max(...all.map((p) => p.y));
  const seen = all.filter((p) => p.y > 1e-3 * top).map((p) => p.x);
  const domain = linearDomain(seen, 0.05);
  const words = WORDS[which];
  return {
    name,
    title: facts.names.length === 1 ? 'Density' : words.title,
    ...drawFigure({
      name,
      title: `${words.title} by ${shown.map((m) => m.summary.label).join(', ')}`,
      x: linearAxis(coordinateLabel(input, facts.names[axis]), domain),
      y: linearAxis(words.y, [-0.04 * top, 1.06 * top]),
      marks: series.map(({ m, points }) =>
        marksOf(
          m,
          points.filter((p) => p.x >= domain[0] && p.x <= domain[1]),
        ),
      ),
      legend: series.map(({ m }) => legendOf(m)),
    }),
    caption: `${facts.names.length === 1 ? 'The density of x.' : words.caption} Lines are computed, dots sampled${series.some((s) => s.sampled) ? ` (neighbouring cells joined)` : ''}.`,
  };
}

const legendOf = (m: MethodResult): LegendEntry => ({ label: m.summary.label, ...METHOD_STYLE[m.summary.method] });

function marksOf(m: MethodResult, points: readonly Point[]): Plot.Markish {
  const { colour, mark } = METHOD_STYLE[m.summary.method];
  const data = [...points];
  if (mark === 'dot') return Plot.dot(data, { x: 'x', y: 'y', r: 2.2, fill: colour });
  if (mark === 'ring') return Plot.dot(data, { x: 'x', y: 'y', r: 2.6, stroke: colour, strokeWidth: 1.2 });
  return Plot.line(data, {
    x: 'x',
    y: 'y',
    stroke: colour,
    strokeWidth: 1.8,
    ...(mark === 'dash' && { strokeDasharray: '6 4' }),
  });
}

/** Means over groups of cells. */
function thin(centres: Float64Array, values: Float64Array, group: number): Point[] {
  const out: Point[] = [];
  for (let i = 0; i + group <= values.length; i += group) {
    let [x, y] = [0, 0];
    for (let k = i; k < i + group; k++) {
      x += centres[k] / group;
      y += values[k] / group;
    }
    out.push({ x, y });
  }
  return out;
}

/** The marginal of x at several times, of the computed densities where there are any. */
export function snapshotLines(input: SimulationInput): Drawn {
  const name = 'snapshots';
  const { facts, methods } = input;
  const m = methods.find((r) => r.arrays.snapshots);
  if (!m) return { name, missing: 'a stationary run has no snapshots.' };
  const times = arrayOf(m, 'snapshot_times')!;
  const values = arrayOf(m, 'snapshots')!;
  const centres = facts.centres[0];
  const cells = values.length / times.length;
  const nx = centres.length;
  const rest = cells / nx;
  const h = rest > 1 ? facts.centres[1][1] - facts.centres[1][0] : 1;
  const lines = Array.from(times, (t, s) => {
    const line = new Float64Array(nx);
    for (let i = 0; i < cells; i++) line[i % nx] += values[s * cells + i] * h;
    const left = line.reduce((sum, v) => sum + v, 0) * (centres[1] - centres[0]);
    return { t, points: thin(centres, facts.absorbing ? line.map((v) => v / left) : line, 1) };
  });
  // a narrow start would flatten all the rest
  const peaks = lines.map((l) => Math.max(...l.points.map((p) => p.y))).sort((a, b) => a - b);
  const top = Math.min(peaks[peaks.length - 1], 3 * peaks[0]);
  const domain = linearDomain(
    lines.flatMap((l) => l.points.filter((p) => p.y > 2e-3 * top).map((p) => p.x)),
    0.05,
  );
  const colour = (k: number) => rampColour((k + 0.5) / lines.length);
  return {
    name,
    title: 'The density of x in time',
    ...drawFigure({
      name,
      title: 'The marginal density of x at several times',
      x: linearAxis(coordinateLabel(input, facts.names[0]), domain),
      y: linearAxis('density of x', [-0.04 * top, 1.06 * top]),
      marks: lines.map((l, k) =>
        Plot.line(
          l.points.filter((p) => p.x >= domain[0] && p.x <= domain[1]),
          {
            x: 'x',
            y: 'y',
            stroke: colour(k),
            strokeWidth: 1.7,
            clip: true,
          },
        ),
      ),
      legend: lines.map((l, k) => ({ label: `t = ${formatPlain(l.t)}`, mark: 'line', colour: colour(k) })),
    }),
    caption: `Marginal of x by ${m.summary.label}${facts.absorbing ? ', of the probability that is left at each time' : ''}${peaks[peaks.length - 1] > top ? '; the first ones extend beyond the frame' : ''}.`,
  };
}
