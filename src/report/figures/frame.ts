/**
 * A figure: Observable Plot's marks in one frame, with a legend above the frame that overlaps nothing, as an SVG document that stands
 * alone (namespace, own styles, title and description for screen readers).
 */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Axis, fitted } from './axes.js';
import { CHARACTER, drawLegend, type LegendEntry, legendLayout } from './legend.js';
import { COLOURS, FIGURE_CSS } from './palette.js';
import { linesOf, typeset } from './typeset.js';

export type { LegendEntry } from './legend.js';

const SVG = 'http://www.w3.org/2000/svg';
const FONT_SIZE = 13;
/** Height of a line of an axis label. */
const LINE = 16;
/** Figures below this width are laid out for a narrow screen, with so much between the edge and the legend. */
const SMALL = 440;
const EDGE = 10;

export interface FrameOptions {
  readonly name: string;
  /** One sentence, for screen readers and the title of the SVG. */
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: Plot.Markish[];
  readonly legend: readonly LegendEntry[];
  readonly width?: number;
  /** The height without the legend, and without what further lines of the level axis' label take. */
  readonly height?: number;
  /** Draws both axes with one scale, so that a circle is a circle; the height then follows from the width. */
  readonly equal?: boolean;
  /** What a narrow figure has in place of the rest. */
  readonly narrow?: Partial<Pick<FrameOptions, 'x' | 'y' | 'marks' | 'legend' | 'height'>>;
}

/** A figure in its two layouts, and its numbers. */
export interface Drawings {
  /** The drawing for a page as wide as paper, as a standalone SVG document. */
  readonly svg: string;
  /** The same figure laid out anew for a narrow screen, with letters of the same size. */
  readonly narrow: string;
  /** What the marks show, as a CSV document. */
  readonly data: string;
}

/** A drawn figure: the drawings and their caption. */
export interface Figure extends Drawings {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
}

/** A figure for which there are no numbers, with the reason. */
export interface MissingFigure {
  readonly name: string;
  readonly missing: string;
}

/** A figure, or why it is not drawn. */
export type Drawn = Figure | MissingFigure;

/** The width of the narrow layout, in pixels: a screen of 420 px less its margins. */
const NARROW = 380;

/** The greatest height of a narrow figure without its legend; one with a row for each name is as high as it must be. */
const HIGHEST = 380;

/** What the narrow layout draws. */
const narrowed = (o: FrameOptions): FrameOptions => ({
  ...o,
  ...(o.y.label ? { height: Math.min(o.height ?? HIGHEST, HIGHEST) } : {}),
  ...o.narrow,
  name: `${o.name}-narrow`,
  width: Math.min(o.width ?? NARROW, NARROW),
});

/** Draws a figure in both layouts and lists its numbers. Pure: the same options give the same texts. */
export function drawFigure(o: FrameOptions): Drawings {
  return { svg: drawFrame(o), narrow: drawFrame(narrowed(o)), data: '' };
}

/** Draws the marks and returns a standalone SVG document. Pure: the same options give the same text. */
export function drawFrame(o: FrameOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>') as unknown as { document: Document };
  const width = o.width ?? 560;
  const small = width < SMALL;
  const marginRight = 18;
  const longest = Math.max(3, ...o.y.ticks.flatMap((t) => o.y.tickFormat(t).split('\n')).map((s) => s.length));
  const firstMargin = (small && !o.y.label ? 28 : 42) + longest * CHARACTER;
  // the words of a narrow figure have its whole width
  const left = small ? EDGE : firstMargin;
  const legend = legendLayout(o.legend, width - left - (small ? EDGE : marginRight));
  const marginTop = 14 + legend.height;
  const across = width - marginRight;
  const xLabel = labelLines(o.x, across - firstMargin + 2 * marginRight);
  const tickLines = Math.max(1, ...o.x.ticks.map((t) => o.x.tickFormat(t).split('\n').length));
  const below = LINE * (tickLines - 1);
  const marginBottom = 50 + below + LINE * Math.max(0, xLabel.length - 1);
  const plain = (o.height ?? 360) - 64;
  const yLabel = labelLines(o.y, plain + (small ? 2 * EDGE : 2 * Math.min(marginTop, 40)));
  const marginLeft = firstMargin + LINE * (yLabel.length - 1);
  const inner = across - marginLeft;
  const { x, y, height } = o.equal ? equalAxes(o, inner, plain) : { x: o.x, y: o.y, height: plain };
  const svg = Plot.plot({
    document,
    className: 'tg-figure',
    width,
    height: height + marginTop + marginBottom,
    marginTop,
    marginLeft,
    marginRight,
    marginBottom,
    style: { fontSize: `${FONT_SIZE}px` },
    x: { ...scaleOf(fitted(x, inner), xLabel), labelOffset: 42 + below, grid: o.x.grid ?? true },
    y: { ...scaleOf(y, yLabel), labelOffset: marginLeft - 10, grid: o.y.grid ?? true },
    color: { type: 'identity' },
    symbol: { type: 'identity' },
    marks: [Plot.frame({ stroke: COLOURS.muted, strokeOpacity: 0.6 }), ...o.marks],
  }) as unknown as Element;
  svg.querySelector('style')?.remove();
  const style = element(document, 'style', {});
  style.textContent = FIGURE_CSS;
  const title = element(document, 'title', {}, o.title);
  svg.prepend(title, style);
  const middle = marginTop + height / 2;
  svg.append(
    ...axisLabels(document, 'x', xLabel, marginLeft + inner / 2, marginTop + height + 37 + below),
    ...axisLabels(document, 'y', yLabel, 20, middle),
    drawLegend(document, legend, left, 8),
  );
  for (const [k, v] of Object.entries({ xmlns: SVG, role: 'img', 'aria-label': o.title, color: COLOURS.ink }))
    svg.setAttribute(k, v);
  svg.setAttribute('font-family', 'system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif');
  svg.removeAttribute('style');
  svg.setAttribute('font-size', String(FONT_SIZE));
  for (const text of svg.querySelectorAll('text')) typeset(document, text, FONT_SIZE);
  tidy(svg, o.name);
  return svg.outerHTML;
}

/** The lines of an axis label in the room beside its axis. */
const labelLines = (a: Axis, pixels: number): string[] =>
  a.label ? linesOf(a.label, Math.floor(pixels / CHARACTER)) : [];

/** What Plot takes of an axis; it draws labels of one line. */
function scaleOf({ remade: _, ...scale }: Axis, lines: readonly string[]): Plot.ScaleOptions {
  return lines.length > 1 ? { ...scale, label: null } : scale;
}

/** Labels of more than one line; upright ones are read from below. */
function axisLabels(
  document: Document,
  axis: 'x' | 'y',
  lines: readonly string[],
  at: number,
  from: number,
): Element[] {
  if (lines.length < 2) return [];
  const g = element(document, 'g', {
    'aria-label': `${axis}-axis label`,
    fill: 'currentColor',
    'text-anchor': 'middle',
  });
  lines.forEach((line, k) => {
    const place =
      axis === 'x' ? `translate(${at},${from + LINE * k})` : `translate(${at + LINE * k},${from}) rotate(-90)`;
    g.append(element(document, 'text', { transform: place }, line));
  });
  return [g];
}

/** Both axes with as many pixels for each unit, and the height that this takes: up to that of a square, at least a third of it. */
function equalAxes(o: FrameOptions, inner: number, most: number): { x: Axis; y: Axis; height: number } {
  const [dx, dy] = [o.x, o.y].map((a) => a.domain as [number, number]);
  const [wide, high] = [dx, dy].map(([lo, hi]) => hi - lo);
  const height = Math.round(Math.min(Math.max(inner, most), Math.max(inner / 3, (inner * high) / wide)));
  const unit = Math.max(wide / inner, high / height);
  const over = (a: Axis, [lo, hi]: [number, number], pixels: number): Axis => {
    const [middle, half] = [(lo + hi) / 2, (unit * pixels) / 2];
    return { ...a, ...a.remade?.(a.ticks.length, [middle - half, middle + half]) };
  };
  return { x: over(o.x, dx, inner), y: over(o.y, dy, height), height };
}

const COORDINATES = new Set(['d', 'transform', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height']);

/** Coordinates to hundredths of a pixel; clip paths named after the figure instead of a global counter. */
function tidy(svg: Element, name: string): void {
  const clips = new Map<string, string>();
  for (const e of svg.querySelectorAll('clipPath')) {
    clips.set(e.id, `${name}-clip-${clips.size}`);
    e.id = clips.get(e.id)!;
  }
  for (const e of svg.querySelectorAll('*')) {
    const clip = e.getAttribute('clip-path');
    if (clip)
      e.setAttribute(
        'clip-path',
        clip.replace(/#([^)]*)/, (_, id) => `#${clips.get(id) ?? id}`),
      );
    for (const a of [...e.attributes]) {
      if (COORDINATES.has(a.name))
        a.value = a.value.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (s) => String(Math.round(Number(s) * 100) / 100));
    }
  }
}

function element(document: Document, tag: string, attributes: Record<string, string | number>, text?: string): Element {
  const e = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, String(v));
  if (text !== undefined) e.textContent = text;
  return e;
}
