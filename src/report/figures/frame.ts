/**
 * A figure: Observable Plot's marks in one frame, with a legend above the frame that overlaps nothing, as an SVG document that stands
 * alone (namespace, own styles, title and description for screen readers).
 */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Axis } from './axes.js';
import { COLOURS, FIGURE_CSS, RAMP } from './palette.js';
import { typeset } from './typeset.js';

const SVG = 'http://www.w3.org/2000/svg';
const FONT_SIZE = 13;
/** An upper estimate of the mean width of a character at FONT_SIZE, so that legends wrap early enough in any system font. */
const CHARACTER = 7.4;
const ROW = 20;
const SWATCH = 24;

/** One entry of a legend: the look of the mark and its meaning. */
export interface LegendEntry {
  readonly label: string;
  readonly mark: 'line' | 'dash' | 'dots' | 'dot' | 'ring' | 'triangle' | 'cross' | 'area' | 'rule' | 'bar' | 'ramp';
  readonly colour?: string;
  /** The two ends of a ramp in words; `label` then names the quantity. */
  readonly ends?: readonly [string, string];
}

export interface FrameOptions {
  readonly name: string;
  /** One sentence, for screen readers and the title of the SVG. */
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: Plot.Markish[];
  readonly legend: readonly LegendEntry[];
  readonly width?: number;
  readonly height?: number;
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

/** Draws a figure in both layouts and lists its numbers. Pure: the same options give the same texts. */
export function drawFigure(o: FrameOptions): Drawings {
  const narrow = drawFrame({ ...o, name: `${o.name}-narrow`, width: Math.min(o.width ?? NARROW, NARROW) });
  return { svg: drawFrame(o), narrow, data: '' };
}

/** Draws the marks and returns a standalone SVG document. Pure: the same options give the same text. */
export function drawFrame(o: FrameOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>') as unknown as { document: Document };
  const width = o.width ?? 560;
  const longest = Math.max(1, ...o.y.ticks.map((t) => o.y.tickFormat(t).length));
  const [marginLeft, marginRight] = [42 + Math.max(3, longest) * CHARACTER, 18];
  const rows = legendRows(o.legend, width - marginLeft - marginRight);
  const marginTop = 14 + ROW * rows.length;
  const svg = Plot.plot({
    document,
    className: 'tg-figure',
    width,
    height: (o.height ?? 360) + ROW * rows.length,
    marginTop,
    marginLeft,
    marginRight,
    marginBottom: 50,
    style: { fontSize: `${FONT_SIZE}px` },
    x: { ...o.x, labelOffset: 42, grid: true },
    y: { ...o.y, labelOffset: marginLeft - 10, grid: true },
    color: { type: 'identity' },
    symbol: { type: 'identity' },
    marks: [Plot.frame({ stroke: COLOURS.muted, strokeOpacity: 0.6 }), ...o.marks],
  }) as unknown as Element;
  svg.querySelector('style')?.remove();
  const style = element(document, 'style', {});
  style.textContent = FIGURE_CSS;
  const title = element(document, 'title', {}, o.title);
  svg.prepend(title, style);
  svg.append(drawLegend(document, rows, marginLeft, 8));
  for (const [k, v] of Object.entries({ xmlns: SVG, role: 'img', 'aria-label': o.title, color: COLOURS.ink }))
    svg.setAttribute(k, v);
  svg.setAttribute('font-family', 'system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif');
  svg.removeAttribute('style');
  svg.setAttribute('font-size', String(FONT_SIZE));
  for (const text of svg.querySelectorAll('text')) typeset(document, text, FONT_SIZE);
  tidy(svg, o.name);
  return svg.outerHTML;
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

const entryWidth = (e: LegendEntry): number => {
  const characters = e.label.length + (e.ends ? e.ends[0].length + e.ends[1].length + 2 : 0);
  return SWATCH + 6 + (e.mark === 'ramp' ? RAMP.length * 8 - SWATCH + 8 : 0) + characters * CHARACTER + 18;
};

function legendRows(entries: readonly LegendEntry[], width: number): LegendEntry[][] {
  const rows: LegendEntry[][] = [];
  let used = Infinity;
  for (const e of entries) {
    const w = entryWidth(e);
    if (used + w > width + 18) {
      rows.push([]);
      used = 0;
    }
    rows[rows.length - 1].push(e);
    used += w;
  }
  return rows;
}

function drawLegend(document: Document, rows: readonly (readonly LegendEntry[])[], left: number, top: number): Element {
  const g = element(document, 'g', { 'aria-label': 'legend', 'text-anchor': 'start' });
  rows.forEach((row, r) => {
    let x = left;
    const y = top + ROW * r + ROW / 2;
    for (const e of row) {
      drawEntry(document, g, e, x, y);
      x += entryWidth(e);
    }
  });
  return g;
}

function drawEntry(document: Document, g: Element, e: LegendEntry, x: number, y: number): void {
  const colour = e.colour ?? 'currentColor';
  const add = (tag: string, a: Record<string, string | number>) => g.append(element(document, tag, a));
  const text = (at: number, s: string) => g.append(element(document, 'text', { x: at, y, dy: '0.35em' }, s));
  const mid = x + SWATCH / 2;
  if (e.mark === 'ramp') {
    text(x, `${e.label} ${e.ends?.[0] ?? ''}`);
    const start = x + (e.label.length + (e.ends?.[0].length ?? 0) + 1) * CHARACTER + 6;
    RAMP.forEach((c, k) => {
      add('rect', { x: start + 8 * k, y: y - 5, width: 8.3, height: 10, fill: c });
    });
    text(start + 8 * RAMP.length + 6, e.ends?.[1] ?? '');
    return;
  }
  if (e.mark === 'line' || e.mark === 'dash' || e.mark === 'dots') {
    const dash: Record<string, string> =
      e.mark === 'dash' ? { 'stroke-dasharray': '6 4' } : e.mark === 'dots' ? { 'stroke-dasharray': '2 3' } : {};
    add('line', { x1: x, x2: x + SWATCH, y1: y, y2: y, stroke: colour, 'stroke-width': 2, ...dash });
  } else if (e.mark === 'bar') {
    add('line', { x1: x, x2: x + SWATCH, y1: y, y2: y, stroke: colour, 'stroke-width': 3.5 });
  } else if (e.mark === 'rule') {
    add('line', {
      x1: mid,
      x2: mid,
      y1: y - 7,
      y2: y + 7,
      stroke: colour,
      'stroke-width': 1.5,
      'stroke-dasharray': '3 2',
    });
  } else if (e.mark === 'area') {
    add('rect', { x, y: y - 6, width: SWATCH, height: 12, fill: colour, 'fill-opacity': 0.18 });
  } else if (e.mark === 'dot') {
    add('circle', { cx: mid, cy: y, r: 3.5, fill: colour });
  } else if (e.mark === 'ring') {
    add('circle', { cx: mid, cy: y, r: 3.5, fill: 'none', stroke: colour, 'stroke-width': 1.5 });
  } else {
    const d =
      e.mark === 'triangle' ? `M${mid},${y - 5}L${mid + 5},${y + 4}H${mid - 5}Z` : `M${mid - 4},${y - 4}l8,8m0,-8l-8,8`;
    add('path', { d, fill: 'none', stroke: colour, 'stroke-width': 1.5 });
  }
  text(x + SWATCH + 6, e.label);
}
