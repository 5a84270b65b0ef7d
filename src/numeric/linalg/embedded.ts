/** The provider of linear algebra that runs everywhere: WebAssembly kernels (kernels/linalg). */
import { kernelBuild } from '../../kernels/load.js';
import { check } from '../errors.js';
import { embeddedEigh, embeddedEighSubset, embeddedEigvalsh } from './embedded-eigh.js';
import { embeddedLu, lowerInverse } from './embedded-lu.js';
import { embeddedSchur, embeddedTriangularSylvester } from './embedded-schur.js';
import { embeddedSvd } from './embedded-svd.js';
import { Heap, withHeap } from './heap.js';
import { checkFinite, checkSquare, checkSymmetric, identity, type Matrix, matrix } from './matrix.js';
import type { LinearAlgebra, RankUpdater } from './provider.js';
import { gemmShape } from './shapes.js';

/**
 * Returns the embedded provider. Its `name` says which kernel build is in use at that moment (see `forceKernelBuild`).
 * It is always available and uses one core.
 */
export function embeddedLinearAlgebra(): LinearAlgebra {
  return {
    kind: 'embedded',
    get name() {
      return `embedded (WebAssembly, ${kernelBuild()})`;
    },

    gemm(a, b, options = {}) {
      const s = gemmShape(a, b, options);
      const c = options.into ?? matrix(s.m, s.n);
      return withHeap(8 * (a.data.length + b.data.length + c.data.length), (heap) => {
        const pa = heap.put(a.data);
        const pb = b === a ? pa : heap.put(b.data);
        const pc = s.beta === 0 ? heap.alloc(c.data.length) : heap.put(c.data);
        const [ars, acs] = options.transposeA ? [1, a.cols] : [a.cols, 1];
        const [brs, bcs] = options.transposeB ? [1, b.cols] : [b.cols, 1];
        heap.kernel.gemm(s.m, s.n, s.k, s.alpha, pa, ars, acs, pb, brs, bcs, s.beta, pc, s.n, 0);
        c.data.set(heap.view(pc, c.data.length));
        return c;
      });
    },

    syrk(a, options = {}) {
      const n = options.transpose ? a.cols : a.rows;
      const k = options.transpose ? a.rows : a.cols;
      const c = matrix(n, n);
      return withHeap(8 * (a.data.length + n * n), (heap) => {
        const pa = heap.put(a.data);
        const pc = heap.alloc(n * n);
        const [s, t] = options.transpose ? [1, a.cols] : [a.cols, 1];
        heap.kernel.gemm(n, n, k, options.alpha ?? 1, pa, s, t, pa, t, s, 0, pc, n, 1);
        c.data.set(heap.view(pc, n * n));
        return mirrorUpper(c);
      });
    },

    rankUpdater: (n) => rankUpdater(n),
    eigh: (a) => embeddedEigh(a),
    eighSubset: (a, indices) => embeddedEighSubset(a, indices),
    eigvalsh: (a) => embeddedEigvalsh(a),

    cholesky(a) {
      checkSymmetric(a, 'cholesky');
      const n = a.rows;
      return withHeap(8 * n * n, (heap) => {
        const p = heap.put(a.data);
        const failed = heap.kernel.cholesky(n, p, n);
        const l = matrix(n, n, heap.take(p, n * n));
        check(failed === 0, 'not-positive-definite', () => notPositive(failed - 1, l.data[(failed - 1) * (n + 1)]));
        for (let i = 0; i < n; i++) l.data.fill(0, i * n + i + 1, (i + 1) * n);
        return l;
      });
    },

    choleskySolve(l, b) {
      checkSolve(l, b, 'choleskySolve');
      const n = l.rows;
      return withHeap(8 * (n * n + b.data.length), (heap) => {
        const pl = heap.put(l.data);
        const pb = heap.put(b.data);
        heap.kernel.solveLower(n, b.cols, pl, n, 0, pb, b.cols);
        heap.kernel.solveUpper(n, b.cols, pl, 1, n, 0, pb, b.cols);
        return matrix(n, b.cols, heap.take(pb, b.data.length));
      });
    },

    lowerInverse(l) {
      checkLower(l);
      const n = l.rows;
      return withHeap(16 * n * n, (heap) => {
        const [pl, px] = [heap.put(l.data), heap.put(identity(n).data)];
        lowerInverse(heap, n, pl, 0, px);
        return matrix(n, n, heap.take(px, n * n));
      });
    },

    lu: (a) => embeddedLu(a),
    svd: (a) => embeddedSvd(a),
    schur: (a) => embeddedSchur(a),
    triangularSylvester: (s, t, c, options) => embeddedTriangularSylvester(s, t, c, options),
  };
}

/** Returns the sentence for a failed Cholesky factorisation, the same for both providers. */
export function notPositive(pivot: number, value?: number): string {
  const seen = value === undefined ? 'not positive' : `${value}`;
  return `cholesky: the matrix is not positive definite: pivot ${pivot} is ${seen}; add a ridge or drop the null directions.`;
}

/**
 * Refuses shapes that do not fit a solve with a square factor, and right sides that are not finite.
 * @throws InputError
 */
export function checkSolve(f: Matrix, b: Matrix, who: string): void {
  check(
    f.rows === f.cols && b.rows === f.rows,
    'matrix-shape',
    () => `${who}: a ${f.rows}×${f.cols} factor cannot solve for a right side with ${b.rows} rows.`,
  );
  checkFinite(b, who);
}

/**
 * Refuses a matrix that is not square or not finite, or whose lower triangle has no inverse.
 * @throws InputError
 */
export function checkLower(l: Matrix): void {
  checkSquare(l, 'lowerInverse');
  checkFinite(l, 'lowerInverse');
  for (let i = 0; i < l.rows; i++)
    check(
      l.data[i * (l.rows + 1)] !== 0,
      'singular',
      () => `lowerInverse: diagonal entry ${i} of ${l.rows} is 0, so there is no inverse.`,
    );
}

/** Copies the upper triangle of a square matrix onto the lower one, in place. */
export function mirrorUpper(c: Matrix): Matrix {
  const n = c.rows;
  for (let ib = 0; ib < n; ib += 32) {
    for (let jb = ib; jb < n; jb += 32) {
      const ie = Math.min(ib + 32, n);
      const je = Math.min(jb + 32, n);
      for (let i = ib; i < ie; i++) {
        for (let j = Math.max(jb, i + 1); j < je; j++) c.data[j * n + i] = c.data[i * n + j];
      }
    }
  }
  return c;
}

function rankUpdater(n: number): RankUpdater {
  const capacity = 256;
  const heap = new Heap(8 * n * (n + capacity) + 4 * 2 ** 20);
  const sum = heap.alloc(n * n);
  const piece = heap.alloc(capacity * n);
  heap.view(sum, n * n).fill(0);
  return {
    n,
    capacity,
    buffer: heap.view(piece, capacity * n),
    update(count) {
      heap.kernel.gemm(n, n, count, 1, piece, 1, n, piece, n, 1, 1, sum, n, 1);
    },
    finish: () => mirrorUpper(matrix(n, n, heap.take(sum, n * n))),
  };
}
