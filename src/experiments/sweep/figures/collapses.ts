/** Curves for values of one axis, rescaled by powers of it so that they fall on one as well as they can. */
import * as Plot from '@observablehq/plot';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatCount, formatNumber } from '../../../report/format.js';
import type { PointResult } from '../aggregate.js';
import { type CollapseFit, type Curve, collapse } from '../collapse.js';
import type { Quantity } from '../names.js';
import { chosen, partsOf, slug, valueWords } from './scales.js';

export interface CollapsePlan {
  /** What is scaled by x^a. */
  readonly y: Quantity;
  /** What it is drawn against, scaled by x^b. */
  readonly z: Quantity;
  /** What tells the curves apart. */
  readonly x: Quantity;
}

/** A collapse with its figure. */
export interface CollapseResult {
  readonly plan: CollapsePlan;
  readonly fit?: CollapseFit | undefined;
  readonly curves: number;
  readonly drawn: Drawn;
}

/** Most curves: the fit compares each with each other. */
const CURVES = 8;

/** Fits and draws a collapse over the points of the first values of the axes that it does not name. */
export function collapseFigure(plan: CollapsePlan, points: readonly PointResult[]): CollapseResult {
  const { y, z, x } = plan;
  const name = slug('collapse', y.name, z.name, x.name);
  const { parts, all } = partsOf(points, [x, z]);
  const there = (parts[0]?.points ?? []).filter((p) => [x, y, z].every((q) => q.at(p) > 0 && Number.isFinite(q.at(p))));
  const dropped = (parts[0]?.points.length ?? 0) - there.length;
  const keys = chosen(
    [...new Set(there.map((p) => x.at(p)))].sort((a, b) => a - b),
    CURVES,
  );
  const curves = keys.map((key): Curve => {
    const own = there.filter((p) => x.at(p) === key).sort((a, b) => z.at(a) - z.at(b));
    return { x: Math.log(key), z: own.map((p) => Math.log(z.at(p))), y: own.map((p) => Math.log(y.at(p))) };
  });
  const fit = collapse(curves);
  if (!fit)
    return {
      plan,
      curves: keys.length,
      drawn: { name, missing: 'a collapse needs three curves of three positive points each that overlap.' },
    };
  const marks = curves.map((c, k) => ({
    key: keys[k],
    colour: rampColour((k + 0.5) / curves.length),
    points: c.z.map((v, i) => ({ x: Math.exp(v + fit.b * c.x), y: Math.exp(c.y[i] + fit.a * c.x) })),
  }));
  const every = marks.flatMap((m) => m.points);
  const scaled = (q: Quantity, power: number) => `${q.label} · ${x.name.replace('eta', 'η')}^${formatNumber(power, 2)}`;
  const axis = (label: string, values: number[]) =>
    Math.max(...values) / Math.min(...values) >= 4
      ? logAxis(label, logDomain(values))
      : linearAxis(label, linearDomain(values));
  return {
    plan,
    fit,
    curves: keys.length,
    drawn: {
      name,
      title: `Collapse of ${y.name} over ${x.name}`,
      ...drawFigure({
        name,
        title: `${y.label} times a power of ${x.label} against ${z.label} times a power of it`,
        x: axis(
          scaled(z, fit.b),
          every.map((p) => p.x),
        ),
        y: axis(
          scaled(y, fit.a),
          every.map((p) => p.y),
        ),
        legend: marks.map((m) => ({
          label: `${x.name.replace('eta', 'η')} = ${valueWords(m.key)}`,
          mark: 'dot' as const,
          colour: m.colour,
        })),
        marks: marks.flatMap((m) => [
          Plot.line(m.points, { x: 'x', y: 'y', stroke: m.colour, strokeWidth: 1.2, strokeOpacity: 0.6 }),
          Plot.dot(m.points, { x: 'x', y: 'y', r: 2.6, fill: m.colour, stroke: COLOURS.paper, strokeWidth: 0.4 }),
        ]),
      }),
      caption: `${collapseWords(fit)}${dropped > 0 ? ` ${formatCount(dropped)} points without a positive number are left out.` : ''}${all > 1 ? ` For the first values of the other axes, of ${formatCount(all)}.` : ''}`,
    },
  };
}

/** Says how well the curves fall together. */
export function collapseWords(fit: CollapseFit): string {
  const unique = fit.straight
    ? ' The curves are so straight that a shift along them is hardly told from one across: a and b are not unique.'
    : '';
  return `The root mean square distance between curves falls from a factor of ${formatNumber(Math.exp(fit.before))} to one of ${formatNumber(Math.exp(fit.after))}; with the values dealt to other curves the median of ${formatCount(fit.labels)} fits is ${formatNumber(Math.exp(fit.shuffled))}, and a share of ${formatNumber(fit.chance, 2)} does as well.${unique}`;
}
