/** Tests of the steady state: distribution of the energy, equipartition, circulation. docs/theory [D9], [D6]. */
import * as Plot from '@observablehq/plot';
import { gammaCdf } from '../../../numeric/distributions.js';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatNumber } from '../../../report/format.js';
import type { Ao2022Results } from '../measured.js';

export function energyDistribution({ trajectory: t }: Ao2022Results): Drawn {
  const name = 'energy-distribution';
  if (!t) return { name, missing: 'the trajectory was not analysed.' };
  const { edges, ...counts } = t.histogram;
  const n = t.potential.dimension;
  const steps = (y: readonly number[]) =>
    y.flatMap((v, k) => [
      { x: edges[k], y: v },
      { x: edges[k + 1], y: v },
    ]);
  const law = edges.slice(1).map((b, k) => ({
    x: (edges[k] + b) / 2,
    y: (gammaCdf(n / 2, (b * n) / 2) - gammaCdf(n / 2, (edges[k] * n) / 2)) / (b - edges[k]),
  }));
  const drawn = [
    { label: 'U from H and C₁', colour: COLOURS.orange, points: steps(counts.potential) },
    { label: 'Σ of own sampling, window', colour: COLOURS.blue, points: steps(counts.windowed) },
    { label: 'L/T', colour: COLOURS.green, points: steps(counts.loss) },
  ];
  const top = Math.max(...law.map((p) => p.y), ...drawn.flatMap((d) => d.points.map((p) => p.y)));
  return {
    name,
    title: 'Distribution of the energy',
    ...drawFigure({
      name,
      title: 'Distribution of the potential energy over the window against the law of a Boltzmann distribution',
      x: linearAxis('energy over its mean, u/(ε n/2)', [0, edges[edges.length - 1]]),
      y: linearAxis('density', [0, 1.05 * top]),
      marks: [
        ...drawn.map((d) => Plot.line(d.points, { x: 'x', y: 'y', stroke: d.colour, strokeWidth: 1.6 })),
        Plot.line(law, { x: 'x', y: 'y', stroke: COLOURS.ink, strokeWidth: 2, strokeDasharray: '6 4' }),
      ],
      legend: [
        ...drawn.map(({ label, colour }) => ({ label, colour, mark: 'line' as const })),
        { label: 'law', mark: 'dash', colour: COLOURS.ink },
      ],
    }),
    caption:
      `Energies of the ${formatCount(n)} settled modes at every step. If the density is exp(−u/ε), 2u/ε follows a chi-squared law of n degrees of freedom (dashed). ` +
      'L/T has its temperature fitted to this window, so its mean agrees by construction and only its shape is tested.',
  };
}

export function equipartitionFigure({ trajectory: t }: Ao2022Results): Drawn {
  const name = 'equipartition';
  if (!t || t.equipartition.curvature.length < 2) return { name, missing: 'fewer than two modes are settled.' };
  const e = t.equipartition;
  const points = e.curvature.map((h, i) => ({ x: h, y: e.temperatures[i] }));
  const level = e.temperature.value;
  return {
    name,
    title: 'A single temperature',
    ...drawFigure({
      name,
      title: 'Curvature times variance along the settled Hessian modes, against curvature',
      x: logAxis('curvature h (loss/weight²)', logDomain(points.map((p) => p.x))),
      y: logAxis('h σ² (loss)', logDomain(points.map((p) => p.y))),
      marks: [
        Plot.ruleY([level], { stroke: COLOURS.green, strokeDasharray: '6 4', strokeWidth: 1.6 }),
        Plot.dot(points, { x: 'x', y: 'y', r: 3.4, fill: COLOURS.blue }),
      ],
      legend: [
        { label: 'settled modes', mark: 'dot', colour: COLOURS.blue },
        { label: 'best single temperature', mark: 'dash', colour: COLOURS.green },
      ],
    }),
    caption: `If the weights were distributed as exp(−L/T), every mode would have h·σ² = T. The values spread over a factor ${formatNumber(e.range, 2)}.`,
  };
}

export function circulationFigure({ trajectory: t }: Ao2022Results): Drawn {
  const name = 'circulation';
  if (!t || t.circulation.strongest.length === 0) return { name, missing: 'fewer than two modes are settled.' };
  const sign = (p: { readonly expected: number }) => (p.expected < 0 ? -1 : 1);
  const points = t.circulation.strongest.map((p) => ({
    x: sign(p) * p.expected,
    y: sign(p) * p.value,
    low: sign(p) * p.value - p.standardError,
    high: sign(p) * p.value + p.standardError,
  }));
  const x = linearDomain([0, ...points.map((p) => p.x)]);
  const y = linearDomain([0, ...points.flatMap((p) => [p.low, p.high])]);
  return {
    name,
    title: 'Circulation',
    ...drawFigure({
      name,
      title:
        'Measured circulation in planes of two Hessian modes against the circulation that the antisymmetric part predicts',
      x: linearAxis('ε Q (weight²/step)', x, 4),
      y: linearAxis('measured (weight²/step)', y, 5),
      marks: [
        Plot.ruleY([0], { stroke: COLOURS.muted, strokeOpacity: 0.6 }),
        Plot.line(
          [0, x[1]].map((v) => ({ x: v, y: v })),
          { x: 'x', y: 'y', stroke: COLOURS.orange, strokeWidth: 1.6, clip: true },
        ),
        Plot.ruleX(points, { x: 'x', y1: 'low', y2: 'high', stroke: COLOURS.blue, strokeOpacity: 0.6 }),
        Plot.dot(points, { x: 'x', y: 'y', r: 3, fill: COLOURS.blue }),
      ],
      legend: [
        { label: 'planes, ± standard error', mark: 'dot', colour: COLOURS.blue },
        { label: 'ε Q', mark: 'line', colour: COLOURS.orange },
      ],
    }),
    caption: `The ${formatCount(points.length)} planes whose measured circulation is most significant, signs turned so that the prediction is positive. Because they are selected by significance, they overestimate the circulation as a whole; the finding uses all ${formatCount(t.circulation.pairs)} planes.`,
  };
}
