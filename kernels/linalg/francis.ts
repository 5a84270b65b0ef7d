// Real Schur form of small Hessenberg matrices by the double-shift QR iteration (LAPACK's dlahqr, dlanv2).
//
// H is row-major; the orthogonal factor is kept transposed (row j of u is Schur vector j), so that its updates are
// contiguous.
import { at, EPS, fma, fnma, get, set } from './simd';
import { rotateRows } from './vectors';

const TINY: f64 = 1e-290;
/** The spacing of 1, 2^-52, LAPACK's 'precision'. */
const ULP: f64 = 2 * EPS;

/** The standard form of a 2×2 block: its entries, the rotation to it, the imaginary part of the eigenvalues. */
export let sa: f64 = 0;
export let sb: f64 = 0;
export let sc: f64 = 0;
export let sd: f64 = 0;
export let cs: f64 = 1;
export let sn: f64 = 0;

/**
 * Brings (a b; c d) to standard form: upper triangular, or equal diagonal entries and off-diagonal ones of opposite
 * sign.
 */
export function standardise(a: f64, b: f64, c: f64, d: f64): void {
  cs = 1;
  sn = 0;
  if (c == 0) {
    // nothing to do
  } else if (b == 0) {
    cs = 0;
    sn = 1;
    const t = d;
    d = a;
    a = t;
    b = -c;
    c = 0;
  } else if (a - d == 0 && b > 0 != c > 0) {
    // already standard
  } else {
    let t = a - d;
    let p = 0.5 * t;
    const most = max(abs(b), abs(c));
    const least = min(abs(b), abs(c)) * copysign(1, b) * copysign(1, c);
    const size = max(abs(p), most);
    let z = (p / size) * p + (most / size) * least;
    if (z >= 4 * ULP) {
      // two real eigenvalues
      z = p + copysign(sqrt(size) * sqrt(z), p);
      a = d + z;
      d = d - (most / z) * least;
      const r = hypot(c, z);
      cs = z / r;
      sn = c / r;
      b = b - c;
      c = 0;
    } else {
      // complex or nearly equal ones: make the diagonal entries equal
      const sigma = b + c;
      const r = hypot(sigma, t);
      cs = sqrt(0.5 * (1 + abs(sigma) / r));
      sn = -(p / (r * cs)) * copysign(1, sigma);
      const aa = a * cs + b * sn;
      const bb = -a * sn + b * cs;
      const cc = c * cs + d * sn;
      const dd = -c * sn + d * cs;
      a = aa * cs + cc * sn;
      b = bb * cs + dd * sn;
      c = -aa * sn + cc * cs;
      d = -bb * sn + dd * cs;
      t = 0.5 * (a + d);
      a = t;
      d = t;
      if (c != 0) {
        if (b != 0) {
          if (b > 0 == c > 0) {
            const sab = sqrt(abs(b));
            const sac = sqrt(abs(c));
            p = copysign(sab * sac, c);
            const q = 1 / sqrt(abs(b + c));
            a = t + p;
            d = t - p;
            b = b - c;
            c = 0;
            const c1 = sab * q;
            const s1 = sac * q;
            t = cs * c1 - sn * s1;
            sn = cs * s1 + sn * c1;
            cs = t;
          }
        } else {
          b = -c;
          c = 0;
          t = cs;
          cs = -sn;
          sn = t;
        }
      }
    }
  }
  sa = a;
  sb = b;
  sc = c;
  sd = d;
}

function hypot(a: f64, b: f64): f64 {
  const m = max(abs(a), abs(b));
  if (m == 0) return 0;
  const x = a / m;
  const y = b / m;
  return m * sqrt(x * x + y * y);
}

/** Reflector (1, v1, v2) with factor tau that maps (x, y, z) to (beta, 0, 0). */
export let tau: f64 = 0;
export let v1: f64 = 0;
export let v2: f64 = 0;
export let beta: f64 = 0;

/** Makes the reflector that maps (x, y, z) to (beta, 0, 0). */
export function reflector3(x: f64, y: f64, z: f64): void {
  const m = max(abs(x), max(abs(y), abs(z)));
  if (y == 0 && z == 0) {
    tau = 0;
    v1 = 0;
    v2 = 0;
    beta = x;
    return;
  }
  const a = x / m;
  const b = y / m;
  const c = z / m;
  const r = -copysign(sqrt(a * a + b * b + c * c), a);
  const f = 1 / (a - r);
  tau = (r - a) / r;
  v1 = b * f;
  v2 = c * f;
  beta = r * m;
}

/** Applies the current reflector to three rows of `len` numbers. */
export function reflectRows3(len: i32, p: usize, q: usize, r: usize): void {
  const t = f64x2.splat(tau);
  const x = f64x2.splat(v1);
  const y = f64x2.splat(v2);
  const end = at(p, len & ~1);
  while (p < end) {
    const a = v128.load(p);
    const b = v128.load(q);
    const c = v128.load(r);
    const s = v128.mul<f64>(t, fma(y, c, fma(x, b, a)));
    v128.store(p, v128.sub<f64>(a, s));
    v128.store(q, fnma(x, s, b));
    v128.store(r, fnma(y, s, c));
    p += 16;
    q += 16;
    r += 16;
  }
  if (len & 1) {
    const s = tau * (load<f64>(p) + v1 * load<f64>(q) + v2 * load<f64>(r));
    store<f64>(p, load<f64>(p) - s);
    store<f64>(q, load<f64>(q) - v1 * s);
    store<f64>(r, load<f64>(r) - v2 * s);
  }
}

/** Applies the current reflector to two rows. */
export function reflectRows2(len: i32, p: usize, q: usize): void {
  for (let i = 0; i < len; i++) {
    const s = tau * (get(p, i) + v1 * get(q, i));
    set(p, i, get(p, i) - s);
    set(q, i, get(q, i) - v1 * s);
  }
}

/** Applies the current reflector to `width` (2 or 3) adjacent columns of `count` rows. */
export function reflectColumns(count: i32, width: i32, p: usize, ld: i32): void {
  const line = (<usize>ld) << 3;
  const t = tau;
  const x = v1;
  const y = v2;
  if (width == 3) {
    for (let i = 0; i < count; i++) {
      const a = load<f64>(p);
      const b = load<f64>(p, 8);
      const c = load<f64>(p, 16);
      const s = t * (a + x * b + y * c);
      store<f64>(p, a - s);
      store<f64>(p, b - x * s, 8);
      store<f64>(p, c - y * s, 16);
      p += line;
    }
  } else {
    for (let i = 0; i < count; i++) {
      const a = load<f64>(p);
      const b = load<f64>(p, 8);
      const s = t * (a + x * b);
      store<f64>(p, a - s);
      store<f64>(p, b - x * s, 8);
      p += line;
    }
  }
}

/** Says whether the subdiagonal entry (k, k − 1) may be set to 0 (conservative test of Ahues and Tisseur, 1997). */
export function negligible(lo: i32, hi: i32, k: i32, h: usize, ld: i32): bool {
  const row = at(h, k * ld + k);
  const up = at(h, (k - 1) * ld + k);
  const sub = abs(get(row, -1));
  if (sub <= TINY) return true;
  let size = abs(get(up, -1)) + abs(get(row, 0));
  if (size == 0) {
    if (k - 2 >= lo) size += abs(get(h, (k - 1) * ld + k - 2));
    if (k + 1 <= hi) size += abs(get(h, (k + 1) * ld + k));
  }
  if (sub > ULP * size) return false;
  const sup = abs(get(up, 0));
  const ab = max(sub, sup);
  const ba = min(sub, sup);
  const diff = abs(get(up, -1) - get(row, 0));
  const aa = max(abs(get(row, 0)), diff);
  const bb = min(abs(get(row, 0)), diff);
  const s = aa + ab;
  return ba * (ab / s) <= max(TINY, ULP * (bb * (aa / s)));
}

/**
 * Makes the reflector of the first column of (H − s1)(H − s2) up to a factor; h points at the corner of a Hessenberg
 * block.
 */
export function startBulge(h: usize, ld: i32, r1: f64, i1: f64, r2: f64, i2: f64): void {
  const h00 = get(h, 0);
  const h10 = get(h, ld);
  const s = abs(h00 - r2) + abs(i2) + abs(h10);
  if (s == 0) {
    reflector3(0, 0, 0);
    return;
  }
  const t = h10 / s;
  const x = t * get(h, 1) + (h00 - r1) * ((h00 - r2) / s) - i1 * (i2 / s);
  const y = t * (h00 + get(h, ld + 1) - r1 - r2);
  const z = t * get(h, 2 * ld + 1);
  reflector3(x, y, z);
}

/**
 * Computes the Schur form of the n×n Hessenberg matrix h in place; the rows of u (n×n, row distance ldu) are rotated
 * likewise. Entries below the subdiagonal must be 0. Returns 0, or 1 when an eigenvalue did not converge.
 */
export function francis(n: i32, h: usize, ld: i32, u: usize, ldu: i32): i32 {
  let i = n - 1;
  let budget = 40 * max(10, n);
  let stuck = 0;
  while (i > 0) {
    let l = i;
    while (l > 0 && !negligible(0, n - 1, l, h, ld)) l--;
    if (l > 0) set(h, l * ld + l - 1, 0);
    if (l == i) {
      i--;
      stuck = 0;
      continue;
    }
    if (l == i - 1) {
      finishPair(n, i - 1, h, ld, u, ldu);
      i -= 2;
      stuck = 0;
      continue;
    }
    if (budget-- <= 0) return 1;
    francisStep(n, l, i, ++stuck, h, ld, u, ldu);
  }
  return 0;
}

/** Standardises the converged 2×2 block at i and applies its rotation everywhere. */
export function finishPair(n: i32, i: i32, h: usize, ld: i32, u: usize, ldu: i32): void {
  const p = at(h, i * ld + i);
  const q = at(p, ld);
  standardise(get(p, 0), get(p, 1), get(q, 0), get(q, 1));
  set(p, 0, sa);
  set(p, 1, sb);
  set(q, 0, sc);
  set(q, 1, sd);
  if (cs == 1 && sn == 0) return;
  rotateRows(n - i - 2, at(p, 2), at(q, 2), cs, sn);
  for (let r = 0; r < i; r++) {
    const e = at(h, r * ld + i);
    const x = get(e, 0);
    const y = get(e, 1);
    set(e, 0, cs * x + sn * y);
    set(e, 1, cs * y - sn * x);
  }
  rotateRows(n, at(u, i * ldu), at(u, (i + 1) * ldu), cs, sn);
}

/** Does one implicit double-shift step on the block l…i. */
export function francisStep(n: i32, l: i32, i: i32, stuck: i32, h: usize, ld: i32, u: usize, ldu: i32): void {
  let a: f64;
  let b: f64;
  let c: f64;
  let d: f64;
  if (stuck % 20 == 0) {
    const s = abs(get(h, i * ld + i - 1)) + abs(get(h, (i - 1) * ld + i - 2));
    a = 0.75 * s + get(h, i * ld + i);
    b = -0.4375 * s;
    c = s;
    d = a;
  } else if (stuck % 10 == 0) {
    const s = abs(get(h, (l + 1) * ld + l)) + abs(get(h, (l + 2) * ld + l + 1));
    a = 0.75 * s + get(h, l * ld + l);
    b = -0.4375 * s;
    c = s;
    d = a;
  } else {
    a = get(h, (i - 1) * ld + i - 1);
    b = get(h, (i - 1) * ld + i);
    c = get(h, i * ld + i - 1);
    d = get(h, i * ld + i);
  }
  let r1: f64 = 0;
  let r2: f64 = 0;
  let i1: f64 = 0;
  let i2: f64 = 0;
  const s = abs(a) + abs(b) + abs(c) + abs(d);
  if (s != 0) {
    a /= s;
    b /= s;
    c /= s;
    d /= s;
    const half = 0.5 * (a + d);
    const det = (a - half) * (d - half) - b * c;
    const root = sqrt(abs(det));
    if (det >= 0) {
      r1 = half * s;
      r2 = r1;
      i1 = root * s;
      i2 = -i1;
    } else {
      const p = half + root;
      const q = half - root;
      r1 = (abs(p - d) <= abs(q - d) ? p : q) * s;
      r2 = r1;
    }
  }
  // start below two consecutive small subdiagonals where there are some
  let m = i - 2;
  for (; m > l; m--) {
    const p = at(h, m * ld + m);
    startBulge(p, ld, r1, i1, r2, i2);
    // (1, v1, v2) is parallel to x − beta·e1; |x0| = |beta|·|1 − tau| and |x1| + |x2| = |beta·tau|·(|v1| + |v2|)
    const x0 = abs(1 - tau);
    const rest = abs(tau) * (abs(v1) + abs(v2));
    const sizes = abs(get(h, (m - 1) * ld + m - 1)) + abs(get(p, 0)) + abs(get(p, ld + 1));
    if (abs(get(p, -1)) * rest <= ULP * x0 * sizes) break;
  }
  for (let k = m; k < i; k++) {
    const width = min(3, i - k + 1);
    const p = at(h, k * ld + k);
    if (k > m) {
      const q = at(p, -1);
      reflector3(get(q, 0), get(q, ld), width == 3 ? get(q, 2 * ld) : 0);
      set(q, 0, beta);
      set(q, ld, 0);
      if (width == 3) set(q, 2 * ld, 0);
    } else {
      startBulge(p, ld, r1, i1, r2, i2);
      if (m > l) set(p, -1, get(p, -1) * (1 - tau));
    }
    const z = at(u, k * ldu);
    if (width == 3) {
      reflectRows3(n - k, p, at(p, ld), at(p, 2 * ld));
      reflectRows3(n, z, at(z, ldu), at(z, 2 * ldu));
    } else {
      reflectRows2(n - k, p, at(p, ld));
      reflectRows2(n, z, at(z, ldu));
    }
    reflectColumns(min(k + 3, i) + 1, width, at(h, k), ld);
  }
}
