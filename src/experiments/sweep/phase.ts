/**
 * The phase diagram of Yang, Tang & Tu over learning rate and batch size, read from a sweep: numbers only. A row is one learning rate, a
 * column one batch size; at fixed learning rate the noise eta/B grows as B falls. A run is lost if it diverged, or if its budget ended before
 * it came to the loss at which runs are compared. docs/theory [V1], [V4].
 */
import { type Estimate, missing } from '../../numeric/estimate.js';
import { leastSquares } from '../../numeric/lines.js';
import { realPower } from '../../numeric/power.js';
import { overSeeds } from '../../numeric/seeds.js';
import { mean, robustMedian, spearman } from '../../numeric/statistics.js';
import type { PointResult } from './aggregate.js';
import { type BoundLine, type BoundRequest, boundLine, boundsOf, edgeOf } from './bounds.js';
import { quantityOf } from './names.js';
import { regress } from './regression.js';

/** The numbers of a column along the rows of the diagram. */
export interface AlongRows {
  /** Slope of ln of the column on ln(1/B), mean over rows within a seed, over seeds. */
  readonly slope: Estimate;
  /** Rank correlation of the column with 1/B in each row, of the means over seeds. */
  readonly ranks: readonly {
    readonly eta: number;
    readonly rank: number;
    readonly change: number;
    readonly n: number;
  }[];
}

/** Where runs begin to be lost in one column. */
export interface Boundary {
  readonly B: number;
  /** Learning rate at which half of the runs are lost, interpolated in ln eta; NaN where that is not seen. */
  readonly half: number;
}

export interface PhaseDiagram {
  readonly points: readonly PointResult[];
  readonly etas: readonly number[];
  readonly batches: readonly number[];
  readonly boundary: readonly Boundary[];
  readonly lines: readonly {
    readonly line: BoundLine;
    readonly ratios: readonly { readonly B: number; readonly ratio: number }[];
  }[];
  /** Ratio of neighbouring learning rates. */
  readonly step: number;
}

/** Fewest values of each axis of a diagram, and fewest points with a number of a row that counts. */
const [LEAST, ROW] = [5, 4];
/** How far ln(eta/B) may lie from the middle of its diagonal, in steps. */
const DIAGONAL = 0.5;

/** Makes the diagram where a sweep is a product of learning rates and batch sizes, five or more of each, and nothing else. */
export function phaseDiagram(points: readonly PointResult[]): PhaseDiagram | undefined {
  const etas = ascending(points.map((p) => p.config.eta));
  const batches = ascending(points.map((p) => p.config.B));
  if (etas.length < LEAST || batches.length < LEAST || points.length !== etas.length * batches.length) return undefined;
  const axes = new Set(points.flatMap((p) => Object.keys(p.point)));
  if (axes.size !== 2) return undefined;
  const at = (eta: number, B: number) => points.find((p) => p.config.eta === eta && p.config.B === B);
  if (etas.some((eta) => batches.some((B) => !at(eta, B)))) return undefined;
  const boundary = batches.map((B) => ({
    B,
    half: crossing(
      etas,
      etas.map((eta) => lostShare(at(eta, B)!)),
    ),
  }));
  const over = quantityOf('B', points, 'the phase diagram');
  const lines = LINES.map((request) => {
    const line = boundLine(request, over, points);
    const ratios = boundary.flatMap(({ B, half }) => {
      const bound = line.points.find((p) => p.x === B)?.bound;
      return bound !== undefined && Number.isFinite(half) ? [{ B, ratio: half / bound }] : [];
    });
    return { line, ratios };
  });
  const step = realPower(etas[etas.length - 1] / etas[0], 1 / (etas.length - 1));
  return { points, etas, batches, boundary, lines, step };
}

/** The share of runs that are lost. */
export const lostShare = (p: PointResult): number => (p.diverged.count + p.budget) / p.diverged.n;

const LINES: readonly BoundRequest[] = boundsOf(['edge', 'mean-square', 'almost-sure']);
const ascending = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);

/** The learning rate at which a share first reaches one half and stays there or above at the next one, in ln eta. */
export function crossing(etas: readonly number[], share: readonly number[]): number {
  const k = share.findIndex((v, i) => v >= 0.5 && (share[i + 1] ?? 1) >= 0.5);
  if (k <= 0 || share[k - 1] >= 0.5) return Number.NaN;
  const part = (0.5 - share[k - 1]) / (share[k] - share[k - 1]);
  return etas[k - 1] * realPower(etas[k] / etas[k - 1], part);
}

/** The learning rates with their points in the order of the noise: B falls. */
export const rowsOf = ({ etas, points }: PhaseDiagram): { eta: number; points: PointResult[] }[] =>
  etas.map((eta) => ({
    eta,
    points: points.filter((p) => p.config.eta === eta).sort((a, b) => b.config.B - a.config.B),
  }));

/** The value of a column, or of the first divided by the second, of one seed at a point; undefined where it is not positive. */
function positiveOf(p: PointResult, [column, by]: readonly string[], seed: number): number | undefined {
  const of = (name: string) => p.columns[name]?.values.find((v) => v.seed === seed)?.value;
  const value = of(column);
  const divisor = by === undefined ? 1 : of(by);
  if (value === undefined || divisor === undefined) return undefined;
  const ratio = value / divisor;
  return ratio > 0 && Number.isFinite(ratio) ? ratio : undefined;
}

/** Follows a column (or the ratio of two) along the rows, from weak to strong noise. Points at which half of the runs are lost are left out. */
export function alongRows(diagram: PhaseDiagram, column: readonly string[]): AlongRows {
  const seeds = [...new Set(diagram.points.flatMap((p) => p.seeds))];
  const rows = rowsOf(diagram).map(({ eta, points }) => ({
    eta,
    marks: points
      .filter((p) => lostShare(p) < 0.5)
      .flatMap((p) => {
        const logs = new Map(seeds.map((s) => [s, Math.log(positiveOf(p, column, s) ?? Number.NaN)]));
        const there = [...logs.values()].filter(Number.isFinite);
        return there.length > 0 ? [{ noise: -Math.log(p.config.B), logs, mean: mean(there) }] : [];
      }),
  }));
  const long = rows.filter((r) => r.marks.length >= ROW);
  const slopes = seeds.map((seed) => {
    const own = long.flatMap(({ marks }) => {
      const there = marks.filter((m) => Number.isFinite(m.logs.get(seed)!));
      if (there.length < ROW) return [];
      return [
        leastSquares(
          there.map((m) => m.noise),
          there.map((m) => m.logs.get(seed)!),
        ).slope,
      ];
    });
    return own.length > 0 ? mean(own) : Number.NaN;
  });
  return {
    slope:
      long.length > 0
        ? { ...overSeeds(slopes), method: `mean of the slopes of ${long.length} rows within a seed, over seeds` }
        : missing('no learning rate has four points'),
    ranks: long.map(({ eta, marks }) => ({
      eta,
      n: marks.length,
      rank: spearman(
        marks.map((m) => m.noise),
        marks.map((m) => m.mean),
      ),
      change: marks[marks.length - 1].mean - marks[0].mean,
    })),
  };
}

/** What of a column is left when eta/B is the same. */
export interface AtEqualNoise {
  /** d ln column/d ln eta along diagonals of equal eta/B, over seeds. */
  readonly slope: Estimate;
  /** The same for each diagonal with four points or more. */
  readonly diagonals: readonly { readonly noise: number; readonly slope: Estimate; readonly n: number }[];
}

/**
 * Follows a column along diagonals of equal eta/B, each with a constant of its own. Batch sizes are whole numbers, so that points of a
 * diagonal differ in eta/B by some per cent: that is taken out with the slope on ln(eta/B) over the whole diagram.
 */
export function atEqualNoise(diagram: PhaseDiagram, column: readonly string[]): AtEqualNoise {
  const { points, etas, batches, step } = diagram;
  const width = Math.log(step);
  const origin = Math.log(etas[0] / batches[batches.length - 1]);
  const seeds = [...new Set(points.flatMap((p) => p.seeds))];
  const marks = points
    .filter((p) => lostShare(p) < 0.5)
    .map((p) => {
      const noise = Math.log(p.config.eta / p.config.B);
      const diagonal = Math.round((noise - origin) / width);
      return { p, diagonal, off: noise - origin - diagonal * width, eta: Math.log(p.config.eta) };
    })
    .filter((m) => Math.abs(m.off) <= DIAGONAL * width);
  const ofSeed = (seed: number, among: typeof marks) =>
    among.flatMap((m) => {
      const v = positiveOf(m.p, column, seed);
      return v === undefined ? [] : [{ ...m, y: Math.log(v) }];
    });
  /** The slope of one seed along the diagonals; what a point lies beside its diagonal is taken out by the slope across all. */
  const slopeOf = (rows: ReturnType<typeof ofSeed>, across: number): number => {
    const fit = regress({
      y: rows.map((r) => r.y - across * r.off),
      x: rows.map((r) => [r.eta]),
      variance: rows.map(() => 1),
      group: rows.map((r) => r.diagonal),
    });
    return fit && fit.freedom > 0 ? fit.slopes[0] : Number.NaN;
  };
  const bySeed = seeds.map((seed) => {
    const rows = ofSeed(seed, marks);
    const fit = regress({
      y: rows.map((r) => r.y),
      x: rows.map((r) => [Math.log(r.p.config.eta / r.p.config.B), r.eta]),
      variance: rows.map(() => 1),
      group: rows.map(() => 0),
    });
    return { seed, rows, across: fit?.slopes[0] ?? 0 };
  });
  const numbers = [...new Set(marks.map((m) => m.diagonal))].sort((a, b) => a - b);
  const diagonals = numbers.flatMap((d) => {
    const slope = overSeeds(
      bySeed.map(({ rows, across }) => {
        const own = rows.filter((r) => r.diagonal === d);
        return own.length >= ROW ? slopeOf(own, across) : Number.NaN;
      }),
    );
    const n = marks.filter((m) => m.diagonal === d).length;
    return slope.n > 0 ? [{ noise: Math.exp(origin + d * width), slope, n }] : [];
  });
  return { slope: overSeeds(bySeed.map(({ rows, across }) => slopeOf(rows, across))), diagonals };
}

/** Rows in which some points are lost and others are not, and in how many of them it is those of strong noise. */
export function critical(diagram: PhaseDiagram): {
  split: number;
  strong: number;
  never: number;
  always: number;
  at: { eta: number; B: number }[];
} {
  const out = { split: 0, strong: 0, never: 0, always: 0, at: [] as { eta: number; B: number }[] };
  for (const { eta, points } of rowsOf(diagram)) {
    const lost = points.filter((p) => lostShare(p) >= 0.5).length;
    if (lost === 0) out.never++;
    else if (lost === points.length) out.always++;
    else {
      out.split++;
      const rank = spearman(
        points.map((p) => -p.config.B),
        points.map(lostShare),
      );
      if (rank > 0) {
        out.strong++;
        out.at.push({ eta, B: points.find((p) => lostShare(p) >= 0.5)!.config.B });
      }
    }
  }
  return out;
}

/** The median of ratios with an error from their scatter, and how many lie within a factor. */
export function ratioSummary(
  ratios: readonly number[],
  factor: number,
): { value: number; standardError: number; within: number } {
  const logs = ratios.map(Math.log);
  const { value, standardError } = robustMedian(logs);
  return {
    value: Math.exp(value),
    standardError: Math.exp(value) * standardError,
    within: logs.filter((v) => Math.abs(v) <= Math.log(factor)).length,
  };
}

/** The points that are not lost and have a curvature, and how many of them lie below the edge of stability of their own place. */
export function belowOwnEdge({ points }: PhaseDiagram): { readonly below: number; readonly n: number } {
  const known = points
    .filter((p) => lostShare(p) < 0.5)
    .map((p) => p.config.eta / edgeOf(p))
    .filter(Number.isFinite);
  return { below: known.filter((v) => v < 1).length, n: known.length };
}
