// Implicit QL iteration for a symmetric tridiagonal matrix with Wilkinson's shift (EISPACK's tql2 and tql1).
import { at, EPS, get, set } from './simd';
import { rotateRows } from './vectors';

/**
 * Computes the eigenvalues in d, ascending; e (n − 1 used, n allocated) is destroyed. With z != 0 the rows of z (row
 * distance ldz, `cols` long) are rotated likewise, so that identity rows become eigenvectors. Returns 0, or 1 when it
 * did not converge.
 */
export function ql(n: i32, d: usize, e: usize, z: usize, ldz: i32, cols: i32): i32 {
  if (n > 0) set(e, n - 1, 0);
  // couplings below a quarter of the rounding error of ‖T‖ are dropped: without this, rows of pure rounding noise that
  // grow downwards never converge
  let size: f64 = 0;
  for (let i = 0; i < n; i++) size = max(size, max(abs(get(d, i)), abs(get(e, i))));
  const floor = max(0.25 * EPS * size, 1e-300);
  for (let l = 0; l < n; l++) {
    let sweeps = 0;
    while (true) {
      let m = l;
      for (; m < n - 1; m++) {
        const s = abs(get(d, m)) + abs(get(d, m + 1));
        const off = abs(get(e, m));
        if (off <= EPS * s || off <= floor) break;
      }
      if (m == l) break;
      if (++sweeps > 80) return 1;
      let g = (get(d, l + 1) - get(d, l)) / (2 * get(e, l));
      let r = hypot(g, 1);
      g = get(d, m) - get(d, l) + get(e, l) / (g + copysign(r, g));
      let s: f64 = 1;
      let c: f64 = 1;
      let p: f64 = 0;
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * get(e, i);
        const b = c * get(e, i);
        r = hypot(f, g);
        set(e, i + 1, r);
        if (r == 0) {
          set(d, i + 1, get(d, i + 1) - p);
          set(e, m, 0);
          break;
        }
        s = f / r;
        c = g / r;
        g = get(d, i + 1) - p;
        const t = (get(d, i) - g) * s + 2 * c * b;
        p = s * t;
        set(d, i + 1, g + p);
        g = c * t - b;
        // column i ← c·z_i − s·z_{i+1}, column i + 1 ← s·z_i + c·z_{i+1}
        if (z) rotateRows(cols, at(z, (i + 1) * ldz), at(z, i * ldz), c, s);
      }
      if (r == 0 && i >= l) continue;
      set(d, l, get(d, l) - p);
      set(e, l, g);
      set(e, m, 0);
    }
  }
  for (let i = 0; i < n - 1; i++) {
    let k = i;
    for (let j = i + 1; j < n; j++) if (get(d, j) < get(d, k)) k = j;
    if (k == i) continue;
    const t = get(d, i);
    set(d, i, get(d, k));
    set(d, k, t);
    if (z) {
      const p = at(z, i * ldz);
      const q = at(z, k * ldz);
      for (let j = 0; j < cols; j++) {
        const v = get(p, j);
        set(p, j, get(q, j));
        set(q, j, v);
      }
    }
  }
  return 0;
}

/** Returns sqrt(a² + b²); entries are scaled near 1 beforehand, so that only underflow needs care. */
// @ts-ignore: decorator
@inline
function hypot(a: f64, b: f64): f64 {
  const s = a * a + b * b;
  if (s > 1e-280 && s < 1e280) return sqrt(s);
  const x = abs(a);
  const y = abs(b);
  const m = max(x, y);
  if (m == 0) return 0;
  const q = min(x, y) / m;
  return m * sqrt(1 + q * q);
}
