/** The legend of a figure: samples with their words in rows that fit the width, and bars of colour with numbers. */
import { COLOURS, RAMP } from './palette.js';
import { charactersOf, linesOf } from './typeset.js';

const SVG = 'http://www.w3.org/2000/svg';
/** An upper estimate of the mean width of a character, so that legends wrap early enough in any system font. */
export const CHARACTER = 7.4;
/** Height of a row of one line, and what each further line adds. */
const ROW = 20;
const LINE = 16;
const SWATCH = 24;
/** Between a sample and its words, and behind an entry. */
const GAP = 6;
const APART = 18;
/** Height of a bar of colour with its numbers. */
const BAR = 36;

/** A number beside a bar of colour, at a fraction 0 … 1 of its length. */
export interface RampTick {
  readonly at: number;
  readonly label: string;
}

/** One entry of a legend: the look of the mark and its meaning. */
export interface LegendEntry {
  readonly label: string;
  readonly mark: 'line' | 'dash' | 'dots' | 'dot' | 'ring' | 'triangle' | 'cross' | 'area' | 'rule' | 'bar' | 'ramp';
  readonly colour?: string;
  /** The numbers of a ramp; `label` then names the quantity. */
  readonly ticks?: readonly RampTick[];
  /** The colours of a ramp that has fewer steps than the palette, first to last. */
  readonly steps?: readonly string[];
  /** Of the colours of a ramp, where those of the figure are not full. */
  readonly opacity?: number;
}

interface PlacedEntry {
  readonly entry: LegendEntry;
  readonly x: number;
  readonly lines: readonly string[];
}

interface Row {
  readonly top: number;
  readonly height: number;
  readonly entries: readonly PlacedEntry[];
}

/** A legend whose entries have their places. */
export interface LegendLayout {
  readonly rows: readonly Row[];
  readonly height: number;
}

const stepsOf = (e: LegendEntry): readonly string[] => e.steps ?? RAMP;

/** Length of every bar, however many steps it has. */
export const BAR_WIDTH = 160;
const wordsOf = (lines: readonly string[]): number => Math.max(0, ...lines.map(charactersOf)) * CHARACTER;

function widthOf(e: LegendEntry, lines: readonly string[]): number {
  if (e.mark !== 'ramp') return SWATCH + GAP + wordsOf(lines) + APART;
  return wordsOf(lines) + 2 * GAP + overhang(e, 0) + BAR_WIDTH + overhang(e, 1) + APART;
}

/** By how much the first or last number of a bar reaches beyond it. */
function overhang(e: LegendEntry, end: 0 | 1): number {
  const beyond = (e.ticks ?? []).map(
    (t) => (charactersOf(t.label) * CHARACTER) / 2 - (end === 0 ? t.at : 1 - t.at) * BAR_WIDTH,
  );
  return Math.max(0, ...beyond);
}

/** Places the entries in rows of at most `width`; the words of an entry that is wider than that are broken into lines. */
export function legendLayout(entries: readonly LegendEntry[], width: number): LegendLayout {
  const rows: { entries: PlacedEntry[]; height: number }[] = [];
  let used = Infinity;
  for (const entry of entries) {
    const beside = entry.mark === 'ramp' ? BAR_WIDTH + 2 * GAP + overhang(entry, 0) + overhang(entry, 1) : SWATCH + GAP;
    const room = Math.max(8, Math.floor((width - beside) / CHARACTER));
    const lines = charactersOf(entry.label) > room ? linesOf(entry.label, room) : [entry.label];
    const w = widthOf(entry, lines);
    if (used + w > width + APART) {
      rows.push({ entries: [], height: 0 });
      used = 0;
    }
    const row = rows[rows.length - 1];
    row.entries.push({ entry, x: used, lines });
    row.height = Math.max(row.height, ROW + LINE * (lines.length - 1), entry.mark === 'ramp' ? BAR : 0);
    used += w;
  }
  let top = 0;
  const placed = rows.map((row): Row => {
    top += row.height;
    return { ...row, top: top - row.height };
  });
  return { rows: placed, height: top };
}

/** Draws the legend with its upper left corner at the given place. Each entry is a group that names its series. */
export function drawLegend(document: Document, layout: LegendLayout, left: number, top: number): Element {
  const g = element(document, 'g', { 'aria-label': 'legend', 'text-anchor': 'start' });
  for (const row of layout.rows)
    for (const { entry, x, lines } of row.entries) {
      const group = element(document, 'g', { class: 'tg-entry', 'data-series': entry.label, 'data-mark': entry.mark });
      drawEntry(document, group, entry, lines, left + x, top + row.top + ROW / 2);
      g.append(group);
    }
  return g;
}

function element(document: Document, tag: string, attributes: Record<string, string | number>, text?: string): Element {
  const e = document.createElementNS(SVG, tag);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, String(v));
  if (text !== undefined) e.textContent = text;
  return e;
}

function drawEntry(
  document: Document,
  g: Element,
  e: LegendEntry,
  lines: readonly string[],
  x: number,
  y: number,
): void {
  const colour = e.colour ?? 'currentColor';
  const add = (tag: string, a: Record<string, string | number>) => g.append(element(document, tag, a));
  const words = (at: number) =>
    lines.forEach((line, k) => {
      g.append(element(document, 'text', { x: at, y: y + LINE * k, dy: '0.35em' }, line));
    });
  const mid = x + SWATCH / 2;
  if (e.mark === 'ramp') {
    words(x);
    drawBar(document, g, e, x + wordsOf(lines) + 2 * GAP, y);
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
  words(x + SWATCH + GAP);
}

/** A bar of the ramp's colours, with a line and a number beneath it at each tick. */
function drawBar(document: Document, g: Element, e: LegendEntry, start: number, y: number): void {
  const left = start + overhang(e, 0);
  const steps = stepsOf(e);
  const w = BAR_WIDTH / steps.length;
  steps.forEach((fill, k) => {
    const thin: Record<string, number> = e.opacity === undefined ? {} : { 'fill-opacity': e.opacity };
    const width = e.opacity === undefined ? w + 0.3 : w;
    g.append(element(document, 'rect', { x: left + w * k, y: y - 5, width, height: 10, fill, ...thin }));
  });
  for (const t of e.ticks ?? []) {
    const x = left + t.at * BAR_WIDTH;
    g.append(element(document, 'line', { x1: x, x2: x, y1: y + 5, y2: y + 8, stroke: COLOURS.muted }));
    g.append(element(document, 'text', { x, y: y + 15, dy: '0.35em', 'text-anchor': 'middle' }, t.label));
  }
}
