/** What is kept of the first task against what is learned of the last, one line a method through its strengths. science.md [C3]. */
import * as Plot from '@observablehq/plot';
import { overSeeds } from '../controls-summary.js';
import type { ForgetInput, Method } from '../forget-results.js';
import type { Setting } from '../forget-summary.js';
import { formatCount } from '../format.js';
import { linearAxis, linearDomain } from './axes.js';
import { legendOf, lookOf, strokeOf } from './forget-style.js';
import { drawFrame, type Figure, type MissingFigure } from './frame.js';
import { COLOURS } from './palette.js';

interface Point {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly multiple: number;
}

const percent = (values: readonly number[]) => {
  const e = overSeeds(values);
  return [100 * e.value, Number.isFinite(e.standardError) ? 100 * e.standardError : 0] as const;
};

const pointOf = (s: Setting): Point => {
  const [x, dx] = percent(s.first);
  const [y, dy] = percent(s.last);
  return { x, y, dx, dy, multiple: s.multiple };
};

/**
 * @param best - the chosen setting of each method, drawn larger
 * @param through - lines run through strengths at the largest N_c, or through N_c at the chosen strength
 */
export function front(
  input: Pick<ForgetInput, 'constraints' | 'tasks' | 'absolute'>,
  settings: readonly Setting[],
  best: readonly Setting[],
  through: 'strengths' | 'constraints' = 'strengths',
): Figure | MissingFigure {
  const byStrength = through === 'strengths';
  const name = byStrength ? 'forget-front' : 'forget-front-constraints';
  const methods = best.map((s) => s.method);
  const onLine = (s: Setting, own: Setting) =>
    s.method === own.method &&
    (byStrength ? s.constraints === null || s.constraints === input.constraints : Object.is(s.multiple, own.multiple));
  const lines = best.map((own): [Method, Point[]] => [
    own.method,
    settings
      .filter((s) => onLine(s, own))
      .sort((a, b) => (byStrength ? a.multiple - b.multiple : (a.constraints ?? 0) - (b.constraints ?? 0)))
      .map(pointOf)
      .filter((p) => Number.isFinite(p.x) && Number.isFinite(p.y)),
  ]);
  if (!byStrength && !lines.some(([, points]) => points.length > 1))
    return { name, missing: 'there is only one number of constraints.' };
  const all = lines.flatMap(([, points]) => points);
  if (all.length === 0) return { name, missing: 'no branch reached its end.' };
  const x = linearDomain(all.flatMap((p) => [p.x - p.dx, p.x + p.dx]));
  const y = linearDomain(all.flatMap((p) => [p.y - p.dy, p.y + p.dy]));
  const last = input.tasks.length;
  const natural = byStrength && !input.absolute;
  return {
    name,
    title: `What is kept against what is learned${byStrength ? '' : ', by number of axes'}`,
    svg: drawFrame({
      name,
      title: `Test accuracy on the first and on the last task for every method and ${byStrength ? 'strength' : 'number of axes'}`,
      width: 860,
      height: 520,
      x: linearAxis(`accuracy on task 1 at the end (%)`, x, 8),
      y: linearAxis(`accuracy on task ${last} (%)`, y, 7),
      legend: [
        ...legendOf(methods),
        { label: 'chosen by validation', mark: 'ring', colour: COLOURS.ink },
        ...(natural ? [{ label: 'natural strength', mark: 'cross' as const, colour: COLOURS.ink }] : []),
      ],
      marks: lines.flatMap(([m, points]) => {
        const { colour } = lookOf(m);
        const chosen = best.find((s) => s.method === m)!;
        return [
          Plot.link(points, { x1: (p) => p.x - p.dx, x2: (p) => p.x + p.dx, y1: 'y', y2: 'y', stroke: colour }),
          Plot.link(points, { x1: 'x', x2: 'x', y1: (p) => p.y - p.dy, y2: (p) => p.y + p.dy, stroke: colour }),
          Plot.line(points, { x: 'x', y: 'y', ...strokeOf(m), strokeOpacity: 0.8 }),
          Plot.dot(points, { x: 'x', y: 'y', r: 2.6, fill: colour }),
          Plot.dot([pointOf(chosen)], { x: 'x', y: 'y', r: 6, stroke: colour, strokeWidth: 1.8 }),
          Plot.dot(
            points.filter((p) => natural && p.multiple === 1),
            { x: 'x', y: 'y', r: 5, symbol: 'times', stroke: colour, strokeWidth: 1.8 },
          ),
        ];
      }),
    }),
    caption: `Test accuracies after the last task, means over ${formatCount(best[0].seeds.length)} ${best[0].seeds.length === 1 ? 'seed' : 'seeds'} with one standard error. ${byStrength ? `Each line runs through the strengths of one method, weakest at the end near ‘none’; methods with axes hold ${formatCount(input.constraints)} of them.` : 'Each line runs through the numbers of axes N_c of one method, fewest at the end near ‘none’, at the strength that was chosen for the largest; methods without axes are points.'} The upper right corner is where both tasks are known.`,
  };
}
