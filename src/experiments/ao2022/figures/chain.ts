/** The links of the scaling chain: each quantity against the flatness, with its fit and the stated exponent. docs/theory [R4], [R5]. */
import * as Plot from '@observablehq/plot';
import type { PowerLaw } from '../../../analyse/trajectory/results.js';
import { logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatEstimate } from '../../../report/format.js';
import type { Ao2022Results } from '../measured.js';

interface Scatter {
  readonly name: string;
  readonly title: string;
  readonly yLabel: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly fit: PowerLaw;
  readonly stated?: number;
  readonly beside?: { readonly label: string; readonly y: readonly number[] };
  readonly caption: string;
}

function scatter(s: Scatter): Drawn {
  const { name, fit } = s;
  const points = s.x.map((x, k) => ({ x, y: s.y[k] })).filter((p) => p.y > 0);
  if (points.length < 5)
    return { name, missing: `only ${points.length} directions have both a width and this quantity.` };
  const beside = s.beside ? s.x.map((x, k) => ({ x, y: s.beside!.y[k] })).filter((p) => p.y > 0) : [];
  const fitted = Number.isFinite(fit.exponent.value);
  const line = (exponent: number, intercept: number) =>
    fit.range.map((x) => ({ x, y: 10 ** (intercept + exponent * Math.log10(x)) }));
  const logs = points.map((p) => [Math.log10(p.x), Math.log10(p.y)]);
  const [cx, cy] = [0, 1].map((k) => logs.reduce((sum, l) => sum + l[k], 0) / logs.length);
  const stated = s.stated === undefined || !fitted ? [] : line(s.stated, cy - s.stated * cx);
  const legend: LegendEntry[] = [
    { label: 'principal directions', mark: 'dot', colour: COLOURS.blue },
    ...(beside.length > 0 ? [{ label: s.beside!.label, mark: 'ring' as const, colour: COLOURS.purple }] : []),
    ...(fitted ? [{ label: `F^${formatEstimate(fit.exponent)}`, mark: 'line' as const, colour: COLOURS.orange }] : []),
    ...(stated.length > 0
      ? [
          {
            label: s.stated === 0 ? 'stated: constant' : `stated F^${String(s.stated).replace('-', '−')}`,
            mark: 'dash' as const,
            colour: COLOURS.green,
          },
        ]
      : []),
  ];
  return {
    name,
    title: s.title,
    ...drawFigure({
      name,
      title: `${s.title} against the flatness of the loss`,
      x: logAxis('flatness F (weight)', logDomain(points.map((p) => p.x))),
      y: logAxis(
        s.yLabel,
        logDomain(
          [...points, ...beside].map((p) => p.y),
          0.12,
        ),
      ),
      marks: [
        Plot.dot(points, { x: 'x', y: 'y', r: 2.6, fill: COLOURS.blue, fillOpacity: 0.8 }),
        Plot.dot(beside, { x: 'x', y: 'y', r: 2.6, stroke: COLOURS.purple, strokeWidth: 1.2 }),
        ...(fitted
          ? [
              Plot.line(line(fit.exponent.value, fit.intercept.value), {
                x: 'x',
                y: 'y',
                stroke: COLOURS.orange,
                strokeWidth: 2.2,
                clip: true,
              }),
            ]
          : []),
        Plot.line(stated, {
          x: 'x',
          y: 'y',
          stroke: COLOURS.green,
          strokeWidth: 1.7,
          strokeDasharray: '6 4',
          clip: true,
        }),
      ],
      legend,
    }),
    caption: s.caption,
  };
}

const WORDS: Record<string, readonly [title: string, yLabel: string, caption: string]> = {
  curvature: [
    'Curvature',
    'M = H/L₀ (1/weight²)',
    'Exact curvature of the loss along the principal directions, over the loss at the centre. For a quadratic valley the slope is −2; the loss is not quadratic up to e·L₀.',
  ],
  noise: [
    'Noise',
    'D = C₁ (loss²/weight²)',
    'Variance of the gradient of one sample along the principal directions. The source argues for F^−6.',
  ],
  minima: [
    'Scatter of the minima',
    's_θ² (weight²)',
    'Variance of the minima of single minibatches along the principal directions, without the minibatches that have no clearly positive curvature.',
  ],
  variance: [
    'Variance',
    'Σ = σ² (weight²)',
    'Variance of the weights over the window: the inverse variance-flatness relation itself.',
  ],
  closure: [
    'Variance over what noise and curvature explain',
    'Σ·M/D (weight²/loss)',
    'If the variance were ε·D/(η·H) in every direction, this would not depend on F. Where Σ is proportional to the noise alone, it falls as the curvature does.',
  ],
};

export function chainFigures(r: Ao2022Results): Drawn[] {
  return r.chain.map((link) => {
    const [title, yLabel, caption] = WORDS[link.id];
    return scatter({
      name: `chain-${link.id}`,
      title,
      yLabel,
      x: link.x,
      y: link.y,
      fit: link.fit,
      stated: link.stated,
      caption,
    });
  });
}

export function fallFigures(r: Ao2022Results): Drawn[] {
  return [
    scatter({
      name: 'active-temperature',
      title: 'Active temperature',
      yLabel: 'T = (η/2)·C (loss²/weight²)',
      ...r.temperature,
      caption: 'T = (η/2)·C along each direction, C per batch. Both papers state that it falls with F.',
    }),
    scatter({
      name: 'correlation-time-flatness',
      title: 'Correlation time',
      yLabel: 'τ (steps)',
      ...r.correlationTime,
      beside: { label: '1/(η h)', y: r.correlationTime.predicted },
      caption:
        'Integrated correlation times within the window, and those of an Ornstein-Uhlenbeck mode of the same curvature. Times that are not short ' +
        'compared with the window are lower bounds. Both papers state that τ falls with F; so do the principal coordinates of a random walk, cosines of rising frequency.',
    }),
  ];
}
