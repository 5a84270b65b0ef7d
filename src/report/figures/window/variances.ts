/**
 * Rank-ordered variances with the fitted rank law and the spectra of walks without a landscape. docs/theory [P4], [S5],
 * [N1].
 */
import * as Plot from '@observablehq/plot';
import type { PcaSummary, ScalingSummary } from '../../../analyse/trajectory/results.js';
import { negated } from '../../../numeric/estimate.js';
import { formatCount, formatNumber } from '../../format.js';
import { logAxis, logDomain, thinLog } from '../axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../frame.js';
import { COLOURS } from '../palette.js';

/** Describes a walk without a landscape beside the measured variances. */
export interface ShownWalk {
  /** What distinguishes it, such as `independent batches`. */
  readonly form: string;
  readonly variances: { readonly index: readonly number[]; readonly value: readonly number[] };
  /** Share of its first direction. */
  readonly share: number;
}

/** The input of the figure. */
export interface RankedVariances {
  readonly pca: PcaSummary;
  readonly scaling: Pick<ScalingSummary, 'rankLaw' | 'explained'>;
  readonly walks: readonly ShownWalk[];
  /** What the walks are, as a sentence of the caption. */
  readonly about: string;
}

/** Draws the variances against rank. */
export function rankedVariances({ pca, scaling, walks: forms, about }: RankedVariances): Drawn {
  const name = 'variances';
  const measured = thinLog(pca.variances.length)
    .map((k) => ({ x: k + 1, y: pca.variances[k] }))
    .filter((p) => p.y > 0);
  if (measured.length === 0) return { name, missing: 'no direction has a positive variance.' };
  const last = pca.variances.length;
  const isotropic = [1, last].map((j) => ({ x: j, y: (6 / (Math.PI ** 2 * j ** 2)) * pca.totalVariance }));
  const walks = forms.map(({ form, variances: { index, value } }, k) => ({
    label: `walk, ${form}`,
    colour: [COLOURS.purple, COLOURS.orange][k],
    points: index.map((x, i) => ({ x, y: value[i] })).filter((p) => p.y > 0 && p.x <= last / 2),
  }));
  const fit = scaling.rankLaw;
  const fitted = Number.isFinite(fit.exponent.value) && Number.isFinite(fit.intercept.value) && fit.points > 1;
  const line = fit.range.map((i) => ({ x: i, y: 10 ** (fit.intercept.value + fit.exponent.value * Math.log10(i)) }));
  const noise = measured.some((p) => p.y < pca.resolution);
  const x = logDomain([1, last], 0.05);
  const y = logDomain(
    [...measured, ...isotropic].map((p) => p.y),
    0.15,
  );
  const gamma = negated(fit.exponent);
  const marks: Plot.Markish[] = [
    ...(noise
      ? [Plot.rect([0], { x1: x[0], x2: x[1], y1: y[0], y2: pca.resolution, fill: COLOURS.muted, fillOpacity: 0.18 })]
      : []),
    Plot.line(isotropic, { x: 'x', y: 'y', stroke: COLOURS.green, strokeDasharray: '6 4', strokeWidth: 1.4 }),
    ...walks.map((w) =>
      Plot.line(w.points, { x: 'x', y: 'y', stroke: w.colour, strokeDasharray: '6 4', strokeWidth: 1.9, clip: true }),
    ),
    Plot.dot(measured, { x: 'x', y: 'y', r: 2, fill: COLOURS.blue, fillOpacity: 0.75 }),
    ...(fitted ? [Plot.line(line, { x: 'x', y: 'y', stroke: COLOURS.ink, strokeWidth: 2, clip: true })] : []),
  ];
  const legend: LegendEntry[] = [
    { label: 'measured', mark: 'dot', colour: COLOURS.blue },
    ...(fitted
      ? [{ label: `fit i^−γ, γ = ${formatNumber(gamma.value)}`, mark: 'line' as const, colour: COLOURS.ink }]
      : []),
    ...walks.map((w) => ({ label: w.label, mark: 'dash' as const, colour: w.colour })),
    { label: 'isotropic walk 6/(π²i²)', mark: 'dash', colour: COLOURS.green },
    ...(noise ? [{ label: 'float32 rounding', mark: 'area' as const, colour: COLOURS.muted }] : []),
  ];
  const share = scaling.explained.fraction[0];
  return {
    name,
    title: 'Variances by rank',
    ...drawFigure({
      name,
      title: 'Variance along each principal direction against its rank',
      x: logAxis('rank i', x),
      y: logAxis('variance σᵢ² (weight²)', y),
      marks,
      legend,
    }),
    caption:
      `Variance of the weights along each principal direction of the window (${formatCount(last)} directions, thinned for drawing). ` +
      (fitted
        ? `The solid line is the rank law over ranks ${formatCount(fit.range[0])} to ${formatCount(fit.range[1])}. `
        : '') +
      (forms.length > 0
        ? about
        : 'The dashed line shows the principal components of an isotropic random walk with the same total variance and no landscape.') +
      (Number.isFinite(share)
        ? ` Direction 1 has ${formatNumber(100 * share)} % of the total variance; ${forms.map((f) => `a walk with ${f.form} has ${formatNumber(100 * f.share)} %, `).join('')}an isotropic walk ${formatNumber(600 / Math.PI ** 2)} %.`
        : ''),
  };
}
