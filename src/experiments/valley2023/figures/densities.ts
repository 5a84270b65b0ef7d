/** Stationary densities by four methods in one figure, and the deviation of the SGD map from the continuous theory. docs/theory [V2], [V3], [V5]. */
import * as Plot from '@observablehq/plot';
import { linearAxis, linearDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatPlain } from '../../../report/format.js';
import type { DensitiesResult, DensitySource } from '../measured.js';

const LOOK: Readonly<Record<DensitySource, LegendEntry & { readonly colour: string }>> = {
  sgd: { label: 'SGD map', mark: 'dot', colour: COLOURS.orange },
  langevin: { label: 'Langevin', mark: 'ring', colour: COLOURS.green },
  'fokker-planck': { label: 'Fokker-Planck', mark: 'line', colour: COLOURS.blue },
  adiabatic: { label: 'adiabatic theory', mark: 'dash', colour: COLOURS.ink },
};
const ORDER: readonly DensitySource[] = ['fokker-planck', 'adiabatic', 'langevin', 'sgd'];

export function densitiesFigure(r: DensitiesResult, which: 'marginal' | 'floor'): Drawn {
  const name = `valley-densities-${which}`;
  const shown = ORDER.flatMap((source) => r.densities.find((d) => d.source === source) ?? []);
  if (shown.length === 0) return { name, missing: 'no density was measured.' };
  const centres = r.edges.slice(1).map((e, k) => (e + r.edges[k]) / 2);
  const pointsOf = (values: readonly number[]) => values.map((p, k) => ({ x: centres[k], p }));
  const top = Math.max(...shown.flatMap((d) => d[which]));
  const x: [number, number] = [r.edges[0], r.edges[r.edges.length - 1]];
  return {
    name,
    title: which === 'marginal' ? 'Marginal density of x' : 'Density on the floor',
    ...drawFigure({
      name,
      title: `Stationary ${which} density along the tilted valley by four methods`,
      x: linearAxis('x, from the sharp to the flat end', x),
      y: linearAxis(which === 'marginal' ? 'P(x)' : 'P(x, 0), normalised', [0, 1.08 * top]),
      legend: [...shown.map((d) => LOOK[d.source]), { label: 'lowest loss', mark: 'rule', colour: COLOURS.muted }],
      marks: [
        Plot.ruleX([r.lowest], { stroke: COLOURS.muted, strokeDasharray: '3 2' }),
        ...shown.map((d) => {
          const { mark, colour } = LOOK[d.source];
          const points = pointsOf(d[which]);
          if (mark === 'dot') return Plot.dot(points, { x: 'x', y: 'p', r: 2.2, fill: colour });
          if (mark === 'ring') return Plot.dot(points, { x: 'x', y: 'p', r: 3.6, stroke: colour, strokeWidth: 1.3 });
          return Plot.line(points, {
            x: 'x',
            y: 'p',
            stroke: colour,
            strokeWidth: mark === 'dash' ? 1.5 : 2.2,
            ...(mark === 'dash' && { strokeDasharray: '6 4' }),
          });
        }),
      ],
    }),
    caption: `Tilted valley, D_x = ${formatPlain(r.diffusion)}, κ = ${formatPlain(r.anisotropy)}; the SGD map takes steps of η = ${formatPlain(r.learningRate)}. ${which === 'marginal' ? 'Noise moves the maximum of the density from the lowest loss towards the flat end.' : 'On the floor the shift corresponds to one power of F less.'}`,
  };
}

/** ⟨y²⟩ over its continuous value, and ⟨x⟩, against the largest eta·lambda. */
export function finiteSteps(r: DensitiesResult): Drawn {
  const name = 'valley-finite-steps';
  if (r.steps.length < 2) return { name, missing: 'the map was run at one learning rate only.' };
  const points = r.steps.map((s) => ({
    x: s.sharpest,
    measured: s.meanX.value,
    low: s.meanX.value - (s.meanX.standardError || 0),
    high: s.meanX.value + (s.meanX.standardError || 0),
    continuous: s.continuousX,
    finite: s.finiteStepX,
  }));
  return {
    name,
    title: 'Deviation of the map from the continuous theory',
    ...drawFigure({
      name,
      title: 'Mean place along the valley against the step size, measured and by two theories',
      x: linearAxis('ηλ at the sharp end', linearDomain([0, 2, ...points.map((p) => p.x)], 0)),
      y: linearAxis(
        '⟨x⟩',
        linearDomain(
          points.flatMap((p) => [p.low, p.high, p.continuous, p.finite]),
          0.08,
        ),
      ),
      legend: [
        { label: 'SGD map', mark: 'dot', colour: COLOURS.orange },
        { label: 'finite-step force', mark: 'line', colour: COLOURS.blue },
        { label: 'continuous theory', mark: 'dash', colour: COLOURS.ink },
      ],
      marks: [
        Plot.line(points, { x: 'x', y: 'continuous', stroke: COLOURS.ink, strokeWidth: 1.5, strokeDasharray: '6 4' }),
        Plot.line(points, { x: 'x', y: 'finite', stroke: COLOURS.blue, strokeWidth: 1.8 }),
        Plot.ruleX(points, { x: 'x', y1: 'low', y2: 'high', stroke: COLOURS.orange, strokeWidth: 1.8 }),
        Plot.dot(points, { x: 'x', y: 'measured', r: 4, fill: COLOURS.orange }),
      ],
    }),
    caption:
      'The gradient noise is scaled so that D_x and D_y, and with them the continuous theory, are the same at each learning rate. The change is the effect of finite steps: ⟨y²⟩ = ηC/(λ(2 − ηλ)) grows without bound as ηλ → 2 and pushes the weights towards flat places. Bars are one standard error.',
  };
}
