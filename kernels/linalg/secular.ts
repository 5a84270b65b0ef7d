// Roots of the secular equation f(λ) = 1/rho + Σ z_j²/(d_j − λ) = 0 of a rank-one update (LAPACK's dlaed4, with a bracket).
//
// A root is found as λ = d_K + τ with K the nearer pole, and all d_j − λ are formed as (d_j − d_K) − τ, so that even
// differences near the rounding error keep their relative accuracy: the eigenvectors depend on them alone.
import { at, EPS, get, lanes, set } from './simd';

let psi: f64 = 0;
let dpsi: f64 = 0;

/** Computes psi = Σ z_j²/(δ_j − τ) and dpsi, its derivative, for from ≤ j < to. */
export function poles(from: i32, to: i32, z: usize, delta: usize, tau: f64): void {
  let s = f64x2.splat(0);
  let t = s;
  const shift = f64x2.splat(tau);
  let p = at(z, from);
  let q = at(delta, from);
  const end = at(p, (to - from) & ~1);
  while (p < end) {
    const v = v128.load(p);
    const r = v128.div<f64>(v, v128.sub<f64>(v128.load(q), shift));
    s = v128.add<f64>(s, v128.mul<f64>(v, r));
    t = v128.add<f64>(t, v128.mul<f64>(r, r));
    p += 16;
    q += 16;
  }
  psi = lanes(s);
  dpsi = lanes(t);
  if ((to - from) & 1) {
    const v = load<f64>(p);
    const r = v / (load<f64>(q) - tau);
    psi += v * r;
    dpsi += r * r;
  }
}

/**
 * Finds root i (0-based) for k ascending distinct poles d with weights z, ‖z‖ = 1, rho > 0: it lies in (d_i, d_{i+1}),
 * the last in (d_{k−1}, d_{k−1} + rho). Writes d_j − λ to delta (k) and returns λ. Three to six passes of k divisions
 * each.
 */
export function secularRoot(k: i32, i: i32, d: usize, z: usize, rho: f64, delta: usize): f64 {
  const rhoinv = 1 / rho;
  const last = i == k - 1;
  if (k == 1) {
    const z0 = get(z, 0);
    set(delta, 0, -rho * z0 * z0);
    return get(d, 0) + rho * z0 * z0;
  }
  // poles left (l) and right (r = l + 1) of the root; for the last root the interpolation uses the two last poles
  const l = last ? k - 2 : i;
  const r = l + 1;
  const zl = get(z, l);
  const zr = get(z, r);
  const gap = get(d, r) - get(d, l);
  let origin = last ? r : l;
  let lo: f64 = 0;
  let hi: f64 = 0;
  let tau: f64 = 0;
  shiftPoles(k, d, get(d, origin), delta);

  if (last) {
    const mid = rho * 0.5;
    poles(0, l, z, delta, mid);
    const c = rhoinv + psi;
    const w = c + (zl * zl) / (get(delta, l) - mid) - (zr * zr) / mid;
    if (w <= 0 && c <= (zl * zl) / (gap + rho) + (zr * zr) / rho) {
      tau = rho;
    } else {
      const a = -c * gap + zl * zl + zr * zr;
      const b = zr * zr * gap;
      tau = a < 0 ? (2 * b) / (sqrt(a * a + 4 * b * c) - a) : (a + sqrt(a * a + 4 * b * c)) / (2 * c);
    }
    lo = w <= 0 ? mid : 0;
    hi = w <= 0 ? rho : mid;
  } else {
    const mid = gap * 0.5;
    poles(0, l, z, delta, mid);
    let c = rhoinv + psi;
    poles(r + 1, k, z, delta, mid);
    c += psi;
    const w = c + (zl * zl) / (get(delta, l) - mid) + (zr * zr) / (get(delta, r) - mid);
    if (w >= 0) {
      const a = c * gap + zl * zl + zr * zr;
      const b = zl * zl * gap;
      const q = sqrt(abs(a * a - 4 * b * c));
      tau = a > 0 ? (2 * b) / (a + q) : (a - q) / (2 * c);
      lo = 0;
      hi = mid;
    } else {
      origin = r;
      shiftPoles(k, d, get(d, r), delta);
      const a = c * gap - zl * zl - zr * zr;
      const b = zr * zr * gap;
      const q = sqrt(abs(a * a + 4 * b * c));
      tau = a < 0 ? (2 * b) / (a - q) : -(a + q) / (2 * c);
      lo = -mid;
      hi = 0;
    }
  }
  if (!(tau > lo && tau < hi) && !(last && tau == hi)) tau = between(lo, hi);

  let fixed = true;
  let previous: f64 = Infinity;
  for (let pass = 0; pass < 100; pass++) {
    poles(0, r, z, delta, tau);
    const p = psi;
    const dp = dpsi;
    poles(r, k, z, delta, tau);
    const f = psi;
    const df = dpsi;
    const w = rhoinv + p + f;
    const slope = dp + df;
    if (abs(w) <= EPS * (8 * (abs(p) + abs(f)) + rhoinv + 3 * abs(tau) * slope)) break;
    if (w < 0) lo = max(lo, tau);
    else hi = min(hi, tau);
    if (abs(w) > 0.1 * previous) fixed = !fixed;
    previous = abs(w);

    const ul = get(delta, l) - tau;
    const ur = get(delta, r) - tau;
    let c: f64;
    if (last || !fixed) c = w - ul * dp - ur * df;
    else if (origin == l) c = w - ur * slope + gap * ((zl / ul) * (zl / ul));
    else c = w - ul * slope - gap * ((zr / ur) * (zr / ur));
    const a = (ul + ur) * w - ul * ur * slope;
    const b = ul * ur * w;
    let eta: f64;
    if (last) {
      if (c < 0) c = -c;
      const q = sqrt(abs(a * a - 4 * b * c));
      if (c == 0) eta = b / a;
      else eta = a >= 0 ? (a + q) / (2 * c) : (2 * b) / (a - q);
    } else {
      const q = sqrt(abs(a * a - 4 * b * c));
      if (c == 0) eta = b / a;
      else eta = a <= 0 ? (a - q) / (2 * c) : (2 * b) / (a + q);
    }
    if (!(w * eta < 0)) eta = -w / slope;
    let next = tau + eta;
    if (!(next > lo && next < hi) || pass % 12 == 11) next = between(lo, hi);
    if (next == tau || !(next > lo && next < hi)) break;
    tau = next;
  }
  const lambda = get(d, origin) + tau;
  shiftPoles(k, delta, tau, delta);
  return lambda;
}

/** Returns the middle of the bracket; geometric when the bracket lies on one side of 0 and spans decades. */
function between(lo: f64, hi: f64): f64 {
  if (lo > 0 && hi > 4 * lo) return sqrt(lo) * sqrt(hi);
  if (hi < 0 && lo < 4 * hi) return -sqrt(-lo) * sqrt(-hi);
  return 0.5 * (lo + hi);
}

/** Computes out_j = d_j − s. */
export function shiftPoles(k: i32, d: usize, s: f64, out: usize): void {
  const v = f64x2.splat(s);
  const end = at(d, k & ~1);
  while (d < end) {
    v128.store(out, v128.sub<f64>(v128.load(d), v));
    d += 16;
    out += 16;
  }
  if (k & 1) store<f64>(out, load<f64>(d) - s);
}
