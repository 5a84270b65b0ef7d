/** What a drawn figure says of itself: its frames with their scales, its marks, and the groups that can be switched off. */
import { superscript } from '../../../../report/format.js';
import { labelValue, type Scale, scaleOf, type Tick } from '../../../../results/scale.js';

/** One frame of a figure with the scales of its axes, where its ticks tell them. */
export interface FigureFrame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly x: Scale | undefined;
  readonly y: Scale | undefined;
}

/** A mark: a dot, or a corner of a line. */
export interface FigureMark {
  readonly x: number;
  readonly y: number;
  readonly group: number;
}

/** Marks that are drawn together, and what the legend calls them. */
export interface FigureGroup {
  readonly label: string;
  readonly elements: readonly Element[];
}

/** Everything that is read from one drawing. */
export interface FigureParts {
  readonly frames: readonly FigureFrame[];
  readonly marks: readonly FigureMark[];
  readonly groups: readonly FigureGroup[];
  readonly xLabel: string;
  readonly yLabel: string;
}

const number = (element: Element, name: string): number => Number(element.getAttribute(name) ?? 0);
const labelled = (svg: Element, label: string): Element[] =>
  [...svg.querySelectorAll('g')].filter((g) => g.getAttribute('aria-label') === label);

/** Shift of an element by the translations of itself and its ancestors below the drawing. */
function shift(element: Element, svg: Element): [x: number, y: number] {
  let [x, y] = [0, 0];
  for (let e: Element | null = element; e && e !== svg; e = e.parentElement) {
    const [, dx, dy] = /translate\(\s*(-?[\d.]+)[\s,]*(-?[\d.]+)?/.exec(e.getAttribute('transform') ?? '') ?? [];
    x += Number(dx ?? 0);
    y += Number(dy ?? 0);
  }
  return [x, y];
}

/** The ticks of an axis: place of the label itself, without the shift of its group, and value. */
function ticksOf(svg: Element, axis: 'x' | 'y'): { readonly x: number; readonly y: number; readonly value: number }[] {
  return labelled(svg, `${axis}-axis tick label`).flatMap((g) =>
    [...g.querySelectorAll('text')].map((text) => {
      const [x, y] = shift(text, g);
      const raised = [...text.querySelectorAll('tspan')]
        .filter((t) => number(t, 'dy') < 0)
        .map((t) => t.textContent ?? '');
      const base =
        raised.length > 0
          ? [...text.querySelectorAll('tspan')]
              .filter((t) => number(t, 'dy') >= 0)
              .map((t) => t.textContent)
              .join('')
          : text.textContent;
      return { x, y, value: labelValue(base ?? '', raised.join('')) };
    }),
  );
}

/** Reads a drawing. */
export function partsOf(svg: Element): FigureParts {
  const [xTicks, yTicks] = [ticksOf(svg, 'x'), ticksOf(svg, 'y')];
  const frames = [...svg.querySelectorAll('[aria-label="frame"]')].map((frame): FigureFrame => {
    const rect = frame.nodeName === 'rect' ? frame : (frame.querySelector('rect') ?? frame);
    const [dx, dy] = shift(rect, svg);
    const [left, top] = [number(rect, 'x') + dx, number(rect, 'y') + dy];
    const [right, bottom] = [left + number(rect, 'width'), top + number(rect, 'height')];
    const near = (a: number, b: number) => Math.abs(a - b) < 1.5;
    const inX = xTicks.filter((t) => near(t.y, bottom) && t.x >= left - 1 && t.x <= right + 1);
    const inY = yTicks.filter((t) => near(t.x, left) && t.y >= top - 1 && t.y <= bottom + 1);
    return {
      left,
      top,
      right,
      bottom,
      x: scaleOf(inX.map((t): Tick => ({ at: t.x, value: t.value }))),
      y: scaleOf(inY.map((t): Tick => ({ at: t.y, value: t.value }))),
    };
  });
  const drawn = [...svg.children].filter((e) => isGroupOfMarks(e));
  const groups = namedGroups(drawn, svg);
  const marks = groups.flatMap(({ elements }, group) => elements.flatMap((e) => marksIn(e, svg, group)));
  return { frames, marks, groups, xLabel: textOf(svg, 'x-axis label'), yLabel: textOf(svg, 'y-axis label') };
}

const textOf = (svg: Element, label: string): string => wordsIn(labelled(svg, label)[0]);

/** The text of an element, its raised and lowered parts written as such: σ², F^−ψ, wᵢ. */
function wordsIn(element: Element | undefined): string {
  const parts = [...(element?.querySelectorAll('tspan') ?? [])];
  if (!element || parts.length === 0) return element?.textContent?.trim() ?? '';
  return parts
    .map((part) => {
      const text = part.textContent ?? '';
      if (!part.hasAttribute('font-size')) return text;
      const up = number(part, 'dy') < 0;
      return /^[\d−-]+$/.test(text) ? (up ? superscript(text) : `_${text}`) : `${up ? '^' : '_'}${text}`;
    })
    .join('')
    .trim();
}

const KINDS = /^(?:dot|line|area|rule|tick|rect|bar|link|vector|contour|density|raster|text|arrow|delaunay|hull)/;
const isGroupOfMarks = (e: Element): boolean => e.nodeName === 'g' && KINDS.test(e.getAttribute('aria-label') ?? '');

/** The first value of an attribute on an element, its ancestors below the drawing or its descendants. */
function looked(element: Element, name: string): string {
  const own = element.getAttribute(name);
  if (own !== null) return own;
  return element.querySelector(`[${name}]`)?.getAttribute(name) ?? '';
}

/** Joins groups that look the same and names them as the legend does. */
function namedGroups(drawn: readonly Element[], svg: Element): FigureGroup[] {
  const legend = legendOf(svg);
  const found = new Map<string, Element[]>();
  for (const element of drawn) {
    const kind = (element.getAttribute('aria-label') ?? '').split(' ')[0];
    const entry = legend.find((e) => e.fits(element, kind));
    const label =
      entry?.label ??
      { dot: 'points', line: 'lines', area: 'areas', rule: 'rules', text: 'labels', rect: 'boxes' }[kind] ??
      kind;
    found.set(label, [...(found.get(label) ?? []), element]);
  }
  return [...found].map(([label, elements]) => ({ label, elements }));
}

interface LegendEntry {
  readonly label: string;
  fits(element: Element, kind: string): boolean;
}

/** The entries of the legend: the swatches before each text, and which marks look like them. */
function legendOf(svg: Element): LegendEntry[] {
  const [group] = labelled(svg, 'legend');
  const entries: LegendEntry[] = [];
  let swatches: Element[] = [];
  for (const child of group?.children ?? []) {
    if (child.nodeName !== 'text') {
      swatches.push(child);
      continue;
    }
    const [swatch] = swatches.length === 1 ? swatches : [];
    swatches = [];
    if (!swatch) continue;
    const same = (element: Element, name: string) => looked(element, name) === (swatch.getAttribute(name) ?? '');
    const label = wordsIn(child);
    const kinds: Readonly<Record<string, readonly string[]>> = {
      line: ['line', 'rule', 'link', 'tick'],
      rect: ['area', 'rect', 'bar'],
      circle: ['dot'],
      path: ['dot'],
    };
    const hollow = swatch.getAttribute('fill') === 'none';
    entries.push({
      label,
      fits: (element, kind) =>
        (kinds[swatch.nodeName] ?? []).includes(kind) &&
        (swatch.nodeName === 'line'
          ? same(element, 'stroke') &&
            looked(element, 'stroke-dasharray') === (swatch.getAttribute('stroke-dasharray') ?? '')
          : hollow
            ? looked(element, 'fill') === 'none'
            : same(element, 'fill')),
    });
  }
  return entries;
}

/** Dots, and the corners of straight lines. */
function marksIn(group: Element, svg: Element, place: number): FigureMark[] {
  const kind = group.getAttribute('aria-label') ?? '';
  const marks: FigureMark[] = [];
  for (const circle of group.querySelectorAll('circle')) {
    const [dx, dy] = shift(circle, svg);
    marks.push({ x: number(circle, 'cx') + dx, y: number(circle, 'cy') + dy, group: place });
  }
  for (const path of group.querySelectorAll('path')) {
    const [dx, dy] = shift(path, svg);
    const d = path.getAttribute('d') ?? '';
    if (kind === 'dot') marks.push({ x: dx, y: dy, group: place });
    else if (kind === 'line' && /^[ML\d.,\s-]+$/.test(d))
      for (const [, x, y] of d.matchAll(/[ML]\s*(-?[\d.]+)[,\s]+(-?[\d.]+)/g))
        marks.push({ x: Number(x) + dx, y: Number(y) + dy, group: place });
  }
  return marks;
}
