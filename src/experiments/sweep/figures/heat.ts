/**
 * A quantity over two axes as colour: cells in which half of the runs or more diverged are hatched, cells in which some did carry a ring,
 * and predicted bounds are drawn over them. docs/theory [V1], [V4].
 */
import * as Plot from '@observablehq/plot';
import { rampTicks } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS, RAMP_STEPS, rampColour } from '../../../report/figures/palette.js';
import { formatCount, formatPlain } from '../../../report/format.js';
import type { PointResult } from '../aggregate.js';
import type { Axis } from '../axes.js';
import { type BoundLine, type BoundRequest, boundLine } from '../bounds.js';
import type { Quantity } from '../names.js';
import { axisOver, isLogarithmic, type Part, partsOf, slug } from './scales.js';

export interface HeatPlan {
  readonly x: Quantity;
  readonly y: Quantity;
  /** The colour; undefined: the share of runs that diverged. */
  readonly value?: Quantity | undefined;
  readonly bounds: readonly BoundRequest[];
}

/** A cell of the map with its borders. */
interface Cell {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly value: number;
  readonly lost: number;
  /** Runs whose budget ended before their rule was met. */
  readonly late: number;
}

/** Draws the map, one figure for each value of the axes that are not shown. */
export function heatFigures(plan: HeatPlan, points: readonly PointResult[], axes: readonly Axis[]): Drawn[] {
  const { parts, all } = partsOf(points, [plan.x, plan.y]);
  return parts.map((part, k) => heat(plan, part, axes, parts.length > 1 ? k + 1 : 0, all > parts.length ? all : 0));
}

function heat(
  { x, y, value, bounds }: HeatPlan,
  part: Part,
  axes: readonly Axis[],
  number: number,
  all: number,
): Drawn {
  const what = value?.name ?? 'diverged';
  const name = slug('heat', what, x.name, y.name, ...(number > 0 ? [String(number)] : []));
  const points = part.points.filter((p) => Number.isFinite(x.at(p)) && Number.isFinite(y.at(p)));
  const [xs, ys] = [x, y].map((q) => [...new Set(points.map((p) => q.at(p)))].sort((a, b) => a - b));
  if (xs.length < 2 || ys.length < 2) return { name, missing: 'the map has a single row or column.' };
  const logX = isLogarithmic(x, xs, axes);
  const logY = isLogarithmic(y, ys, axes);
  const [borderX, borderY] = [borders(x, points, y, logX), borders(y, points, x, logY)];
  const cells = points.map((p): Cell => {
    const [x1, x2] = borderX(p);
    const [y1, y2] = borderY(p);
    return { x1, x2, y1, y2, value: value ? value.at(p) : p.diverged.value, lost: p.diverged.value, late: p.budget };
  });
  const lost = value ? cells.filter((c) => c.lost >= 0.5) : [];
  const alive = value ? cells.filter((c) => c.lost < 0.5) : cells;
  const coloured = alive.filter((c) => Number.isFinite(c.value));
  const empty = alive.filter((c) => !Number.isFinite(c.value));
  const some = value ? coloured.filter((c) => c.lost > 0) : [];
  const late = empty.every((c) => c.late > 0);
  if (coloured.length === 0) return { name, missing: `${what} has a number at no point${of(part)}.` };
  const scale = colourScale(
    value,
    coloured.map((c) => c.value),
    axes,
  );
  const domainX = axisOver(
    x,
    cells.flatMap((c) => [c.x1, c.x2]),
    logX,
    0,
  );
  const domainY = axisOver(
    y,
    cells.flatMap((c) => [c.y1, c.y2]),
    logY,
    0,
  );
  const lines = bounds.filter((b) => sameAxis(b, y)).map((b) => boundLine(b, x, part.points));
  const inside = lines
    .map((line, k) => ({
      line,
      style: STYLES[k % STYLES.length],
      points: cut(line.points, domainY.domain as number[]),
    }))
    .filter((l) => l.points.length > 1);
  const legend: LegendEntry[] = [
    {
      label: value?.label ?? 'share of runs that diverge',
      mark: 'ramp',
      ticks: rampTicks([scale.low, scale.high], scale.log),
    },
    ...(lost.length > 0 ? [{ label: 'half or more diverge', mark: 'cross' as const, colour: COLOURS.ink }] : []),
    ...(some.length > 0 ? [{ label: 'some diverge', mark: 'ring' as const, colour: COLOURS.ink }] : []),
    ...(empty.length > 0
      ? [{ label: late ? 'end of training not reached' : 'no number', mark: 'area' as const, colour: COLOURS.muted }]
      : []),
    ...inside.map(({ line, style }) => ({ label: line.label, mark: style.mark, colour: style.colour })),
  ];
  return {
    name,
    title: `${capital(value?.label ?? 'Share of runs that diverge')} over ${x.label} and ${y.label}`,
    ...drawFigure({
      name,
      title: `${value?.label ?? 'share of runs that diverge'} over ${x.label} and ${y.label}${of(part)}`,
      height: 380,
      x: { ...domainX, grid: false } as typeof domainX,
      y: domainY,
      legend,
      marks: [
        Plot.rect(empty, {
          x1: 'x1',
          x2: 'x2',
          y1: 'y1',
          y2: 'y2',
          fill: COLOURS.muted,
          fillOpacity: 0.18,
          inset: -0.1,
        }),
        Plot.rect(coloured, {
          x1: 'x1',
          x2: 'x2',
          y1: 'y1',
          y2: 'y2',
          fill: (c: Cell) => scale.colour(c.value),
          inset: -0.2,
          channels: { [value?.label ?? 'share of runs that diverge']: (c: Cell) => c.value },
        }),
        Plot.rect(lost, { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: COLOURS.paper, inset: -0.1 }),
        // a cross in each cell: the pattern that stays legible in grey and at any size
        Plot.link(lost.flatMap(crossOf), {
          x1: 'x1',
          x2: 'x2',
          y1: 'y1',
          y2: 'y2',
          stroke: COLOURS.ink,
          strokeOpacity: 0.55,
          strokeWidth: 0.9,
        }),
        Plot.dot(some, {
          x: middleOf('x', logX),
          y: middleOf('y', logY),
          r: 2.2,
          fill: COLOURS.paper,
          stroke: COLOURS.ink,
          strokeWidth: 0.8,
        }),
        ...inside.flatMap(({ points: on, style }) => [
          Plot.line(on, { x: 'x', y: 'bound', stroke: COLOURS.paper, strokeWidth: 4.5, strokeOpacity: 0.75 }),
          Plot.line(on, {
            x: 'x',
            y: 'bound',
            stroke: style.colour,
            strokeWidth: 2,
            ...(style.dash && { strokeDasharray: style.dash }),
          }),
        ]),
      ],
    }),
    caption: captionOf(
      part,
      value,
      scale,
      lines,
      inside.map((l) => l.line),
      all,
    ),
  };
}

const STYLES: readonly { readonly colour: string; readonly mark: LegendEntry['mark']; readonly dash?: string }[] = [
  { colour: COLOURS.ink, mark: 'line' },
  { colour: COLOURS.ink, mark: 'dash', dash: '6 4' },
  { colour: COLOURS.ink, mark: 'dots', dash: '2 3' },
  { colour: COLOURS.green, mark: 'line' },
  { colour: COLOURS.green, mark: 'dash', dash: '6 4' },
  { colour: COLOURS.green, mark: 'dots', dash: '2 3' },
];

/**
 * The borders of a point's cell along one axis: half way to the neighbouring values of an axis of the sweep, and of a formula half way to
 * the neighbouring points of the same row.
 */
function borders(q: Quantity, points: readonly PointResult[], across: Quantity, log: boolean) {
  const to = (v: number) => (log ? Math.log(v) : v);
  const from = (v: number) => (log ? Math.exp(v) : v);
  const rows = new Map<number, number[]>();
  for (const p of points) rows.set(across.at(p), [...(rows.get(across.at(p)) ?? []), to(q.at(p))]);
  for (const [key, row] of rows)
    rows.set(
      key,
      [...new Set(row)].sort((a, b) => a - b),
    );
  const all = [...new Set(points.map((p) => to(q.at(p))))].sort((a, b) => a - b);
  return (p: PointResult): [number, number] => {
    const row = rows.get(across.at(p))!;
    const list = q.kind !== 'axis' && row.length > 1 ? row : all;
    const k = list.indexOf(to(q.at(p)));
    const [before, after] = [list[k] - list[k - 1], list[k + 1] - list[k]];
    const down = Number.isFinite(before) ? before : after;
    const up = Number.isFinite(after) ? after : before;
    return [from(list[k] - down / 2), from(list[k] + up / 2)];
  };
}

const middleOf =
  (axis: 'x' | 'y', log: boolean) =>
  (c: Cell): number => {
    const [a, b] = [c[`${axis}1`], c[`${axis}2`]];
    return log ? Math.sqrt(a * b) : (a + b) / 2;
  };

const crossOf = ({ x1, x2, y1, y2 }: Cell) => [
  { x1, x2, y1, y2 },
  { x1: x2, x2: x1, y1, y2 },
];

interface ColourScale {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  readonly colour: (v: number) => string;
}

function colourScale(value: Quantity | undefined, values: readonly number[], axes: readonly Axis[]): ColourScale {
  const log = value !== undefined && isLogarithmic(value, values, axes);
  const low = value ? Math.min(...values) : 0;
  const high = value ? Math.max(...values) : 1;
  const to = (v: number) => (log ? Math.log(v) : v);
  return { low, high, log, colour: (v) => rampColour(high > low ? (to(v) - to(low)) / (to(high) - to(low)) : 0.5) };
}

/** Where the axis of a bound is the one that is drawn upwards. */
const sameAxis = ({ axis }: BoundRequest, y: Quantity): boolean =>
  y.name === axis ||
  y.axes.some((key) => key === axis || key.endsWith(`.${axis}`)) ||
  (axis === 'eta' && /learningRate$/.test(y.axes[0] ?? ''));

const cut = <T extends { readonly bound: number }>(points: readonly T[], [low, high]: readonly number[]): T[] =>
  points.filter((p) => p.bound >= low && p.bound <= high);

function captionOf(
  part: Part,
  value: Quantity | undefined,
  scale: ColourScale,
  lines: readonly BoundLine[],
  drawn: readonly BoundLine[],
  all: number,
): string {
  const n = part.points.length;
  const steps = value
    ? `Colour: means over the seeds that did not diverge, ${RAMP_STEPS} steps ${scale.log ? 'of the logarithm ' : ''}from ${formatPlain(scale.low)} over ${formatPlain(scale.log ? Math.sqrt(scale.low * scale.high) : (scale.low + scale.high) / 2)} in the middle to ${formatPlain(scale.high)}.`
    : '';
  const place = lines.find((l) => l.place)?.place;
  const missing = lines
    .filter((l) => !drawn.includes(l))
    .map((l) => `${l.label} is not drawn: ${l.missing ?? `it lies outside (${ends(l)}).`}`);
  return [
    `${formatCount(n)} points${of(part)}.`,
    steps,
    ...(place
      ? [
          `Lines: with the curvature at eta = ${formatPlain(place.config.eta)}, B = ${formatPlain(place.config.B)}, the weakest noise, unless they are of each point's own place.`,
        ]
      : []),
    ...missing,
    ...(all > 0 ? [`Drawn for the first values of the other axes, of ${formatCount(all)}.`] : []),
  ]
    .filter((s) => s !== '')
    .join(' ');
}

const ends = ({ points }: BoundLine): string =>
  `${formatPlain(Math.min(...points.map((p) => p.bound)))} … ${formatPlain(Math.max(...points.map((p) => p.bound)))}`;
const of = ({ words }: Part): string => (words ? `, ${words}` : '');
const capital = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);
