/** The symmetric eigenproblem by LAPACK. */
import { RunError } from '../errors.js';
import { checkSymmetric, type Matrix, matrix } from './matrix.js';
import type { SubsetEigen, SymmetricEigen } from './provider.js';
import { subsetEigen } from './subset-eigen.js';
import { int, type Lapack } from './system-library.js';

/** Computes A = V·diag(values)·Vᵀ by divide and conquer. */
export function systemEigh(f: Lapack, a: Matrix): SymmetricEigen {
  checkSymmetric(a, 'eigh');
  const n = a.rows;
  const vectors = matrix(n, n, a.data.slice());
  const values = symmetricEigen(f, 'V', vectors);
  transposeSquare(vectors);
  return { values, vectors };
}

/** Computes the eigenvalues only. */
export function systemEigvalsh(f: Lapack, a: Matrix): Float64Array {
  checkSymmetric(a, 'eigvalsh');
  return symmetricEigen(f, 'N', matrix(a.rows, a.rows, a.data.slice()));
}

/** Columns that dsytrd and dormtr work on at once. */
const BLOCK = 64;

/** Computes the eigenvalues and some eigenvectors. */
export function systemEighSubset(f: Lapack, a: Matrix, indices: readonly number[]): SubsetEigen {
  return subsetEigen(a, indices, {
    all: (whole) => systemEigh(f, whole),
    few: (scale, vectorsOf) => {
      const n = a.rows;
      const t = a.data.slice();
      if (scale !== 1) for (let i = 0; i < t.length; i++) t[i] *= scale;
      const [d, e, tau] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
      const [order, info, work] = [int(n), int(0), new Float64Array(BLOCK * (BLOCK + n))];
      f.dsytrd('L', order, t, order, d, e, tau, work, int(work.length), info);
      const [values, off] = [d.slice(), e.slice()];
      f.dsterf(order, values, off, info);
      if (info[0] !== 0)
        throw new RunError('not-converged', `eighSubset: LAPACK's dsterf failed with info = ${info[0]}.`);
      const vectors = vectorsOf(d, e, values);
      if (!vectors) return undefined;
      // rows of ours are columns of Fortran's
      const K = int(indices.length);
      f.dormtr('L', 'L', 'N', order, K, t, order, tau, vectors.data, order, work, int(work.length), info);
      return { values, vectors };
    },
  });
}

function symmetricEigen(f: Lapack, job: 'V' | 'N', a: Matrix): Float64Array {
  const n = a.rows;
  const w = new Float64Array(n);
  if (n === 0) return w;
  const lwork = job === 'V' ? 1 + 6 * n + 2 * n * n : 2 * n + 64 * n + 1;
  const liwork = job === 'V' ? 3 + 5 * n : 1;
  const info = int(0);
  const [order, work, iwork] = [int(n), new Float64Array(lwork), new Int32Array(f.words * liwork)];
  f.dsyevd(job, 'L', order, a.data, order, w, work, int(lwork), iwork, int(liwork), info);
  if (info[0] !== 0) throw new RunError('not-converged', `eigh: LAPACK's dsyevd failed with info = ${info[0]}.`);
  return w;
}

function transposeSquare(a: Matrix): void {
  const n = a.rows;
  for (let ib = 0; ib < n; ib += 16) {
    for (let jb = ib; jb < n; jb += 16) {
      const ie = Math.min(ib + 16, n);
      const je = Math.min(jb + 16, n);
      for (let i = ib; i < ie; i++) {
        for (let j = Math.max(jb, i + 1); j < je; j++) {
          const v = a.data[i * n + j];
          a.data[i * n + j] = a.data[j * n + i];
          a.data[j * n + i] = v;
        }
      }
    }
  }
}
