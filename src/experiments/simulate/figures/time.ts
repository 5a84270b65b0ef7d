/** Quantities that change in time: sample paths, means, survival. */
import * as Plot from '@observablehq/plot';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { rampColour } from '../../../report/figures/palette.js';
import { arrayOf, type MethodResult, type SimulationInput } from '../measured.js';
import { coordinateLabel, METHOD_STYLE, timeLabel } from './lines.js';

/** The first coordinate of some walkers. */
export function pathsFigure(input: SimulationInput): Drawn {
  const name = 'paths';
  const m = input.methods.find((r) => r.arrays.paths);
  if (!m) return { name, missing: 'no method has walkers, or paths.count is 0.' };
  const { shape, data } = m.arrays.paths;
  const [count, points, size] = shape;
  const times = arrayOf(m, 'path_times')!;
  const rows = Array.from({ length: count }, (_, w) =>
    broken(
      Array.from({ length: points }, (_, p) => ({ t: times[p], x: data[(w * points + p) * size] })),
      input.facts.period,
    ),
  );
  return {
    name,
    title: 'Sample paths',
    ...drawFigure({
      name,
      title: `The coordinate x of ${count} walkers of ${m.summary.label} in time`,
      width: 820,
      height: 300,
      x: linearAxis(timeLabel(input), linearDomain(times, 0)),
      y: linearAxis(
        coordinateLabel(input, input.facts.names[0]),
        linearDomain(
          rows.flatMap((row) => row.map((p) => p.x).filter(Number.isFinite)),
          0.05,
        ),
      ),
      marks: rows.map((row, k) =>
        Plot.line(row, {
          x: 't',
          y: 'x',
          stroke: rampColour((k + 0.5) / count),
          strokeWidth: 0.9,
          strokeOpacity: 0.85,
        }),
      ),
      legend: [{ label: `${count} walkers of ${m.summary.label}`, mark: 'line', colour: rampColour(0.5) }],
    }),
    caption: `${count} walkers of ${m.summary.label}, at ${points} evenly spaced times.`,
  };
}

/** Breaks a path where it went around a ring, so that no line crosses the figure from side to side. */
function broken(path: readonly { t: number; x: number }[], period: number | undefined): { t: number; x: number }[] {
  if (period === undefined) return [...path];
  return path.flatMap((p, k) =>
    k > 0 && Math.abs(p.x - path[k - 1].x) > period / 2 ? [{ t: p.t, x: Number.NaN }, p] : [p],
  );
}

/** The mean of the first coordinate in time. */
export function meansFigure(input: SimulationInput): Drawn {
  const name = 'means';
  const shown = input.methods.filter((m) => m.arrays.mean);
  if (shown.length === 0) return { name, missing: 'a stationary run has no means in time.' };
  const series = shown.map((m) => {
    const [times, mean, errors] = ['times', 'mean', 'mean_error'].map((n) => arrayOf(m, n));
    const size = m.arrays.mean.shape[1];
    return {
      m,
      points: Array.from(times!, (t, k) => ({ x: t, y: mean![k * size], e: errors?.[k * size] ?? 0 })).filter((p) =>
        Number.isFinite(p.y),
      ),
    };
  });
  const all = series.flatMap((s) => s.points);
  return {
    name,
    title: 'Mean of x in time',
    ...drawFigure({
      name,
      title: 'Mean of x against time by all methods',
      x: linearAxis(timeLabel(input), linearDomain([0, ...all.map((p) => p.x)], 0.02)),
      y: linearAxis(
        `mean of ${coordinateLabel(input, input.facts.names[0])}`,
        linearDomain(
          all.flatMap((p) => [p.y - p.e, p.y + p.e]),
          0.06,
        ),
      ),
      marks: series.flatMap(({ m, points }) => [
        ...(points.some((p) => p.e > 0)
          ? [
              Plot.ruleX(points, {
                x: 'x',
                y1: (p) => p.y - p.e,
                y2: (p) => p.y + p.e,
                stroke: METHOD_STYLE[m.summary.method].colour,
                strokeWidth: 1,
              }),
            ]
          : []),
        seriesMark(m, points),
      ]),
      legend: series.map(({ m }) => entry(m)),
    }),
    caption: `Mean of x${input.facts.absorbing ? ' over the probability that is not yet absorbed' : ''}; bars are one standard error.`,
  };
}

const entry = (m: MethodResult): LegendEntry => ({ label: m.summary.label, ...METHOD_STYLE[m.summary.method] });

function seriesMark(m: MethodResult, points: readonly { x: number; y: number }[]): Plot.Markish {
  const { colour, mark } = METHOD_STYLE[m.summary.method];
  if (mark === 'dot') return Plot.dot([...points], { x: 'x', y: 'y', r: 2.4, fill: colour });
  if (mark === 'ring') return Plot.dot([...points], { x: 'x', y: 'y', r: 2.8, stroke: colour, strokeWidth: 1.2 });
  return Plot.line([...points], {
    x: 'x',
    y: 'y',
    stroke: colour,
    strokeWidth: 1.8,
    ...(mark === 'dash' && { strokeDasharray: '6 4' }),
  });
}

/** The probability that is not yet absorbed, on a logarithmic scale, where a constant escape rate is a straight line. */
export function survivalFigure(input: SimulationInput): Drawn {
  const name = 'survival';
  const shown = input.methods.filter((m) => m.arrays.survival);
  if (shown.length === 0) return { name, missing: 'nothing is absorbed in this run.' };
  const series = shown.map((m) => {
    const [times, left] = ['times', 'survival'].map((n) => arrayOf(m, n)!);
    return { m, points: Array.from(times, (t, k) => ({ x: t, y: left[k] })).filter((p) => p.y > 0) };
  });
  const all = series.flatMap((s) => s.points);
  return {
    name,
    title: 'Survival',
    ...drawFigure({
      name,
      title: 'Probability that is not yet absorbed, against time',
      x: linearAxis(timeLabel(input), linearDomain([0, ...all.map((p) => p.x)], 0.02)),
      y: logAxis(
        'probability not absorbed',
        logDomain(
          all.map((p) => p.y),
          0.06,
        ),
      ),
      marks: series.map(({ m, points }) => seriesMark(m, points)),
      legend: series.map(({ m }) => entry(m)),
    }),
    caption: 'Probability that has not been absorbed. Escape at a constant rate is a straight line on this scale.',
  };
}
