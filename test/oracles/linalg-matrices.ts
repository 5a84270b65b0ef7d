/** Test matrices with known answers, and naive measures that share no code with src/numeric/linalg. */
import type { Matrix } from '../../src/numeric/linalg/index.js';

/** mulberry32: uniform in [0, 1). */
export function uniform(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function fill(rows: number, cols: number, f: (i: number, j: number) => number): Matrix {
  const data = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) data[i * cols + j] = f(i, j);
  return { rows, cols, data };
}

export function random(rows: number, cols: number, seed: number): Matrix {
  const u = uniform(seed);
  return fill(rows, cols, () => 2 * u() - 1);
}

export function symmetric(n: number, f: (i: number, j: number) => number): Matrix {
  return fill(n, n, (i, j) => (i <= j ? f(i, j) : f(j, i)));
}

export function randomSymmetric(n: number, seed: number): Matrix {
  const r = random(n, n, seed);
  return symmetric(n, (i, j) => r.data[i * n + j]);
}

/** H·A·Hᵀ-style: multiplies by three random reflections on the left (side 'l'), the right, or both; exact orthogonality. */
export function reflect(a: Matrix, seed: number, side: 'left' | 'right' | 'both'): Matrix {
  const { rows, cols } = a;
  const data = a.data.slice();
  const u = uniform(seed);
  for (let pass = 0; pass < 3; pass++) {
    const turn = (n: number, get: (i: number, k: number) => number, lines: number) => {
      const v = Array.from({ length: n }, () => 2 * u() - 1);
      const vv = v.reduce((s, x) => s + x * x, 0);
      for (let l = 0; l < lines; l++) {
        let s = 0;
        for (let i = 0; i < n; i++) s += v[i] * data[get(i, l)];
        for (let i = 0; i < n; i++) data[get(i, l)] -= (2 * s * v[i]) / vv;
      }
      return v;
    };
    if (side === 'left') turn(rows, (i, l) => i * cols + l, cols);
    else if (side === 'right') turn(cols, (j, l) => l * cols + j, rows);
    else {
      // the same reflection on both sides keeps the eigenvalues
      const v = turn(rows, (i, l) => i * cols + l, cols);
      const vv = v.reduce((s, x) => s + x * x, 0);
      for (let i = 0; i < rows; i++) {
        let s = 0;
        for (let j = 0; j < cols; j++) s += v[j] * data[i * cols + j];
        for (let j = 0; j < cols; j++) data[i * cols + j] -= (2 * s * v[j]) / vv;
      }
    }
  }
  return side === 'both' ? symmetric(rows, (i, j) => data[i * cols + j]) : { rows, cols, data };
}

export function diag(values: readonly number[], rows = values.length, cols = values.length): Matrix {
  return fill(rows, cols, (i, j) => (i === j ? values[i] : 0));
}

export function norm(a: Matrix): number {
  return Math.sqrt(a.data.reduce((s, v) => s + v * v, 0));
}

/** Naive product. */
export function times(a: Matrix, b: Matrix): Matrix {
  const c = fill(a.rows, b.cols, () => 0);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.cols; k++) {
      const v = a.data[i * a.cols + k];
      if (v !== 0) for (let j = 0; j < b.cols; j++) c.data[i * b.cols + j] += v * b.data[k * b.cols + j];
    }
  }
  return c;
}

export function flip(a: Matrix): Matrix {
  return fill(a.cols, a.rows, (i, j) => a.data[j * a.cols + i]);
}

export function minus(a: Matrix, b: Matrix): Matrix {
  return fill(a.rows, a.cols, (i, j) => a.data[i * a.cols + j] - b.data[i * a.cols + j]);
}

/** ‖QᵀQ − 1‖_F over the columns of Q. */
export function orthonormality(q: Matrix): number {
  return norm(minus(times(flip(q), q), diag(new Array(q.cols).fill(1))));
}

/** ‖A·V − V·diag(w)‖_F / ‖A‖_F. */
export function eigenResidual(a: Matrix, w: ArrayLike<number>, v: Matrix): number {
  const scale = norm(a) || 1;
  return (
    norm(
      minus(
        times(a, v),
        fill(v.rows, v.cols, (i, j) => v.data[i * v.cols + j] * w[j]),
      ),
    ) / scale
  );
}
