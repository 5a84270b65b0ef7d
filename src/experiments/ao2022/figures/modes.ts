/** Variances along the Hessian modes against their predictions, and the noise against the curvature. docs/theory [S1]–[S6]. */
import * as Plot from '@observablehq/plot';
import { logAxis, logDomain, thinLog } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatEstimate, formatNumber } from '../../../report/format.js';
import { RELAXATIONS, type Regime } from '../../../theory/layer/results.js';
import type { Ao2022Results } from '../measured.js';

/** Line style of each prediction; those with white noise coincide over most of the range. */
const STYLES: Record<
  Regime,
  { readonly label: string; readonly colour: string; readonly dash?: string; readonly mark: LegendEntry['mark'] }
> = {
  continuous: { label: 'ε U⁻¹ (white noise)', colour: COLOURS.orange, mark: 'line' },
  discrete: { label: 'white, discrete steps', colour: COLOURS.purple, dash: '6 4', mark: 'dash' },
  shuffled: { label: 'shuffled, infinite window', colour: COLOURS.green, dash: '2 3', mark: 'dots' },
  window: { label: 'own sampling and window', colour: COLOURS.ink, mark: 'line' },
};

/** The indices of the resolved modes that a figure shows. */
const shown = ({ subspaces }: Ao2022Results): number[] => thinLog(subspaces.resolved, 60, 240);

export function modeVariances(r: Ao2022Results): Drawn {
  const name = 'mode-variances';
  const { modes, subspaces } = r;
  const kept = shown(r);
  if (kept.length < 2) return { name, missing: 'too few modes have a curvature above rounding.' };
  const points = (y: readonly number[]) =>
    kept.map((i) => ({ x: modes.curvature[i], y: y[i] })).filter((p) => p.y > 0 && Number.isFinite(p.y));
  const drift = points(modes.measured);
  const measured = points(modes.withoutDrift);
  const lines = (Object.keys(STYLES) as Regime[])
    .filter((k) => k !== 'shuffled' || r.setting.sampling === 'shuffled')
    .map((k) => ({ ...STYLES[k], points: points(modes.predicted[k]) }));
  const x = logDomain(kept.map((i) => modes.curvature[i]));
  const y = logDomain(
    [...measured, ...drift, ...lines[lines.length - 1].points].map((p) => p.y),
    0.5,
  );
  const edge = RELAXATIONS / (r.setting.learningRate * r.setting.T);
  const inside = edge > x[0] && edge < x[1];
  return {
    name,
    title: 'Variance along the Hessian modes',
    ...drawFigure({
      name,
      title:
        'Measured and predicted variance of the weights along each eigenvector of the Hessian, against its curvature',
      width: 760,
      height: 470,
      x: logAxis('curvature h (loss/weight²)', x),
      y: logAxis('variance (weight²)', y),
      marks: [
        ...(inside ? [Plot.ruleX([edge], { stroke: COLOURS.muted, strokeDasharray: '3 2' })] : []),
        Plot.dot(drift, { x: 'x', y: 'y', r: 2.4, stroke: COLOURS.muted, strokeOpacity: 0.7 }),
        Plot.dot(measured, { x: 'x', y: 'y', r: 2.6, fill: COLOURS.blue, fillOpacity: 0.85 }),
        ...lines.map((l) =>
          Plot.line(l.points, {
            x: 'x',
            y: 'y',
            stroke: l.colour,
            strokeWidth: 1.8,
            clip: true,
            ...(l.dash && { strokeDasharray: l.dash }),
          }),
        ),
      ],
      legend: [
        { label: 'measured', mark: 'dot', colour: COLOURS.blue },
        { label: 'drift included', mark: 'ring', colour: COLOURS.muted },
        ...lines.map(({ label, mark, colour }) => ({ label, mark, colour })),
        ...(inside ? [{ label: `${RELAXATIONS} relaxations`, mark: 'rule' as const, colour: COLOURS.muted }] : []),
      ],
    }),
    caption:
      `Variance over the window along eigenvectors of H, without and with principal direction 1 (the drift), and the predictions from H and C₁ without ` +
      `the trajectory. Modes right of ${inside ? 'the dashed line' : `h = ${formatNumber(edge)}, outside the frame,`} (${formatCount(subspaces.settled)}) relax at least ${RELAXATIONS} times within the window; only for these can a ` +
      `stationary state be expected. ${formatCount(subspaces.resolved)} of ${formatCount(r.modes.curvature.length)} modes have a curvature above rounding; log-spaced ones are drawn. Lines may coincide: at small η·h discrete steps are equivalent to continuous time, and for shuffled noise a window of many epochs is equivalent to an infinite one.`,
  };
}

export function noiseCurvature(r: Ao2022Results): Drawn {
  const name = 'noise-curvature';
  const { modes, gamma } = r;
  const points = shown(r)
    .map((i) => ({ x: modes.curvature[i], y: modes.noise[i] }))
    .filter((p) => p.y > 0);
  if (points.length < 5) return { name, missing: 'too few modes have both a curvature and a noise.' };
  const fits = [
    { fit: gamma.resolved, label: 'all resolved', colour: COLOURS.orange, mark: 'line' as const },
    { fit: gamma.settled, label: 'settled', colour: COLOURS.green, mark: 'dash' as const },
  ].filter(({ fit }) => Number.isFinite(fit.exponent.value));
  return {
    name,
    title: 'Noise against curvature',
    ...drawFigure({
      name,
      title: 'Variance of the gradient of one sample against the curvature, along the eigenvectors of the Hessian',
      x: logAxis('curvature h (loss/weight²)', logDomain(points.map((p) => p.x))),
      y: logAxis('noise C₁ (loss²/weight²)', logDomain(points.map((p) => p.y))),
      marks: [
        Plot.dot(points, { x: 'x', y: 'y', r: 2.2, fill: COLOURS.blue, fillOpacity: 0.75 }),
        ...fits.map(({ fit, colour, mark }) =>
          Plot.line(
            fit.range.map((h) => ({ x: h, y: 10 ** (fit.intercept.value + fit.exponent.value * Math.log10(h)) })),
            { x: 'x', y: 'y', stroke: colour, strokeWidth: 2.2, ...(mark === 'dash' && { strokeDasharray: '6 4' }) },
          ),
        ),
      ],
      legend: [
        { label: 'Hessian modes', mark: 'dot', colour: COLOURS.blue },
        ...fits.map(({ fit, label, colour, mark }) => ({
          label: `${label}: γ = ${formatEstimate(fit.exponent)}`,
          mark,
          colour,
        })),
      ],
    }),
    caption:
      `Noise per sample along eigenvectors of H. With C ∝ h^γ the variance falls with the width to the power −2(γ−1) where modes have settled and −2γ ` +
      `where shuffling or the window prevents this: ${Number.isFinite(gamma.resolved.exponent.value) ? `${formatNumber(-2 * (gamma.resolved.exponent.value - 1), 2)} or ${formatNumber(-2 * gamma.resolved.exponent.value)} for the slope of all resolved modes` : 'no slope here'}.`,
  };
}
