/** The loss in the plane of the two largest principal directions, with the path of the weights in it. docs/theory [F1], [P5]. */
import * as Plot from '@observablehq/plot';
import type { Analysis, LossPlane } from '../../../analyse/trajectory/results.js';
import { linearAxis, rampTicks, scaleWords } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS, RAMP, RAMP_STEPS } from '../../../report/figures/palette.js';
import { offPlane } from '../../../report/figures/window/trajectory.js';
import { formatCount, formatNumber, formatShare, subscript } from '../../../report/format.js';
import { factorName } from './profiles.js';

/** Most points of the path that are drawn. */
const MOST_POINTS = 1500;

/** Draws the losses as steps of colour even in the logarithm, and the path above them. */
export function lossPlane({ flatness: f, paths, pca }: Pick<Analysis, 'flatness' | 'paths' | 'pca'>): Drawn {
  const name = 'loss-plane';
  const { plane } = f;
  if (!plane)
    return {
      name,
      missing:
        'the loss was not measured in a plane: by an earlier version, or because no path in the plane of directions 1 and 2 was followed.',
    };
  const finite = plane.loss.filter((v) => v > 0 && Number.isFinite(v));
  if (finite.length === 0) return { name, missing: 'no loss in the plane is positive and finite.' };
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const [i, j] = plane.indices;
  const path = paths.find((p) => p.indices[0] === i && p.indices[1] === j);
  const stride = Math.max(1, Math.ceil((path?.x.length ?? 0) / MOST_POINTS));
  const points = (path?.x ?? [])
    .map((x, k) => ({ x, y: path!.y[k] }))
    .filter((_, k, { length }) => k % stride === 0 || k === length - 1);
  const [x, y] = [ends(plane.x), ends(plane.y)];
  const same = wideEnough(x, y);
  const logs = plane.loss.map((v) => (v > 0 && Number.isFinite(v) ? Math.log(v) : Math.log(high)));
  // cells around the points reach beyond the frame, which cuts them
  const [[x1, x2], [y1, y2]] = [edges(plane.x), edges(plane.y)];
  const grid = { width: plane.x.length, height: plane.y.length, x1, x2, y1, y2 };
  const level = (k: number) => Math.log(low) + (k / RAMP_STEPS) * (Math.log(high) - Math.log(low));
  const threshold = f.factor * f.centreLoss;
  const crossed = threshold > low && threshold < high;
  const label = (n: number) => `θ${subscript(n)} (weight)`;
  return {
    name,
    title: `Loss in the plane (θ${subscript(i)}, θ${subscript(j)})`,
    ...drawFigure({
      name,
      title: `Training loss in the plane of principal directions ${i} and ${j} with the path of the weights`,
      equal: same,
      x: { ...linearAxis(label(i), x, 5), grid: false },
      y: { ...linearAxis(label(j), y, 5), grid: false },
      marks: [
        Plot.rect([0], { x1: x[0], x2: x[1], y1: y[0], y2: y[1], fill: RAMP[0] }),
        ...RAMP.slice(1).map((fill, k) =>
          Plot.contour(logs, { ...grid, thresholds: [level(k + 1)], fill, clip: true }),
        ),
        ...(crossed
          ? [
              Plot.contour(logs, {
                ...grid,
                thresholds: [Math.log(threshold)],
                stroke: COLOURS.paper,
                strokeWidth: 1.6,
                strokeDasharray: '6 4',
                clip: true,
              }),
            ]
          : []),
        Plot.line(points, { x: 'x', y: 'y', stroke: COLOURS.paper, strokeWidth: 3, strokeOpacity: 0.7 }),
        Plot.line(points, { x: 'x', y: 'y', stroke: COLOURS.ink, strokeWidth: 1.1 }),
        Plot.dot(points.slice(0, 1), {
          x: 'x',
          y: 'y',
          r: 5,
          fill: COLOURS.paper,
          stroke: COLOURS.ink,
          strokeWidth: 1.6,
        }),
        Plot.dot(points.slice(-1), { x: 'x', y: 'y', r: 5, fill: COLOURS.ink, stroke: COLOURS.paper }),
      ],
      legend: [
        { label: 'loss', mark: 'ramp', ticks: rampTicks([low, high], true) },
        { label: 'path', mark: 'line', colour: COLOURS.ink },
        { label: 'start', mark: 'ring' },
        { label: 'end', mark: 'dot' },
        ...(crossed ? [{ label: `${factorName(f.factor)}·L₀`, mark: 'dash' as const, colour: COLOURS.muted }] : []),
      ],
    }),
    caption:
      captionOf(
        plane,
        { low, high, crossed, threshold, samples: f.samples, centre: f.centre },
        offPlane(plane.indices, pca),
      ) + scaleWords(x, y, same),
  };
}

interface Facts {
  readonly low: number;
  readonly high: number;
  readonly crossed: boolean;
  readonly threshold: number;
  readonly samples: number;
  readonly centre: 'mean' | 'last';
}

function captionOf({ indices: [i, j], loss, x, y }: LossPlane, f: Facts, off: number): string {
  return (
    `Loss over ${formatCount(f.samples)} training samples at ${formatCount(x.length)} × ${formatCount(y.length)} points of the plane through the ${f.centre === 'mean' ? 'mean' : 'last'} weights of the window ` +
    `along directions ${i} and ${j} (${formatCount(loss.length)} evaluations), from ${formatNumber(f.low)} to ${formatNumber(f.high)}; interpolated between the points. ` +
    (f.crossed ? '' : `The threshold of the widths, ${formatNumber(f.threshold)}, is not reached in the frame. `) +
    `The path is projected onto the plane: ${formatShare(off)} of the variance lies outside it, so that the loss at the weights themselves is not the colour beneath the path.`
  );
}

const ends = (values: readonly number[]): [number, number] => [values[0], values[values.length - 1]];

/** Whether both axes can have one scale without a frame that is larger than the grid. */
function wideEnough([a, b]: readonly [number, number], [c, d]: readonly [number, number]): boolean {
  const ratio = (b - a) / (d - c);
  return ratio >= 1 && ratio <= 3;
}

/** The borders of grid cells around evenly spaced values. */
function edges(values: readonly number[]): [number, number] {
  const step = values[1] - values[0];
  return [values[0] - step / 2, values[values.length - 1] + step / 2];
}
