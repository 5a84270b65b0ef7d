/**
 * Points and cells of a sweep. Cell s·P + p is point p with the seed number s, P being the number of points: more seeds append cells and
 * change no index. Points are computed from their number; no list of them is needed to count them.
 */
import { check } from '../../numeric/errors.js';
import { type Key, randomKey } from '../../numeric/random.js';
import { type Axis, axisAt, axisSize, axisValue, labelOf, type Scalar } from './axes.js';
import type { Sweep, SweepConfig } from './schema.js';
import { sobol } from './sobol.js';

/** A point: a value for every axis, in their order. */
export type Point = readonly unknown[];

/** Candidates that are looked at for each point of a random or Sobol' design, before it is given up. */
const PATIENCE = 1000;

/** Returns the number of points, exact below 2^53. */
export function pointCount({ axes, design }: Pick<SweepConfig, 'axes' | 'design'>): number {
  if (design.kind !== 'product') return design.points;
  return design.groups.reduce((product, group) => product * axisSize(axisNamed(axes, group[0]))!, 1);
}

/** Returns the number of cells. */
export const cellCount = ({ config, seeds }: Sweep): number => pointCount(config) * seeds.length;

/** Returns the seed and the number of the point of a cell. */
export function cellAt({ config, seeds }: Sweep, index: number): { readonly seed: number; readonly point: number } {
  const points = pointCount(config);
  return { seed: seeds[Math.floor(index / points)], point: index % points };
}

const axisNamed = (axes: readonly Axis[], key: string): Axis => axes.find((axis) => axis.key === key)!;

/**
 * Makes a function that gives point `p`. A random or Sobol' design keeps the points that it has passed, since none may come twice.
 * @throws InputError from that function where a design finds no further point
 */
export function pointsOf({ axes, design }: Pick<SweepConfig, 'axes' | 'design'>): (p: number) => Point {
  if (design.kind !== 'product') return distinct(axes, design.points, candidates(axes, design));
  const { groups } = design;
  const groupOf = axes.map(({ key }) => groups.findIndex((group) => group.includes(key)));
  const sizes = groups.map(([first]) => axisSize(axisNamed(axes, first))!);
  return (p) => {
    const index = new Array<number>(sizes.length);
    let rest = p;
    // the last group runs fastest
    for (let g = sizes.length - 1; g >= 0; g--) {
      index[g] = rest % sizes[g];
      rest = Math.floor(rest / sizes[g]);
    }
    return axes.map((axis, a) => axisValue(axis, index[groupOf[a]]));
  };
}

/** Returns the points of a sequence in the unit cube, as values of the axes. */
function candidates(
  axes: readonly Axis[],
  design: Exclude<SweepConfig['design'], { kind: 'product' }>,
): (i: number) => Point {
  if (design.kind === 'sobol') {
    const at = sobol(axes.length);
    return (i) => at(i).map((u, a) => axisAt(axes[a], u));
  }
  // a stream for each axis, so that a further axis leaves the values of the others
  const key = randomKey(design.seed).child('sweep').child('design');
  const keys: Key[] = axes.map((axis) => key.child(axis.key));
  return (i) => axes.map((axis, a) => axisAt(axis, keys[a].child(i).stream().uniform()));
}

function distinct(axes: readonly Axis[], points: number, candidate: (i: number) => Point): (p: number) => Point {
  const found: Point[] = [];
  const seen = new Set<string>();
  let next = 0;
  return (p) => {
    while (found.length <= p) {
      check(
        next < PATIENCE * points,
        'bad-design',
        () =>
          `the design finds only ${found.length} different points on its ${axes.length} axes, and ${points} are asked for; take fewer, or a product.`,
      );
      const values = candidate(next++);
      const text = JSON.stringify(values);
      if (seen.has(text)) continue;
      seen.add(text);
      found.push(values);
    }
    return found[p];
  };
}

/** Returns a point as tables and documents show it: a value for every axis by its key. */
export const labelled = (axes: readonly Axis[], point: Point): Record<string, Scalar> =>
  Object.fromEntries(axes.map(({ key }, a) => [key, labelOf(point[a])]));
