// The figure of bench/growth.mjs: time and memory for each unit of their count along each axis, relative to the smallest size, so that
// what grows as its count lies level, and what grows faster rises.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { COLOURS, FIGURE_CSS } from '../dist/report/figures/palette.js';

const LARGE = 16e6;
const PANELS = { width: 'width of the layers', samples: 'samples', length: 'length of the window' };
const STYLES = [COLOURS.blue, COLOURS.orange, COLOURS.green, COLOURS.purple, COLOURS.muted].flatMap((stroke) => [
  { stroke, dash: undefined, symbol: 'circle' },
  { stroke, dash: '5 3', symbol: 'triangle' },
]);
const [WIDTH, PANEL, LEFT, ROW] = [760, 190, 62, 18];

/** Returns the SVG document of a report of growth.mjs. */
export function growthFigure({ series }) {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const names = [...new Set(series.map((s) => s.name))];
  const panels = [...new Set(series.map((s) => panelOf(s.axis)))];
  const drawnBy = (of) => series.map((s) => ({ ...s, drawn: relative(s, of) })).filter((s) => s.drawn.length > 1);
  const rows = [
    ['processor time / operations', (p) => p.cpu / p.count],
    ['peak memory / bytes held', (p) => (p.memory > LARGE ? p.memory / p.bytes : undefined)],
  ].filter(([, of]) => drawnBy(of).length > 0);
  const legend = 24 + ROW * Math.ceil(names.length / 2);
  const height = legend + rows.length * (PANEL + 58) + 8;
  const make = (tag, attributes = {}, text) => {
    const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, String(v));
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const title = 'Processor time and peak memory of each stage, relative to what it counts';
  const svg = make('svg', {
    xmlns: 'http://www.w3.org/2000/svg',
    class: 'tg-figure',
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    role: 'img',
    'aria-label': title,
    color: COLOURS.ink,
    fill: 'currentColor',
    'font-size': 12,
    'font-family': 'system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif',
  });
  svg.append(make('title', {}, title), make('style', {}, FIGURE_CSS));
  for (const [k, name] of names.entries()) {
    const [x, y] = [LEFT + (k % 2) * 340, 14 + ROW * Math.floor(k / 2)];
    const { stroke, dash } = STYLES[k];
    const line = { x1: x, x2: x + 26, y1: y, y2: y, stroke, 'stroke-width': 2 };
    svg.append(make('line', dash ? { ...line, 'stroke-dasharray': dash } : line));
    svg.append(make('text', { x: x + 34, y, dy: '0.35em' }, name));
  }
  const each = (WIDTH - LEFT - 10) / panels.length;
  for (const [r, [label, of]] of rows.entries()) {
    const lines = drawnBy(of);
    const all = lines.flatMap((s) => s.drawn.map(([, y]) => y));
    const domain = [Math.min(0.2, ...all), Math.max(2, ...all)];
    for (const [c, panel] of panels.entries()) {
      const here = lines.filter((s) => panelOf(s.axis) === panel);
      const plot = Plot.plot({
        document,
        className: 'tg-figure',
        width: each,
        height: PANEL + 50,
        marginLeft: 8,
        marginRight: 8,
        marginTop: 8,
        marginBottom: 42,
        x: {
          type: 'log',
          label: null,
          tickFormat: powerOf,
          ticks: sizesAlong(series, panel),
          insetLeft: 16,
          domain: domainOf(series.filter((s) => panelOf(s.axis) === panel)),
          insetRight: 20,
        },
        y: { type: 'log', label: null, domain, axis: null, grid: true },
        marks: [
          Plot.frame({ stroke: COLOURS.muted, strokeOpacity: 0.6 }),
          Plot.ruleY([1], { stroke: COLOURS.ink, strokeOpacity: 0.5 }),
          ...here.flatMap((s) => {
            const { stroke, dash, symbol } = STYLES[names.indexOf(s.name)];
            return [
              Plot.line(s.drawn, { stroke, strokeWidth: 2, ...(dash && { strokeDasharray: dash }) }),
              Plot.dot(s.drawn, {
                stroke,
                symbol,
                r: 3,
                title: ([, y, size]) => `${s.name}, ${s.axis} ${size}: ${y.toFixed(2)}`,
              }),
            ];
          }),
        ],
      });
      plot.querySelector('style')?.remove();
      const top = legend + r * (PANEL + 58);
      for (const [k, v] of Object.entries({ x: LEFT + c * each, y: top })) plot.setAttribute(k, String(v));
      svg.append(plot);
      const middle = { x: LEFT + (c + 0.5) * each, y: top + PANEL + 44, 'text-anchor': 'middle' };
      svg.append(make('text', middle, PANELS[panel]));
    }
    const scale = (y) =>
      legend + r * (PANEL + 58) + 8 + PANEL * (1 - Math.log(y / domain[0]) / Math.log(domain[1] / domain[0]));
    for (const tick of [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].filter((t) => t >= domain[0] && t <= domain[1]))
      svg.append(make('text', { x: LEFT - 4, y: scale(tick), dy: '0.35em', 'text-anchor': 'end' }, String(tick)));
    const turn = `translate(14 ${scale(Math.sqrt(domain[0] * domain[1]))}) rotate(-90)`;
    svg.append(make('text', { transform: turn, 'text-anchor': 'middle' }, label));
  }
  for (const e of svg.querySelectorAll('*'))
    for (const a of [...e.attributes])
      if (/^(?:d|transform|x|y|[xy][12]|c[xy]|r)$/.test(a.name))
        a.value = a.value.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (s) => String(Math.round(Number(s) * 100) / 100));
  return svg.outerHTML;
}

/** Weights of a layer and the order of its matrices are drawn at the width of the layer, their square root. */
const panelOf = (axis) => (axis in PANELS ? axis : 'width');
const sizeOf = (axis, size) => (axis in PANELS ? size : Math.sqrt(size));

function relative({ points, axis }, of) {
  const known = points.map((p) => [sizeOf(axis, p.size), of(p), p.size]).filter(([, y]) => y !== undefined);
  return known.map(([x, y, size]) => [x, y / known[0][1], size]);
}

/** The sizes of the longest series along an axis. */
function sizesAlong(series, panel) {
  const own = series.filter((s) => s.axis === panel).map((s) => s.points.map((p) => p.size));
  return own.toSorted((a, b) => b.length - a.length)[0] ?? [];
}

const domainOf = (series) => {
  const all = series.flatMap((s) => s.points.map((p) => sizeOf(s.axis, p.size)));
  return [Math.min(...all), Math.max(...all)];
};

function powerOf(x) {
  return x >= 10_000 ? `${x / 1000}k` : String(x);
}
