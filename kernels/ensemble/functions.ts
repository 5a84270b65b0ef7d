// Elementary functions of float64 over two lanes. Rational forms of the Cephes library (Moshier). Tested against Math in both builds:
// relative errors of exp below 5e-16, log 4e-16, tanh 6e-16; absolute ones of sin and cos below 4e-16 for |x| < 1e5.

/** Returns a·b + c: one rounding in the FMA build, two in the plain SIMD build. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f64>(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** Returns c − a·b likewise. */
// @ts-ignore: decorator
@inline
export function fnma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<f64>(a, b, c);
  return f64x2.sub(c, f64x2.mul(a, b));
}

// Each constant once in memory, loaded into both lanes: this engine builds a literal vector from five instructions at every use.
const CONSTANTS = memory.data<f64>([
  1.4426950408889634, // 0: 1/ln 2
  6755399441055744, // 1: 1.5·2^52, whose addition rounds to an integer that is then in the low bits
  -0.693145751953125, // 2: −ln 2, high part
  -1.42860682030941723212e-6, // 3: and low
  1.26177193074810590878e-4, 3.0299440770744196130e-2, 1, // 4: exp P
  3.00198505138664455042e-6, 2.52448340349684104192e-3, 2.27265548208155028766e-1, 2, // 7: exp Q
  -708, 709.782712893384, // 11
  1.01875663804580931796e-4, 4.97494994976747001425e-1, 4.70579119878881725854, 1.44989225341610930846e1, // 13: log P
  1.79368678507819816313e1, 7.70838733755885391666,
  1.1287358718916745059e1, 4.52279145837532221105e1, 8.29875266912776603211e1, 7.11544750618563894466e1, // 19: log Q
  2.31251620126765340583e1,
  -2.121944400546905827679e-4, 0.693359375, // 24: ln 2, low and high
  1.4142135623730951, 0.5, // 26
  1.58962301576546568060e-10, -2.50507477628578072866e-8, 2.75573136213857245213e-6, -1.98412698295895385996e-4, // 28: sin
  8.33333333332211858878e-3, -1.66666666666666307295e-1,
  -1.13585365213876817300e-11, 2.08757008419747316778e-9, -2.75573141792967388112e-7, 2.48015872888517045348e-5, // 34: cos
  -1.38888888888730564116e-3, 4.16666666666665929218e-2,
  0.6366197723675814, // 40: 2/π
  -1.5707962512969971, -7.549789415861596e-8, -5.390302858158119e-15, // 41: −π/2 in three parts
  -9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3, // 44: tanh P
  1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3, // 47: tanh Q
  0.625, 20, -2, 4, 1.5707963267948966, -0.5, // 50
  2.2250738585072014e-308, 18014398509481984, 54, Infinity, 0, // 56: smallest normal number, 2^54
  4503599627371519, // 61: 2^52 + 1023
], 16);

// @ts-ignore: decorator
@inline
function k(i: i32): v128 {
  return v128.load64_splat(CONSTANTS + (<usize>i << 3));
}

// Patterns of bits, likewise.
const BITS = memory.data<u64>([
  0x3fe0000000000000, 0x000fffffffffffff, 0x3ff0000000000000, 0x4330000000000000, 1, 2, 0x8000000000000000, // 0
], 16);

// @ts-ignore: decorator
@inline
function b(i: i32): v128 {
  return v128.load64_splat(BITS + (<usize>i << 3));
}

/** Returns exp(x): below −708 exactly 0, so that no subnormal number slows what follows; above 709.78 infinite. */
// @ts-ignore: decorator
@inline
export function exp2lanes(x: v128): v128 {
  const t = fma(x, k(0), k(1));
  const n = f64x2.sub(t, k(1));
  let r = fma(n, k(2), x);
  r = fma(n, k(3), r);
  const z = f64x2.mul(r, r);
  const p = f64x2.mul(r, fma(fma(k(4), z, k(5)), z, k(6)));
  const q = fma(fma(fma(k(7), z, k(8)), z, k(9)), z, k(10));
  const e = f64x2.div(p, f64x2.sub(q, p));
  // 1 + 2e, times 2^(n−1), times 2: n may be 1024
  const scale = i64x2.add(i64x2.shl(t, 52), b(0));
  const y = f64x2.mul(f64x2.mul(fma(e, k(10), k(6)), scale), k(10));
  return v128.bitselect(k(59), v128.andnot(y, f64x2.lt(x, k(11))), f64x2.gt(x, k(12)));
}

/** Returns log(x) of normal x > 0. */
// @ts-ignore: decorator
@inline
export function logNormal(x: v128): v128 {
  // x = 2^e·m with m in [√½, √2)
  let m = v128.or(v128.and(x, b(1)), b(2));
  const big = f64x2.gt(m, k(26));
  m = v128.bitselect(f64x2.mul(m, k(27)), m, big);
  // the exponent as a number: in the low bits of 2^52 it is an integer
  const biased = v128.or(i64x2.shr_u(x, 52), b(3));
  let e = f64x2.sub(biased, k(61));
  e = f64x2.add(e, v128.and(big, k(6)));
  const f = f64x2.sub(m, k(6));
  const z = f64x2.mul(f, f);
  let p = fma(k(13), f, k(14));
  p = fma(p, f, k(15));
  p = fma(p, f, k(16));
  p = fma(p, f, k(17));
  p = fma(p, f, k(18));
  let q = f64x2.add(f, k(19));
  q = fma(q, f, k(20));
  q = fma(q, f, k(21));
  q = fma(q, f, k(22));
  q = fma(q, f, k(23));
  let y = f64x2.mul(f64x2.mul(f, z), f64x2.div(p, q));
  y = fma(e, k(24), y);
  y = fma(z, k(55), y);
  return fma(e, k(25), f64x2.add(f, y));
}

/** Returns log(x): −∞ at 0, NaN below, accurate for subnormal numbers too. */
// @ts-ignore: decorator
@inline
export function log2lanes(x: v128): v128 {
  const tiny = f64x2.lt(x, k(56));
  let y = logNormal(v128.bitselect(f64x2.mul(x, k(57)), x, tiny));
  if (v128.any_true(v128.or(tiny, v128.not(f64x2.lt(x, k(59)))))) {
    // subtract the 54 from the exponent
    y = fma(v128.and(tiny, k(58)), f64x2.splat(-0.6931471805599453), y);
    y = v128.bitselect(f64x2.splat(-Infinity), y, f64x2.eq(x, k(60)));
    y = v128.bitselect(f64x2.splat(NaN), y, v128.or(f64x2.lt(x, k(60)), f64x2.ne(x, x)));
    y = v128.bitselect(x, y, f64x2.eq(x, k(59)));
  }
  return y;
}

// @ts-ignore: decorator
@inline
function sinNear(r: v128, z: v128): v128 {
  let s = fma(k(28), z, k(29));
  s = fma(s, z, k(30));
  s = fma(s, z, k(31));
  s = fma(s, z, k(32));
  s = fma(s, z, k(33));
  return fma(f64x2.mul(s, z), r, r);
}

// @ts-ignore: decorator
@inline
function cosNear(z: v128): v128 {
  let c = fma(k(34), z, k(35));
  c = fma(c, z, k(36));
  c = fma(c, z, k(37));
  c = fma(c, z, k(38));
  c = fma(c, z, k(39));
  return f64x2.add(fma(z, k(55), k(6)), f64x2.mul(f64x2.mul(z, z), c));
}

/** Returns sin(r + quarters·π/2) from the sine and cosine of r; `quarters` in the low bits of each lane. */
// @ts-ignore: decorator
@inline
export function turned(sin: v128, cos: v128, quarters: v128): v128 {
  const odd = i64x2.neg(v128.and(quarters, b(4)));
  const sign = i64x2.shl(v128.and(quarters, b(5)), 62);
  return v128.xor(v128.bitselect(cos, sin, odd), sign);
}

/**
 * Returns sin(x + shift·π/2). The argument is reduced by π/2 in three parts: digits are lost only beyond |x| of about
 * 1e6.
 */
// @ts-ignore: decorator
@inline
export function sin2lanes(x: v128, shift: u64): v128 {
  const t = fma(x, k(40), k(1));
  const n = f64x2.sub(t, k(1));
  const r = fma(n, k(43), fma(n, k(42), fma(n, k(41), x)));
  const z = f64x2.mul(r, r);
  return turned(sinNear(r, z), cosNear(z), i64x2.add(t, i64x2.splat(shift)));
}

/** Writes r·cos 2πv to `to` and r·sin 2πv to `other`, for v in [0, 1): the reduction is exact. */
// @ts-ignore: decorator
@inline
export function polar(radius: v128, v: v128, to: usize, other: usize): void {
  const four = f64x2.mul(v, k(53));
  const t = f64x2.add(four, k(1));
  const r = f64x2.mul(f64x2.sub(four, f64x2.sub(t, k(1))), k(54));
  const z = f64x2.mul(r, r);
  const s = sinNear(r, z);
  const c = cosNear(z);
  v128.store(to, f64x2.mul(radius, turned(s, c, i64x2.add(t, b(4)))));
  v128.store(other, f64x2.mul(radius, turned(s, c, t)));
}

// @ts-ignore: decorator
@inline
/** Returns tanh(x). */
export function tanh2lanes(x: v128): v128 {
  const sign = v128.and(x, b(6));
  const a = v128.xor(x, sign);
  const z = f64x2.mul(x, x);
  let p = fma(k(44), z, k(45));
  p = fma(p, z, k(46));
  let q = f64x2.add(z, k(47));
  q = fma(q, z, k(48));
  q = fma(q, z, k(49));
  const small = fma(f64x2.mul(a, z), f64x2.div(p, q), a);
  const e = exp2lanes(f64x2.mul(f64x2.min(a, k(51)), k(52)));
  const large = f64x2.div(f64x2.sub(k(6), e), f64x2.add(k(6), e));
  return v128.xor(v128.bitselect(small, large, f64x2.lt(a, k(50))), sign);
}

/**
 * Returns a^power = exp(power·log|a|), relative error about |power·log a|·2e-16; sign and NaN of a negative base as in
 * Math.pow, of 0 too; −∞ gives NaN.
 */
// @ts-ignore: decorator
@inline
export function pow2lanes(a: v128, power: v128): v128 {
  const size = f64x2.abs(a);
  let y = exp2lanes(f64x2.mul(power, log2lanes(size)));
  const negative = f64x2.lt(a, k(60));
  if (v128.any_true(negative)) {
    const whole = f64x2.eq(f64x2.nearest(power), power);
    const half = f64x2.mul(power, k(27));
    const odd = v128.andnot(whole, f64x2.eq(f64x2.nearest(half), half));
    y = v128.xor(y, v128.and(v128.and(odd, negative), b(6)));
    y = v128.bitselect(f64x2.splat(NaN), y, v128.andnot(negative, whole));
  }
  return v128.bitselect(k(6), y, f64x2.eq(power, k(60)));
}
