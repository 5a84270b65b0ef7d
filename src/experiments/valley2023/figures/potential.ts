/** The effective potential along a level valley, on the floor and as a marginal, against eq. 7; and its slopes. docs/theory [V1], [V2]. */
import * as Plot from '@observablehq/plot';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatPlain } from '../../../report/format.js';
import type { PotentialResult } from '../measured.js';

/** Curves of one strength of noise: −ln P against ln F. */
export function effectivePotential(r: PotentialResult, which: 'floor' | 'marginal'): Drawn {
  const name = `valley-potential-${which}`;
  const smallest = Math.min(...r.cases.map((c) => c.diffusion));
  const cases = r.cases.filter((c) => c.diffusion === smallest).sort((a, b) => a.anisotropy - b.anisotropy);
  if (cases.length === 0) return { name, missing: 'no valley was solved.' };
  const colour = (k: number) => rampColour(cases.length === 1 ? 0 : k / (cases.length - 1));
  const series = cases.map((c, k) => {
    const measured = which === 'floor' ? c.curve.floor : c.curve.marginal;
    const law = which === 'floor' ? 1 - c.anisotropy : -c.anisotropy;
    const { logFlatness: f } = c.curve;
    const middle = Math.floor(f.length / 2);
    // both curves meet in the middle of the valley
    return f.map((lnF, i) => ({
      k,
      lnF: lnF - f[0],
      measured: measured[i] - measured[middle],
      law: law * (lnF - f[middle]),
    }));
  });
  const all = series.flat();
  const eq = which === 'floor' ? 'eq. 7: (1 − κ) ln F' : '−κ ln F';
  const legend: LegendEntry[] = [
    ...cases.map((c, k) => ({ label: `κ = ${formatPlain(c.anisotropy)}`, mark: 'dot' as const, colour: colour(k) })),
    { label: eq, mark: 'line', colour: COLOURS.ink },
  ];
  return {
    name,
    title: which === 'floor' ? 'Effective potential on the floor' : 'Effective potential of the marginal',
    ...drawFigure({
      name,
      title: `Effective potential of the ${which} density along the valley for each anisotropy of the noise`,
      x: linearAxis('ln F − ln F at the sharp end', linearDomain(all.map((p) => p.lnF))),
      y: linearAxis(
        which === 'floor' ? '−ln P(x, 0)' : '−ln P(x)',
        linearDomain(
          all.flatMap((p) => [p.measured, p.law]),
          0.06,
        ),
      ),
      legend,
      marks: [
        ...series.map((points) => Plot.line(points, { x: 'lnF', y: 'law', stroke: COLOURS.ink, strokeWidth: 1.2 })),
        ...series.map((points, k) =>
          Plot.dot(
            points.filter((_, i) => i % Math.max(1, Math.round(points.length / 26)) === 0),
            { x: 'lnF', y: 'measured', r: 3, fill: colour(k) },
          ),
        ),
      ],
    }),
    caption: `Dots: Fokker-Planck equation in two dimensions at D_x = ${formatPlain(smallest)}; lines: ${which === 'floor' ? 'eq. 7' : 'eq. 7 with one more power of F, as integrating over y gives'}. Curves are shifted to coincide with their line in the middle of the valley. Without loss on the floor all of this is an effect of noise.`,
  };
}

/** Measured slope minus eq. 7 against the separation parameter: the range in which eq. 7 is valid. */
export function potentialSlopes(r: PotentialResult): Drawn {
  const name = 'valley-slopes';
  const points = r.cases.flatMap((c) => {
    const found = c.slopes.find((s) => s.method === 'fokker-planck');
    if (!found || c.separation <= 0) return [];
    const off = found.floor.value - (1 - c.anisotropy);
    return [{ x: c.separation, y: off, kappa: c.anisotropy }];
  });
  if (points.length < 2) return { name, missing: 'there is only one pair of noise and anisotropy.' };
  const kappas = [...new Set(points.map((p) => p.kappa))].sort((a, b) => a - b);
  const colour = (kappa: number) => rampColour(kappas.length === 1 ? 0 : kappas.indexOf(kappa) / (kappas.length - 1));
  return {
    name,
    title: 'Validity of eq. 7',
    ...drawFigure({
      name,
      title: 'Difference of the measured slope to eq. 7 against the separation parameter',
      x: logAxis('separation parameter λ′²D_y²/(4λ³D_x), largest', logDomain(points.map((p) => p.x))),
      y: linearAxis('slope on the floor − (1 − κ)', linearDomain([0, ...points.map((p) => p.y)], 0.1)),
      legend: [
        ...kappas.map((k) => ({ label: `κ = ${formatPlain(k)}`, mark: 'dot' as const, colour: colour(k) })),
        { label: 'eq. 7', mark: 'dash', colour: COLOURS.ink },
      ],
      marks: [
        Plot.ruleY([0], { stroke: COLOURS.ink, strokeDasharray: '6 4' }),
        ...kappas.map((k) =>
          Plot.line(
            points.filter((p) => p.kappa === k).sort((a, b) => a.x - b.x),
            { x: 'x', y: 'y', stroke: colour(k), strokeWidth: 1.4 },
          ),
        ),
        Plot.dot(points, { x: 'x', y: 'y', r: 4, fill: (p) => colour(p.kappa) }),
      ],
    }),
    caption:
      'Eq. 7 assumes that the motion across the valley is much faster than along it. The parameter is the diffusion that slow changes of y² add along the valley, over D_x. At κ = 1 detailed balance makes the law exact at any noise.',
  };
}
