/** The path of the weights in a plane of two principal coordinates, coloured by time. */
import * as Plot from '@observablehq/plot';
import type { Analysis, PcaSummary, PlanePath } from '../../../analyse/trajectory/results.js';
import { formatShare, subscript } from '../../format.js';
import { linearAxis, linearDomain, rampTicks, sameScale, scaleWords } from '../axes.js';
import { type Drawn, drawFigure } from '../frame.js';
import { COLOURS, RAMP_STEPS, rampColour } from '../palette.js';

const MOST_POINTS = 1500;

export function trajectories({ paths, pca }: Pick<Analysis, 'paths' | 'pca'>): Drawn[] {
  if (paths.length === 0) return [{ name: 'trajectory', missing: 'a plane needs two principal directions.' }];
  return paths.map((path) => trajectory(path, pca));
}

/** Returns the share of the variance that does not lie in the plane of two principal directions. */
export const offPlane = (
  [i, j]: PlanePath['indices'],
  { variances, totalVariance }: Pick<PcaSummary, 'variances' | 'totalVariance'>,
): number => 1 - (variances[i - 1] + variances[j - 1]) / totalVariance;

function trajectory(path: PlanePath, pca: PcaSummary): Drawn {
  const [i, j] = path.indices;
  const name = `trajectory-${i}-${j}`;
  const stride = Math.max(1, Math.ceil(path.step.length / MOST_POINTS));
  const points = path.step
    .map((step, k) => ({ step, x: path.x[k], y: path.y[k] }))
    .filter((p, k, all) => (k % stride === 0 || k === all.length - 1) && Number.isFinite(p.x) && Number.isFinite(p.y));
  if (points.length === 0) return { name, missing: 'the path has no points.' };
  const [first, last] = [points[0], points[points.length - 1]];
  const chunk = Math.max(1, Math.ceil(points.length / RAMP_STEPS));
  const marks: Plot.Markish[] = [];
  for (let k = 0; k * chunk < points.length; k++) {
    marks.push(
      Plot.line(points.slice(k * chunk, (k + 1) * chunk + 1), {
        x: 'x',
        y: 'y',
        stroke: rampColour((k + 0.5) / RAMP_STEPS),
        strokeWidth: 1.1,
        strokeOpacity: 0.9,
      }),
    );
  }
  marks.push(
    Plot.dot([first], { x: 'x', y: 'y', r: 5, fill: COLOURS.paper, stroke: COLOURS.ink, strokeWidth: 1.6 }),
    Plot.dot([last], { x: 'x', y: 'y', r: 5, fill: COLOURS.ink, stroke: COLOURS.paper }),
  );
  const [x, y] = [linearDomain(points.map((p) => p.x)), linearDomain(points.map((p) => p.y))];
  const label = (n: number) => `θ${subscript(n)} (weight)`;
  return {
    name,
    title: `Trajectory in (θ${subscript(i)}, θ${subscript(j)})`,
    ...drawFigure({
      name,
      title: `Path of the weights in the plane of principal directions ${i} and ${j}`,
      equal: sameScale(x, y),
      x: linearAxis(label(i), x, 5),
      y: linearAxis(label(j), y, 5),
      marks,
      legend: [
        { label: 'step', mark: 'ramp', ticks: rampTicks([first.step, last.step]) },
        { label: 'start', mark: 'ring' },
        { label: 'end', mark: 'dot' },
      ],
    }),
    caption: `${
      i === 1
        ? 'The two largest principal coordinates over the window. The first two coordinates of a random walk also form a slow arc or a parabola.'
        : `Coordinates ${i} and ${j}: the scale of the axes shows how much smaller these fluctuations are.`
    } Of the variance, ${formatShare(offPlane(path.indices, pca))} lies outside this plane.${scaleWords(x, y)}`,
  };
}
