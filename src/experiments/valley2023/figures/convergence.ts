/** Steps to the flat end against the strength of the noise, up to divergence. docs/theory [V3], [V4]. */
import * as Plot from '@observablehq/plot';
import { logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatPlain } from '../../../report/format.js';
import { type BatchNoise, type ConvergenceResult, type ConvergenceRow, NOISE_NAMES } from '../measured.js';

const LOOK: Readonly<Record<BatchNoise, string>> = {
  constant: COLOURS.blue,
  hessian: COLOURS.green,
  location: COLOURS.orange,
  curvature: COLOURS.purple,
};
/** A strength is shown only while most walkers arrive, because the mean over a few of them says little. */
const SHOWN = 0.5;

export function convergenceFigure(r: ConvergenceResult, kinds: readonly BatchNoise[]): Drawn {
  const name = `valley-convergence-${kinds.includes('curvature') ? 'curvature' : 'strength'}`;
  const rows = r.rows.filter((row) => kinds.includes(row.noise) && row.arrived >= SHOWN && row.steps.value > 0);
  if (rows.length === 0) return { name, missing: 'no walker reached the flat end.' };
  const present = kinds.filter((k) => rows.some((row) => row.noise === k));
  const alone = present.length === 1;
  const broken = r.rows.filter((row) => kinds.includes(row.noise) && row.diverged.value > 0.5);
  const ys = rows.flatMap((row) => [row.steps.value, row.driftSteps, row.passageSteps]);
  const y = logDomain(ys, 0.1);
  const finite = (of: (row: (typeof rows)[number]) => number, k: BatchNoise) =>
    rows.filter((row) => row.noise === k && Number.isFinite(of(row)) && of(row) > 0);
  const critical: LegendEntry[] = [];
  const rules: Plot.Markish[] = [];
  if (kinds.includes('curvature')) {
    const lines = [r.critical.sharpMeanSquare, r.critical.flatAlmostSure];
    rules.push(
      Plot.ruleX([lines[0]], { stroke: COLOURS.ink, strokeDasharray: '3 2' }),
      Plot.ruleX([lines[1]], { stroke: COLOURS.muted, strokeDasharray: '3 2' }),
    );
    critical.push(
      { label: 'sharp end unstable in mean square', mark: 'rule', colour: COLOURS.ink },
      { label: 'flat end lost almost surely', mark: 'rule', colour: COLOURS.muted },
    );
  }
  const x = logDomain([
    ...r.rows.filter((row) => kinds.includes(row.noise)).map((row) => row.strength),
    ...(kinds.includes('curvature') ? [r.critical.flatAlmostSure] : []),
  ]);
  return {
    name,
    title: alone ? `Steps to the flat end: ${NOISE_NAMES[present[0]]}` : 'Steps to the flat end',
    ...drawFigure({
      name,
      title: 'Number of steps from the sharp to the flat end against the strength of the noise',
      x: logAxis(
        kinds.includes('curvature')
          ? 'batch curvature: standard deviation over mean'
          : 'variance C of a batch gradient, mid-valley',
        x,
      ),
      y: logAxis('steps to the flat end', y),
      legend: [
        ...present.map((k) => ({ label: NOISE_NAMES[k], mark: 'dot' as const, colour: LOOK[k] })),
        { label: 'effective drift', mark: 'line', colour: COLOURS.muted },
        { label: 'first passage (Fokker-Planck)', mark: 'dots', colour: COLOURS.ink },
        ...(broken.length > 0 ? [{ label: 'most diverge', mark: 'cross' as const, colour: COLOURS.ink }] : []),
        ...critical,
      ],
      marks: [
        ...rules,
        ...present.flatMap((k) => [
          Plot.line(
            finite((row) => row.driftSteps, k),
            { x: 'strength', y: 'driftSteps', stroke: COLOURS.muted, strokeWidth: 1.4 },
          ),
          Plot.line(
            finite((row) => row.passageSteps, k),
            { x: 'strength', y: 'passageSteps', stroke: COLOURS.ink, strokeWidth: 1.4, strokeDasharray: '2 3' },
          ),
        ]),
        Plot.ruleX(rows, {
          x: 'strength',
          y1: (row) => row.steps.value - (row.steps.standardError || 0),
          y2: (row) => row.steps.value + (row.steps.standardError || 0),
          stroke: (row: ConvergenceRow) => LOOK[row.noise],
          strokeWidth: 1.6,
        }),
        Plot.dot(rows, {
          x: 'strength',
          y: (row) => row.steps.value,
          r: 3.6,
          fill: (row: ConvergenceRow) => LOOK[row.noise],
        }),
        Plot.dot(broken, { x: 'strength', y: () => y[0] * 1.15, r: 4, symbol: 'times', stroke: COLOURS.ink }),
      ],
    }),
    caption: `Walkers of the SGD map start at the sharp end and have arrived at x = ${formatPlain(r.target)}; lines and dots are means over those that arrive, bars one standard error over seeds. ${kinds.includes('curvature') ? 'The batch curvature varies; the place of the minimum varies as well, by a fixed amount, because otherwise nothing would move. Crosses mark strengths at which most walkers diverge.' : 'The effective drift is −½λ′⟨y²⟩ with the variance of the map.'}`,
  };
}
