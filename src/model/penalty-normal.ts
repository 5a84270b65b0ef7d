/**
 * The normal form of a penalty: any sum of parts as one diagonal with one anchor, and orthonormal axes with targets.
 *
 *     ∇R = d∘(w − a) + Σ_i c_i p_i (p_i·w − s_i),   p_i orthonormal within a range of the flat vector
 *
 * For parts K_t with anchors a_t on one range: Σ K_t = Mᵀ M with rows √c_i p_i, whose singular vectors are the axes;
 * the targets follow from b = Σ K_t a_t, which lies in their span: s_i = p_i·b/c_i. R changes by a constant only, and
 * its gradient not at all.
 */
import { check } from '../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix, row } from '../numeric/linalg/index.js';
import { type DiagonalPart, type LowRankPart, type Penalty, type PenaltyPart, sizeOf } from './penalty.js';

/** Holds orthonormal axes on the weights offset … offset + axes.cols − 1. */
export interface AxisGroup {
  readonly offset: number;
  /** p_i as rows. */
  readonly axes: Matrix;
  /** c_i > 0. */
  readonly weights: Float64Array;
  /** s_i: the value of w·p_i at which the force vanishes. */
  readonly targets: Float64Array;
}

/** Holds the normal form of a penalty on P weights. */
export interface NormalForm {
  readonly size: number;
  /** d and a, length P each; undefined without diagonal parts. */
  readonly diagonal: { readonly stiffness: Float64Array; readonly anchor: Float64Array } | undefined;
  /** Ranges of different groups do not overlap. */
  readonly groups: readonly AxisGroup[];
  /** Whether the diagonal and the axes act on a common weight: then the two need not commute. */
  readonly overlap: boolean;
  /** Largest eigenvalue of K; with `overlap` an upper bound. */
  readonly stiffest: number;
}

/** Axes whose products differ from those of orthonormal ones by less are used unchanged. */
const ORTHONORMAL = 1e-9;

/**
 * Brings a penalty to its normal form. Cost: k²·size flops to check that axes are orthonormal; several parts on one
 * range or oblique axes about 6·k²·size more; a dense part of order n one `eigh`. Memory: k·size numbers.
 * @throws InputError for a dense part with a negative eigenvalue
 */
export function normalForm(p: Penalty, la: LinearAlgebra): NormalForm {
  const diagonal = sumOfDiagonals(p);
  const groups = clusters(p, la).map((c) => orthonormal(c, la));
  const overlap =
    diagonal !== undefined &&
    groups.some((g) => diagonal.stiffness.subarray(g.offset, g.offset + g.axes.cols).some((v) => v > 0));
  const stiff = diagonal ? diagonal.stiffness.reduce((m, v) => Math.max(m, v), 0) : 0;
  const along = groups.reduce((m, g) => g.weights.reduce((n, v) => Math.max(n, v), m), 0);
  return { size: p.size, diagonal, groups, overlap, stiffest: overlap ? stiff + along : Math.max(stiff, along) };
}

function sumOfDiagonals(p: Penalty): NormalForm['diagonal'] {
  const parts = p.terms.flatMap((t) =>
    t.parts.filter((q): q is DiagonalPart => q.kind === 'diagonal').map((q) => ({ ...q, anchor: t.anchor })),
  );
  if (parts.length === 0) return undefined;
  const stiffness = new Float64Array(p.size);
  const anchor = new Float64Array(p.size);
  for (const { offset, values, anchor: a } of parts) {
    for (let i = 0; i < values.length; i++) {
      const j = offset + i;
      if (values[i] === 0) continue;
      stiffness[j] += values[i];
      anchor[j] += ((a[j] - anchor[j]) * values[i]) / stiffness[j];
    }
  }
  return { stiffness, anchor };
}

interface Cluster {
  readonly from: number;
  readonly to: number;
  readonly parts: readonly { readonly part: LowRankPart; readonly anchor: Float64Array }[];
}

/** Groups the low-rank and dense parts, those with overlapping ranges together. */
function clusters(p: Penalty, la: LinearAlgebra): Cluster[] {
  const all = p.terms
    .flatMap(({ anchor, parts }) =>
      parts.filter((q) => q.kind !== 'diagonal').map((q) => ({ part: asAxes(q, la), anchor })),
    )
    .filter(({ part }) => part.weights.some((c) => c > 0))
    .sort((a, b) => a.part.offset - b.part.offset);
  const out: { from: number; to: number; parts: typeof all }[] = [];
  for (const entry of all) {
    const { offset } = entry.part;
    const end = offset + sizeOf(entry.part);
    const last = out.at(-1);
    if (last && offset < last.to) {
      last.parts.push(entry);
      last.to = Math.max(last.to, end);
    } else out.push({ from: offset, to: end, parts: [entry] });
  }
  return out;
}

/** Turns a dense part into its eigenvectors. Eigenvalues below order·2^−52 of the largest are rounding and left out. */
function asAxes(part: Exclude<PenaltyPart, DiagonalPart>, la: LinearAlgebra): LowRankPart {
  if (part.kind === 'lowRank') return part;
  const { values, vectors } = la.eigh(part.matrix);
  const n = values.length;
  const top = Math.max(Math.abs(values[0]), values[n - 1]);
  check(
    values[0] >= -1e-10 * top,
    'penalty-negative',
    () =>
      `a penalty must not be negative anywhere: the dense part has the eigenvalue ${values[0].toPrecision(4)} beside ${top.toPrecision(4)}.`,
  );
  const kept = Array.from(values.keys()).filter((k) => values[k] > n * 2 ** -52 * top);
  const axes = matrix(kept.length, n);
  kept.forEach((k, r) => {
    for (let i = 0; i < n; i++) axes.data[r * n + i] = vectors.data[i * n + k];
  });
  return { kind: 'lowRank', offset: part.offset, axes, weights: Float64Array.from(kept, (k) => values[k]) };
}

function orthonormal({ from, to, parts }: Cluster, la: LinearAlgebra): AxisGroup {
  const n = to - from;
  const lines = parts.flatMap(({ part, anchor }) =>
    Array.from(part.weights.keys())
      .filter((i) => part.weights[i] > 0)
      .map((i) => ({ line: row(part.axes, i), weight: part.weights[i], at: part.offset - from, anchor })),
  );
  const stacked = matrix(lines.length, n);
  lines.forEach(({ line, at }, r) => {
    stacked.data.set(line, r * n + at);
  });
  const reach = ({ line, at, anchor }: (typeof lines)[number]) =>
    line.reduce((sum, v, i) => sum + v * anchor[from + at + i], 0);
  if (parts.length === 1 && isOrthonormal(stacked, la)) {
    const weights = Float64Array.from(lines, (l) => l.weight);
    return { offset: from, axes: stacked, weights, targets: Float64Array.from(lines, reach) };
  }
  const pull = new Float64Array(n);
  lines.forEach((l, r) => {
    const f = l.weight * reach(l);
    const root = Math.sqrt(l.weight);
    const own = row(stacked, r);
    for (let i = 0; i < n; i++) {
      pull[i] += f * own[i];
      own[i] *= root;
    }
  });
  const { s, vt } = la.svd(stacked);
  const rank = s.filter((v) => v > Math.max(n, lines.length) * 2 ** -52 * s[0]).length;
  const axes = matrix(rank, n, vt.data.slice(0, rank * n));
  const weights = s.slice(0, rank).map((v) => v * v);
  const targets = weights.map((c, i) => row(axes, i).reduce((sum, v, j) => sum + v * pull[j], 0) / c);
  return { offset: from, axes, weights, targets };
}

function isOrthonormal(axes: Matrix, la: LinearAlgebra): boolean {
  const k = axes.rows;
  if (k > axes.cols) return false;
  const products = la.syrk(axes).data;
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) if (Math.abs(products[i * k + j] - (i === j ? 1 : 0)) > ORTHONORMAL) return false;
  return true;
}
