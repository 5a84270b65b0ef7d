/** Average accuracy against the strength, and accuracies on old and new tasks against the number of axes. docs/theory [C1], [C3]. */
import * as Plot from '@observablehq/plot';
import { overSeeds } from '../../../numeric/seeds.js';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';
import { type ForgetInput, outputsOf } from '../measured.js';
import type { Setting } from '../strengths.js';
import { apart, legendOf, lookOf, type Part, strokeOf } from './style.js';

interface Point {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

function point(x: number, values: readonly number[]): Point {
  const { value, standardError } = overSeeds(values);
  const error = Number.isFinite(standardError) ? standardError : 0;
  return { x, y: 100 * value, low: 100 * (value - error), high: 100 * (value + error) };
}

const good = (p: Point): boolean => Number.isFinite(p.x) && Number.isFinite(p.y);

export function strengthScan(
  input: Pick<ForgetInput, 'constraints' | 'absolute' | 'head'>,
  settings: readonly Setting[],
  { best, suffix, words }: Part,
): Drawn {
  const name = `forget-strength${suffix}`;
  const outputs = outputsOf(input.head);
  const scanned = best.filter((s) => Number.isFinite(s.multiple)).map((s) => s.method);
  const lines = scanned.map((m, k) => ({
    m,
    points: settings
      .filter((s) => s.method === m && (s.constraints === null || s.constraints === input.constraints))
      .map((s) => point(s.multiple, s.average))
      .filter(good)
      .sort((a, b) => a.x - b.x)
      .map((p) => ({ ...p, x: p.x * apart(k, scanned.length) })),
  }));
  const all = lines.flatMap((l) => l.points);
  if (!lines.some((l) => l.points.length > 1)) return { name, missing: 'there is only one strength.' };
  const levels = best
    .filter((s) => !Number.isFinite(s.multiple))
    .map((s) => ({ m: s.method, ...point(Number.NaN, s.average) }));
  const y = linearDomain([...all.flatMap((p) => [p.low, p.high]), ...levels.map((l) => l.y)]);
  return {
    name,
    title: `Average accuracy against the strength, ${outputs}${words}`,
    ...drawFigure({
      name,
      title: `Average test accuracy over all tasks against the strength of the constraint, ${outputs}${words}`,
      width: 860,
      height: 420,
      x: logAxis(
        input.absolute ? 'strength λ' : 'strength in units of the method’s natural one',
        logDomain(all.map((p) => p.x)),
      ),
      y: linearAxis(`average accuracy (%, ${outputs})`, y, 7),
      legend: [
        ...legendOf([...scanned, ...levels.map((l) => l.m)]),
        ...(input.absolute ? [] : [{ label: 'Laplace value', mark: 'rule' as const, colour: COLOURS.ink }]),
      ],
      marks: [
        Plot.ruleX(input.absolute ? [] : [1], { stroke: COLOURS.ink, strokeDasharray: '3 2' }),
        ...levels.map((l) => Plot.ruleY([l.y], strokeOf(l.m))),
        ...lines.flatMap(({ m, points }) => [
          Plot.link(points, { x1: 'x', x2: 'x', y1: 'low', y2: 'high', stroke: lookOf(m).colour }),
          Plot.line(points, { x: 'x', y: 'y', ...strokeOf(m) }),
          Plot.dot(points, { x: 'x', y: 'y', r: 3, fill: lookOf(m).colour }),
        ]),
      ],
    }),
    caption:
      'Mean of the test accuracies on all tasks at the end, one standard error over seeds; methods are shifted slightly apart. The natural strength is that of a Laplace approximation of task 1’s loss where the method has one (4(e−1)L0 for LDC, 1 for curvatures and Fisher information); the others are matched to the mean curvature along the axes or weights that they hold. Methods without a strength are horizontal lines.',
  };
}

export function constraintScan(
  input: Pick<ForgetInput, 'head'>,
  settings: readonly Setting[],
  { best, suffix, words }: Part,
  what: 'first' | 'learning',
): Drawn {
  const name = `forget-constraints-${what}${suffix}`;
  const outputs = outputsOf(input.head);
  const lines = best
    .filter((s) => s.constraints !== null)
    .map(({ method: m, multiple }) => ({
      m,
      points: settings
        .filter((s) => s.method === m && s.multiple === multiple && s.constraints !== null)
        .map((s) => point(s.constraints!, s[what]))
        .filter(good)
        .sort((a, b) => a.x - b.x),
    }))
    .filter((l) => l.points.length > 1)
    .map(({ m, points }, k, { length }) => ({ m, points: points.map((p) => ({ ...p, x: p.x * apart(k, length) })) }));
  const all = lines.flatMap((l) => l.points);
  if (all.length === 0) return { name, missing: 'there is only one number of constraints.' };
  const none = best.find((s) => s.method === 'none');
  const floor = none ? [point(Number.NaN, none[what]).y] : [];
  const legend: LegendEntry[] = legendOf([...lines.map((l) => l.m), ...(none ? (['none'] as const) : [])]);
  return {
    name,
    title: `${what === 'first' ? 'What is kept' : 'What is learned'}, by the number of axes, ${outputs}${words}`,
    ...drawFigure({
      name,
      title: `Test accuracy on ${what === 'first' ? 'task 1 at the end' : 'later tasks'} against the number of axes held, ${outputs}${words}`,
      x: logAxis('axes held N_c', logDomain(all.map((p) => p.x))),
      y: linearAxis(
        `${what === 'first' ? 'accuracy on task 1 at the end' : 'accuracy on later tasks'} (%, ${outputs})`,
        linearDomain([...all.flatMap((p) => [p.low, p.high]), ...floor]),
        6,
      ),
      legend,
      marks: [
        ...floor.map((f) => Plot.ruleY([f], strokeOf('none'))),
        ...lines.flatMap(({ m, points }) => [
          Plot.link(points, { x1: 'x', x2: 'x', y1: 'low', y2: 'high', stroke: lookOf(m).colour }),
          Plot.line(points, { x: 'x', y: 'y', ...strokeOf(m) }),
          Plot.dot(points, { x: 'x', y: 'y', r: 3, fill: lookOf(m).colour }),
        ]),
      ],
    }),
    caption: `Each method at the strength that validation chose for it at the main number of axes; one standard error over ${formatCount(best[0].seeds.length)} ${best[0].seeds.length === 1 ? 'seed' : 'seeds'}.`,
  };
}
