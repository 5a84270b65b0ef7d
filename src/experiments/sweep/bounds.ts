/**
 * Lines that theory predicts for a heat map: a learning rate from which on training diverges, or any formula of the axes and of measured
 * columns. docs/theory [V4], [A2].
 *
 *     edge          eta = 2(1+mu)/top
 *     mean-square   eta = 2(1+mu) l/(l² + v (1+mu)/(1−mu)),  l the largest curvature, v its variance over batches
 *     almost-sure   E ln|1 − eta l| = 0, l normal; for mu = 0 alone
 *     formula       `eta = 2/top`: an axis on the left, a formula of names on the right
 *
 * Curvatures differ from place to place, and a line has to say which place it means:
 *
 *     at: calm      the place that the runs reach with the weakest noise: the point with the smallest eta/B that has a number. One place
 *                   for the whole line; the variance over batches is that of a sample divided by the batch size of each point
 *     at: own       the curvature of each point: the line is where the point's own learning rate crosses its own bound
 */
import { InputError } from '../../numeric/errors.js';
import { realPower } from '../../numeric/power.js';
import { meanSquareCeiling } from '../../theory/ceiling.js';
import { almostSureRate } from '../../theory/valley/divergence.js';
import type { PointResult } from './aggregate.js';
import { type Quantity, quantityOf } from './names.js';

export type BoundKind = 'edge' | 'mean-square' | 'almost-sure' | 'formula';

/** A bound that is asked for. */
export interface BoundRequest {
  readonly kind: BoundKind;
  /** The right side, for a formula. */
  readonly formula?: string;
  /** The left side; eta by default. */
  readonly axis: string;
  readonly at: 'calm' | 'own';
}

/** A bound drawn in a plane. */
export interface BoundLine {
  readonly request: BoundRequest;
  readonly label: string;
  /** Pairs of the other axis and the bound, ascending. */
  readonly points: readonly { readonly x: number; readonly bound: number }[];
  /** The place whose curvature it has; undefined where each point has its own. */
  readonly place?: PointResult;
  readonly missing?: string;
}

/** The column of the largest curvature. */
const TOP = 'top';
/** 2(1+mu)/h as the measure `ceiling` has it, for adaptive optimisers in their own coordinates; used where `top` was not measured. */
const EDGE = 'ceiling-edge';
/** Var l/l² along the top eigenvector, for batches of the place at which it was measured. */
const RELATIVE = 'curvature-variance';

const KINDS: Readonly<Record<string, BoundKind>> = {
  edge: 'edge',
  'stability edge': 'edge',
  'mean-square': 'mean-square',
  'almost-sure': 'almost-sure',
};

/**
 * Reads bounds as a figure states them: a name, a formula with =, or an object with `bound` and `at`.
 * @throws InputError for anything else
 */
export function boundsOf(written: unknown): BoundRequest[] {
  if (written === undefined || written === null) return [];
  const list = Array.isArray(written) ? written : [written];
  return list.map((one): BoundRequest => {
    const { bound = one, at = 'calm' } = (typeof one === 'object' && one !== null ? one : {}) as Record<
      string,
      unknown
    >;
    if (typeof bound === 'string' && (at === 'calm' || at === 'own')) {
      const kind = KINDS[bound.trim()];
      if (kind) return { kind, axis: 'eta', at };
      const m = /^\s*([\w.]+)\s*=([^=]+)$/.exec(bound);
      if (m) return { kind: 'formula', axis: m[1], formula: m[2].trim(), at };
    }
    throw new InputError(
      'bad-bound',
      `a bound of a heat map is edge, mean-square, almost-sure or a formula such as 'eta = 2/top', with at: calm or own where it is an object; got ${JSON.stringify(one)}.`,
    );
  });
}

/** Returns the point of the weakest noise (the smallest eta/B; among equal ones the first) among those that serve. */
export function calmest(points: readonly PointResult[], serve: (p: PointResult) => boolean): PointResult | undefined {
  return points
    .filter(serve)
    .reduce<PointResult | undefined>((a, p) => (!a || noiseOf(p) < noiseOf(a) * (1 - 1e-9) ? p : a), undefined);
}

const noiseOf = (p: PointResult): number => p.config.eta / p.config.B;

const LABELS: Readonly<Record<Exclude<BoundKind, 'formula'>, string>> = {
  edge: 'edge of stability 2/λ',
  'mean-square': 'mean square 2λ/(λ² + Var λ)',
  'almost-sure': 'almost sure, E ln|1 − ηλ| = 0',
};

/**
 * Computes a bound over one axis.
 * @param over - the other axis of the plane
 */
export function boundLine(request: BoundRequest, over: Quantity, points: readonly PointResult[]): BoundLine {
  const label = labelOf(request);
  try {
    return request.at === 'calm'
      ? { request, label, ...calmLine(request, over, points) }
      : { request, label, points: ownLine(request, over, points) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { request, label, points: [], missing: error.message };
  }
}

function labelOf({ kind, formula, at }: BoundRequest): string {
  const base = kind === 'formula' ? formula! : LABELS[kind];
  return at === 'own' ? `${base}, own place` : base;
}

const number = (p: PointResult, column: string): number => p.columns[column]?.mean.value ?? Number.NaN;

/** Returns the edge of stability with the curvature of a place; NaN where none was measured. */
export function edgeOf(place: PointResult): number {
  const top = number(place, TOP);
  return top > 0 ? (2 * (1 + place.config.mu)) / top : number(place, EDGE);
}

/** The variance of one batch in units of that of one sample. */
const batchShare = ({ B, N, sampling }: PointResult['config']): number =>
  sampling === 'replaced' || N < 2 ? 1 / B : Math.max(0, (N - B) / (N - 1)) / B;

/** The value of a bound with the curvature of one place and the batches of a point. */
function boundAt({ kind }: BoundRequest, place: PointResult, { config }: PointResult): number {
  const edge = edgeOf(place);
  if (!(edge > 0) || kind === 'edge') return edge;
  const { mu } = config;
  const mean = (2 * (1 + mu)) / edge;
  const own = batchShare(place.config);
  const variance = own > 0 ? (number(place, RELATIVE) * mean * mean * batchShare(config)) / own : Number.NaN;
  if (!(variance >= 0)) return Number.NaN;
  if (kind === 'mean-square') return meanSquareCeiling({ curvature: mean, variance, momentum: mu });
  return mu === 0 ? almostSureRate({ mean, variance }) : Number.NaN;
}

/** Whether a place has what a bound needs: batches that are the whole set have no variance, and tell nothing of smaller ones. */
const serves = (kind: BoundKind, p: PointResult): boolean =>
  edgeOf(p) > 0 && (kind === 'edge' || (number(p, RELATIVE) >= 0 && batchShare(p.config) > 0));

function calmLine(request: BoundRequest, over: Quantity, points: readonly PointResult[]) {
  const { kind, formula } = request;
  const right = formula === undefined ? undefined : quantityOf(formula, points, 'a bound');
  const place = calmest(points, (p) => (right ? Number.isFinite(right.at(p)) : serves(kind, p)));
  if (!place)
    throw new InputError(
      'no-bound',
      right
        ? 'its formula has a number at no point.'
        : `it needs ${kind === 'edge' ? `the column ${TOP} or ${EDGE}` : `the columns ${TOP} or ${EDGE}, and ${RELATIVE},`} at a point with batches smaller than the training set; measure ${kind === 'edge' ? TOP : 'ceiling'}.`,
    );
  const at = (p: PointResult): number =>
    // axes are those of the point, measured columns those of the calm place
    right ? right.at({ ...p, columns: place.columns }) : boundAt(request, place, p);
  const line = new Map<number, number>();
  for (const p of points) {
    const x = over.at(p);
    const bound = at(p);
    if (Number.isFinite(x) && Number.isFinite(bound) && !line.has(x)) line.set(x, bound);
  }
  if (line.size === 0) throw new InputError('no-bound', 'it has a number at no point.');
  return { points: sorted(line), place };
}

/** Where the learning rate (or another axis) first exceeds the bound of its own point, by interpolation of the logarithm of their ratio. */
function ownLine(request: BoundRequest, over: Quantity, points: readonly PointResult[]) {
  const left = quantityOf(request.axis, points, 'a bound');
  const right = request.formula === undefined ? undefined : quantityOf(request.formula, points, 'a bound');
  const line = new Map<number, number>();
  const columns = new Map<number, { value: number; excess: number }[]>();
  for (const p of points) {
    const [x, value] = [over.at(p), left.at(p)];
    const excess = Math.log(value / (right ? right.at(p) : boundAt(request, p, p)));
    if (Number.isFinite(x) && Number.isFinite(excess)) columns.set(x, [...(columns.get(x) ?? []), { value, excess }]);
  }
  for (const [x, list] of columns) {
    const up = list.sort((a, b) => a.value - b.value);
    const k = up.findIndex((c) => c.excess >= 0);
    if (k <= 0) continue;
    const [below, above] = [up[k - 1], up[k]];
    const share = -below.excess / (above.excess - below.excess);
    line.set(x, below.value * realPower(above.value / below.value, share));
  }
  if (line.size === 0) throw new InputError('no-bound', 'no point crosses it.');
  return sorted(line);
}

const sorted = (line: ReadonlyMap<number, number>) =>
  [...line].sort((a, b) => a[0] - b[0]).map(([x, bound]) => ({ x, bound }));
