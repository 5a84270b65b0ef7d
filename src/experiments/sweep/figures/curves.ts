/** A quantity against one axis, a line for each value of another, bands of one standard error over seeds. */
import * as Plot from '@observablehq/plot';
import type { Axis as FigureAxis } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';
import type { PointResult } from '../aggregate.js';
import type { Axis } from '../axes.js';
import type { Quantity } from '../names.js';
import { axisOver, chosen, isLogarithmic, type Part, partsOf, slug, valueWords } from './scales.js';

/** Most lines of one figure. */
const LINES = 7;

interface Mark {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface CurvePlan {
  readonly y: Quantity;
  readonly x: Quantity;
  readonly by?: Quantity | undefined;
}

/** Draws the curves, one figure for each value of the axes that are not shown. */
export function curveFigures({ y, x, by }: CurvePlan, points: readonly PointResult[], axes: readonly Axis[]): Drawn[] {
  const { parts, all } = partsOf(points, [x, ...(by ? [by] : [])]);
  return parts.map((part, k) =>
    curves({ y, x, by }, part, axes, parts.length > 1 ? k + 1 : 0, all > parts.length ? all : 0),
  );
}

function curves({ y, x, by }: CurvePlan, part: Part, axes: readonly Axis[], number: number, all: number): Drawn {
  const name = slug('curve', y.name, x.name, ...(by ? [by.name] : []), ...(number > 0 ? [String(number)] : []));
  const keys = by ? [...new Set(part.points.map((p) => keyOf(by, p)))].sort(ascending) : [''];
  const shown = chosen(keys, LINES);
  const lines = shown.map((key, k) => {
    const own = part.points.filter((p) => !by || keyOf(by, p) === key);
    const colour = shown.length === 1 ? COLOURS.blue : rampColour((k + 0.5) / shown.length);
    return {
      key,
      colour,
      marks: own
        .map((p) => markOf(y, x, p))
        .filter((m) => Number.isFinite(m.x))
        .sort((a, b) => a.x - b.x),
      own,
    };
  });
  const drawn = lines.flatMap((l) => l.marks).filter((m) => Number.isFinite(m.y));
  if (drawn.length < 2) return { name, missing: `${y.name} has a number at fewer than two points${of(part)}.` };
  const logX = isLogarithmic(
    x,
    lines.flatMap((l) => l.marks.map((m) => m.x)),
    axes,
  );
  const logY = isLogarithmic(
    y,
    drawn.map((m) => m.y),
    axes,
  );
  const bottom = Math.min(...drawn.map((m) => m.y));
  const ends = (m: Mark) => [logY ? Math.max(m.low, m.y / 4, bottom / 2) : m.low, m.high];
  const axisY = axisOver(
    y,
    drawn.flatMap((m) => ends(m).filter(Number.isFinite).concat(m.y)),
    logY,
  );
  const lost = lines.flatMap((l) =>
    l.own
      .filter((p) => p.diverged.value >= 0.5 && Number.isFinite(x.at(p)))
      .map((p) => ({ x: x.at(p), colour: l.colour })),
  );
  const top = topOf(axisY);
  const label = by ? (by.label.match(/[^ ]+$/)?.[0] ?? by.name) : '';
  const legend: LegendEntry[] = [
    ...(by
      ? lines.map((l) => ({ label: `${label} = ${valueWords(l.key)}`, mark: 'line' as const, colour: l.colour }))
      : []),
    ...(lost.length > 0
      ? [{ label: 'half or more of the runs diverge', mark: 'cross' as const, colour: COLOURS.muted }]
      : []),
  ];
  return {
    name,
    title: `${capital(y.label)} against ${x.label}`,
    ...drawFigure({
      name,
      title: `${y.label} against ${x.label}${by ? ` for values of ${by.label}` : ''}${of(part)}`,
      x: axisOver(
        x,
        lines.flatMap((l) => l.marks.map((m) => m.x)),
        logX,
      ),
      y: axisY,
      legend,
      marks: [
        ...lines.flatMap(({ marks, colour }) => {
          const there = marks.filter((m) => Number.isFinite(m.y));
          const band = there.filter((m) => Number.isFinite(m.low));
          return [
            Plot.areaY(band, {
              x: 'x',
              y1: (m: Mark) => ends(m)[0],
              y2: 'high',
              fill: colour,
              fillOpacity: 0.18,
              clip: true,
            }),
            Plot.line(there, { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.8 }),
            Plot.dot(there, { x: 'x', y: 'y', r: 2.4, fill: colour }),
          ];
        }),
        Plot.dot(lost, { x: 'x', y: () => top, r: 3.4, symbol: 'times', stroke: (d) => d.colour, strokeWidth: 1.5 }),
      ],
    }),
    caption: captionOf(part, y, drawn.length, shown.length, keys.length, all),
  };
}

function captionOf(part: Part, y: Quantity, drawn: number, shown: number, keys: number, all: number): string {
  const seeds = Math.max(...part.points.map((p) => p.seeds.length));
  const band =
    y.kind !== 'column'
      ? 'Of the means over seeds'
      : seeds > 1
        ? `Means over up to ${formatCount(seeds)} seeds, bands: one standard error over them`
        : 'One seed; bands: the error of the measurement, where it has one';
  return [
    `${band}${of(part)}.`,
    `${formatCount(part.points.length - drawn)} of ${formatCount(part.points.length)} points are not drawn: no run has a number there${keys > shown ? `, or they belong to the ${formatCount(keys - shown)} lines that are left out` : ''}.`,
    ...(all > 0 ? [`Drawn for the first values of the other axes, of ${formatCount(all)}.`] : []),
  ]
    .filter((s) => !s.startsWith('0 of'))
    .join(' ');
}

const of = ({ words }: Part): string => (words ? `, ${words}` : '');
const capital = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);
const keyOf = (q: Quantity, p: PointResult): string | number => {
  const v = q.at(p);
  return Number.isNaN(v) && q.axes.length === 1 ? String(p.point[q.axes[0]]) : v;
};
const ascending = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1;
const topOf = (axis: FigureAxis): number => {
  const [low, high] = axis.domain as [number, number];
  return axis.type === 'log' ? low * (high / low) ** 0.97 : low + 0.97 * (high - low);
};

function markOf(y: Quantity, x: Quantity, p: PointResult): Mark {
  const error = y.kind === 'column' ? (p.columns[y.name]?.mean.standardError ?? Number.NaN) : Number.NaN;
  const value = y.at(p);
  return { x: x.at(p), y: value, low: value - error, high: value + error };
}
