/**
 * Units of the coordinates. A coordinate in metres beside one in nanometres makes any F look non-normal: rounding errors scale
 * with the largest entries and exceed the small ones. In units of its own standard deviation every coordinate counts the same, so
 * a system whose deviations differ much is decomposed in such units; the factors are powers of two, so both changes are exact.
 */
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { LinearSystem } from './linear-system.js';

/** Ratio of the largest to the smallest standard deviation from which on units are changed. */
const SPREAD = 64;

/**
 * Finds powers of two t_i that make rows and columns of diag(t)·F·diag(t)⁻¹ alike (Osborne 1960; Parlett & Reinsch 1969), and
 * returns undefined where they differ too little to matter. Without them, eigenvalues and solutions of a badly scaled F lose
 * digits to rounding. Only entries off the diagonal count; a coordinate whose row or column is zero off the diagonal keeps its
 * unit.
 */
export function balancedUnits(f: Matrix): Float64Array | undefined {
  const n = f.rows;
  if (!unequal(f)) return undefined;
  const t = new Float64Array(n).fill(1);
  for (let sweep = 0, moved = true; moved && sweep < 100; sweep++) {
    moved = false;
    for (let i = 0; i < n; i++) {
      let [into, out] = [0, 0];
      for (let j = 0; j < n; j++) {
        if (j === i) continue;
        into = Math.max(into, (t[i] * Math.abs(f.data[i * n + j])) / t[j]);
        out = Math.max(out, (t[j] * Math.abs(f.data[j * n + i])) / t[i]);
      }
      if (into === 0 || out === 0) continue;
      const factor = 2 ** Math.round(0.5 * Math.log2(out / into));
      if (factor === 1) continue;
      t[i] *= factor;
      moved = true;
    }
  }
  const spread = t.reduce((a, b) => Math.max(a, b), 0) / t.reduce((a, b) => Math.min(a, b), Infinity);
  return spread > SPREAD && spread < 2 ** 200 ? t : undefined;
}

/** Says whether the largest entry in the row of some coordinate is over 16 times that in its column, or the reverse. One pass. */
function unequal(f: Matrix): boolean {
  const n = f.rows;
  const [into, out] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const v = i === j ? 0 : Math.abs(f.data[i * n + j]);
      if (v > into[i]) into[i] = v;
      if (v > out[j]) out[j] = v;
    }
  }
  return into.some((v, i) => v > 16 * out[i] || out[i] > 16 * v);
}

/** Returns powers of two t_i that bring the deviations t_i·√W_ii near 1, or undefined where they differ too little to matter. */
export function naturalUnits(w: Matrix): Float64Array | undefined {
  const variances = Array.from({ length: w.rows }, (_, i) => w.data[i * (w.rows + 1)]);
  const low = variances.reduce((a, b) => Math.min(a, b), Infinity);
  const high = variances.reduce((a, b) => Math.max(a, b), 0);
  if (!(low > 0 && high > SPREAD * SPREAD * low && Number.isFinite(high))) return undefined;
  return Float64Array.from(variances, (v) => 2 ** -Math.round(0.5 * Math.log2(v)));
}

/** Rewrites a system for the coordinates t_i·x_i: drift diag(t)·F·diag(t)⁻¹, diffusion diag(t)·D·diag(t). */
export function inUnits({ drift, diffusion, noiseStrength = 1 }: LinearSystem, t: Float64Array): LinearSystem {
  return { drift: rescale(drift, t, inverse(t)), diffusion: rescale(diffusion, t, t), noiseStrength };
}

/** Returns diag(left)·m·diag(right), a new matrix. */
export function rescale(m: Matrix, left: Float64Array, right: Float64Array): Matrix {
  const out = matrix(m.rows, m.cols);
  for (let i = 0; i < m.rows; i++)
    for (let j = 0; j < m.cols; j++) out.data[i * m.cols + j] = left[i] * m.data[i * m.cols + j] * right[j];
  return out;
}

/** Returns the reciprocals 1/t_i. */
export const inverse = (t: Float64Array): Float64Array => t.map((v) => 1 / v);
