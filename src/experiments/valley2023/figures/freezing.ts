/** Occupation of the flat valley over training, freezing time against noise, escape times. docs/theory [V6]. */
import * as Plot from '@observablehq/plot';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatPlain } from '../../../report/format.js';
import type { FreezingResult } from '../measured.js';

export function occupationFigure(r: FreezingResult): Drawn {
  const name = 'valley-occupation';
  const rows = r.rows.filter((row) => row.noise === 'additive').sort((a, b) => a.diffusion - b.diffusion);
  if (rows.length === 0) return { name, missing: 'no training was simulated.' };
  const colour = (k: number) => rampColour(rows.length === 1 ? 0 : k / (rows.length - 1));
  const series = rows.map((row) =>
    row.curve.time.map((t, i) => ({
      t,
      walkers: row.curve.walkers[i],
      predicted: row.curve.predicted[i],
      fp: row.curve.fokkerPlanck[i],
    })),
  );
  return {
    name,
    title: 'Occupation of the flat valley over training',
    ...drawFigure({
      name,
      title: 'Share of walkers in the flat valley against time for each strength of noise',
      width: 860,
      height: 380,
      x: linearAxis('time (η·steps)', [0, r.end], 8),
      y: linearAxis('share in the flat valley', [0, 1]),
      legend: [
        ...rows.map((row, k) => ({
          label: `D = ${formatPlain(row.diffusion)}`,
          mark: 'dot' as const,
          colour: colour(k),
        })),
        { label: 'Fokker-Planck', mark: 'line', colour: COLOURS.muted },
        { label: 'two states', mark: 'dots', colour: COLOURS.ink },
      ],
      marks: [
        ...series.map((points, k) =>
          Plot.line(
            points.filter((p) => Number.isFinite(p.fp)),
            { x: 't', y: 'fp', stroke: colour(k), strokeWidth: 1.4 },
          ),
        ),
        ...series.map((points) =>
          Plot.line(points, { x: 't', y: 'predicted', stroke: COLOURS.ink, strokeWidth: 1.3, strokeDasharray: '2 3' }),
        ),
        ...series.map((points, k) =>
          Plot.dot(
            points.filter((_, i) => i % Math.max(1, Math.round(points.length / 24)) === 0),
            { x: 't', y: 'walkers', r: 3, fill: colour(k) },
          ),
        ),
      ],
    }),
    caption: `All start in the sharp valley. The barrier grows from ${formatPlain(r.barrier[0])} to ${formatPlain(r.barrier[1])} while the noise D is constant: passages become rare and the share freezes. Dots: walkers; full lines: Fokker-Planck equation; dotted: two states with the exact escape rates.`,
  };
}

export function freezingTimes(r: FreezingResult): Drawn {
  const name = 'valley-freezing';
  if (r.rows.length < 2) return { name, missing: 'there is only one strength of noise.' };
  const kinds = [...new Set(r.rows.map((row) => row.noise))];
  const colour = (kind: string) => (kind === 'additive' ? COLOURS.blue : COLOURS.orange);
  const words = { additive: 'additive noise', sharper: 'more noise in the sharp valley' };
  const rows = r.rows.filter((row) => Number.isFinite(row.freezingTime.value));
  return {
    name,
    title: 'Freezing time against noise',
    ...drawFigure({
      name,
      title: 'Time from which the last valley is settled against the strength of the noise',
      x: logAxis('noise D', logDomain(r.rows.map((row) => row.diffusion))),
      y: linearAxis('freezing time (η·steps)', linearDomain([0, r.end], 0.03)),
      legend: [
        ...kinds.map((k) => ({ label: words[k], mark: 'dot' as const, colour: colour(k) })),
        { label: 'two-state theory', mark: 'line', colour: COLOURS.muted },
        { label: 'end of training', mark: 'dash', colour: COLOURS.ink },
      ],
      marks: [
        Plot.ruleY([r.end], { stroke: COLOURS.ink, strokeDasharray: '6 4' }),
        ...kinds.map((k) =>
          Plot.line(
            r.rows.filter((row) => row.noise === k).sort((a, b) => a.diffusion - b.diffusion),
            { x: 'diffusion', y: 'predictedTime', stroke: colour(k), strokeWidth: 1.5 },
          ),
        ),
        Plot.ruleX(rows, {
          x: 'diffusion',
          y1: (row) => row.freezingTime.value - (row.freezingTime.standardError || 0),
          y2: (row) => row.freezingTime.value + (row.freezingTime.standardError || 0),
          stroke: (row) => colour(row.noise),
          strokeWidth: 1.6,
        }),
        Plot.dot(rows, { x: 'diffusion', y: (row) => row.freezingTime.value, r: 4, fill: (row) => colour(row.noise) }),
      ],
    }),
    caption:
      'From this time on the valley of a walker predicts the valley in which it ends: the correlation of the two is 1/e, and one more passage is expected. Bars are one standard error over seeds.',
  };
}

export function finalFlatness(r: FreezingResult): Drawn {
  const name = 'valley-final';
  if (r.rows.length < 2) return { name, missing: 'there is only one strength of noise.' };
  const kinds = [...new Set(r.rows.map((row) => row.noise))];
  const colour = (kind: string) => (kind === 'additive' ? COLOURS.blue : COLOURS.orange);
  const words = { additive: 'additive noise', sharper: 'more noise in the sharp valley' };
  return {
    name,
    title: 'The end of training',
    ...drawFigure({
      name,
      title: 'Share in the flat valley at the end of training against the strength of the noise',
      x: logAxis('noise D', logDomain(r.rows.map((row) => row.diffusion))),
      y: linearAxis('share in the flat valley at the end', [0, 1]),
      legend: [
        ...kinds.map((k) => ({ label: words[k], mark: 'dot' as const, colour: colour(k) })),
        { label: 'Fokker-Planck', mark: 'line', colour: COLOURS.muted },
      ],
      marks: [
        ...kinds.map((k) =>
          Plot.line(
            r.rows.filter((row) => row.noise === k).sort((a, b) => a.diffusion - b.diffusion),
            { x: 'diffusion', y: 'fokkerPlanckFinal', stroke: colour(k), strokeWidth: 1.5 },
          ),
        ),
        Plot.ruleX(r.rows, {
          x: 'diffusion',
          y1: (row) => row.final.value - (row.final.standardError || 0),
          y2: (row) => row.final.value + (row.final.standardError || 0),
          stroke: (row) => colour(row.noise),
          strokeWidth: 1.6,
        }),
        Plot.dot(r.rows, { x: 'diffusion', y: (row) => row.final.value, r: 4, fill: (row) => colour(row.noise) }),
      ],
    }),
    caption: `Both valleys are equally deep; the flat one is ${formatPlain(r.widths)} times as wide. Bars are one standard error over seeds.`,
  };
}

export function escapeTimes(r: FreezingResult): Drawn {
  const name = 'valley-escape';
  if (r.escapes.length < 2) return { name, missing: 'there is only one barrier.' };
  const rows = [...r.escapes].sort((a, b) => a.barrier - b.barrier);
  return {
    name,
    title: 'Escape from the sharp valley',
    ...drawFigure({
      name,
      title: 'Mean time to the flat valley against the height of the barrier',
      x: linearAxis('barrier / D', linearDomain(rows.map((e) => e.barrier))),
      y: logAxis(
        'mean time (η·steps)',
        logDomain(
          rows.flatMap((e) => [e.walkers.value, e.exact, e.kramers]),
          0.1,
        ),
      ),
      legend: [
        { label: 'walkers', mark: 'dot', colour: COLOURS.orange },
        { label: 'exact first passage', mark: 'line', colour: COLOURS.blue },
        { label: 'Fokker-Planck', mark: 'ring', colour: COLOURS.green },
        { label: 'Kramers', mark: 'dash', colour: COLOURS.ink },
      ],
      marks: [
        Plot.line(rows, { x: 'barrier', y: 'exact', stroke: COLOURS.blue, strokeWidth: 2 }),
        Plot.line(rows, { x: 'barrier', y: 'kramers', stroke: COLOURS.ink, strokeWidth: 1.5, strokeDasharray: '6 4' }),
        Plot.dot(
          rows.filter((e) => Number.isFinite(e.fokkerPlanck)),
          { x: 'barrier', y: 'fokkerPlanck', r: 5, stroke: COLOURS.green, strokeWidth: 1.4 },
        ),
        Plot.dot(
          rows.filter((e) => Number.isFinite(e.walkers.value)),
          { x: 'barrier', y: (e) => e.walkers.value, r: 3, fill: COLOURS.orange },
        ),
      ],
    }),
    caption: 'From the minimum of the sharp valley to that of the flat one, at fixed barriers.',
  };
}
