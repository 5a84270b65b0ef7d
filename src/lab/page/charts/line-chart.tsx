/**
 * Curves over training steps, drawn by uPlot. The points of each curve are thinned to the minimum and the maximum of every pixel
 * column before uPlot sees them, again for each zoom, so that no outlier is lost; where points were merged the axis says how many.
 * Dragging zooms all charts that share a range; a double click or the key 0 shows everything.
 */
import type { Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { logTicks } from '../../../report/figures/axes.js';
import { formatCount, formatNumber, formatTick } from '../../../report/format.js';
import { registerPanel } from '../share/panels.js';
import { type Theme, theme } from '../theme.js';
import { drawCurves, pointsOf } from './draw-curves.js';
import { cancelDraw, requestDraw } from './frames.js';
import type { LegendEntry } from './legend.js';
import { drawMark, type Shape } from './marks.js';
import type { Series } from './series.js';

export interface Curve extends LegendEntry {
  readonly series: Series;
  /** Steps are drawn as steps: the value holds until the next point. */
  readonly stepped?: boolean;
}

/** A step at which something happened: a slider moved, or training diverged. */
export interface Flag {
  readonly at: number;
  readonly label: string;
  readonly kind?: 'diverged';
}

export interface LineChartProps {
  readonly id: string;
  readonly label: string;
  readonly curves: readonly Curve[];
  readonly yLabel: string;
  readonly log?: boolean;
  readonly flags?: readonly Flag[];
  /** Changes when the curves have new points. */
  readonly version: Signal<number>;
  /** The zoomed range of steps, shared by charts; undefined shows all. */
  readonly range: Signal<readonly [number, number] | undefined>;
  readonly height?: number;
}

const FONT = '12px system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif';
const DASH: Partial<Record<LegendEntry['mark'], number[]>> = { dash: [6, 4], dots: [2, 3] };

export function LineChart(props: LineChartProps) {
  const { id, label, version, range, height = 240 } = props;
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const redraw = useRef(() => {});

  useLayoutEffect(() => {
    const around = box.current!;
    let plot: uPlot | undefined;
    let visible = true;
    let merged = 1;
    const build = () => {
      plot?.destroy();
      plot = new uPlot(options(), [[]], around);
      requestDraw(redraw.current);
    };
    const options = (): uPlot.Options => {
      const { curves, yLabel, log } = latest.current;
      const t = theme.peek();
      const axis: uPlot.Axis = {
        stroke: t.muted,
        grid: { stroke: t.grid, width: 1 },
        ticks: { stroke: t.grid },
        font: FONT,
        labelFont: FONT,
        labelSize: 18,
      };
      return {
        width: Math.max(120, around.clientWidth),
        height,
        legend: { show: false },
        cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 }, y: false },
        scales: { x: { time: false }, y: log ? { distr: 3, log: 10, range: (_, lo, hi) => logRange(lo, hi) } : {} },
        axes: [
          { ...axis, label: stepLabel(1), size: 34, values: (_, ticks) => ticks.map((v) => formatTick(v)) },
          {
            ...axis,
            label: yLabel,
            size: 62,
            values: (_, ticks) => yTexts(ticks, log === true),
            // uPlot's own ticks of a logarithmic axis never end where the range does not begin at a round number
            ...(log && {
              splits: (_: uPlot, _axis: number, lo: number, hi: number) => logTicks([lo, hi], height / 40),
              filter: (_: uPlot, ticks: number[]) => ticks,
            }),
          },
        ],
        series: [{}, ...curves.map((c) => seriesOf(c, t))],
        hooks: {
          draw: [
            (u) => drawPoints(u, latest.current.curves, theme.peek()),
            (u) => drawFlags(u, latest.current.flags ?? [], theme.peek()),
          ],
          setSelect: [
            (u) => {
              if (u.select.width < 4) return;
              range.value = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')];
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
          setCursor: [(u) => say(u)],
        },
      };
    };
    redraw.current = () => {
      if (!plot || !visible) return;
      const { curves, log = false } = latest.current;
      const end = Math.max(1, ...curves.map((c) => (c.series.length > 0 ? c.series.x(c.series.length - 1) : 0)));
      const [from, to] = range.peek() ?? [0, end];
      const pixels = plot.bbox.width / devicePixelRatio;
      const thinned = curves.map((c) => c.series.thinned(from, to, pixels, log));
      merged = Math.max(...thinned.map((t) => t.merged));
      (plot.axes[0] as { label?: string }).label = stepLabel(merged);
      around.dataset.merged = String(merged);
      plot.batch(() => {
        plot!.setData(joined(thinned.map((t) => [t.x, t.y])), false);
        plot!.setScale('x', { min: from, max: to });
      });
    };
    const say = (u: uPlot) => {
      const line = around.parentElement?.querySelector<HTMLElement>('.chart-readout');
      if (!line) return;
      const i = u.cursor.idx;
      const x = i === null || i === undefined ? undefined : u.data[0][i];
      line.textContent =
        x === undefined
          ? ''
          : `step ${formatCount(x)}${latest.current.curves
              .map((c, k) => ({ c, v: u.data[k + 1]?.[i!] }))
              .filter(({ v }) => typeof v === 'number')
              .map(({ c, v }) => `; ${c.label} ${formatNumber(v as number, 4)}`)
              .join('')}`;
    };
    const resized = new ResizeObserver(() => {
      const width = Math.max(120, around.clientWidth);
      if (plot && plot.width !== width) {
        plot.setSize({ width, height });
        requestDraw(redraw.current);
      }
    });
    resized.observe(around);
    const seen = new IntersectionObserver(([entry]) => {
      visible = entry.isIntersecting;
      if (visible) requestDraw(redraw.current);
    });
    seen.observe(around);
    const ask = () => requestDraw(redraw.current);
    const forget = [version.subscribe(ask), range.subscribe(ask), theme.subscribe(() => requestDraw(build))];
    const unregister = registerPanel(id, () => ({
      width: Math.max(120, around.clientWidth),
      height,
      label: latest.current.label,
      data: pointsOf(latest.current.curves),
      draw: (ctx, t) => drawCurves(ctx, latest.current, { width: Math.max(120, around.clientWidth), height }, t),
    }));
    return () => {
      resized.disconnect();
      seen.disconnect();
      for (const f of forget) f();
      unregister();
      cancelDraw(redraw.current);
      cancelDraw(build);
      plot?.destroy();
    };
  }, [version, range, height]);
  useEffect(() => requestDraw(redraw.current), [props.flags]);

  const zoom = (factor: number, shift: number) => {
    const ends = props.curves.map((c) => (c.series.length > 0 ? c.series.x(c.series.length - 1) : 0));
    const end = Math.max(1, ...ends);
    const [a, b] = range.peek() ?? [0, end];
    const half = ((b - a) / 2) * factor;
    const middle = Math.min(end, Math.max(0, (a + b) / 2 + shift * (b - a)));
    range.value = half * 2 >= end ? undefined : [Math.max(0, middle - half), Math.min(end, middle + half)];
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key === '+' || e.key === '=') zoom(0.5, 0);
    else if (e.key === '-') zoom(2, 0);
    else if (e.key === 'ArrowLeft') zoom(1, -0.2);
    else if (e.key === 'ArrowRight') zoom(1, 0.2);
    else if (e.key === '0' || e.key === 'Escape') range.value = undefined;
    else return;
    e.preventDefault();
  };
  return (
    <div class="chart">
      <div
        ref={box}
        class="chart-box"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys zoom the chart
        tabIndex={0}
        data-panel={id}
        aria-label={`${label} Plus and minus zoom, arrow keys move, 0 shows everything.`}
        onKeyDown={onKeyDown}
        onDblClick={() => {
          range.value = undefined;
        }}
      />
      <p class="chart-readout" aria-hidden="true" />
    </div>
  );
}

const stepLabel = (merged: number): string =>
  merged > 1 ? `step (${formatCount(merged)} points merged per pixel, extremes kept)` : 'step';

/** The range of a logarithmic axis: a little more than the numbers, and at least a factor of 3. */
function logRange(lo: number | null, hi: number | null): [number, number] {
  if (!lo || !hi || !(lo > 0)) return [0.1, 10];
  const least = Math.max(1.1, Math.sqrt(Math.max(1, (3 * lo) / hi)));
  return [lo / least, hi * least];
}

/** Labels of the vertical axis, all of them powers of ten where one of them would be long; a tick without a label is null. */
function yTexts(ticks: readonly (number | null)[], log: boolean): string[] {
  const powers = log && ticks.some((v) => v !== null && v !== undefined && (v < 0.9e-2 || v >= 1e5));
  return ticks.map((v) => (v === null || v === undefined ? '' : formatTick(v, powers)));
}

/** Puts curves with different steps on one axis; a step that a curve does not have is no gap in it. */
function joined(tables: readonly [number[], (number | null)[]][]): uPlot.AlignedData {
  if (tables.length === 1) return tables[0] as uPlot.AlignedData;
  return uPlot.join(
    tables.map((t) => t as uPlot.AlignedData),
    tables.map(() => [0, 1]),
  );
}

function seriesOf(c: Curve, t: Theme): uPlot.Series {
  return {
    label: c.label,
    stroke: t[c.colour],
    width: c.colour === 'muted' ? 1 : 2,
    ...(DASH[c.mark] && { dash: DASH[c.mark] }),
    ...(c.stepped && uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
    points: { show: false }, // drawPoints draws them, in different shapes
    spanGaps: false,
  };
}

/** Pixels between two marks of a curve; where points lie closer, the line alone shows them all. */
const APART = 7;

/** Draws the marks of curves that have some: shapes that differ, not colours alone. */
function drawPoints(u: uPlot, curves: readonly Curve[], t: Theme): void {
  const { left, width } = u.bbox;
  const scale = devicePixelRatio;
  u.ctx.save();
  for (const [k, c] of curves.entries()) {
    if (!isShape(c.mark)) continue;
    let last = Number.NEGATIVE_INFINITY;
    for (const [i, v] of (u.data[k + 1] ?? []).entries()) {
      if (v === null || v === undefined) continue;
      const x = u.valToPos(u.data[0][i], 'x', true);
      if (x < left || x > left + width || x - last < APART * scale) continue;
      drawMark(u.ctx, c.mark, x, u.valToPos(v, 'y', true), 7 * scale, t[c.colour]);
      last = x;
    }
  }
  u.ctx.restore();
}

const LINES: readonly string[] = ['line', 'dash', 'dots'];
const isShape = (mark: LegendEntry['mark']): mark is Shape => !LINES.includes(mark);

function drawFlags(u: uPlot, flags: readonly Flag[], t: Theme): void {
  const { ctx } = u;
  const { left, top, width, height } = u.bbox;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.setLineDash([3 * scale, 3 * scale]);
  for (const f of flags) {
    const x = u.valToPos(f.at, 'x', true);
    if (!(x >= left && x <= left + width)) continue;
    ctx.lineWidth = (f.kind ? 2 : 1) * scale;
    ctx.strokeStyle = f.kind ? t.orange : t.muted;
    ctx.fillStyle = ctx.strokeStyle;
    ctx.beginPath();
    ctx.moveTo(x, top);
    ctx.lineTo(x, top + height);
    ctx.stroke();
    if (f.kind) {
      drawMark(ctx, 'cross', x, top + 7 * scale, 10 * scale, t.orange);
      ctx.setLineDash([3 * scale, 3 * scale]);
      continue;
    }
    ctx.beginPath();
    ctx.moveTo(x - 5 * scale, top);
    ctx.lineTo(x + 5 * scale, top);
    ctx.lineTo(x, top + 8 * scale);
    ctx.fill();
  }
  ctx.restore();
}
