/** Losses of the short runs at different learning rates. */
import * as Plot from '@observablehq/plot';
import type { Verification } from '../../../apply/advice-verify.js';
import { linearAxis, logAxis, logDomain, stepTicks } from '../../../report/figures/axes.js';
import { drawFigure, type Figure } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatCount, formatNumber, formatPlain } from '../../../report/format.js';

export function adviceRuns(v: Verification): Figure {
  const name = 'advice-runs';
  const rates = [...new Set(v.runs.map((r) => r.learningRate))];
  const colour = (eta: number) => rampColour((rates.indexOf(eta) + 0.5) / rates.length);
  const points = v.runs.flatMap((r) =>
    [v.base.loss, ...r.losses].map((loss, k) => ({
      run: `${r.learningRate}/${r.seed}`,
      at: (k * v.epochs) / 40,
      loss,
      eta: r.learningRate,
    })),
  );
  return {
    name,
    title: 'Runs from this state',
    ...drawFigure({
      name,
      title: 'Loss of short runs from the same weights at different learning rates',
      width: 820,
      height: 360,
      x: linearAxis('epochs from this state', [0, v.epochs]),
      y: logAxis('training loss', logDomain([...points.map((p) => p.loss), v.base.constantLoss])),
      legend: [
        {
          label: 'learning rate',
          mark: 'ramp',
          steps: rates.map(colour),
          ticks: stepTicks(rates.map((r) => formatPlain(r))),
        },
        { label: 'a constant answer', mark: 'dash', colour: COLOURS.muted },
      ],
      marks: [
        Plot.ruleY([v.base.constantLoss], { stroke: COLOURS.muted, strokeDasharray: '6 4' }),
        Plot.line(points, { x: 'at', y: 'loss', z: 'run', stroke: (p) => colour(p.eta), strokeWidth: 1.5, clip: true }),
      ],
    }),
    caption: `Loss on ${formatCount(v.looked)} training samples, the same for all runs, evaluated forty times per run; learning rates ${rates.map((r) => formatNumber(r)).join(', ')}. A line that ends early became infinite.`,
  };
}
