/** Loss and errors against epochs, with the recorded window shaded. */
import * as Plot from '@observablehq/plot';
import type { Analysis } from '../../../analyse/trajectory/results.js';
import { linearAxis, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawings, type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatNumber, fullStop } from '../../../report/format.js';

interface Series {
  readonly label: string;
  readonly mark: 'line' | 'dash' | 'dots';
  readonly colour: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const points = (x: readonly number[], y: readonly number[]) =>
  x.map((e, k) => ({ x: e, y: y[k] ?? NaN })).filter((p) => Number.isFinite(p.y));

/** Running, training-set and test-set loss. */
export function trainingLoss({ curves: c }: Pick<Analysis, 'curves'>): Drawn {
  const name = 'training-loss';
  const series: Series[] = [
    { label: 'running', mark: 'line', colour: COLOURS.blue, points: points(c.epoch, c.runningLoss) },
    { label: 'training set', mark: 'dash', colour: COLOURS.orange, points: points(c.epoch, c.trainLoss) },
    { label: 'test set', mark: 'dots', colour: COLOURS.green, points: points(c.epoch, c.testLoss) },
  ];
  const drawings = curves({
    name,
    title: 'Loss against training epoch',
    y: 'loss (mean per sample)',
    series,
    window: c.window,
  });
  if (!drawings) return { name, missing: 'no epoch has a positive, finite loss.' };
  return {
    name,
    title: 'Training loss',
    ...drawings,
    caption:
      'Mean loss on a logarithmic axis. Running: average over the minibatches while the weights moved; training and test set: ' +
      `whole sets at the end of the epoch, where they were evaluated. ${windowWords(c.window)} Training stopped: ${fullStop(c.stopped)}`,
  };
}

/** Share of wrong answers, 1 − accuracy. `trainErrors` are counts over `samples` images. */
export function trainingErrors({
  curves: c,
  flatness: f,
}: Pick<Analysis, 'curves'> & { readonly flatness: Pick<Analysis['flatness'], 'samples'> }): Drawn {
  const name = 'training-errors';
  const percent = (accuracy: number) => 100 * Math.max(0, 1 - accuracy);
  const series: Series[] = [
    { label: 'running', mark: 'line', colour: COLOURS.blue, points: points(c.epoch, c.runningAccuracy.map(percent)) },
    {
      label: 'training set',
      mark: 'dash',
      colour: COLOURS.orange,
      points: points(
        c.epoch,
        c.trainErrors.map((e) => (100 * e) / f.samples),
      ),
    },
    { label: 'test set', mark: 'dots', colour: COLOURS.green, points: points(c.epoch, c.testAccuracy.map(percent)) },
  ];
  const drawings = curves({
    name,
    title: 'Error rate against training epoch',
    y: 'errors (%)',
    series,
    window: c.window,
  });
  if (!drawings) return { name, missing: 'no epoch has an accuracy.' };
  const last = series[2].points.at(-1);
  return {
    name,
    title: 'Errors',
    ...drawings,
    caption:
      'Share of misclassified samples on a logarithmic axis; bars on the lower edge mark epochs without errors.' +
      (last ? ` The last test error is ${formatNumber(last.y)} %.` : ''),
  };
}

const windowWords = ([a, b]: readonly [number, number]): string =>
  `Shaded: the recorded window, ${a === b ? `epoch ${formatCount(a)}` : `epochs ${formatCount(a)} to ${formatCount(b)}`}.`;

function curves(o: {
  name: string;
  title: string;
  y: string;
  series: readonly Series[];
  window: readonly [number, number];
}): Drawings | undefined {
  const shown = o.series.filter((s) => s.points.length > 0);
  const all = shown.flatMap((s) => s.points);
  if (!all.some((p) => p.y > 0)) return undefined;
  const y = logDomain(
    all.map((p) => p.y),
    0.15,
  );
  const end = all.reduce((m, p) => Math.max(m, p.x), o.window[1]);
  const x: [number, number] = [0, end * 1.02];
  const zeros = shown.flatMap((s, k) =>
    zeroRuns(s.points).map((run) => ({ ...run, y: y[0] * 1.13 ** (k + 1), colour: s.colour })),
  );
  const marks: Plot.Markish[] = [
    Plot.rect([0], {
      x1: o.window[0] - 1,
      x2: o.window[1],
      y1: y[0],
      y2: y[1],
      fill: COLOURS.purple,
      fillOpacity: 0.15,
    }),
  ];
  for (const s of shown) {
    const positive = s.points.filter((p) => p.y > 0);
    const dash = s.mark === 'dash' ? '6 4' : s.mark === 'dots' ? '2 3' : undefined;
    if (positive.length > 1)
      marks.push(
        Plot.line(positive, {
          x: 'x',
          y: 'y',
          stroke: s.colour,
          strokeWidth: 1.7,
          ...(dash ? { strokeDasharray: dash } : {}),
        }),
      );
    if (positive.length <= 30) marks.push(Plot.dot(positive, { x: 'x', y: 'y', r: 2.6, fill: s.colour }));
  }
  if (zeros.length > 0)
    marks.push(Plot.link(zeros, { x1: 'from', x2: 'to', y1: 'y', y2: 'y', stroke: (d) => d.colour, strokeWidth: 3.2 }));
  const legend: LegendEntry[] = [
    ...shown.map((s) => ({ label: s.label, mark: s.mark, colour: s.colour })),
    { label: 'recorded window', mark: 'area', colour: COLOURS.purple },
    ...(zeros.length > 0 ? [{ label: 'no errors', mark: 'bar' as const, colour: COLOURS.muted }] : []),
  ];
  return drawFigure({ ...o, x: linearAxis('time (epochs)', x), y: logAxis(o.y, y), marks, legend });
}

/** Stretches of neighbouring evaluated epochs whose value is zero, half an epoch longer on either side. */
function zeroRuns(points: Series['points']): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  points.forEach((p, k) => {
    if (p.y > 0) return;
    if (k > 0 && points[k - 1].y <= 0) runs[runs.length - 1].to = p.x + 0.5;
    else runs.push({ from: p.x - 0.5, to: p.x + 0.5 });
  });
  return runs;
}
