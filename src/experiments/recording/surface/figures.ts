/** Figures of what a surface adds: the relation, widths, the spectrum of H, noise against curvature. */
import * as Plot from '@observablehq/plot';
import type { BlockMeasured } from '../../../analyse/surface/results.js';
import { linearAxis, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { flatnessByRank } from '../../../report/figures/window/flatness.js';
import { varianceFlatness } from '../../../report/figures/window/variance-flatness.js';
import { formatCount, formatNumber } from '../../../report/format.js';
import type { MeasuredRecording } from '../measured.js';
import type { RecordedSurface } from './measured.js';

/** Draws the figures, in reading order: those of the recorded block, then the spectra of all blocks. */
export function surfaceFigures(s: RecordedSurface, { pca }: MeasuredRecording): Drawn[] {
  const flatness = { directions: s.directions };
  return [
    varianceFlatness({ pca, flatness, scaling: s.scaling }),
    flatnessByRank({ flatness }),
    predictedFigure(s),
    ...s.measured.blocks.flatMap((b, i) => [densityFigure(b, i), noiseFigure(b, i)]),
  ];
}

function predictedFigure({ predicted: p }: RecordedSurface): Drawn {
  const name = 'predicted-variance';
  if ('missing' in p) return { name, missing: p.missing };
  const points = p.directions
    .filter((d) => d.predicted > 0 && Number.isFinite(d.predicted) && d.measured.value > 0)
    .map((d) => ({ x: d.measured.value, y: d.predicted, settled: d.settled }));
  if (points.length === 0) return { name, missing: 'no direction has a predicted variance.' };
  const domain = logDomain(
    points.flatMap((d) => [d.x, d.y]),
    0.08,
  );
  const [settled, moving] = [points.filter((d) => d.settled), points.filter((d) => !d.settled)];
  return {
    name,
    title: 'Predicted variance',
    ...drawFigure({
      name,
      title: 'Variance predicted from curvature and noise against the measured one, one point per principal direction',
      x: logAxis('measured σᵢ² (weight²)', domain),
      y: logAxis('predicted σᵢ² (weight²)', domain),
      marks: [
        Plot.line([domain[0], domain[1]], { x: (v) => v, y: (v) => v, stroke: COLOURS.muted, strokeDasharray: '4 3' }),
        Plot.dot(settled, { x: 'x', y: 'y', r: 3, fill: COLOURS.blue }),
        Plot.dot(moving, { x: 'x', y: 'y', r: 3, stroke: COLOURS.orange, strokeWidth: 1.5 }),
      ],
      legend: [
        { label: 'equal', mark: 'line', colour: COLOURS.muted },
        ...(settled.length > 0 ? [{ label: 'settled', mark: 'dot' as const, colour: COLOURS.blue }] : []),
        ...(moving.length > 0 ? [{ label: 'not settled', mark: 'ring' as const, colour: COLOURS.orange }] : []),
      ],
    }),
    caption: `Variance of SGD with η = ${formatNumber(p.learningRate)}, B = ${formatCount(p.batchSize)}${p.momentum > 0 ? `, μ = ${formatNumber(p.momentum)}` : ''} in a window of ${formatCount(p.window)} steps, from H and C₁ in the span of the principal directions alone. Of the trajectory nothing but these directions enters.`,
  };
}

/** Numbers in names of files keep blocks apart whose patterns have the same letters. */
const fileOf = (what: string, { name }: BlockMeasured, i: number): string =>
  `${what}-${i + 1}-${name
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase()}`;

function densityFigure(b: BlockMeasured, i: number): Drawn {
  const name = fileOf('spectrum', b, i);
  const spectrum = b.spectrum;
  if (!spectrum) return { name, missing: 'the surface gives no products with the Hessian.' };
  const top = spectrum.top.map((m) => m.curvature.value);
  const all = [...top, spectrum.smallest.value];
  const { density } = spectrum;
  const points = density ? density.at.map((x, k) => ({ x, y: density.density[k], e: density.standardError[k] })) : [];
  const shown = points.filter((p) => p.y > 0);
  const most = Math.max(...shown.map((p) => p.y), 1e-300);
  // what lies a million times below the highest value is the tail of the smoothing
  const seen = (p: { y: number }) => p.y > 1e-6 * most;
  const visible = shown.filter(seen);
  // a line has a gap where there is nothing to see
  const drawn = points.map((p) => (seen(p) ? p : { ...p, y: Number.NaN }));
  const x: readonly [number, number] = [
    Math.min(...all, ...visible.map((p) => p.x)),
    Math.max(...all, ...visible.map((p) => p.x)),
  ];
  const pad = 0.03 * (x[1] - x[0] || Math.abs(x[1]) || 1);
  const range = [x[0] - pad, x[1] + pad] as const;
  if (visible.length === 0) {
    const rows = top.map((v, k) => ({ x: k + 1, y: v })).filter((p) => p.y > 0);
    if (rows.length === 0) return { name, missing: 'no eigenvalue is positive.' };
    return {
      name,
      title: `Largest eigenvalues, ${b.name}`,
      ...drawFigure({
        name,
        title: `Largest eigenvalues of the Hessian on ${b.name}`,
        x: linearAxis('number', [0.5, top.length + 0.5]),
        y: logAxis(
          'eigenvalue (loss/weight²)',
          logDomain(
            rows.map((p) => p.y),
            0.15,
          ),
        ),
        marks: [Plot.dot(rows, { x: 'x', y: 'y', r: 3.4, fill: COLOURS.blue })],
        legend: [],
      }),
      caption: `The ${formatCount(top.length)} largest eigenvalues of the Hessian on ${b.name}, of a block that was formed as a matrix; the smallest is ${formatNumber(spectrum.smallest.value)}.`,
    };
  }
  const y = logDomain(
    visible.map((p) => p.y),
    0.1,
  );
  return {
    name,
    title: `Spectrum of H, ${b.name}`,
    ...drawFigure({
      name,
      title: `Density of the eigenvalues of the Hessian on ${b.name}`,
      x: linearAxis('eigenvalue (loss/weight²)', range),
      y: logAxis('share of eigenvalues per unit', y),
      marks: [
        Plot.areaY(drawn, {
          x: 'x',
          y1: (p) => Math.max(p.y - p.e, y[0]),
          y2: (p) => p.y + p.e,
          fill: COLOURS.blue,
          fillOpacity: 0.25,
          clip: true,
        }),
        Plot.line(drawn, { x: 'x', y: 'y', stroke: COLOURS.blue, strokeWidth: 1.5, clip: true }),
        Plot.ruleX(all, { y1: y[0], y2: y[0] * (y[1] / y[0]) ** 0.05, stroke: COLOURS.orange, strokeWidth: 1.5 }),
      ],
      legend: [
        { label: 'density, ± standard error', mark: 'line', colour: COLOURS.blue },
        { label: 'largest ones and the smallest', mark: 'rule', colour: COLOURS.orange },
      ],
    }),
    caption: `Density of the eigenvalues of the Hessian on ${b.name}, smoothed over ${formatNumber(density!.width, 2)}, by ${formatCount(density!.probes)} probes of ${formatCount(density!.steps)} products. The trace is ${formatNumber(spectrum.trace.value)}.`,
  };
}

function noiseFigure(b: BlockMeasured, i: number): Drawn {
  const name = fileOf('noise', b, i);
  const along = b.flatness?.directions ?? [];
  const points = [
    ...along.map((d) => ({ x: d.curvature.value, y: d.noise?.value ?? Number.NaN, of: b.flatness!.along })),
    ...(b.flatness?.along === 'window'
      ? (b.spectrum?.top ?? []).map((m) => ({
          x: m.curvature.value,
          y: m.noise?.value ?? Number.NaN,
          of: 'eigenvectors' as const,
        }))
      : []),
  ].filter((p) => p.x > 0 && p.y > 0);
  if (points.length === 0) return { name, missing: `no direction of ${b.name} has a positive curvature and a noise.` };
  const x = logDomain(
    points.map((p) => p.x),
    0.08,
  );
  const y = logDomain(
    points.map((p) => p.y),
    0.12,
  );
  const [window, eigen] = [points.filter((p) => p.of === 'window'), points.filter((p) => p.of === 'eigenvectors')];
  return {
    name,
    title: `Noise against curvature, ${b.name}`,
    ...drawFigure({
      name,
      title: `Noise of the gradients against curvature of the loss along directions of ${b.name}`,
      x: logAxis('curvature h (loss/weight²)', x),
      y: logAxis('noise C₁ of one sample (loss²/weight²)', y),
      marks: [
        Plot.dot(window, { x: 'x', y: 'y', r: 3, fill: COLOURS.blue }),
        Plot.dot(eigen, { x: 'x', y: 'y', r: 4, symbol: 'triangle', stroke: COLOURS.orange, strokeWidth: 1.5 }),
      ],
      legend: [
        ...(window.length > 0 ? [{ label: 'principal directions', mark: 'dot' as const, colour: COLOURS.blue }] : []),
        ...(eigen.length > 0
          ? [{ label: 'eigenvectors of H', mark: 'triangle' as const, colour: COLOURS.orange }]
          : []),
      ],
    }),
    caption: `Variance over samples of the gradient along a direction of ${b.name} against the curvature along it. A line of slope 1 would be C₁ ∝ H.`,
  };
}
