/** A figure of a report: its drawing, the values under the pointer from the report's own tables, and switches for what is drawn. */
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { FIGURE_CSS } from '../../../../report/figures/palette.js';
import { formatPlain } from '../../../../report/format.js';
import { type Matched, matchRows } from '../../../../results/match.js';
import { readTable, type TextTable } from '../../../../results/tables.js';
import { saveFigure } from '../../share/figures.js';
import { SaveButtons } from '../../share/save-buttons.js';
import { type FigureMark, type FigureParts, partsOf } from './figure-marks.js';
import { drawingOf } from './svg.js';
import { Zoom } from './zoom.js';

/** Pixels within which a mark is pointed at. */
const REACH = 16;

let styled = false;
/** The colours of figures in the dark, as a style sheet made in code, which the policy of the page allows. */
function styleFigures(): void {
  if (styled) return;
  styled = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    FIGURE_CSS.replace(/@media screen and \(prefers-color-scheme:dark\)\{([\s\S]*)\}\s*$/, (_, rules: string) =>
      rules.replaceAll('.tg-figure', ':root[data-theme="dark"] .tg-figure'),
    ),
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

export interface FigureProps {
  readonly name: string;
  readonly svg: string;
  /** The CSV documents of the report, by name. */
  readonly tables: readonly { readonly name: string; readonly text: string }[];
}

export function Figure({ name, svg, tables }: FigureProps) {
  const holder = useRef<HTMLDivElement>(null);
  const drawing = useMemo(() => {
    try {
      return drawingOf(svg, `${name}-`);
    } catch (error) {
      return (error as Error).message;
    }
  }, [svg, name]);
  const parts = useMemo(() => {
    if (typeof drawing === 'string') return undefined;
    const read = partsOf(drawing);
    // labels of groups have told what there is to tell; without a role they confuse screen readers
    for (const group of drawing.querySelectorAll('[aria-label]')) group.removeAttribute('aria-label');
    return read;
  }, [drawing]);
  const hidden = useSignal<ReadonlySet<number>>(new Set());
  const said = useSignal('');
  const pointer = useRef<SVGCircleElement | undefined>(undefined);
  const zoom = useRef<Zoom | undefined>(undefined);
  const large = useSignal(false);
  const at = useRef(-1);
  const matches = useRef<Map<number, Matched | undefined>>(new Map());
  const rowsOfTables = useRef<readonly TextTable[] | undefined>(undefined);

  useLayoutEffect(() => {
    styleFigures();
    if (typeof drawing === 'string') return;
    const ring = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    for (const [key, value] of Object.entries({
      r: '7',
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': '2',
      opacity: '0',
    }))
      ring.setAttribute(key, value);
    pointer.current = ring;
    drawing.append(ring);
    holder.current!.replaceChildren(drawing);
    zoom.current = new Zoom(drawing);
  }, [drawing]);
  useEffect(() => {
    for (const [k, group] of (parts?.groups ?? []).entries())
      for (const element of group.elements) element.classList.toggle('switched-off', hidden.value.has(k));
  }, [parts, hidden.value]);

  if (typeof drawing === 'string' || !parts)
    return (
      <figure class="panel">
        <p class="hint wrong">
          {name}: {typeof drawing === 'string' ? drawing : ''}
        </p>
      </figure>
    );
  const visible = parts.marks.filter((m) => !hidden.value.has(m.group));
  const point = (mark: FigureMark | undefined) => {
    pointer.current?.setAttribute('opacity', mark ? '1' : '0');
    if (!mark) {
      said.value = '';
      return;
    }
    pointer.current?.setAttribute('cx', String(mark.x));
    pointer.current?.setAttribute('cy', String(mark.y));
    rowsOfTables.current ??= tables.map(({ name: table, text }) => readTable(table, text));
    said.value = wordsOf(parts, mark, rowsOfTables.current, matches.current);
  };
  const onPointerMove = (e: PointerEvent) => {
    const z = zoom.current!;
    if (z.drag(e)) point(undefined);
    else point(nearest(visible, ...z.at(e), REACH * z.scale));
  };
  const onKeyDown = (e: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[e.key];
    const factor = { '+': 0.5, '=': 0.5, '-': 2 }[e.key];
    if (factor !== undefined) zoom.current!.by(factor);
    else if (e.key === '0' || e.key === 'Escape') zoom.current!.show();
    if (by === undefined || visible.length === 0) return;
    e.preventDefault();
    at.current = (at.current + by + visible.length) % visible.length;
    point(visible[at.current]);
  };
  const title = drawing.querySelector('title')?.textContent ?? name;
  return (
    <figure class={large.value ? 'panel wide report-figure' : 'panel report-figure'} data-figure={name}>
      <h3>{title}</h3>
      <div
        ref={holder}
        class="report-drawing"
        role="application"
        aria-label={`${title}. Arrow keys go from mark to mark, plus and minus zoom, 0 shows everything.`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys go from mark to mark
        tabIndex={0}
        onPointerDown={(e) => {
          if (e.button === 0) zoom.current!.begin(e);
        }}
        onPointerMove={onPointerMove}
        onPointerUp={(e) => zoom.current!.end(e)}
        onDblClick={() => zoom.current!.show()}
        onPointerLeave={() => {
          zoom.current!.end();
          point(undefined);
        }}
        onBlur={() => point(undefined)}
        onKeyDown={onKeyDown}
      />
      <p class="chart-readout" aria-live="polite" data-said="figure">
        {said.value || 'Point at a mark to read its numbers; drag to zoom in, double-click to see all.'}
      </p>
      {parts.groups.length > 1 && (
        <fieldset class="switches">
          <legend class="sr-only">Shown in {title}</legend>
          {parts.groups.map((group, k) => (
            <label key={group.label} class="check">
              <input
                type="checkbox"
                checked={!hidden.value.has(k)}
                onChange={(e) => {
                  const next = new Set(hidden.value);
                  if (e.currentTarget.checked) next.delete(k);
                  else next.add(k);
                  hidden.value = next;
                }}
              />
              {group.label}
            </label>
          ))}
        </fieldset>
      )}
      <button
        type="button"
        class="quiet"
        aria-pressed={large.value}
        onClick={() => {
          large.value = !large.value;
        }}
      >
        {large.value ? 'Smaller' : 'Larger'}
        <span class="sr-only">: {title}</span>
      </button>
      <SaveButtons what={title} kinds={['svg', 'png', 'pdf']} save={(kind) => saveFigure(name, svg, kind)} />
    </figure>
  );
}

function nearest(marks: readonly FigureMark[], x: number, y: number, reach: number): FigureMark | undefined {
  let best: FigureMark | undefined;
  for (const mark of marks) {
    const d = Math.hypot(mark.x - x, mark.y - y);
    if (d < reach) [best, reach] = [mark, d];
  }
  return best;
}

/** The row of a table that a mark shows, or what the axes say of its place. */
function wordsOf(
  parts: FigureParts,
  mark: FigureMark,
  tables: readonly TextTable[],
  matches: Map<number, Matched | undefined>,
): string {
  const frame = parts.frames.find(
    (f) => mark.x >= f.left - 1 && mark.x <= f.right + 1 && mark.y >= f.top - 1 && mark.y <= f.bottom + 1,
  );
  if (!frame?.x || !frame.y) return parts.groups[mark.group].label;
  const own = parts.marks.filter((m) => m.group === mark.group);
  if (!matches.has(mark.group)) matches.set(mark.group, matchRows(own, frame.x, frame.y, tables));
  const matched = matches.get(mark.group);
  const row = matched?.rows[own.indexOf(mark)] ?? -1;
  if (!matched || row < 0)
    return `${parts.groups[mark.group].label}: ${parts.xLabel || 'x'} ≈ ${formatPlain(frame.x.back(mark.x))}, ${parts.yLabel || 'y'} ≈ ${formatPlain(frame.y.back(mark.y))} (read from the axes)`;
  const cells = matched.table.columns.map((column, c) => [column, matched.table.rows[row][c]] as const);
  return `${matched.table.name}: ${cells
    .filter(([, value]) => value !== '' && value !== undefined)
    .slice(0, 8)
    .map(
      ([column, value]) =>
        `${column.replaceAll('_', ' ')} ${Number.isFinite(Number(value)) ? formatPlain(Number(value), 6) : value}`,
    )
    .join(' · ')}`;
}
