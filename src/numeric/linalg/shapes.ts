/** Shape checks that both providers share. */
import { check } from '../errors.js';
import type { Matrix } from './matrix.js';
import type { GemmOptions, RealSchur, SylvesterOptions } from './provider.js';

/**
 * Returns the sizes of op(A) m×k times op(B) k×n, with alpha and beta filled in.
 * @throws InputError when shapes do not fit
 */
export function gemmShape(a: Matrix, b: Matrix, options: GemmOptions) {
  const [m, k] = options.transposeA ? [a.cols, a.rows] : [a.rows, a.cols];
  const [k2, n] = options.transposeB ? [b.cols, b.rows] : [b.rows, b.cols];
  check(k === k2, 'matrix-shape', () => `gemm: cannot multiply ${m}×${k} by ${k2}×${n}; the inner sizes differ.`);
  const c = options.into;
  check(
    !c || (c.rows === m && c.cols === n),
    'matrix-shape',
    () => `gemm: the product is ${m}×${n}, but the matrix to write into is ${c?.rows}×${c?.cols}.`,
  );
  check(
    !c || (c.data !== a.data && c.data !== b.data),
    'matrix-alias',
    'gemm: the matrix to write into must not be one of the factors.',
  );
  return { m, n, k, alpha: options.alpha ?? 1, beta: c ? (options.beta ?? 0) : 0 };
}

/**
 * Refuses sizes that do not fit S·Y + Y·op(T) = C.
 * @throws InputError
 */
export function sylvesterShape(s: Matrix, t: Matrix, c: Matrix, options: SylvesterOptions): void {
  check(
    s.rows === s.cols && t.rows === t.cols && c.rows === s.rows && c.cols === t.rows,
    'matrix-shape',
    () =>
      `triangularSylvester: S ${s.rows}×${s.cols}, T ${t.rows}×${t.cols} and C ${c.rows}×${c.cols} do not fit S·Y + Y·T = C.`,
  );
  check(
    !options.symmetric || (options.transpose === true && s.data === t.data),
    'matrix-shape',
    'triangularSylvester: the symmetric case needs T = S and op(T) = Tᵀ.',
  );
}

/**
 * Makes a Schur form, with the eigenvalues read off the diagonal blocks of T (in standard form: equal diagonal
 * entries).
 */
export function schurEigenvalues(t: Matrix, z: Matrix): RealSchur {
  const n = t.rows;
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    re[i] = t.data[i * n + i];
    const below = i + 1 < n ? t.data[(i + 1) * n + i] : 0;
    if (below !== 0) {
      re[i + 1] = t.data[(i + 1) * n + i + 1];
      im[i] = Math.sqrt(Math.abs(t.data[i * n + i + 1])) * Math.sqrt(Math.abs(below));
      im[i + 1] = -im[i];
      i++;
    }
  }
  return { t, z, re, im };
}
