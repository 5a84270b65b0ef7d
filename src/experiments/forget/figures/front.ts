/** Accuracy on the first task against accuracy on the last, with one line through the strengths of each method. docs/theory [C3]. */
import * as Plot from '@observablehq/plot';
import { overSeeds } from '../../../numeric/seeds.js';
import { type Axis, logAxis, logDomain } from '../../../report/figures/axes.js';
import { barMarks, beyondWords } from '../../../report/figures/bars.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatPlain } from '../../../report/format.js';
import { type ForgetInput, type Method, outputsOf } from '../measured.js';
import type { Setting } from '../strengths.js';
import { legendOf, lookOf, type Part, strokeOf } from './style.js';

/** Errors in percent, with the ends of one standard error on either side, of which the lower one may lie below zero. */
interface Point {
  readonly x: number;
  readonly y: number;
  readonly xs: Ends;
  readonly ys: Ends;
  readonly multiple: number;
}

interface Ends {
  readonly low: number;
  readonly high: number;
}

/** The least error that is drawn, in percent: a logarithmic axis has no zero. */
const LEAST = 0.01;

/** Bars on both axes, which run from the largest error to the smallest. */
const BARS = { strokeWidth: 1, strokeOpacity: 0.6, reverse: true };

function errorOf(accuracies: readonly number[]): { at: number; ends: Ends } {
  const { value, standardError } = overSeeds(accuracies);
  const [at, step] = [Math.max(LEAST, 100 - 100 * value), Number.isFinite(standardError) ? 100 * standardError : 0];
  return { at, ends: { low: at - step, high: at + step } };
}

function pointOf(s: Setting): Point {
  const [x, y] = [errorOf(s.first), errorOf(s.last)];
  return { x: x.at, y: y.at, xs: x.ends, ys: y.ends, multiple: s.multiple };
}

/** What the axis of some points spans: their bars, down to a quarter of each point, beyond which lies more than a logarithmic axis can show. */
const domainOf = (points: readonly { readonly at: number; readonly ends: Ends }[]): [number, number] =>
  logDomain(
    points.flatMap(({ at, ends: { low, high } }) => [Math.max(low, at / 4), high]),
    0.04,
  );

/** Accuracy on an axis that is even in the logarithm of the error: 90, 99 and 99.9 % are equally far apart. */
function accuracyAxis(label: string, domain: readonly [number, number]): Axis {
  const axis = logAxis(label, domain);
  return { ...axis, reverse: true, tickFormat: (e: number) => formatPlain(100 - e, 6) };
}

/**
 * @param part - the chosen setting of each method, drawn larger
 * @param through - lines run through strengths at the largest N_c, or through N_c at the chosen strength
 */
export function front(
  input: Pick<ForgetInput, 'constraints' | 'tasks' | 'absolute' | 'head'>,
  settings: readonly Setting[],
  { best, suffix, words }: Part,
  through: 'strengths' | 'constraints' = 'strengths',
): Drawn {
  const byStrength = through === 'strengths';
  const name = `forget-front${byStrength ? '' : '-constraints'}${suffix}`;
  const outputs = outputsOf(input.head);
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
  const x = domainOf(all.map((p) => ({ at: p.x, ends: p.xs })));
  const y = domainOf(all.map((p) => ({ at: p.y, ends: p.ys })));
  const cut = beyondWords(all.map((p) => p.xs), x) || beyondWords(all.map((p) => p.ys), y); // biome-ignore format: a pair
  const last = input.tasks.length;
  const natural = byStrength && !input.absolute;
  return {
    name,
    title: `What is kept against what is learned${byStrength ? '' : ', by number of axes'}, ${outputs}${words}`,
    ...drawFigure({
      name,
      title: `Test accuracy on the first and on the last task for every method and ${byStrength ? 'strength' : 'number of axes'}, ${outputs}${words}`,
      width: 860,
      height: 520,
      x: accuracyAxis(`accuracy on task 1 at the end (%, ${outputs})`, x),
      y: accuracyAxis(`accuracy on task ${last} (%, ${outputs})`, y),
      legend: [
        ...legendOf(methods),
        { label: 'chosen by validation', mark: 'ring', colour: COLOURS.ink },
        ...(natural ? [{ label: 'natural strength', mark: 'cross' as const, colour: COLOURS.ink }] : []),
      ],
      marks: lines.flatMap(([m, points]) => {
        const { colour } = lookOf(m);
        const chosen = best.find((s) => s.method === m)!;
        return [
          ...barMarks(points.map((p) => ({ at: p.y, ...p.xs, colour })), 'x', x, BARS), // biome-ignore format: a pair
          ...barMarks(points.map((p) => ({ at: p.x, ...p.ys, colour })), 'y', y, BARS), // biome-ignore format: a pair
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
    caption: `Test accuracies after the last task, means over ${formatCount(best[0].seeds.length)} ${best[0].seeds.length === 1 ? 'seed' : 'seeds'} with one standard error; the axes are even in the logarithm of the error, 100 % minus accuracy. ${byStrength ? `Each line runs through the strengths of one method, weakest at the end near ‘none’; methods with axes hold ${formatCount(input.constraints)} of them, and methods without a strength are points.` : 'Each line runs through the numbers of axes N_c of one method, fewest at the end near ‘none’, at the strength that was chosen for the largest; methods without axes are points.'} In the upper right corner both tasks are known.${cut}`,
  };
}
