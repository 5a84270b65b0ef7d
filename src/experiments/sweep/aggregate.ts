/**
 * What the seeds of a point amount to: means with their standard errors, the share of runs that diverged, and how often what could not be
 * measured and why. A run that diverged enters no mean, and neither does one whose budget ended before it reached the loss at which runs are
 * compared; how many were left out stands beside every mean.
 */
import type { Estimate } from '../../numeric/estimate.js';
import { wilsonInterval } from '../../numeric/interval.js';
import { overSeeds } from '../../numeric/seeds.js';
import { median } from '../../numeric/statistics.js';
import { type AxisValue, type CellRun, isMeasured, type SweepCell } from './measured.js';

/** Holds a counted share with Wilson's 95 % interval. */
export interface Share {
  readonly count: number;
  readonly n: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Holds the number of one seed. */
export interface SeedValue {
  readonly seed: number;
  readonly value: number;
  /** The error of the measurement itself; NaN where it has none. */
  readonly standardError: number;
  readonly converged: boolean;
}

/** Holds one measured column at one point. */
export interface ColumnAtPoint {
  /** Mean over the seeds whose runs did not diverge, with its standard error over them. One seed: its value and its own error. */
  readonly mean: Estimate;
  /** Median over the same seeds; NaN for none. */
  readonly median: number;
  readonly values: readonly SeedValue[];
  /** Seeds whose value did not converge; they are among `values`. */
  readonly unconverged: number;
  /** Seeds that are left out because their run diverged. */
  readonly diverged: number;
  /** Why the other seeds have no number, and how many of them. */
  readonly missing: readonly { readonly why: string; readonly count: number }[];
}

/** Holds one point over all its seeds. */
export interface PointResult {
  /** The values of the axes, by their key, without the seed. */
  readonly point: Readonly<Record<string, AxisValue>>;
  /** What identifies the runs; that of the first seed. */
  readonly config: CellRun;
  readonly seeds: readonly number[];
  readonly diverged: Share;
  /** Runs that had used up their epochs or steps before their rule was met. */
  readonly budget: number;
  readonly columns: Readonly<Record<string, ColumnAtPoint>>;
}

/** Columns that say something of a run that diverged too. */
const OF_ALL: readonly string[] = ['divergence', 'divergence-step', 'peak'];
/** Why a run that did not come to its rule has no place among the others. */
const NOT_REACHED = 'the rule of training was not met within its budget';
/** Columns that every cell has beside what was measured. */
export const STEPS = 'steps';
export const EPOCHS = 'epochs';

/** Says how cells are put together. */
export interface AggregateOptions {
  /**
   * Whether runs are compared where they met their rule, as with `until: {loss}`: then runs that did not are counted and enter no mean.
   * Otherwise they do, and are counted.
   */
  readonly atRule: boolean;
}

/** Whether a run diverged: training could not go on, or the measure `divergence` says so. */
export function hasDiverged({ ended, measured: { divergence } }: SweepCell): boolean {
  return ended === 'diverged' || (isMeasured(divergence) && divergence.value === 1);
}

/** Groups the cells of a sweep by point, in the order of their indices. */
export function aggregate(
  cells: readonly SweepCell[],
  { atRule }: AggregateOptions = { atRule: false },
): PointResult[] {
  const groups = new Map<string, SweepCell[]>();
  for (const cell of [...cells].sort((a, b) => a.index - b.index)) {
    const id = JSON.stringify(pointOf(cell));
    const group = groups.get(id);
    if (group) group.push(cell);
    else groups.set(id, [cell]);
  }
  return [...groups.values()].map((group) => pointResult(group, atRule));
}

const pointOf = ({ point }: SweepCell): Record<string, AxisValue> => {
  const { seed: _, ...axes } = point;
  return axes;
};

function pointResult(cells: readonly SweepCell[], atRule: boolean): PointResult {
  const lost = cells.filter(hasDiverged).length;
  const [low, high] = wilsonInterval(lost, cells.length);
  const names = [...new Set(cells.flatMap((c) => Object.keys(c.measured)))];
  return {
    point: pointOf(cells[0]),
    config: cells[0].config,
    seeds: cells.map((c) => c.seed),
    diverged: { count: lost, n: cells.length, value: lost / cells.length, low, high },
    budget: cells.filter((c) => c.ended === 'budget' && !hasDiverged(c)).length,
    columns: Object.fromEntries([
      ...names.map((name) => [name, columnAt(cells, name, atRule)] as const),
      ...([STEPS, EPOCHS] as const).map((name) => [name, lengthAt(cells, name)] as const),
    ]),
  };
}

/** What one seed has to say of a column. */
type Told = SeedValue | { readonly why: string };

function columnAt(cells: readonly SweepCell[], name: string, atRule: boolean): ColumnAtPoint {
  const ofAll = OF_ALL.includes(name);
  const living = ofAll ? cells : cells.filter((c) => !hasDiverged(c));
  const told = living.map(({ seed, measured, ended }): Told => {
    if (atRule && !ofAll && ended === 'budget') return { why: NOT_REACHED };
    const m = measured[name];
    if (m === undefined) return { why: 'not asked for when this cell was done' };
    if (!isMeasured(m)) return m;
    if (!Number.isFinite(m.value)) return { why: `no finite number: ${m.method}` };
    return { seed, value: m.value, standardError: m.standardError, converged: m.converged };
  });
  return summary(told, cells.length - living.length);
}

/** The length of the runs whose rule was met: a budget that ended is no time to anything. */
function lengthAt(cells: readonly SweepCell[], name: typeof STEPS | typeof EPOCHS): ColumnAtPoint {
  const living = cells.filter((c) => !hasDiverged(c));
  const told = living.map(
    (c): Told =>
      c.ended === 'budget'
        ? { why: NOT_REACHED }
        : Number.isNaN(c[name])
          ? { why: 'a whole experiment, which has no such number' }
          : { seed: c.seed, value: c[name], standardError: Number.NaN, converged: true },
  );
  return summary(told, cells.length - living.length);
}

function summary(told: readonly Told[], diverged: number): ColumnAtPoint {
  const values = told.filter((t): t is SeedValue => !('why' in t));
  const reasons = new Map<string, number>();
  for (const t of told)
    if ('why' in t) {
      // numbers differ from seed to seed where the reason is one
      const why = t.why.replace(/\d[\d.,]*(e[-+]?\d+)?/g, 'n');
      reasons.set(why, (reasons.get(why) ?? 0) + 1);
    }
  const numbers = values.map((v) => v.value);
  return {
    mean: overSeeds(
      numbers,
      values.map((v) => v.standardError),
    ),
    median: numbers.length > 0 ? median(numbers) : Number.NaN,
    values,
    unconverged: values.filter((v) => !v.converged).length,
    diverged,
    missing: [...reasons].map(([why, count]) => ({ why, count })),
  };
}

/** Counts the reasons of a column over all points, most frequent first. */
export function reasonsOf(points: readonly PointResult[], name: string): { why: string; count: number }[] {
  const all = new Map<string, number>();
  for (const p of points)
    for (const { why, count } of p.columns[name]?.missing ?? []) all.set(why, (all.get(why) ?? 0) + count);
  return [...all].map(([why, count]) => ({ why, count })).sort((a, b) => b.count - a.count);
}

/** Names the measured columns, in the order in which cells have them. */
export const columnsOf = (points: readonly PointResult[]): string[] => [
  ...new Set(points.flatMap((p) => Object.keys(p.columns))),
];

/** Names the axes that take more than one value, in their order. */
export function axesOf(points: readonly PointResult[]): string[] {
  const keys = [...new Set(points.flatMap((p) => Object.keys(p.point)))];
  return keys.filter((key) => new Set(points.map((p) => p.point[key])).size > 1);
}
