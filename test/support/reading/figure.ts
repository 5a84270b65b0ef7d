/** A figure read back from its SVG: scales from the tick labels, marks in units of the data, legend, labels. */
import { parseHTML } from 'linkedom';
import { type AxisHint, type Scale, scaleOf } from './axes.js';

export type Point = readonly [x: number, y: number];

export interface Mark {
  /** What drew it: `dot`, `line`, `area`, `rule`, `link`, `rect`, `bar`, `text`, `arrow`, `contour`, … */
  readonly kind: string;
  /** `circle`, or `path` for other symbols of a dot. */
  readonly element: string;
  /** In units of the data: the place of a dot or text, the vertices of a line (of all its pieces), both ends of a rule, two corners of a rect. */
  readonly points: readonly Point[];
  readonly pixels: readonly Point[];
  /** Vertices piece by piece: a line with gaps, the shaft and the head of an arrow, the rings of a contour. */
  readonly pieces: readonly (readonly Point[])[];
  /** First of `points`. */
  readonly x: number;
  readonly y: number;
  /** Attributes of the element, or of the nearest group that has them; `none` where nothing is painted. */
  readonly fill: string;
  readonly stroke: string;
  /** `stroke-dasharray`, empty for a full line. */
  readonly dash: string;
  readonly strokeWidth: number;
  readonly opacity: number;
  /** Radius of a circle. */
  readonly r: number;
  /** Words of a text mark. */
  readonly text: string;
}

export interface LegendItem {
  /** Superscripts as `^…`, subscripts as `_…`. */
  readonly label: string;
  /** `line`, `circle`, `rect`, `path`; `ramp` for a row of coloured steps. */
  readonly element: string;
  /** Paint of the sample: its fill, or else its stroke. */
  readonly colour: string;
  /** A circle, triangle or cross that is not filled. */
  readonly hollow: boolean;
  readonly dash: string;
  /** Colours of the steps of a ramp, and its numbers with their places as shares of its length. */
  readonly steps: readonly string[];
  readonly ticks: readonly { readonly label: string; readonly at: number }[];
}

export interface FigureReading {
  /** The sentence for readers who do not see. */
  readonly title: string;
  readonly x: Scale;
  readonly y: Scale;
  /** Axis labels, units and all. */
  readonly xLabel: string;
  readonly yLabel: string;
  /** The frame in units of the data. */
  readonly domain: { readonly x: Point; readonly y: Point };
  readonly marks: readonly Mark[];
  readonly legend: readonly LegendItem[];
}

/** Which marks: any of these properties, or a function. */
export type Selector = Partial<Pick<Mark, 'kind' | 'element' | 'fill' | 'stroke' | 'dash' | 'text'>> & {
  /** Fill or stroke is this colour. */
  readonly colour?: string;
  readonly where?: (m: Mark) => boolean;
};

const NOT_MARKS = /grid|tick|axis|legend|frame/;

/** @throws Error where an axis has no readable scale; then say it with `axes` */
export function readFigure(svg: string, axes: { readonly x?: AxisHint; readonly y?: AxisHint } = {}): FigureReading {
  const document = (parseHTML(svg) as unknown as { document: Document }).document;
  const root = document.querySelector('svg');
  if (!root) throw new Error('no svg');
  const labels = (axis: 'x' | 'y') =>
    [...root.querySelectorAll(`[aria-label="${axis}-axis tick label"] text`)].map((t) => ({
      pixel: shift(t.getAttribute('transform'))[axis === 'x' ? 0 : 1],
      label: textOf(t),
    }));
  const [x, y] = [scaleOf(labels('x'), axes.x ?? {}), scaleOf(labels('y'), axes.y ?? {})];
  // a label of several lines has a text for each
  const label = (axis: string) => {
    const group = root.querySelector(`[aria-label="${axis}-axis label"]`);
    return [...(group?.querySelectorAll('text') ?? [])].map(textOf).join(' ') || textOf(group);
  };
  const frame = root.querySelector('[aria-label="frame"]')!;
  const at = (name: string) => Number(frame.getAttribute(name));
  const shapes = root.querySelectorAll('circle, path, line, rect, text');
  const marks = [...shapes].flatMap((e) => {
    const kind = kindOf(e);
    return kind === '' || NOT_MARKS.test(kind) || e.closest('clipPath') ? [] : [mark(e, kind, x, y)];
  });
  return {
    title: root.getAttribute('aria-label') ?? '',
    x,
    y,
    xLabel: label('x'),
    yLabel: label('y'),
    domain: {
      x: [x.value(at('x')), x.value(at('x') + at('width'))],
      y: [y.value(at('y') + at('height')), y.value(at('y'))],
    },
    marks,
    legend: legendOf(root),
  };
}

/** A figure among those that a report has drawn: read, with its caption. @throws Error where it is missing */
export function readNamed(
  figures: readonly ({ readonly name: string } & ({ readonly svg: string; readonly caption: string } | object))[],
  name: string,
  axes: Parameters<typeof readFigure>[1] = {},
): { readonly figure: FigureReading; readonly caption: string } {
  const found = figures.find((f) => f.name === name);
  if (!found || !('svg' in found)) throw new Error(`figure ${name} is missing: ${JSON.stringify(found)}`);
  return { figure: readFigure(found.svg, axes), caption: found.caption };
}

/** The marks of a figure that answer to the selector, in the order they are drawn. */
export function marks(figure: string | FigureReading, selector: Selector = {}): Mark[] {
  const { colour, where, ...properties } = selector;
  const all = typeof figure === 'string' ? readFigure(figure).marks : figure.marks;
  return all.filter(
    (m) =>
      Object.entries(properties).every(([k, v]) => m[k as keyof Mark] === v) &&
      (colour === undefined || m.fill === colour || m.stroke === colour) &&
      (where === undefined || where(m)),
  );
}

/**
 * Greatest distance in pixels between points drawn and points expected (in units of the data), one by one in their order;
 * Infinity where their numbers differ. Coordinates are rounded to hundredths: below 0.05 is agreement.
 */
export function offBy(figure: FigureReading, drawn: readonly Mark[] | Mark, expected: readonly Point[]): number {
  const pixels = 'kind' in drawn ? drawn.pixels : drawn.flatMap((m) => m.pixels);
  if (pixels.length !== expected.length) return Infinity;
  const off = pixels.map(([px, py], k) =>
    Math.max(Math.abs(px - figure.x.pixel(expected[k][0])), Math.abs(py - figure.y.pixel(expected[k][1]))),
  );
  return off.some(Number.isNaN) ? Infinity : Math.max(0, ...off);
}

/** The extent of a mark in units of the data: ends of an error bar, sides of a rect, range of a line. */
export function extent(m: Mark): { readonly x: Point; readonly y: Point } {
  const side = (k: 0 | 1): Point => [Math.min(...m.points.map((p) => p[k])), Math.max(...m.points.map((p) => p[k]))];
  return { x: side(0), y: side(1) };
}

/**
 * Upright (`y`) or level (`x`) bars, drawn as rules or links, that end inside the frame: what error bars are. In the
 * order they are drawn, with where they stand and their two ends.
 */
export function errorBars(
  figure: FigureReading,
  along: 'x' | 'y' = 'y',
  selector: Selector = {},
): { readonly at: number; readonly low: number; readonly high: number; readonly mark: Mark }[] {
  const [k, j] = along === 'x' ? [0, 1] : [1, 0];
  const edges = figure.domain[along].map((v) => figure[along].pixel(v));
  return marks(figure, selector)
    .filter((m) => ['rule', 'link'].includes(m.kind) && m.pixels.length === 2)
    .filter(({ pixels: [a, b] }) => Math.abs(a[j] - b[j]) < 0.02)
    .filter(({ pixels: [a, b] }) => !edges.every((e) => [a[k], b[k]].some((p) => Math.abs(p - e) < 0.02)))
    .map((mark) => {
      const [low, high] = extent(mark)[along];
      return { at: mark.points[0][j], low, high, mark };
    });
}

/** Slope and height of a straight line in the coordinates of the paper: on log axes of the logarithms (base 10). */
export function lineThrough(figure: FigureReading, m: Mark): { readonly slope: number; readonly intercept: number } {
  const to = (s: Scale, v: number) => (s.type === 'log' ? Math.log10(v) : v);
  const [a, b] = [m.points[0], m.points[m.points.length - 1]].map(([x, y]) => [to(figure.x, x), to(figure.y, y)]);
  const slope = (b[1] - a[1]) / (b[0] - a[0]);
  return { slope, intercept: a[1] - slope * a[0] };
}

/** Text with its raised runs as `^…` and its lowered ones as `_…`. */
export function textOf(e: Element | null): string {
  if (!e) return '';
  const spans = [...e.querySelectorAll('tspan')];
  if (spans.length === 0) return e.textContent ?? '';
  let height = 0;
  return spans
    .map((s) => {
      height += Number(s.getAttribute('dy') ?? 0);
      const sign = Math.abs(height) < 0.1 ? '' : height < 0 ? '^' : '_';
      return sign + s.textContent;
    })
    .join('');
}

/** `translate(…)` of a transform; [0, 0] without one. */
function shift(transform: string | null): [number, number] {
  const m = /translate\(\s*(-?[\d.e+-]+)(?:[\s,]+(-?[\d.e+-]+))?\s*\)/.exec(transform ?? '');
  return m ? [Number(m[1]), Number(m[2] ?? 0)] : [0, 0];
}

/** The nearest group's name; a dot that is alone may carry it itself. */
const kindOf = (e: Element): string => e.closest('[aria-label]:not(svg)')?.getAttribute('aria-label') ?? '';

/** The attribute of the element or of the nearest group that has it. */
function inherited(e: Element, name: string): string | undefined {
  for (let at: Element | null = e; at && at.localName !== 'svg'; at = at.parentElement) {
    const value = at.getAttribute(name);
    if (value !== null) return value;
  }
  return undefined;
}

function mark(e: Element, kind: string, x: Scale, y: Scale): Mark {
  const of = (name: string) => Number(e.getAttribute(name) ?? 0);
  const raw: readonly (readonly Point[])[] =
    e.localName === 'circle'
      ? [[[of('cx'), of('cy')]]]
      : e.localName === 'line'
        ? [
            [
              [of('x1'), of('y1')],
              [of('x2'), of('y2')],
            ],
          ]
        : e.localName === 'rect'
          ? [
              [
                [of('x'), of('y') + of('height')],
                [of('x') + of('width'), of('y')],
              ],
            ]
          : e.localName === 'text'
            ? [[[of('x'), of('y')]]]
            : kind === 'dot'
              ? [[[0, 0]]] // the outline of a symbol around its place
              : path(e.getAttribute('d') ?? '');
  const by: [number, number] = [0, 0];
  for (let at: Element | null = e; at && at.localName !== 'svg'; at = at.parentElement) {
    const [dx, dy] = shift(at.getAttribute('transform'));
    by[0] += dx;
    by[1] += dy;
  }
  const pixels = raw.map((piece) => piece.map(([px, py]): Point => [px + by[0], py + by[1]]));
  const pieces = pixels.map((piece) => piece.map(([px, py]): Point => [x.value(px), y.value(py)]));
  const points = pieces.flat();
  return {
    kind,
    element: e.localName,
    points,
    pixels: pixels.flat(),
    pieces,
    x: points[0]?.[0] ?? Number.NaN,
    y: points[0]?.[1] ?? Number.NaN,
    fill: inherited(e, 'fill') ?? 'black',
    stroke: inherited(e, 'stroke') ?? 'none',
    dash: inherited(e, 'stroke-dasharray') ?? '',
    strokeWidth: Number(inherited(e, 'stroke-width') ?? 1),
    opacity: Number(inherited(e, 'opacity') ?? inherited(e, 'fill-opacity') ?? inherited(e, 'stroke-opacity') ?? 1),
    r: e.localName === 'circle' ? of('r') : Number.NaN,
    text: e.localName === 'text' ? textOf(e) : '',
  };
}

/** Vertices of a path, piece by piece; of a curved segment its end. */
function path(d: string): Point[][] {
  const pieces: Point[][] = [];
  let [x, y] = [0, 0];
  for (const [, command, rest] of d.matchAll(/([MLHVCQSTAZ])([^MLHVCQSTAZ]*)/g)) {
    const n = (rest.match(/-?\d*\.?\d+(?:e-?\d+)?/g) ?? []).map(Number);
    if (command === 'Z') continue;
    const size = { H: 1, V: 1, C: 6, Q: 4, S: 4, T: 2, A: 7 }[command] ?? 2;
    for (let k = 0; k + size <= n.length; k += size) {
      if (command === 'H') x = n[k];
      else if (command === 'V') y = n[k];
      else [x, y] = [n[k + size - 2], n[k + size - 1]];
      if (command === 'M' && k === 0) pieces.push([]);
      pieces[pieces.length - 1].push([x, y]);
    }
  }
  return pieces;
}

/** Each entry of the legend has a sample and its words; a bar of colour has numbers with their places along it. */
function legendOf(root: Element): LegendItem[] {
  return [...root.querySelectorAll('[aria-label="legend"] > *')].map((entry) => {
    const samples = [...entry.children].filter((e) => e.localName !== 'text');
    const texts = [...entry.children].filter((e) => e.localName === 'text');
    const words = (all: readonly Element[]) => all.map(textOf).join(' ');
    const steps = samples.filter((e) => e.localName === 'rect');
    const [s] = samples;
    const fill = s.getAttribute('fill') ?? 'none';
    const of = (e: Element, name: string) => Number(e.getAttribute(name));
    const ramp = steps.length > 1;
    const left = of(steps[0] ?? s, 'x');
    const right = ramp ? of(steps[steps.length - 1], 'x') + (of(steps[1], 'x') - left) : left;
    const [numbers, label] = [true, false].map((n) =>
      texts.filter((t) => (t.getAttribute('text-anchor') === 'middle') === n),
    );
    return {
      label: words(label),
      element: ramp ? 'ramp' : s.localName,
      colour: fill !== 'none' ? fill : (s.getAttribute('stroke') ?? ''),
      hollow: fill === 'none' && s.localName !== 'line',
      dash: s.getAttribute('stroke-dasharray') ?? '',
      steps: ramp ? steps.map((e) => e.getAttribute('fill') ?? '') : [],
      ticks: numbers.map((t) => ({ label: textOf(t), at: (of(t, 'x') - left) / (right - left) })),
    };
  });
}
