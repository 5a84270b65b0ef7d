/**
 * The relation of variance and width in its controls: directions and variances of the same window, directions of one half with the
 * variances of the other, directions of the Hessian that did not see the noise, and a walk with the run's own noise.
 * docs/theory [P4], [S7], [N1].
 */
import { ritzBasis } from '../../analyse/curvature/ritz.js';
import { regimeOf } from '../../analyse/trajectory/regime.js';
import type { DirectionFlatness } from '../../analyse/trajectory/results.js';
import { leastAlongFixed, RESOLUTIONS } from '../../analyse/trajectory/scaling.js';
import { meanOfRows, projected, variancesOf } from '../../analyse/trajectory/window-rows.js';
import { InputError } from '../../numeric/errors.js';
import { missing } from '../../numeric/estimate.js';
import { type Matrix, matrix, row } from '../../numeric/linalg/index.js';
import { logSpaced } from '../../numeric/spacing.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import type { ControlResult } from '../measures.js';
import type { Snapshot } from '../protocol.js';
import { type Meter, meterAt } from './meter.js';
import { ownWalk } from './own-walk.js';
import type { Bench, Measure, Report } from './registry.js';
import { directionsOf, meanCentre, meaningfulRanks, principal, type UsedRows, usedRows } from './rows.js';

/** Directions of each control, and Ritz vectors of the fixed basis. */
const [DIRECTIONS, VECTORS] = [20, 60];

/** The controls in words. */
const WORDS: Readonly<Record<ControlResult['name'], string>> = {
  same: 'directions and variances of the same window',
  half: 'directions of the first half of the window, variances of the second half',
  hessian: 'directions of the Hessian, which did not see the noise, and variances about a straight line in time',
  walk: 'directions and variances of a walk with the run’s own noise, widths of the run',
};

interface Ranked {
  readonly directions: Matrix;
  readonly ranks: readonly number[];
  readonly variances: ArrayLike<number>;
  /** Variances up to this are rounding. */
  readonly least: number;
}

interface Task {
  readonly bench: Bench;
  readonly snapshot: Snapshot;
  readonly rows: UsedRows;
  readonly centre: Float64Array;
  readonly count: number;
}

/** Measures the controls that are asked for, all by default; each is a part. */
export const measureControls: Measure<'controls'> = async (bench, snapshot, args, report) => {
  const { directions: count = DIRECTIONS, rows: most, samples, only = ['same', 'half', 'hessian', 'walk'] } = args;
  const P = bench.block.size;
  const rows = usedRows(snapshot, P, most);
  await report(0, 'principal directions');
  const { mean } = await principal(bench, rows, [1]);
  const centre = meanCentre(bench, snapshot, mean);
  const meter = await meterAt(bench, centre, linearForm(snapshot.settings).penalty, samples);
  const task = { bench, snapshot, rows, centre, count };
  const controls: ControlResult[] = [];
  for (const [k, name] of only.entries()) {
    const inside: Report = (share, what, part) => report((k + share) / only.length, what, part);
    const result = await FIND[name](task, inside).then(
      (ranked) => relation(meter, ranked, name, bench, inside),
      (error: unknown) => without(name, error),
    );
    controls.push(result);
    await inside(1, WORDS[name], result);
  }
  return { basis: rows.basis, controls };
};

/** Returns a control that cannot be made, with the sentence that says why; the others are made all the same. */
function without(name: ControlResult['name'], error: unknown): ControlResult {
  if (!(error instanceof InputError)) throw error;
  const psi = missing(error.message);
  return { name, words: WORDS[name], psi, r2: Number.NaN, points: 0, open: 0, flatness: [], variance: [] };
}

/** Finds directions and variances of each control. */
const FIND: Readonly<Record<ControlResult['name'], (task: Task, report: Report) => Promise<Ranked>>> = {
  same: ({ bench, rows, count }) => ranked(bench, rows, count),
  async half({ bench, rows, count }) {
    const { data, P, basis } = rows;
    const T = basis.rows;
    const half = Math.floor(T / 2);
    const first = { ...rows, data: data.subarray(0, half * P), basis: { ...basis, rows: half } };
    const found = await ranked(bench, first, count);
    const later = variancesOf(projected(bench.la, { data, P }, found.directions, half, T), 'mean');
    return {
      ...found,
      variances: later,
      least: leastAlongFixed(found.least, meanOfRows(rows), (T - half) * basis.every),
    };
  },
  async hessian({ bench, snapshot, rows, centre, count }, report) {
    await report(0.05, 'products with the Hessian');
    const { vectors } = await ritzBasis(bench.surface(linearForm(snapshot.settings).penalty), centre, bench.block, {
      count: Math.min(VECTORS, bench.block.size),
      key: bench.key.child('ritz'),
      la: bench.la,
    });
    const ranks = logSpaced(vectors.rows, Math.max(2, count));
    const chosen = matrix(ranks.length, rows.P);
    ranks.forEach((r, k) => {
      chosen.data.set(row(vectors, r - 1), k * rows.P);
    });
    const { summary, mean } = await principal(bench, rows, [1]);
    const variances = variancesOf(projected(bench.la, rows, chosen), 'line');
    const least = leastAlongFixed(RESOLUTIONS * summary.resolution, mean, rows.basis.rows * rows.basis.every);
    return { directions: chosen, ranks, variances, least };
  },
  async walk({ bench, snapshot, rows, centre, count }, report) {
    const walked = await ownWalk(bench, snapshot, centre, rows, (share, what) => report(0.5 * share, what));
    return ranked(bench, walked, count);
  },
};

/** Returns principal directions at log-spaced ranks from 2 on: the first one is a drift. */
async function ranked(bench: Bench, rows: UsedRows, count: number): Promise<Ranked> {
  const last = meaningfulRanks(rows);
  const keep = last < 2 ? [1] : logSpaced(last, Math.max(2, count), 2);
  const found = await principal(bench, rows, keep);
  const { variances, resolution } = found.summary;
  return {
    directions: directionsOf(found),
    ranks: found.indices,
    variances: found.indices.map((r) => variances[r - 1]),
    least: RESOLUTIONS * resolution,
  };
}

/** Measures widths of the loss along the directions and fits psi. */
async function relation(
  meter: Meter,
  { directions, ranks, variances, least }: Ranked,
  name: ControlResult['name'],
  bench: Bench,
  report: Report,
): Promise<ControlResult> {
  const widths: DirectionFlatness[] = [];
  for (const [k, rank] of ranks.entries()) {
    widths.push(await meter.measure(row(directions, k), rank, variances[k]));
    await report(0.5 + (0.5 * (k + 1)) / (ranks.length + 1), `${name}: width along direction ${rank}`);
  }
  const { psi, r2, points, open, flatness, variance } = regimeOf(widths, {
    least,
    key: bench.key.child('controls').child(name),
  });
  return { name, words: WORDS[name], psi, r2, points, open, flatness, variance };
}
