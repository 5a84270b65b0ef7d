/** Shape checks that both providers share. */
import { check } from '../errors.js';
import type { Matrix } from './matrix.js';
import type { GemmOptions } from './provider.js';

/** Sizes of op(A) m×k times op(B) k×n, with the factors filled in; refuses shapes that do not fit. */
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
