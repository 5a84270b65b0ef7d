/**
 * Fits a law to the points of a sweep: ln y = c + Σ fixed exponents + Σ exponent·X, where X is the sum of the logarithms that the exponent
 * raises. Points that differ in further axes have a constant c of their own and share the exponents.
 *
 * The number of a point is the mean of ln y over its seeds. Three seeds know their scatter badly, so the variance of a point is drawn
 * towards that of all points: (ν0 s² + (n−1) s_p²)/(ν0 + n − 1)/n, with s² the pooled variance over seeds and ν0 = 10. Where the errors of the
 * measurements themselves are larger, they take its place: seeds may agree by chance, or share what they do not resolve.
 *
 * Errors of an exponent in three parts [N5]:
 *     sampling  standard error over seeds of the exponent fitted to each seed alone
 *     misfit    what a bootstrap over points has beyond the scatter of seeds, √(V_points − V_seeds), or all of it with one seed
 *     range     half the difference between the exponents of the lower and the upper half of X, beyond its own error
 */
import { bootstrap } from '../../numeric/bootstrap.js';
import { gammaCdf, NORMAL_QUANTILE, normalTwoSided } from '../../numeric/distributions.js';
import { ofOneRun, type Parted, partedHalfWidth } from '../../numeric/error-parts.js';
import { InputError } from '../../numeric/errors.js';
import { estimate } from '../../numeric/estimate.js';
import { type Key, randomKey } from '../../numeric/random.js';
import { overSeeds } from '../../numeric/seeds.js';
import { mean, median, variance } from '../../numeric/statistics.js';
import type { PointResult, SeedValue } from './aggregate.js';
import type { Law } from './law-text.js';
import { otherAxes, quantityOf } from './names.js';
import { dependentColumn, type Rows, regress } from './regression.js';

/** Holds a fitted exponent. */
export interface FittedExponent {
  readonly letter: string;
  /** Value and the three parts of its error. */
  readonly whole: Parted;
  /** Over the points with the smaller and with the larger X; undefined where these do not decide it. */
  readonly lower?: Parted;
  readonly upper?: Parted;
  /** Upper minus lower half, with its 95 % half interval. */
  readonly change?: { readonly value: number; readonly half: number };
  /** Decades that X spans. */
  readonly decades: number;
}

/** A law as the points of a sweep have it. */
export interface LawFit {
  readonly law: Law;
  readonly exponents: readonly FittedExponent[];
  /** Points that the fit uses, and seeds of the one with most. */
  readonly points: number;
  readonly seeds: number;
  /** Constants, one for each value of the axes that the law does not name. */
  readonly constants: number;
  /** Points left out because no seed has a number there: all diverged, or not measured. */
  readonly empty: number;
  /** Seeds left out of points that are used, because their runs diverged. */
  readonly diverged: number;
  /** chi² for each degree of freedom; NaN without errors over seeds. */
  readonly chi2: number;
  readonly freedom: number;
  /** Probability of such a chi² by the scatter over seeds alone; NaN without it. */
  readonly chance: number;
  /** Root mean square residual of ln y beyond the scatter over seeds: exp of it is a factor. */
  readonly misfit: number;
  readonly largest: { readonly residual: number; readonly point: PointResult['point'] };
}

/** A law that cannot be fitted. */
export interface RefusedLaw {
  readonly law: Law;
  readonly refused: string;
}

/** Weight of the pooled variance in that of one point, in degrees of freedom. */
const PRIOR = 10;
/** Replicates of the bootstrap over points: its error is known to 5 %. */
const REPLICATES = 200;
/** Points beyond the numbers that are fitted without which nothing is fitted. */
const SPARE = 3;

interface Observed {
  readonly point: PointResult;
  readonly bySeed: ReadonlyMap<number, number>;
  /** Mean of ln y without the fixed powers. */
  readonly y: number;
  readonly x: readonly number[];
  readonly group: number;
  readonly variance: number;
}

/** Fits a law. Costs 200 regressions, and 400 more for each exponent. */
export function fitLaw(law: Law, points: readonly PointResult[]): LawFit | RefusedLaw {
  try {
    return fitted(law, points);
  } catch (error) {
    if (error instanceof InputError) return { law, refused: error.message };
    throw error;
  }
}

function refuse(message: string): never {
  throw new InputError('law-refused', message);
}

function fitted(law: Law, points: readonly PointResult[]): LawFit {
  const { rows, empty, diverged } = observations(law, points);
  const groups = new Set(rows.map((r) => r.group)).size;
  const least = law.letters.length + groups + SPARE;
  if (rows.length < least)
    refuse(
      `${rows.length} ${rows.length === 1 ? 'point has' : 'points have'} a number, and ${law.letters.length} exponents and ${groups} constants need at least ${least}`,
    );
  refuseDependent(law, rows);
  const whole = regress(rowsOf(rows))!;
  const slopes = partedSlopes(rows, randomKey(0).child('law').child('whole'))!;
  const { freedom, chi2, residuals } = whole;
  const repeated = rows.some((r) => r.bySeed.size > 1);
  const own = repeated || rows.every((r) => r.variance !== 1);
  const noise = own ? mean(rows.map((r) => r.variance)) : 0;
  const scatter = residuals.reduce((s, e) => s + e * e, 0) / freedom;
  const worst = residuals.reduce((a, e, r) => (Math.abs(e) > Math.abs(residuals[a]) ? r : a), 0);
  return {
    law,
    exponents: law.letters.map((letter, k) => exponent(letter, k, rows, slopes[k])),
    points: rows.length,
    seeds: Math.max(...rows.map((r) => r.bySeed.size)),
    constants: groups,
    empty,
    diverged,
    chi2: own ? chi2 / freedom : Number.NaN,
    freedom,
    chance: own ? chanceOf(chi2 / freedom, freedom, spare(rows)) : Number.NaN,
    misfit: Math.sqrt(Math.max(0, scatter - noise)),
    largest: { residual: residuals[worst], point: rows[worst].point.point },
  };
}

const rowsOf = (rows: readonly Observed[]): Rows => ({
  y: rows.map((r) => r.y),
  x: rows.map((r) => r.x),
  variance: rows.map((r) => r.variance),
  group: rows.map((r) => r.group),
});

/** Degrees of freedom of the pooled variance. */
const spare = (rows: readonly Pick<Observed, 'bySeed'>[]): number => rows.reduce((s, r) => s + r.bySeed.size - 1, 0);

function observations(law: Law, points: readonly PointResult[]) {
  const where = `the law '${law.text}'`;
  const y = quantityOf(law.measure, points, where);
  if (y.kind !== 'column') refuse(`${law.measure} is not measured: the left side of a law is a measured column`);
  const factors = law.factors.map((f) => ({ ...f, quantity: quantityOf(f.name, points, where) }));
  const others = otherAxes(
    points,
    factors.map((f) => f.quantity),
  );
  const groups: string[] = [];
  const all = points.map((point) => {
    const logs = factors.map(({ name, quantity }) => {
      const v = quantity.at(point);
      const words = Object.values(point.point).some((value) => typeof value !== 'number');
      if (quantity.kind === 'axis' && !(v > 0))
        refuse(
          `${name} ${Number.isNaN(v) ? `is no number${words ? ' but words' : ''}` : `has the value ${v}`}, which has no logarithm`,
        );
      return Math.log(v);
    });
    const values = (point.columns[law.measure]?.values ?? []).filter((v) => Number.isFinite(v.value));
    const fixed = factors.reduce((s, f, k) => s + (f.fixed === 0 ? 0 : f.fixed * logs[k]), 0);
    const x = law.letters.map((letter) => factors.reduce((s, f, k) => s + (f.letters[letter] ?? 0) * logs[k], 0));
    const id = JSON.stringify(others.map((key) => point.point[key]));
    if (!groups.includes(id)) groups.push(id);
    return { point, values, fixed, x, group: groups.indexOf(id) };
  });
  const there = all.filter((r) => r.values.length > 0 && r.x.every(Number.isFinite) && Number.isFinite(r.fixed));
  const bad = there.flatMap((r) => r.values).filter((v) => v.value <= 0).length;
  if (bad > 0)
    refuse(
      `${bad} of ${there.flatMap((r) => r.values).length} values of ${law.measure} are 0 or negative, and have no logarithm; leaving them out would bend the law`,
    );
  const logs = there.map((r) => ({
    ...r,
    bySeed: new Map(r.values.map((v) => [v.seed, Math.log(v.value) - r.fixed])),
  }));
  const variances = variancesOf(logs);
  return {
    rows: logs.map(
      ({ point, x, group, bySeed }, r): Observed => ({
        point,
        x,
        group,
        bySeed,
        y: mean([...bySeed.values()]),
        variance: variances[r],
      }),
    ),
    empty: all.length - there.length,
    diverged: there.reduce((s, r) => s + (r.point.columns[law.measure]?.diverged ?? 0), 0),
  };
}

/** The variance of the mean of ln y at each point; that of the measurement itself with one seed, and 1 where there is none either. */
function variancesOf(
  all: readonly { readonly bySeed: Observed['bySeed']; readonly values: readonly SeedValue[] }[],
): number[] {
  const freedom = spare(all);
  if (freedom > 0) {
    const squares = all.map((r) => (r.bySeed.size > 1 ? (r.bySeed.size - 1) * variance([...r.bySeed.values()], 1) : 0));
    // no scatter at all would be an infinite weight
    const pooled = Math.max(1e-24, squares.reduce((a, b) => a + b, 0) / freedom);
    return all.map((r, k) => {
      const own = mean(r.values.map((v) => (v.standardError / v.value) ** 2));
      const scatter = (PRIOR * pooled + squares[k]) / (PRIOR + r.bySeed.size - 1);
      return Math.max(scatter, Number.isFinite(own) ? own : 0) / r.bySeed.size;
    });
  }
  const own = all.map((r) => (r.values[0].standardError / r.values[0].value) ** 2);
  return own.every((v) => Number.isFinite(v) && v > 0) ? own : all.map(() => 1);
}

function refuseDependent(law: Law, rows: readonly Observed[]): void {
  const k = dependentColumn(rowsOf(rows));
  if (k === undefined) return;
  const named = (letter: string) =>
    law.factors
      .filter((f) => (f.letters[letter] ?? 0) !== 0)
      .map((f) => f.name)
      .join(' and ');
  const alone = dependentColumn({ ...rowsOf(rows), x: rows.map((r) => [r.x[k]]) }) !== undefined;
  refuse(
    alone
      ? `${named(law.letters[k])} has one value only where there are numbers, so that no exponent ${law.letters[k]} can be fitted`
      : `${named(law.letters[k])} changes only together with ${law.letters.slice(0, k).map(named).join(' and ')} in this sweep, so that the exponents ${law.letters.slice(0, k + 1).join(' and ')} cannot be told apart; sweep a product of these axes, or ask for one exponent of both, such as (eta/B)^a`,
  );
}

function exponent(letter: string, k: number, rows: readonly Observed[], whole: Parted): FittedExponent {
  const along = rows.map((r) => r.x[k]);
  const middle = median(along);
  const sides = [rows.filter((r) => r.x[k] <= middle), rows.filter((r) => r.x[k] >= middle)];
  const key = randomKey(0).child('law').child(letter);
  const [lower, upper] = sides.map((side, s) => partedSlopes(side, key.child(s))?.[k]);
  const decades = (Math.max(...along) - Math.min(...along)) / Math.LN10;
  if (!lower || !upper) return { letter, whole, decades };
  const change = changeOf(sides, k, lower, upper);
  const range = Math.sqrt(Math.max(0, (change.value / 2) ** 2 - (change.half / 2 / NORMAL_QUANTILE) ** 2));
  return { letter, whole: { ...whole, range }, lower, upper, change, decades };
}

/** All slopes, each with its sampling and its misfit; undefined where the rows do not decide them. */
function partedSlopes(rows: readonly Observed[], key: Key): Parted[] | undefined {
  const fit = rows.length > (rows[0]?.x.length ?? 0) + 1 ? regress(rowsOf(rows)) : undefined;
  if (!fit || fit.freedom < 1) return undefined;
  const nothing = fit.slopes.map(() => Number.NaN);
  const ofSeeds = seedsOf(rows).map((seed) => slopesOf(ofSeed(rows, seed)) ?? nothing);
  const all = rowsOf(rows);
  const drawn = bootstrap(rows.length, (indices) => [...(slopesOf(picked(all, indices)) ?? nothing)], {
    key,
    blockLength: 1,
    replicates: REPLICATES,
  });
  return fit.slopes.map((slope, k) => {
    const sampling = overSeeds(ofSeeds.map((slopes) => slopes[k]));
    const own = sampling.n > 1;
    const points = drawn.standardError[k];
    const misfit = own ? Math.sqrt(Math.max(0, points ** 2 - fit.variances[k])) : points;
    const parted = ofOneRun(estimate(slope, misfit, rows.length, 'weighted regression of logarithms'));
    return own ? { ...parted, runs: sampling.n, sampling: sampling.standardError } : parted;
  });
}

const picked = ({ y, x, variance, group }: Rows, indices: Uint32Array): Rows => {
  const of = <T>(list: readonly T[]): T[] => Array.from(indices, (i) => list[i]);
  return { y: of(y), x: of(x), variance: of(variance), group: of(group) };
};

/** Upper minus lower half: within seeds, since what a seed has in common cancels, and with the misfits of both. */
function changeOf(
  sides: readonly (readonly Observed[])[],
  k: number,
  lower: Parted,
  upper: Parted,
): { value: number; half: number } {
  const value = upper.value - lower.value;
  const differences = seedsOf(sides[0]).map(
    (seed) =>
      (slopesOf(ofSeed(sides[1], seed))?.[k] ?? Number.NaN) - (slopesOf(ofSeed(sides[0], seed))?.[k] ?? Number.NaN),
  );
  const within = overSeeds(differences);
  const misfit = Math.hypot(lower.misfit, upper.misfit);
  return {
    value,
    half: partedHalfWidth({ ...upper, runs: within.n, sampling: within.standardError, misfit, range: Number.NaN }),
  };
}

const seedsOf = (rows: readonly Observed[]): number[] => [...new Set(rows.flatMap((r) => [...r.bySeed.keys()]))];

/** The rows of one seed, with the weights of all seeds. */
const ofSeed = (rows: readonly Observed[], seed: number): Rows =>
  rowsOf(rows.filter((r) => r.bySeed.has(seed)).map((r) => ({ ...r, y: r.bySeed.get(seed)! })));

const slopesOf = (rows: Rows): readonly number[] | undefined =>
  rows.y.length > (rows.x[0]?.length ?? 0) ? regress(rows)?.slopes : undefined;

/**
 * Probability of a chi² for each degree of freedom of at least `ratio` where the variances are themselves estimated with `spare` degrees of
 * freedom: the tail of Fisher's F by Paulson's cube-root approximation (within 0.01 for 4 and more), of chi² for stated variances.
 */
export function chanceOf(ratio: number, freedom: number, spare: number): number {
  if (!(ratio > 0)) return 1;
  if (spare === 0) return 1 - gammaCdf(freedom / 2, (ratio * freedom) / 2);
  const [a, b] = [2 / (9 * freedom), 2 / (9 * spare)];
  const z = ((1 - b) * Math.cbrt(ratio) - (1 - a)) / Math.sqrt(b * Math.cbrt(ratio) ** 2 + a);
  const tail = normalTwoSided(Math.abs(z)) / 2;
  return z > 0 ? tail : 1 - tail;
}
