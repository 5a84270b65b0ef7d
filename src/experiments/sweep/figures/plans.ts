/** Which figures a sweep has: those that were asked for, or sensible ones from its axes and measures. */
import { check, InputError, shown } from '../../../numeric/errors.js';
import { nearest } from '../../../numeric/spelling.js';
import { type Drawn, renamed } from '../../../report/figures/frame.js';
import { axesOf, columnsOf, type PointResult } from '../aggregate.js';
import { type BoundRequest, boundsOf } from '../bounds.js';
import { DIVERGED, labelOfName, type Quantity, quantityOf, shortOf } from '../names.js';
import type { FigureRequest, SweepConfig } from '../schema.js';
import { type CollapseResult, collapseFigure } from './collapses.js';
import { curveFigures } from './curves.js';
import { heatFigures } from './heat.js';

export interface SweepFigures {
  readonly drawn: readonly Drawn[];
  readonly collapses: readonly CollapseResult[];
  /** Default figures that are left out because there would be too many. */
  readonly left: number;
}

/** Most figures that are drawn without being asked for. */
const MOST = 14;
/** Values of two axes from which a map shows more than curves. */
const MAP = 4;
/** Columns that no default figure shows. */
const SKIPPED: readonly string[] = ['divergence', 'divergence-step', 'steps', 'epochs'];

const KEYS: Readonly<Record<FigureRequest['kind'], readonly string[]>> = {
  curve: ['x', 'y', 'by'],
  heat: ['x', 'y', 'value', 'bound'],
  collapse: ['y', 'z', 'x'],
};
const NEEDED: Readonly<Record<FigureRequest['kind'], readonly string[]>> = {
  curve: ['x', 'y'],
  heat: ['x', 'y'],
  collapse: ['y', 'z', 'x'],
};

/**
 * Checks a figure as far as that is possible before anything is measured: its keys and its bounds.
 * @throws InputError with the nearest key
 */
export function checkFigure(figure: FigureRequest): void {
  const { kind, ...rest } = figure;
  for (const key of Object.keys(rest)) {
    const near = nearest(key, KEYS[kind]);
    check(
      KEYS[kind].includes(key),
      'bad-figure',
      () =>
        `a figure of kind ${kind} has no '${key}'; ${near ? `did you mean ${near}?` : `it has ${KEYS[kind].join(', ')}.`}`,
    );
  }
  for (const key of NEEDED[kind])
    check(
      typeof rest[key] === 'string',
      'bad-figure',
      () => `a figure of kind ${kind} needs '${key}', a name such as eta or trace; got ${shown(rest[key])}.`,
    );
  if (kind === 'heat') boundsOf(rest.bound);
}

/** Draws all figures of a sweep. One that names what the sweep does not have says so in its place. */
export function sweepFigures(
  { axes, figures }: Pick<SweepConfig, 'axes' | 'figures'>,
  points: readonly PointResult[],
): SweepFigures {
  if (figures.length === 0) return defaults(points, axes);
  const collapses: CollapseResult[] = [];
  const drawn = figures.flatMap((figure, k): Drawn[] => {
    try {
      checkFigure(figure);
      return asked(figure, points, axes, collapses);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return [{ name: `figure ${k + 1}`, missing: error.message }];
    }
  });
  return { drawn: unique(drawn), collapses, left: 0 };
}

function asked(
  { kind, ...o }: FigureRequest,
  points: readonly PointResult[],
  axes: SweepConfig['axes'],
  collapses: CollapseResult[],
): Drawn[] {
  const named = (key: string): Quantity => quantityOf(o[key] as string, points, `a figure of kind ${kind}`);
  const maybe = (key: string) => (o[key] === undefined ? undefined : named(key));
  if (kind === 'curve') return curveFigures({ y: named('y'), x: named('x'), by: maybe('by') }, points, axes);
  if (kind === 'heat')
    return heatFigures(
      {
        x: named('x'),
        y: named('y'),
        value: o.value === DIVERGED ? undefined : maybe('value'),
        bounds: boundsOf(o.bound),
      },
      points,
      axes,
    );
  const result = collapseFigure({ y: named('y'), z: named('z'), x: named('x') }, points);
  collapses.push(result);
  return [result.drawn];
}

/** Figures of the same name are numbered. */
function unique(all: readonly Drawn[]): Drawn[] {
  const seen = new Map<string, number>();
  return all.map((d) => {
    const n = (seen.get(d.name) ?? 0) + 1;
    seen.set(d.name, n);
    if (n === 1) return d;
    const name = `${d.name}-${n}`;
    return 'svg' in d ? renamed(d, name) : { ...d, name };
  });
}

/**
 * Without a wish: maps over the two axes with most values where both have four or more, with the bounds where the learning rate goes
 * upwards and curvatures were measured; curves of every column against the axis with most values, by the next one.
 */
function defaults(points: readonly PointResult[], axes: SweepConfig['axes']): SweepFigures {
  const keys = axesOf(points);
  const values = (key: string) => [...new Set(points.map((p) => p.point[key]))];
  const numeric = keys.filter((key) => values(key).every((v) => typeof v === 'number'));
  const by = [...numeric].sort((a, b) => values(b).length - values(a).length);
  const columns = columnsOf(points).filter(
    (c) => !SKIPPED.includes(c) && points.some((p) => (p.columns[c]?.values.length ?? 0) > 0),
  );
  if (by.length === 0 || columns.length === 0) return { drawn: [], collapses: [], left: 0 };
  const quantity = (key: string): Quantity => {
    const q = quantityOf(key, points, 'a figure');
    return { ...q, name: shortOf(key), label: labelOfName(key) };
  };
  const diverged = points.some((p) => p.diverged.count > 0);
  const plans: (() => Drawn[])[] = [];
  const [first, second] = by;
  if (second && values(second).length >= MAP) {
    const [up, along] = /learningRate$/.test(second) ? [second, first] : [first, second];
    const has = (c: string) => columns.includes(c);
    const bounds: BoundRequest[] = /learningRate$/.test(up)
      ? [
          ...(has('top') || has('ceiling-edge') ? boundsOf('edge') : []),
          ...(has('curvature-variance') ? boundsOf(['mean-square', 'almost-sure']) : []),
        ]
      : [];
    const map = (value?: Quantity) => () =>
      heatFigures({ x: quantity(along), y: quantity(up), value, bounds }, points, axes);
    if (diverged) plans.push(map());
    plans.push(...columns.map((c) => map(quantityOf(c, points, 'a figure'))));
  }
  const other = second ?? keys.find((key) => key !== first);
  plans.push(
    ...columns.map(
      (c) => () =>
        curveFigures(
          { y: quantityOf(c, points, 'a figure'), x: quantity(first), ...(other && { by: quantity(other) }) },
          points,
          axes,
        ),
    ),
  );
  const drawn: Drawn[] = [];
  let used = 0;
  for (const plan of plans) {
    if (drawn.length >= MOST) break;
    drawn.push(...plan());
    used++;
  }
  return { drawn: unique(drawn), collapses: [], left: plans.length - used };
}
