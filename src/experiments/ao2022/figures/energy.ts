/** The energy picture of ao2022 (their figure 1) along the principal directions: widths, variances, energies against rank. */
import * as Plot from '@observablehq/plot';
import { logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawings, type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import type { Ao2022Results } from '../measured.js';

interface Series {
  readonly label: string;
  readonly colour: string;
  readonly mark: 'dot' | 'ring' | 'line' | 'dash';
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const series = (
  r: Ao2022Results,
  label: string,
  colour: string,
  mark: Series['mark'],
  y: (e: Ao2022Results['energy'][number]) => number | null,
): Series => ({
  label,
  colour,
  mark,
  points: r.energy.flatMap((e) => {
    const v = e.resolved ? y(e) : null;
    return v !== null && v > 0 && Number.isFinite(v) ? [{ x: e.index, y: v }] : [];
  }),
});

function draw(
  name: string,
  title: string,
  yLabel: string,
  all: readonly Series[],
  extra: Plot.Markish[] = [],
  legend: LegendEntry[] = [],
): Drawings {
  return drawFigure({
    name,
    title,
    x: logAxis(
      'rank i',
      logDomain(
        all.flatMap((s) => s.points.map((p) => p.x)),
        0.06,
      ),
    ),
    y: logAxis(
      yLabel,
      logDomain(
        all.flatMap((s) => s.points.map((p) => p.y)),
        0.12,
      ),
    ),
    marks: [
      ...extra,
      ...all.map((s) => {
        const points = [...s.points];
        if (s.mark === 'dot') return Plot.dot(points, { x: 'x', y: 'y', r: 2.5, fill: s.colour, fillOpacity: 0.85 });
        if (s.mark === 'ring') return Plot.dot(points, { x: 'x', y: 'y', r: 2.8, stroke: s.colour, strokeWidth: 1.3 });
        return Plot.line(points, {
          x: 'x',
          y: 'y',
          stroke: s.colour,
          strokeWidth: 1.7,
          ...(s.mark === 'dash' && { strokeDasharray: '6 4' }),
        });
      }),
    ],
    legend: [...all.map(({ label, mark, colour }) => ({ label, mark, colour })), ...legend],
  });
}

export function energyWidths(r: Ao2022Results): Drawn {
  const name = 'energy-widths';
  if (r.energy.length < 2) return { name, missing: 'no directions were measured.' };
  const title = 'Widths of the loss and of the potential';
  return {
    name,
    title,
    ...draw(
      name,
      'Width of the loss and width of the potential along the principal directions, by rank',
      'width (weight)',
      [
        series(r, 'loss, F at e·L₀', COLOURS.blue, 'dot', (e) => e.flatness),
        series(r, 'loss, quadratic', COLOURS.blue, 'dash', (e) => e.quadraticFlatness),
        series(r, 'U from the trajectory', COLOURS.orange, 'dot', (e) => e.potentialWidth),
        series(r, 'U from H and C₁', COLOURS.orange, 'ring', (e) => e.predictedWidth),
      ],
    ),
    caption:
      'With rising rank the loss becomes wider while the weights move less; the potential U = ε·Σ⁻¹ becomes narrower with them. Its width, where u reaches ε, ' +
      'is 2√2·σ by construction if U is computed from the measured Σ (filled), which is no test; computed from H and C₁ alone (rings) it is a prediction. Directions below the resolution of the recording are excluded.',
  };
}

export function energyVariances(r: Ao2022Results): Drawn {
  const name = 'energy-variances';
  if (r.energy.length < 2) return { name, missing: 'no directions were measured.' };
  return {
    name,
    title: 'Variances along the principal directions',
    ...draw(name, 'Measured and predicted variance along the principal directions, by rank', 'variance (weight²)', [
      series(r, 'measured', COLOURS.blue, 'dot', (e) => e.variance),
      series(r, 'ε U⁻¹', COLOURS.orange, 'ring', (e) => e.boltzmannVariance),
      series(r, 'own sampling and window', COLOURS.ink, 'line', (e) => e.windowVariance),
    ]),
    caption:
      'Principal directions of the same window are chosen by their variance, so that high ranks lie below and low ranks above any prediction along fixed ' +
      'directions even where the theory is right; along Hessian modes the comparison is unbiased.',
  };
}

export function energies(r: Ao2022Results): Drawn {
  const name = 'energies';
  if (r.energy.length < 2) return { name, missing: 'no directions were measured.' };
  const half = { label: '½', mark: 'dash' as const, colour: COLOURS.muted };
  return {
    name,
    title: 'Mean energy per direction',
    ...draw(
      name,
      'Mean loss and mean potential energy of the fluctuation along each principal direction, by rank',
      'mean energy',
      [
        series(r, 'loss, ½ h σ²/L₀', COLOURS.blue, 'dot', (e) => e.lossEnergy / r.setting.centreLoss),
        series(r, 'potential, ½ σ²/(ε U⁻¹)', COLOURS.orange, 'ring', (e) => (0.5 * e.variance) / e.boltzmannVariance),
      ],
      [Plot.ruleY([0.5], { stroke: COLOURS.muted, strokeDasharray: '6 4' })],
      [half],
    ),
    caption:
      'In the steady state each direction has the potential energy ε/2 (dashed); U is computed from H and C₁ alone. The loss energy is in units of L₀: ' +
      'if all directions had one temperature, it would be constant.',
  };
}
