/** Which scale a quantity has in a figure, and the parts of a sweep that one figure shows. */
import { type Axis as FigureAxis, linearAxis, linearDomain, logAxis, logDomain } from '../../../report/figures/axes.js';
import { formatPlain } from '../../../report/format.js';
import type { PointResult } from '../aggregate.js';
import type { Axis } from '../axes.js';
import { otherAxes, type Quantity, shortOf } from '../names.js';

/** A measured column is drawn over its logarithm if it is positive and spans this factor; a list of values of an axis likewise. */
const SPAN = { column: 10, axis: 8 } as const;

/** Says whether a quantity is drawn over its logarithm: an axis as it was written, anything else by what it spans. */
export function isLogarithmic(q: Quantity, values: readonly number[], axes: readonly Axis[]): boolean {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0 || finite.some((v) => v <= 0)) return false;
  const forms = axes.filter((a) => q.axes.includes(a.key)).map((a) => a.form.kind);
  if (q.kind === 'axis' && forms.some((kind) => kind === 'log' || kind === 'powers')) return true;
  if (q.kind === 'axis' && forms.some((kind) => kind === 'lin')) return false;
  return Math.max(...finite) / Math.min(...finite) >= (q.kind === 'column' ? SPAN.column : SPAN.axis);
}

/** Makes the axis of a figure. */
export function axisOver(q: Quantity, values: readonly number[], log: boolean, pad = 0.08): FigureAxis {
  return log ? logAxis(q.label, logDomain(values, pad)) : linearAxis(q.label, linearDomain(values, pad / 2));
}

/** One part of a sweep: the points that share the values of all axes that a figure does not show. */
export interface Part {
  /** The shared values in words; empty where there are no other axes. */
  readonly words: string;
  readonly points: readonly PointResult[];
}

/** Most parts that a figure is drawn for. */
const MOST = 6;

/** Divides the points by the axes that a figure does not show: the first six parts, and how many there are. */
export function partsOf(
  points: readonly PointResult[],
  shown: readonly Quantity[],
): { readonly parts: readonly Part[]; readonly all: number } {
  const others = otherAxes(points, shown);
  const parts = new Map<string, PointResult[]>();
  for (const p of points) {
    const words = others.map((key) => `${shortOf(key)} = ${valueWords(p.point[key])}`).join(', ');
    parts.set(words, [...(parts.get(words) ?? []), p]);
  }
  return { parts: [...parts].slice(0, MOST).map(([words, of]) => ({ words, points: of })), all: parts.size };
}

export const valueWords = (v: unknown): string => (typeof v === 'number' ? formatPlain(v) : String(v));

/** The name of a figure as a file. */
export const slug = (...parts: readonly string[]): string =>
  parts
    .join('-')
    .replace(/[^\w]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();

/** Chooses at most `most` of ascending values, evenly, both ends included. */
export function chosen<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, k) => values[Math.round((k * (values.length - 1)) / (most - 1))]);
}
