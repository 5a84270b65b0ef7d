/**
 * What the marks of a figure show, as a CSV document: a row for each point, step of a line, bar, band or cell, with the series by its label in the
 * legend, and columns named by the axes. Numbers have eight significant digits.
 */
import { type Cell, csv } from '../csv.js';
import type { Axis } from './axes.js';
import type { LegendEntry } from './legend.js';
import { colourOf, entryOf, type Look, neighboursOf } from './series.js';
import type { DrawnMark } from './watched.js';

/** The values of both axes at a place of the drawing. */
type Back = (at: readonly [number, number]) => readonly number[];

interface Row {
  readonly series: string;
  readonly mark: string;
  readonly curve: string;
  x?: number | undefined;
  y?: number | undefined;
  x1?: number | undefined;
  x2?: number | undefined;
  y1?: number | undefined;
  y2?: number | undefined;
  readonly more: Readonly<Record<string, Cell>>;
}

const WORDS: Readonly<Record<string, string>> = { dot: 'point', rule: 'bar', area: 'band', rect: 'cell', link: 'bar' };
/** Channels of Plot that say how a mark looks or where it stands; others were added for their numbers. */
const KNOWN = new Set(
  'series x y x1 x2 y1 y2 z r fill stroke symbol opacity fillOpacity strokeOpacity strokeWidth title href ariaLabel length rotate text fontSize value geometry'.split(
    ' ',
  ),
);

/** Numbers as they are written: eight significant digits. */
const rounded = (v: Cell): Cell => (typeof v === 'number' ? Number(v.toPrecision(8)) : v);

/** What a column of the table holds, in one letter: series, mark, curve, x, y, their ranges a to b and l to h, or something more. */
type Role = 's' | 'm' | 'c' | 'x' | 'y' | 'a' | 'b' | 'l' | 'h' | 'e';

/** The numbers of a figure as a table. */
export interface FigureTable {
  readonly columns: readonly { readonly role: Role; readonly name: string }[];
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * Lists what the marks show.
 * @param back - the values of the axes at a place of the drawing
 */
export function figureTable(
  marks: readonly DrawnMark[],
  { x, y, legend }: { readonly x: Axis; readonly y: Axis; readonly legend: readonly LegendEntry[] },
  back: Back,
): FigureTable {
  const looks = marks.map((m) => m.look);
  const rows = withErrors(marks.flatMap((m, k) => rowsOf(m, String(k), legend, back, neighboursOf(looks, k))));
  const curve = curveNumbers(rows);
  const [xName, yName] = [x.label ?? 'x', y.label ?? 'y'];
  const columns: { role: Role; name: string; of: (r: Row) => Cell }[] = [
    { role: 's', name: 'series', of: (r) => r.series },
    { role: 'm', name: 'mark', of: (r) => r.mark },
    { role: 'c', name: 'curve', of: curve },
    { role: 'x', name: xName, of: (r) => r.x },
    { role: 'y', name: yName, of: (r) => r.y },
    { role: 'a', name: `${xName}, from`, of: (r) => r.x1 },
    { role: 'b', name: `${xName}, to`, of: (r) => r.x2 },
    { role: 'l', name: `${yName}, from`, of: (r) => r.y1 },
    { role: 'h', name: `${yName}, to`, of: (r) => r.y2 },
    ...[...new Set(rows.flatMap((r) => Object.keys(r.more)))].map((name) => ({
      role: 'e' as const,
      name,
      of: (r: Row) => r.more[name],
    })),
  ];
  const used = columns.filter(({ role, of }) => /[smxy]/.test(role) || rows.some((r) => of(r) !== undefined));
  return {
    columns: used.map(({ role, name }) => ({ role, name })),
    rows: rows.map((r) => used.map(({ of }) => rounded(of(r)))),
  };
}

/** Writes the table as a CSV document. */
export const tableCsv = ({ columns, rows }: FigureTable): string =>
  csv(
    columns.map((c) => c.name),
    rows,
  );

/**
 * Writes the table for a page, which holds it once for the values under the pointer and for its button: the CSV document, where series, mark and curve
 * are empty if they are those of the row above. The roles of the columns come with it.
 */
export function tableOnPage(table: FigureTable): { readonly roles: string; readonly text: string } {
  const names = table.columns.filter((c) => 'smc'.includes(c.role)).length;
  const rows = table.rows.map((row, k) => {
    const above = table.rows[k - 1];
    const same = above && row.slice(0, names).every((v, c) => v === above[c]);
    return same ? [...Array(names).fill(undefined), ...row.slice(names)] : row;
  });
  return { roles: table.columns.map((c) => c.role).join(''), text: tableCsv({ columns: table.columns, rows }) };
}

/** Numbers of curves where a series has several of one kind. */
function curveNumbers(rows: readonly Row[]): (r: Row) => number | undefined {
  const curves = new Map<string, string[]>();
  const key = (r: Row) => `${r.series}\n${r.mark}`;
  for (const r of rows) {
    const own = curves.get(key(r)) ?? [];
    if (own[own.length - 1] !== r.curve && !own.includes(r.curve)) own.push(r.curve);
    curves.set(key(r), own);
  }
  return (r) => {
    const own = curves.get(key(r))!;
    return own.length > 1 && /line|contour/.test(r.mark) ? own.indexOf(r.curve) + 1 : undefined;
  };
}

function rowsOf(
  { look, channels, index, node }: DrawnMark,
  id: string,
  legend: readonly LegendEntry[],
  back: Back,
  neighbours: readonly Look[],
): Row[] {
  const at = (name: string, i: number) => channels[name]?.value?.[i];
  const of = (i: number): Row | undefined => {
    const own = lookAt({ look, channels }, i);
    if (colourOf(own) === undefined) return undefined;
    const number = (name: string) => {
      const v = at(name, i);
      return typeof v === 'number' ? v : undefined;
    };
    let [x, y, x1, x2, y1, y2] = ['x', 'y', 'x1', 'x2', 'y1', 'y2'].map(number);
    // Plot gives one end alone where both are the same
    if (look.kind === 'area') [x, x1, y, y1] = [x ?? (x2 === undefined ? x1 : x), x2 === undefined ? undefined : x1, y ?? (y2 === undefined ? y1 : y), y2 === undefined ? undefined : y1]; // biome-ignore format: four values
    const bar = /link|rule|arrow/.test(look.kind);
    if (bar && x1 === x2 && x1 !== undefined && look.kind !== 'arrow') [x, x1, x2] = [x1, undefined, undefined];
    if (bar && y1 === y2 && y1 !== undefined && look.kind !== 'arrow') [y, y1, y2] = [y1, undefined, undefined];
    const more = Object.keys(channels).filter((name) => !KNOWN.has(name));
    return {
      ...nameOf(own, legend, neighbours, [x1, x2, y1, y2].filter((v) => v !== undefined).length / 2),
      ...(typeof at('series', i) === 'string' && { series: at('series', i) as string }),
      curve: `${id}/${at('z', i) ?? ''}`,
      ...{ x, y, x1, x2, y1, y2 },
      more: Object.fromEntries(more.map((name) => [name, at(name, i) as Cell])),
    };
  };
  if (look.kind === 'contour') return contours(node, id, look, legend, back);
  return Array.from(index, of).filter((r) => r !== undefined);
}

/** How the datum of a mark looks, where its colours vary. */
export const lookAt = ({ look, channels }: Pick<DrawnMark, 'look' | 'channels'>, i: number): Look => ({
  ...look,
  fill: String(channels.fill?.value?.[i] ?? look.fill),
  stroke: String(channels.stroke?.value?.[i] ?? look.stroke),
});

/** @param extents - along how many axes it extends */
function nameOf(look: Look, legend: readonly LegendEntry[], neighbours: readonly Look[], extents: number) {
  const entry = entryOf(look, legend, neighbours);
  const bars = look.kind === 'rule' || look.kind === 'link';
  const mark = bars && extents !== 1 ? (extents === 0 ? 'reference line' : 'segment') : (WORDS[look.kind] ?? look.kind);
  return { series: legend[entry]?.label ?? mark, mark };
}

/** The vertices of contours, read from the drawing, since Plot computes them in its coordinates. */
function contours(node: Element, id: string, look: Look, legend: readonly LegendEntry[], back: Back): Row[] {
  if (colourOf(look) === undefined) return [];
  const name = nameOf(look, legend, [], 0);
  return [...node.querySelectorAll('path')].flatMap((path, p) =>
    (path.getAttribute('d') ?? '').split('M').flatMap((part, k) =>
      [...part.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(([, px, py]): Row => {
        const [x, y] = back([Number(px), Number(py)]).map((v) => Number(v.toPrecision(4)));
        return { ...name, curve: `${id}/${p}/${k}`, x, y, more: {} };
      }),
    ),
  );
}

/** Puts error bars into the rows of the points that they belong to: the same series, the same place, and a range around the point. */
function withErrors(rows: readonly Row[]): Row[] {
  const places = new Map<string, Row[]>();
  const place = (r: Row, axis: 'x' | 'y') => `${axis}${r.series}\n${r[axis]}`;
  for (const r of rows)
    if (r.mark === 'point')
      for (const axis of ['x', 'y'] as const) places.set(place(r, axis), [...(places.get(place(r, axis)) ?? []), r]);
  return rows.filter((r) => {
    if (r.mark !== 'bar') return true;
    for (const [axis, low, high] of [
      ['x', 'y1', 'y2'],
      ['y', 'x1', 'x2'],
    ] as const) {
      const [a, b] = [r[low], r[high]];
      if (r[axis] === undefined || a === undefined || b === undefined) continue;
      const other = axis === 'x' ? 'y' : 'x';
      const point = places
        .get(place(r, axis))
        ?.find((p) => p[low] === undefined && Math.min(a, b) <= p[other]! && p[other]! <= Math.max(a, b));
      if (!point) continue;
      [point[low], point[high]] = [Math.min(a, b), Math.max(a, b)];
      return false;
    }
    return true;
  });
}
