/** Properties of solutions against the strength of the noise, eta/B: flatness, test error, time to flatness. valley2023; docs/theory §6. */
import * as Plot from '@observablehq/plot';
import { mean, variance } from '../../../../numeric/statistics.js';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../../report/figures/frame.js';
import { COLOURS } from '../../../../report/figures/palette.js';
import { formatCount } from '../../../../report/format.js';
import { noiseStrength, type SolutionResult } from '../measured.js';
import type { Measure } from '../measures.js';
import type { FlatTimes } from '../times.js';

const PALETTE = [COLOURS.blue, COLOURS.orange, COLOURS.green, COLOURS.purple];

/** One number of one seed at one setting. */
interface Point {
  readonly seed: number;
  /** The setting; points of one `x` and `setting` are averaged over seeds. */
  readonly setting: string;
  readonly x: number;
  readonly y: number;
}

interface Series {
  readonly label: string;
  readonly points: readonly Point[];
}

interface Drawing {
  readonly name: string;
  readonly title: string;
  readonly y: string;
  /** Whether the axis is linear; it is logarithmic by default. */
  readonly linear?: boolean;
  readonly series: readonly Series[];
  readonly caption: string;
}

const STRENGTH = 'noise strength η/B';

/** Draws seeds as small dots and means over them with one standard error as large ones; lines connect means of equal eta/B. */
function draw({ name, title, y, linear, series, caption }: Drawing): Drawn {
  const all = series.flatMap((s, k) =>
    s.points.filter((p) => Number.isFinite(p.y) && (linear || p.y > 0)).map((p) => ({ ...p, k })),
  );
  if (new Set(all.map((p) => p.x)).size < 2)
    return { name, missing: 'fewer than two strengths of the noise have this number.' };
  const groups = [...new Set(all.map((p) => `${p.k} ${p.setting}`))].map((key) => {
    const own = all.filter((p) => `${p.k} ${p.setting}` === key);
    const ys = own.map((p) => p.y);
    const error = ys.length > 1 ? Math.sqrt(variance(ys, 1) / ys.length) : 0;
    return { k: own[0].k, x: own[0].x, y: mean(ys), error };
  });
  const lines = [...new Set(groups.map((g) => `${g.k} ${g.x}`))]
    .map((key) => {
      const own = groups.filter((g) => `${g.k} ${g.x}` === key);
      return { k: own[0].k, x: own[0].x, y: mean(own.map((g) => g.y)) };
    })
    .sort((a, b) => a.x - b.x);
  const values = [...all.map((p) => p.y), ...groups.flatMap((g) => [g.y - g.error, g.y + g.error])];
  const domain = linear ? linearDomain(values, 0.06) : logDomain(values);
  const clip = (v: number) => Math.min(domain[1], Math.max(domain[0], v));
  const colour = (p: { readonly k: number }) => PALETTE[p.k % PALETTE.length];
  const legend: LegendEntry[] = series.map((s, k) => ({
    label: s.label,
    mark: 'dot',
    colour: PALETTE[k % PALETTE.length],
  }));
  return {
    name,
    title,
    ...drawFigure({
      name,
      title,
      width: 700,
      x: logAxis(STRENGTH, logDomain(all.map((p) => p.x))),
      y: linear ? linearAxis(y, domain, 6) : logAxis(y, domain),
      legend,
      marks: [
        ...series.map((_, k) =>
          Plot.line(
            lines.filter((l) => l.k === k),
            { x: 'x', y: 'y', stroke: PALETTE[k % PALETTE.length], strokeOpacity: 0.5, strokeWidth: 1.5 },
          ),
        ),
        Plot.dot(all, { x: 'x', y: 'y', r: 1.8, fill: colour, fillOpacity: 0.5 }),
        Plot.ruleX(groups, {
          x: 'x',
          y1: (g) => clip(g.y - g.error),
          y2: (g) => clip(g.y + g.error),
          stroke: colour,
          strokeWidth: 1.8,
        }),
        Plot.dot(groups, { x: 'x', y: 'y', r: 4, fill: colour }),
      ],
    }),
    caption: `${caption} Small dots are seeds, large ones their mean with one standard error for each learning rate and batch size; lines join means over settings of equal η/B.`,
  };
}

const pointOf = (s: SolutionResult, y: number): Point => ({ seed: s.seed, setting: s.cell, x: noiseStrength(s), y });

/** Draws measures relative to the seed's mean at its weakest noise, so that they share an axis. */
export function flatnessFigure(
  name: string,
  title: string,
  solved: readonly SolutionResult[],
  measures: readonly Measure[],
): Drawn {
  const series = measures.map((m): Series => {
    const points = [...new Set(solved.map((s) => s.seed))].flatMap((seed) => {
      const own = solved.filter((s) => s.seed === seed);
      const weakest = Math.min(...own.map(noiseStrength));
      const unit = mean(own.filter((s) => noiseStrength(s) === weakest).map(m.of));
      return own.map((s) => pointOf(s, m.of(s) / unit));
    });
    return { label: m.name, points };
  });
  return draw({
    name,
    title,
    y: 'relative to the weakest noise',
    series,
    caption:
      'Measured where the full training loss first reaches the target, relative to the weakest noise of the same seed.',
  });
}

export function testErrorFigure(solved: readonly SolutionResult[]): Drawn {
  const percent = (t: { readonly errors: number; readonly count: number } | undefined) =>
    t ? (100 * t.errors) / t.count : Number.NaN;
  return draw({
    name: 'valley-network-test-error',
    title: 'Test error against the noise at equal training loss',
    y: 'wrong test answers (%)',
    linear: true,
    series: [
      { label: 'solution', points: solved.map((s) => pointOf(s, percent(s.test))) },
      { label: 'mean of an epoch’s weights', points: solved.map((s) => pointOf(s, percent(s.floor?.test))) },
    ],
    caption: `${formatCount(solved[0]?.test?.count)} test samples. The mean over the weights of an epoch is evaluated where its own training loss reaches the target.`,
  });
}

export const testLossFigure = (solved: readonly SolutionResult[]): Drawn =>
  draw({
    name: 'valley-network-test-loss',
    title: 'Test loss against the noise at equal training loss',
    y: 'test loss (nat)',
    linear: true,
    series: [
      { label: 'solution', points: solved.map((s) => pointOf(s, s.test?.loss ?? Number.NaN)) },
      {
        label: 'at the best temperature of the training samples',
        points: solved.map((s) => pointOf(s, s.confidence?.testLoss ?? Number.NaN)),
      },
      {
        label: 'mean of an epoch’s weights',
        points: solved.map((s) => pointOf(s, s.floor?.test.loss ?? Number.NaN)),
      },
    ],
    caption: `${formatCount(solved[0]?.test?.count)} test samples. The temperature divides the logits; it minimises the loss over the training samples measured.`,
  });

export function flatTimeFigure({ points }: FlatTimes, unit: 'time' | 'epochs'): Drawn {
  const name = `valley-network-flat-${unit}`;
  return draw({
    name,
    title: unit === 'time' ? 'Time to a given flatness, in η·steps' : 'Time to a given flatness, in epochs',
    y: unit === 'time' ? 'time (η·steps)' : 'time (epochs)',
    series: [
      {
        label: 'until Tr H has fallen to that of the weakest noise at the target',
        points: points.map((p) => ({
          seed: p.seed,
          setting: `${p.setting.learningRate} ${p.setting.batchSize}`,
          x: p.strength,
          y: p[unit],
        })),
      },
    ],
    caption:
      unit === 'time'
        ? 'Gradient flow without noise would take the same time in η·steps at every η/B.'
        : 'An epoch at a larger η/B moves the weights farther; the number of epochs is the cost of training.',
  });
}
