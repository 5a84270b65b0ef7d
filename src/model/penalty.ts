/**
 * Quadratic penalties on the flat weight vector: the form of every constraint against forgetting. docs/theory [C1],
 * [C2].
 *
 *     R(w) = Σ_t ½ (w − a_t)ᵀ K_t (w − a_t),   K_t = Σ parts, each symmetric ≥ 0
 *
 * where a_t is the anchor of term t (the solution of a task). Training minimises L(w) + lambda·R(w); lambda is not part
 * of a penalty. Units: lambda·K in nat/weight². All in float64. A part acts on the weights offset … offset + size − 1:
 *
 *     diagonal   K = diag(d)                       size numbers, 2·size flops for a gradient
 *     lowRank    K = Σ_i c_i p_i p_iᵀ              k·size numbers, 4·k·size flops; axes need not be orthogonal
 *     planes     the same with pairs of axes       (`planes` makes a lowRank part of 2·planes axes)
 *     dense      any symmetric K ≥ 0               size² numbers, 2·size² flops
 */
import { check } from '../numeric/errors.js';
import { checkSymmetric, type Matrix, matrix, row } from '../numeric/linalg/matrix.js';
import * as is from '../numeric/wants.js';

/** Holds K = diag(d) on a range of weights. */
export interface DiagonalPart {
  readonly kind: 'diagonal';
  readonly offset: number;
  /** d ≥ 0. */
  readonly values: Float64Array;
}

/** Holds K = Σ_i c_i p_i p_iᵀ on a range of weights. */
export interface LowRankPart {
  readonly kind: 'lowRank';
  readonly offset: number;
  /** p_i as rows, k×size. */
  readonly axes: Matrix;
  /** c_i ≥ 0, length k. */
  readonly weights: Float64Array;
}

/** Holds a symmetric K ≥ 0 on a range of weights. */
export interface DensePart {
  readonly kind: 'dense';
  readonly offset: number;
  /** Symmetric, ≥ 0. */
  readonly matrix: Matrix;
}

/** Describes one summand of K. */
export type PenaltyPart = DiagonalPart | LowRankPart | DensePart;

/** Says what a {@link PenaltyPart} needs. */
const PART_WANTS = is.kinds<PenaltyPart>('kind', {
  diagonal: is.shape<DiagonalPart>({ offset: is.whole, values: is.numbers }),
  lowRank: is.shape<LowRankPart>({ offset: is.whole, axes: is.matrix, weights: is.numbers }),
  dense: is.shape<DensePart>({ offset: is.whole, matrix: is.matrix }),
});

/** Holds one term of R, ½ (w − anchor)ᵀ (Σ parts) (w − anchor). */
export interface PenaltyTerm {
  /** Length P. */
  readonly anchor: Float64Array;
  readonly parts: readonly PenaltyPart[];
}

/** Says what a {@link PenaltyTerm} needs. */
export const PENALTY_TERM_WANTS = is.shape<PenaltyTerm>({
  anchor: is.numbers,
  parts: is.listOf(PART_WANTS),
});

/** Holds a penalty R on P weights as a sum of terms. */
export interface Penalty {
  /** Number of weights, P. */
  readonly size: number;
  /** One per anchor: several tasks add up. None: R = 0. */
  readonly terms: readonly PenaltyTerm[];
}

/** Says what a {@link Penalty} needs. */
export const PENALTY_WANTS = is.shape<Penalty>({ size: is.count, terms: is.listOf(PENALTY_TERM_WANTS) });

/** Returns the number of weights that a part acts on. */
export function sizeOf(part: PenaltyPart): number {
  if (part.kind === 'diagonal') return part.values.length;
  return part.kind === 'lowRank' ? part.axes.cols : part.matrix.rows;
}

/**
 * Makes a penalty with one anchor, and checks sizes, finite numbers, weights ≥ 0 and the symmetry of dense parts. That
 * a dense part is ≥ 0 is checked where it is diagonalised (`normalForm`).
 * @throws InputError when a check fails
 */
export function penalty(anchor: ArrayLike<number>, parts: readonly PenaltyPart[]): Penalty {
  is.given('penalty', { anchor, parts }, { anchor: is.numbers, parts: is.listOf(PART_WANTS) });
  const a = Float64Array.from(anchor);
  const bad = a.findIndex((v) => !Number.isFinite(v));
  check(bad < 0, 'not-finite', () => `a penalty needs a finite anchor; weight ${bad} of it is ${a[bad]}.`);
  for (const part of parts) checkPart(part, a.length);
  return { size: a.length, terms: parts.length > 0 ? [{ anchor: a, parts }] : [] };
}

/** Makes a part from pairs of axes with one weight a pair: K = Σ c_k (a_k a_kᵀ + b_k b_kᵀ). */
export function planes(
  offset: number,
  pairs: readonly (readonly [Float64Array, Float64Array])[],
  weights: ArrayLike<number>,
): LowRankPart {
  is.given(
    'planes',
    { offset, pairs, weights },
    { offset: is.whole, pairs: is.listOf(is.listOf(is.numbers)), weights: is.numbers },
  );
  const size = pairs[0]?.[0]?.length ?? 0;
  check(
    weights.length === pairs.length && pairs.every((pair) => pair.length === 2 && pair.every((v) => v.length === size)),
    'bad-axes',
    () => `planes: ${pairs.length} pairs of axes of ${size} numbers each need as many weights; got ${weights.length}.`,
  );
  const axes = matrix(2 * pairs.length, size);
  pairs.forEach(([a, b], k) => {
    axes.data.set(a, 2 * k * size);
    axes.data.set(b, (2 * k + 1) * size);
  });
  return {
    kind: 'lowRank',
    offset,
    axes,
    weights: Float64Array.from({ length: axes.rows }, (_, i) => weights[i >> 1]),
  };
}

function checkPart(part: PenaltyPart, size: number): void {
  const { kind, offset } = part;
  const own = sizeOf(part);
  check(
    Number.isInteger(offset) && offset >= 0 && own >= 1 && offset + own <= size,
    'penalty-range',
    () => `a ${kind} penalty on weights ${offset} to ${offset + own - 1} does not fit ${size} weights.`,
  );
  if (kind === 'dense') {
    checkSymmetric(part.matrix, 'a dense penalty');
    return;
  }
  const stiffness = kind === 'diagonal' ? part.values : part.weights;
  const bad = stiffness.findIndex((v) => !(v >= 0 && v < Number.POSITIVE_INFINITY));
  check(
    bad < 0,
    'penalty-weight',
    () => `the weights of a ${kind} penalty must be finite and ≥ 0; number ${bad} is ${stiffness[bad]}.`,
  );
  if (kind === 'diagonal') return;
  check(
    part.weights.length === part.axes.rows,
    'penalty-weight',
    () => `a penalty along ${part.axes.rows} axes needs as many weights; got ${part.weights.length}.`,
  );
  const wrong = part.axes.data.findIndex((v) => !Number.isFinite(v));
  check(
    wrong < 0,
    'not-finite',
    () =>
      `axis ${Math.floor(wrong / own)} of a penalty has the component ${part.axes.data[wrong]}; axes must be finite.`,
  );
}

/** Adds K x to y for one part, where x and y are on its range of weights only, and returns xᵀ K x. */
function apply(part: PenaltyPart, x: Float64Array, y: Float64Array): number {
  let energy = 0;
  if (part.kind === 'diagonal') {
    for (let i = 0; i < x.length; i++) {
      const f = part.values[i] * x[i];
      y[i] += f;
      energy += f * x[i];
    }
    return energy;
  }
  const lines = part.kind === 'lowRank' ? part.axes : part.matrix;
  for (let k = 0; k < lines.rows; k++) {
    const line = row(lines, k);
    let along = 0;
    for (let i = 0; i < x.length; i++) along += line[i] * x[i];
    if (part.kind === 'dense') {
      y[k] += along;
      energy += along * x[k];
      continue;
    }
    const f = part.weights[k] * along;
    for (let i = 0; i < x.length; i++) y[i] += f * line[i];
    energy += f * along;
  }
  return energy;
}

/**
 * Returns R(w) and ∇R(w) = Σ_t K_t (w − a_t), float64, without lambda. Cost: see the head of the file.
 * @throws InputError when `w` has another length than the penalty
 */
export function penaltyGradient(p: Penalty, w: ArrayLike<number>): { value: number; gradient: Float64Array } {
  is.given('penaltyGradient', { p, w }, { p: PENALTY_WANTS, w: is.numbers });
  check(w.length === p.size, 'weight-count', () => `the penalty acts on ${p.size} weights; got ${w.length}.`);
  const gradient = new Float64Array(p.size);
  let value = 0;
  for (const { anchor, parts } of p.terms) {
    const x = anchor.map((a, i) => w[i] - a);
    for (const part of parts) {
      const end = part.offset + sizeOf(part);
      value += 0.5 * apply(part, x.subarray(part.offset, end), gradient.subarray(part.offset, end));
    }
  }
  return { value, gradient };
}

/** Returns R(w) alone, at the cost of `penaltyGradient`. */
export function penaltyValue(p: Penalty, w: ArrayLike<number>): number {
  is.given('penaltyValue', { p, w }, { p: PENALTY_WANTS, w: is.numbers });
  return penaltyGradient(p, w).value;
}

/**
 * Multiplies K by `factor` ≥ 0.
 * @throws InputError for a factor that is negative or not finite
 */
export function scalePenalty(p: Penalty, factor: number): Penalty {
  is.given('scalePenalty', { p, factor }, { p: PENALTY_WANTS, factor: is.finite });
  check(
    factor >= 0 && Number.isFinite(factor),
    'penalty-weight',
    () => `a penalty can be multiplied by a finite factor ≥ 0; got ${factor}.`,
  );
  const scaled = (part: PenaltyPart): PenaltyPart => {
    if (part.kind === 'diagonal') return { ...part, values: part.values.map((v) => factor * v) };
    if (part.kind === 'lowRank') return { ...part, weights: part.weights.map((v) => factor * v) };
    const { rows, cols, data } = part.matrix;
    return {
      ...part,
      matrix: matrix(
        rows,
        cols,
        data.map((v) => factor * v),
      ),
    };
  };
  return { size: p.size, terms: p.terms.map((t) => ({ ...t, parts: t.parts.map(scaled) })) };
}

/**
 * Adds penalties; every term keeps its anchor ("separate" penalties of several tasks). Memory grows with the number of
 * tasks.
 * @throws InputError unless all act on the same number of weights
 */
export function addPenalties(...penalties: readonly Penalty[]): Penalty {
  is.given('addPenalties', { penalties }, { penalties: is.listOf(PENALTY_WANTS) });
  const size = penalties[0]?.size ?? 0;
  check(
    penalties.length > 0 && penalties.every((p) => p.size === size),
    'weight-count',
    () => `penalties on the same weights add up; got ${penalties.map((p) => p.size).join(', ') || 'none'} weights.`,
  );
  return { size, terms: penalties.flatMap((p) => p.terms) };
}

/**
 * Combines the penalties of several tasks in the "online" way: the K of earlier tasks, times `decay`, is moved to the
 * newest solution, so that there is one anchor, K ← decay·K + K_new (Schwarz et al. 2018 for EWC; here for every
 * quadratic form).
 * @param decay - in [0, 1]; with 1 (default) earlier tasks keep their full strength
 * @throws InputError for another decay, another number of weights, or a `next` without exactly one anchor
 */
export function continuePenalty(previous: Penalty, next: Penalty, decay = 1): Penalty {
  is.given(
    'continuePenalty',
    { previous, next, decay },
    { previous: PENALTY_WANTS, next: PENALTY_WANTS, decay: is.finite },
  );
  check(
    decay >= 0 && decay <= 1 && previous.size === next.size,
    'penalty-decay',
    () =>
      `an online penalty needs a decay in [0, 1] and equal weights; got ${decay} and ${previous.size} against ${next.size}.`,
  );
  check(next.terms.length === 1, 'penalty-anchor', 'the penalty of the newest task must have one anchor.');
  const { anchor, parts } = next.terms[0];
  const old = scalePenalty(previous, decay).terms.flatMap((t) => t.parts);
  return { size: next.size, terms: [{ anchor, parts: [...sumDiagonals(old, parts)] }] };
}

/** Adds diagonal parts on the same weights, so that an online EWC keeps P numbers for any number of tasks. */
function sumDiagonals(old: readonly PenaltyPart[], fresh: readonly PenaltyPart[]): PenaltyPart[] {
  const out: PenaltyPart[] = [];
  for (const part of [...old, ...fresh]) {
    const at = out.findIndex(
      (o) => o.kind === 'diagonal' && o.offset === part.offset && sizeOf(o) === sizeOf(part) && part.kind === o.kind,
    );
    const same = out[at];
    if (same?.kind === 'diagonal' && part.kind === 'diagonal')
      out[at] = { ...same, values: same.values.map((v, i) => v + part.values[i]) };
    else out.push(part);
  }
  return out;
}
