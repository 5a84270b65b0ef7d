/** Some eigenvectors of a symmetric tridiagonal matrix by inverse iteration. */
import { type Matrix, matrix } from './matrix.js';

/** Vectors of eigenvalues nearer to each other than this share of ‖T‖ are made orthogonal to each other, as LAPACK's dstein does. */
const NEAR = 1e-3;
/** Solutions from a random vector; two nearly always do. */
const SOLUTIONS = 5;
/** Largest ‖T v − λ v‖/‖T‖ of a unit vector that counts as found, in units of 2^−52. */
const FOUND = 256;

/**
 * Computes the unit eigenvectors of chosen eigenvalues of the tridiagonal T, as the rows of a K×n matrix. Each costs some 100·n
 * flops, and 4·n for every earlier one whose eigenvalue is near. Returns undefined when one of them was not found, which
 * happens where so many of the chosen eigenvalues lie so close together that rounding cannot tell them apart.
 * @param d - diagonal of T, n numbers
 * @param e - the numbers beside it, n − 1 (what follows is not read)
 * @param values - the chosen eigenvalues, ascending, exact to rounding
 */
export function tridiagonalVectors(d: Float64Array, e: Float64Array, values: Float64Array): Matrix | undefined {
  const n = d.length;
  const K = values.length;
  const out = matrix(K, n);
  let size = 0;
  for (let i = 0; i < n; i++)
    size = Math.max(size, Math.abs(d[i]) + Math.abs(i > 0 ? e[i - 1] : 0) + Math.abs(i + 1 < n ? e[i] : 0));
  const tiny = Math.max(size * 2 ** -52, Number.MIN_VALUE * 2 ** 60);
  const factor = new Shifted(n);
  let state = 1;
  let near = 0;
  for (let k = 0; k < K; k++) {
    while (values[k] - values[near] > NEAR * size) near++;
    factor.of(d, e, values[k], tiny);
    const v = out.data.subarray(k * n, (k + 1) * n);
    for (let i = 0; i < n; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      v[i] = state / 2 ** 31;
    }
    unit(v);
    let found = false;
    for (let s = 0; s < SOLUTIONS && !found; s++) {
      factor.solve(v);
      for (let j = near; j < k; j++) removeFrom(v, out.data.subarray(j * n, (j + 1) * n));
      unit(v);
      // one solution more than the residual asks for: it removes what is left of other vectors
      found = s > 0 && residual(d, e, values[k], v) <= FOUND * 2 ** -52 * size;
    }
    if (!found) return undefined;
  }
  return out;
}

/** The factors of T − λ = P·L·U with partial pivoting, U with two diagonals beside its own. */
class Shifted {
  private readonly u: Float64Array;
  private readonly u1: Float64Array;
  private readonly u2: Float64Array;
  private readonly l: Float64Array;
  private readonly swapped: Uint8Array;

  constructor(private readonly n: number) {
    [this.u, this.u1, this.u2, this.l] = Array.from({ length: 4 }, () => new Float64Array(n));
    this.swapped = new Uint8Array(n);
  }

  /** Factorises; a pivot below `tiny` is replaced by it, as an exact λ would make one of them zero. */
  of(d: Float64Array, e: Float64Array, lambda: number, tiny: number): void {
    const { n, u, u1, u2, l, swapped } = this;
    let pivot = d[0] - lambda;
    let beside = n > 1 ? e[0] : 0;
    for (let i = 0; i + 1 < n; i++) {
      const below = e[i];
      const next = d[i + 1] - lambda;
      const beyond = i + 2 < n ? e[i + 1] : 0;
      if (Math.abs(below) > Math.abs(pivot)) {
        const f = pivot / below;
        [u[i], u1[i], u2[i], l[i], swapped[i]] = [below, next, beyond, f, 1];
        pivot = beside - f * next;
        beside = -f * beyond;
      } else {
        if (Math.abs(pivot) < tiny) pivot = pivot < 0 ? -tiny : tiny;
        const f = below / pivot;
        [u[i], u1[i], u2[i], l[i], swapped[i]] = [pivot, beside, 0, f, 0];
        pivot = next - f * beside;
        beside = beyond;
      }
    }
    u[n - 1] = Math.abs(pivot) < tiny ? (pivot < 0 ? -tiny : tiny) : pivot;
  }

  /** Replaces x by a multiple of the solution of (T − λ) y = x. */
  solve(x: Float64Array): void {
    const { n, u, u1, u2, l, swapped } = this;
    for (let i = 0; i + 1 < n; i++) {
      const [own, next] = swapped[i] ? [x[i + 1], x[i]] : [x[i], x[i + 1]];
      x[i] = own;
      x[i + 1] = next - l[i] * own;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i];
      if (i + 1 < n) sum -= u1[i] * x[i + 1];
      if (i + 2 < n) sum -= u2[i] * x[i + 2];
      x[i] = sum / u[i];
      if (Math.abs(x[i]) > 2 ** 500) for (let j = 0; j < n; j++) x[j] *= 2 ** -500;
    }
  }
}

function unit(v: Float64Array): void {
  let largest = 0;
  for (const x of v) largest = Math.max(largest, Math.abs(x));
  if (!(largest > 0)) return;
  let sum = 0;
  for (const x of v) sum += (x / largest) ** 2;
  const scale = 1 / (largest * Math.sqrt(sum));
  for (let i = 0; i < v.length; i++) v[i] *= scale;
}

function removeFrom(v: Float64Array, unitVector: Float64Array): void {
  let dot = 0;
  for (let i = 0; i < v.length; i++) dot += v[i] * unitVector[i];
  for (let i = 0; i < v.length; i++) v[i] -= dot * unitVector[i];
}

/** ‖T v − λ v‖ */
function residual(d: Float64Array, e: Float64Array, lambda: number, v: Float64Array): number {
  const n = d.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let r = (d[i] - lambda) * v[i];
    if (i > 0) r += e[i - 1] * v[i - 1];
    if (i + 1 < n) r += e[i] * v[i + 1];
    sum += r * r;
  }
  return Math.sqrt(sum);
}
