/**
 * Whether the time averages of walkers are those of the stationary state. Every moment is judged twice:
 *
 * - by its halves: the first and the second half of the counted time differ by less than 4 standard errors;
 * - by its slowest relaxation: what the start has left in the average, computed on a grid, is less than one standard error.
 *
 * A moment that fails either has `converged: false`, and a note says why.
 */
import type { Estimate } from '../../numeric/estimate.js';
import { meanOf } from '../../numeric/estimate.js';
import { formatNumber } from '../../report/format.js';
import type { Setup } from './config.js';
import type { MomentEstimates, MomentNumbers } from './measured.js';
import { LOSS, listed, momentNames } from './names.js';
import { momentColumns, type StationaryPart } from './walkers.js';

/** What is known of the relaxation before the run. */
export interface Expected {
  /** The slowest relaxation, in units of time. */
  readonly time: number;
  /** How it was obtained, in words. */
  readonly how: string;
  /** What the start has left in each moment, in units of the moment. */
  readonly left: MomentNumbers;
}

/** Burn-in and length in units of the slowest relaxation, when they are not given. */
export const [BURN_IN, LENGTH] = [6, 10];

const MOST = 4;

interface Judged {
  readonly name: string;
  readonly value: Estimate;
  /** Second half minus first half. */
  readonly change: Estimate;
  readonly left: number;
}

/** Marks the moments that are not stationary, and says why. */
export function settled(
  setup: Setup,
  moments: MomentEstimates,
  parts: readonly StationaryPart[],
  expected: Expected | undefined,
): { readonly moments: MomentEstimates; readonly warnings: string[] } {
  const rows = judgedRows(setup, moments, parts, expected);
  const moving = rows.filter(({ change: c }) => Math.abs(c.value) > MOST * c.standardError);
  const leftOver = rows.filter((r) => Math.abs(r.left) > r.value.standardError);
  const fails = new Set([...moving, ...leftOver].map((r) => r.name));
  const names = momentNames(setup.problem.names);
  const mark = (e: Estimate, name: string): Estimate => (fails.has(name) ? { ...e, converged: false } : e);
  return {
    moments: {
      mean: moments.mean.map((e, i) => mark(e, names.mean[i])),
      covariance: moments.covariance.map((e, i) => mark(e, names.covariance[i])),
      ...(moments.loss && { loss: mark(moments.loss, LOSS) }),
    },
    warnings: [
      // a moment whose start is still seen is named once, with the relaxation
      ...moving
        .filter((r) => !leftOver.includes(r))
        .map(
          ({ name, change: c }) =>
            `the ${name} changed by ${c.value.toPrecision(2)} (${Math.abs(c.value / c.standardError).toFixed(1)} standard errors) from the first to the second half of the time that was counted: not stationary yet; lengthen time.burnIn.`,
        ),
      ...(leftOver.length > 0 ? [tooShort(setup, leftOver, expected!)] : []),
    ],
  };
}

function judgedRows(
  { problem }: Setup,
  moments: MomentEstimates,
  parts: readonly StationaryPart[],
  expected: Expected | undefined,
): Judged[] {
  const { size } = problem;
  const names = momentNames(problem.names);
  const columns = momentColumns(size);
  const changes = (value: (columnOf: (c: number) => number) => number): Estimate => {
    const list: number[] = [];
    for (const { halves } of parts)
      for (let at = 0; at < halves.length; at += 2 * columns)
        list.push(value((c) => halves[at + columns + c] - halves[at + c]));
    return meanOf(
      list.filter((v) => !Number.isNaN(v)),
      'difference of halves',
    );
  };
  const mean = (i: number) => moments.mean[i].value;
  const pairs = size === 1 ? [[0, 0]] : [[0, 0], [0, 1], [1, 1]]; // biome-ignore format: one line
  return [
    ...moments.mean.map((value, i) => ({
      name: names.mean[i],
      value,
      change: changes((d) => d(i)),
      left: expected?.left.mean[i] ?? 0,
    })),
    ...moments.covariance.map((value, k) => ({
      name: names.covariance[k],
      value,
      change: changes((d) => d(size + k) - mean(pairs[k][0]) * d(pairs[k][1]) - mean(pairs[k][1]) * d(pairs[k][0])),
      left: expected?.left.covariance[k] ?? 0,
    })),
    ...(moments.loss
      ? [{ name: LOSS, value: moments.loss, change: changes((d) => d(columns - 1)), left: expected?.left.loss ?? 0 }]
      : []),
  ];
}

/** Says what the start has left, and how long the run would have to be. */
function tooShort({ time, scales }: Setup, rows: readonly Judged[], { time: slowest, how }: Expected): string {
  const unit = scales?.time ?? 1;
  const t = (v: number) => formatNumber(v * unit, 3);
  const { burnIn, length } = time as Setup['time'] & { mode: 'stationary' };
  const each = rows.map(({ name, value, left }) => {
    const stationary = value.value - left;
    const share = Math.abs(left / stationary);
    const size =
      name.startsWith('mean of') || !(share < 100)
        ? formatNumber(Math.abs(left), 2)
        : `${formatNumber(100 * share, 2)} %`;
    return `the ${name} (about ${size} too ${left < 0 ? 'small' : 'large'}, ${formatNumber(Math.abs(left) / value.standardError, 2)} standard errors)`;
  });
  return (
    `not stationary: the slowest relaxation takes ${t(slowest)} eta·steps (${how}), and the walkers were counted from ${t(burnIn)} to ${t(burnIn + length)}. ` +
    `The start is still seen in ${listed(each)}. Take time.burnIn ${t(BURN_IN * slowest)} and time.length ${t(LENGTH * slowest)}, or leave both out.`
  );
}
