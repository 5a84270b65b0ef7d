/** The main figure: variance of the weights against flatness of the loss, with the fit, its band and its range. */
import * as Plot from '@observablehq/plot';
import type { Analysis, PowerLaw, ScalingSummary } from '../../../analyse/trajectory/results.js';
import {
  determined,
  FIRST_RANK,
  LAST_LEADING_RANK,
  leadingShare,
  RESOLUTIONS,
} from '../../../analyse/trajectory/scaling.js';
import { negated } from '../../../numeric/estimate.js';
import { formatCount, formatEstimate, formatNumber, formatRange } from '../../format.js';
import { logAxis, logDomain, rampTicks } from '../axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../frame.js';
import { COLOURS, rampColour } from '../palette.js';
import type { Widths } from './flatness.js';

interface Point {
  readonly x: number;
  readonly y: number;
  readonly index: number;
}

/** The relation of a window: its variances, the widths along its directions, and the fit. */
export interface Relation extends Widths, Pick<Analysis, 'pca'> {
  readonly scaling: Pick<ScalingSummary, 'varianceFlatness' | 'varianceFlatnessRanges'>;
}

export function varianceFlatness(analysis: Relation): Drawn {
  const { flatness, pca, scaling } = analysis;
  const name = 'variance-flatness';
  const points: Point[] = flatness.directions.flatMap((d) =>
    d.flatness !== null && d.flatness > 0 && d.variance > 0 ? [{ x: d.flatness, y: d.variance, index: d.index }] : [],
  );
  if (points.length === 0) return { name, missing: 'no direction has both a variance and a width.' };
  const fit = scaling.varianceFlatness;
  const fitted = determined(fit) && Number.isFinite(fit.intercept.value);
  const [first, last] = [Math.min(...points.map((p) => p.index)), Math.max(...points.map((p) => p.index))];
  const colour = (p: Point) => rampColour(Math.log(p.index / first) / Math.log(Math.max(last / first, 1.01)) - 1e-9);
  /** Rank, resolution and range as the fit chooses them (analyse/scaling.ts); it then thins dense ranks. */
  const inside = (p: Point) =>
    !fitted ||
    (p.index >= FIRST_RANK &&
      p.y > RESOLUTIONS * pca.resolution &&
      p.x >= fit.range[0] * (1 - 1e-9) &&
      p.x <= fit.range[1] * (1 + 1e-9));
  const floor = RESOLUTIONS * pca.resolution;
  const x = logDomain(points.map((p) => p.x));
  const y = logDomain(
    points.map((p) => p.y),
    0.25,
  );
  const psi = negated(fit.exponent);
  const used = points.filter(inside);
  const radius = points.length > 400 ? 2 : 3.4;
  const legend: LegendEntry[] = [
    { label: 'rank', mark: 'ramp', ticks: rampTicks([first, last], true) },
    ...(used.length < points.length ? [{ label: 'not in the fit', mark: 'ring' as const, colour: COLOURS.muted }] : []),
    ...(fitted
      ? [
          { label: `fit σ² ∝ F^−ψ, ψ = ${formatNumber(psi.value)}`, mark: 'line' as const, colour: COLOURS.ink },
          { label: '±1 standard error (misfit)', mark: 'area' as const, colour: COLOURS.ink },
          { label: 'fit range', mark: 'rule' as const, colour: COLOURS.muted },
        ]
      : []),
    ...(floor > y[0] ? [{ label: `${RESOLUTIONS} × resolution`, mark: 'area' as const, colour: COLOURS.green }] : []),
  ];
  const band = fitted ? fitBand(fit, used) : [];
  return {
    name,
    title: 'Variance against flatness',
    ...drawFigure({
      name,
      title: 'Variance of the weights against width of the loss valley, one point per principal direction',
      width: 760,
      height: 470,
      x: logAxis('flatness F (weight)', x),
      y: logAxis('variance σ² (weight²)', y),
      marks: [
        ...(floor > y[0]
          ? [
              Plot.rect([0], {
                x1: x[0],
                x2: x[1],
                y1: y[0],
                y2: Math.min(floor, y[1]),
                fill: COLOURS.green,
                fillOpacity: 0.12,
              }),
            ]
          : []),
        ...(fitted ? [Plot.ruleX(fit.range, { stroke: COLOURS.muted, strokeDasharray: '3 2' })] : []),
        Plot.areaY(band, { x: 'x', y1: 'low', y2: 'high', fill: COLOURS.ink, fillOpacity: 0.18, clip: true }),
        Plot.dot(
          points.filter((p) => !inside(p)),
          { x: 'x', y: 'y', r: radius - 0.2, stroke: colour, strokeOpacity: 0.75 },
        ),
        Plot.dot(used, {
          x: 'x',
          y: 'y',
          r: radius,
          fill: colour,
          fillOpacity: 0.9,
          // white rims tell a few points apart, and drown many
          ...(points.length > 400 ? {} : { stroke: COLOURS.paper, strokeWidth: 0.6 }),
        }),
        Plot.line(band, { x: 'x', y: 'mid', stroke: COLOURS.ink, strokeWidth: 2, clip: true }),
      ],
      legend,
    }),
    caption: caption(analysis, fitted, points.length),
  };
}

function caption({ scaling, pca, flatness }: Relation, fitted: boolean, shown: number): string {
  const fit = scaling.varianceFlatness;
  const psi = negated(fit.exponent);
  const left = flatness.directions.length - shown;
  return (
    `Each point is a principal direction: the variance of the weights along it against the width of the valley. ` +
    `A falling line means that the weights fluctuate least where the loss is flattest, the opposite of thermal equilibrium. ` +
    (fitted
      ? `Fit over F = ${formatRange(fit.range)} (${formatCount(fit.points)} directions, evenly spaced in the logarithm of the rank; errors in both coordinates; ± is the misfit of this one fit): ψ = ${formatEstimate(psi)}, ` +
        `scatter ${formatNumber(fit.scatter, 2)} decades, R² = ${formatNumber(fit.r2, 3)}. ${where(scaling, pca)}`
      : 'No line could be fitted. ') +
    `Shown: ${formatCount(shown)} directions` +
    (left > 0
      ? `; ${formatCount(left)} without a width (open valleys) are not shown here; the figure of flatness by rank marks them.`
      : '.')
  );
}

/** Says how well the line holds along the leading ranks. */
function where({ varianceFlatnessRanges }: Relation['scaling'], pca: Relation['pca']): string {
  const head = varianceFlatnessRanges.find((r) => r.label === `ranks ${FIRST_RANK}–${LAST_LEADING_RANK}`);
  if (!head) return '';
  return (
    `Along ranks ${FIRST_RANK} to ${LAST_LEADING_RANK}, which hold ${formatNumber(100 * leadingShare(pca), 2)} % of the variance that is not drift, ` +
    `a line explains ${formatNumber(100 * head.fit.r2, 2)} % of the scatter${head.fit.r2 < 0.5 ? ': there the law fails' : ''}. `
  );
}

/**
 * The fitted line and its band of one standard error. About the centroid of the fitted points the errors of height
 * (scatter/√n) and slope are independent, so that var(y) = scatter²/n + SE²·(log10 x − centroid)². Without an error
 * there is no band.
 */
function fitBand(fit: PowerLaw, used: readonly Point[]): { x: number; mid: number; low: number; high: number }[] {
  const [a, b] = fit.range.map(Math.log10);
  const logs = used.map((p) => Math.log10(p.x));
  const centroid = logs.length > 0 ? logs.reduce((s, l) => s + l, 0) / logs.length : (a + b) / 2;
  const slopeError = Number.isFinite(fit.exponent.standardError) ? fit.exponent.standardError : 0;
  const height = Number.isFinite(fit.scatter) ? fit.scatter / Math.sqrt(Math.max(1, fit.points)) : 0;
  return Array.from({ length: 41 }, (_, k) => {
    const l = a + ((b - a) * k) / 40;
    const mid = fit.intercept.value + fit.exponent.value * l;
    const error = Math.hypot(height, slopeError * (l - centroid));
    return { x: 10 ** l, mid: 10 ** mid, low: 10 ** (mid - error), high: 10 ** (mid + error) };
  });
}
