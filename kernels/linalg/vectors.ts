// Matrix-vector kernels on rows that are contiguous in memory: dot products, combinations of rows, symmetric products.
import { at, fma, get, lanes, set } from './simd';

/** Returns Σ x_i y_i. */
export function dot(n: i32, x: usize, y: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end8 = at(x, n & ~7);
  while (x < end8) {
    s0 = fma(v128.load(x), v128.load(y), s0);
    s1 = fma(v128.load(x, 16), v128.load(y, 16), s1);
    s2 = fma(v128.load(x, 32), v128.load(y, 32), s2);
    s3 = fma(v128.load(x, 48), v128.load(y, 48), s3);
    x += 64;
    y += 64;
  }
  let s = lanes(v128.add<f64>(v128.add<f64>(s0, s1), v128.add<f64>(s2, s3)));
  for (let i = 0; i < (n & 7); i++) s += get(x, i) * get(y, i);
  return s;
}

/** Adds alpha·x to y. */
export function axpy(n: i32, alpha: f64, x: usize, y: usize): void {
  const s = f64x2.splat(alpha);
  const end = at(x, n & ~3);
  while (x < end) {
    v128.store(y, fma(s, v128.load(x), v128.load(y)));
    v128.store(y, fma(s, v128.load(x, 16), v128.load(y, 16)), 16);
    x += 32;
    y += 32;
  }
  for (let i = 0; i < (n & 3); i++) set(y, i, get(y, i) + alpha * get(x, i));
}

/** Multiplies x by alpha. */
export function scale(n: i32, alpha: f64, x: usize): void {
  const s = f64x2.splat(alpha);
  const end = at(x, n & ~1);
  while (x < end) {
    v128.store(x, v128.mul<f64>(s, v128.load(x)));
    x += 16;
  }
  if (n & 1) store<f64>(x, alpha * load<f64>(x));
}

/** Computes out_j = rows_j · x for j < k; rows are ld elements apart. */
export function dots(n: i32, k: i32, rows: usize, ld: i32, x: usize, out: usize): void {
  let j = 0;
  for (; j + 4 <= k; j += 4) dots4(n, at(rows, j * ld), ld, x, at(out, j));
  for (; j < k; j++) set(out, j, dot(n, at(rows, j * ld), x));
}

/** Computes `dots` for four rows. */
export function dots4(n: i32, r0: usize, ld: i32, x: usize, out: usize): void {
  const line = (<usize>ld) << 3;
  let r1 = r0 + line;
  let r2 = r1 + line;
  let r3 = r2 + line;
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let t0 = s0;
  let t1 = s0;
  let t2 = s0;
  let t3 = s0;
  const end = at(x, n & ~3);
  while (x < end) {
    let v = v128.load(x);
    s0 = fma(v128.load(r0), v, s0);
    s1 = fma(v128.load(r1), v, s1);
    s2 = fma(v128.load(r2), v, s2);
    s3 = fma(v128.load(r3), v, s3);
    v = v128.load(x, 16);
    t0 = fma(v128.load(r0, 16), v, t0);
    t1 = fma(v128.load(r1, 16), v, t1);
    t2 = fma(v128.load(r2, 16), v, t2);
    t3 = fma(v128.load(r3, 16), v, t3);
    x += 32;
    r0 += 32;
    r1 += 32;
    r2 += 32;
    r3 += 32;
  }
  let a = lanes(v128.add<f64>(s0, t0));
  let b = lanes(v128.add<f64>(s1, t1));
  let c = lanes(v128.add<f64>(s2, t2));
  let d = lanes(v128.add<f64>(s3, t3));
  for (let i = 0; i < (n & 3); i++) {
    const v = get(x, i);
    a += get(r0, i) * v;
    b += get(r1, i) * v;
    c += get(r2, i) * v;
    d += get(r3, i) * v;
  }
  set(out, 0, a);
  set(out, 1, b);
  set(out, 2, c);
  set(out, 3, d);
}

/** Adds sign · Σ_j coef_j·rows_j for j < k to y; coefficients are cs elements apart. */
export function combine(n: i32, k: i32, rows: usize, ld: i32, coef: usize, cs: i32, sign: f64, y: usize): void {
  let j = 0;
  for (; j + 4 <= k; j += 4) {
    combine4(
      n,
      at(rows, j * ld),
      ld,
      sign * get(coef, j * cs),
      sign * get(coef, (j + 1) * cs),
      sign * get(coef, (j + 2) * cs),
      sign * get(coef, (j + 3) * cs),
      y,
    );
  }
  for (; j < k; j++) axpy(n, sign * get(coef, j * cs), at(rows, j * ld), y);
}

/** Adds a combination of four rows with the coefficients a, b, c, d to y. */
export function combine4(n: i32, r0: usize, ld: i32, a: f64, b: f64, c: f64, d: f64, y: usize): void {
  const line = (<usize>ld) << 3;
  let r1 = r0 + line;
  let r2 = r1 + line;
  let r3 = r2 + line;
  const va = f64x2.splat(a);
  const vb = f64x2.splat(b);
  const vc = f64x2.splat(c);
  const vd = f64x2.splat(d);
  const end = at(y, n & ~3);
  while (y < end) {
    let s = fma(va, v128.load(r0), v128.load(y));
    let t = fma(va, v128.load(r0, 16), v128.load(y, 16));
    s = fma(vb, v128.load(r1), s);
    t = fma(vb, v128.load(r1, 16), t);
    s = fma(vc, v128.load(r2), s);
    t = fma(vc, v128.load(r2, 16), t);
    s = fma(vd, v128.load(r3), s);
    t = fma(vd, v128.load(r3, 16), t);
    v128.store(y, s);
    v128.store(y, t, 16);
    y += 32;
    r0 += 32;
    r1 += 32;
    r2 += 32;
    r3 += 32;
  }
  for (let i = 0; i < (n & 3); i++) {
    set(y, i, get(y, i) + a * get(r0, i) + b * get(r1, i) + c * get(r2, i) + d * get(r3, i));
  }
}

/** Does four rows R of a symmetric product: y += Rᵀ·x4 over the columns, y4 += R·x; see `symv`. */
export function symv4(n: i32, r0: usize, ld: i32, x4: usize, x: usize, y: usize, y4: usize): void {
  const line = (<usize>ld) << 3;
  let r1 = r0 + line;
  let r2 = r1 + line;
  let r3 = r2 + line;
  const x0 = v128.load_splat<f64>(x4);
  const x1 = v128.load_splat<f64>(x4, 8);
  const x2 = v128.load_splat<f64>(x4, 16);
  const x3 = v128.load_splat<f64>(x4, 24);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = at(x, n & ~1);
  while (x < end) {
    const v = v128.load(x);
    let t = v128.load(y);
    const a0 = v128.load(r0);
    s0 = fma(a0, v, s0);
    t = fma(a0, x0, t);
    const a1 = v128.load(r1);
    s1 = fma(a1, v, s1);
    let u = v128.mul<f64>(a1, x1);
    const a2 = v128.load(r2);
    s2 = fma(a2, v, s2);
    t = fma(a2, x2, t);
    const a3 = v128.load(r3);
    s3 = fma(a3, v, s3);
    u = fma(a3, x3, u);
    v128.store(y, v128.add<f64>(t, u));
    x += 16;
    y += 16;
    r0 += 16;
    r1 += 16;
    r2 += 16;
    r3 += 16;
  }
  let a = lanes(s0);
  let b = lanes(s1);
  let c = lanes(s2);
  let d = lanes(s3);
  if (n & 1) {
    const v = load<f64>(x);
    const p = load<f64>(r0);
    const q = load<f64>(r1);
    const r = load<f64>(r2);
    const s = load<f64>(r3);
    a += p * v;
    b += q * v;
    c += r * v;
    d += s * v;
    store<f64>(y, load<f64>(y) + p * get(x4, 0) + q * get(x4, 1) + r * get(x4, 2) + s * get(x4, 3));
  }
  set(y4, 0, get(y4, 0) + a);
  set(y4, 1, get(y4, 1) + b);
  set(y4, 2, get(y4, 2) + c);
  set(y4, 3, get(y4, 3) + d);
}

/** Computes y = A x with A symmetric, of which only the upper triangle (row i, columns ≥ i) is read. */
export function symv(n: i32, a: usize, ld: i32, x: usize, y: usize): void {
  memory.fill(y, 0, (<usize>n) << 3);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const d = at(a, i * ld + i);
    for (let r = 0; r < 4; r++) {
      const row = at(d, r * ld);
      let s = get(row, r) * get(x, i + r);
      for (let q = r + 1; q < 4; q++) {
        const v = get(row, q);
        s += v * get(x, i + q);
        set(y, i + q, get(y, i + q) + v * get(x, i + r));
      }
      set(y, i + r, get(y, i + r) + s);
    }
    symv4(n - i - 4, at(d, 4), ld, at(x, i), at(x, i + 4), at(y, i + 4), at(y, i));
  }
  for (; i < n; i++) {
    const row = at(a, i * ld);
    let s = get(row, i) * get(x, i);
    for (let q = i + 1; q < n; q++) {
      const v = get(row, q);
      s += v * get(x, q);
      set(y, q, get(y, q) + v * get(x, i));
    }
    set(y, i, get(y, i) + s);
  }
}

/** Replaces rows p and q by c·p + s·q and c·q − s·p. */
export function rotateRows(n: i32, p: usize, q: usize, c: f64, s: f64): void {
  const vc = f64x2.splat(c);
  const vs = f64x2.splat(s);
  const end = at(p, n & ~1);
  while (p < end) {
    const a = v128.load(p);
    const b = v128.load(q);
    v128.store(p, fma(vs, b, v128.mul<f64>(vc, a)));
    v128.store(q, v128.sub<f64>(v128.mul<f64>(vc, b), v128.mul<f64>(vs, a)));
    p += 16;
    q += 16;
  }
  if (n & 1) {
    const a = load<f64>(p);
    const b = load<f64>(q);
    store<f64>(p, c * a + s * b);
    store<f64>(q, c * b - s * a);
  }
}

/** Transposes a square matrix in place, in 8×8 blocks. */
export function transposeSquare(n: i32, a: usize): void {
  for (let ib = 0; ib < n; ib += 8) {
    for (let jb = ib; jb < n; jb += 8) transposeBlock(n, a, ib, jb);
  }
}

/** Exchanges the 8×8 blocks (ib, jb) and (jb, ib), each transposed. */
export function transposeBlock(n: i32, a: usize, ib: i32, jb: i32): void {
  const ie = min(ib + 8, n);
  const je = min(jb + 8, n);
  for (let i = ib; i < ie; i++) {
    for (let j = max(jb, i + 1); j < je; j++) {
      const p = at(a, i * n + j);
      const q = at(a, j * n + i);
      const v = load<f64>(p);
      store<f64>(p, load<f64>(q));
      store<f64>(q, v);
    }
  }
}
