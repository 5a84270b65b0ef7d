// Shared by the float32 kernels: fused multiply-add where the engine has it, and compile-time tile widths.

/** Returns a·b + c: one rounding in the FMA build, two in the plain SIMD build. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f32>(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Returns the sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sum4(a: v128): f32 {
  const b = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(b, 0) + f32x4.extract_lane(b, 1);
}

/** Returns the largest of the four lanes. */
// @ts-ignore: decorator
@inline
export function max4(a: v128): f32 {
  const b = f32x4.max(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return max(f32x4.extract_lane(b, 0), f32x4.extract_lane(b, 1));
}

// Constants as four equal lanes in memory: this engine builds a literal vector from five instructions at every use.
const CONSTANTS = memory.data<u32>([
  0x3fb8aa3b, 0x3fb8aa3b, 0x3fb8aa3b, 0x3fb8aa3b, // 0: 1.44269504088896341
  0xbf318000, 0xbf318000, 0xbf318000, 0xbf318000, // 1: -0.693359375
  0x395e8083, 0x395e8083, 0x395e8083, 0x395e8083, // 2: 2.12194440e-4
  0x39500d01, 0x39500d01, 0x39500d01, 0x39500d01, // 3: 1.9841270e-4
  0x3ab60b61, 0x3ab60b61, 0x3ab60b61, 0x3ab60b61, // 4: 1.3888889e-3
  0x3c088888, 0x3c088888, 0x3c088888, 0x3c088888, // 5: 8.3333333e-3
  0x3d2aaaab, 0x3d2aaaab, 0x3d2aaaab, 0x3d2aaaab, // 6: 4.1666667e-2
  0x3e2aaaab, 0x3e2aaaab, 0x3e2aaaab, 0x3e2aaaab, // 7: 1.6666667e-1
  0x3f000000, 0x3f000000, 0x3f000000, 0x3f000000, // 8: 0.5
  0x3f800000, 0x3f800000, 0x3f800000, 0x3f800000, // 9: 1
  0xc2ae0000, 0xc2ae0000, 0xc2ae0000, 0xc2ae0000, // 10: -87
  0x3fb504f3, 0x3fb504f3, 0x3fb504f3, 0x3fb504f3, // 11: 1.41421356
  0x3e638e39, 0x3e638e39, 0x3e638e39, 0x3e638e39, // 12: 0.2222222222
  0x3e924925, 0x3e924925, 0x3e924925, 0x3e924925, // 13: 0.2857142857
  0x3ecccccd, 0x3ecccccd, 0x3ecccccd, 0x3ecccccd, // 14: 0.4
  0x3f2aaaab, 0x3f2aaaab, 0x3f2aaaab, 0x3f2aaaab, // 15: 0.6666666667
  0xb95e8083, 0xb95e8083, 0xb95e8083, 0xb95e8083, // 16: -2.12194440e-4
  0x3f318000, 0x3f318000, 0x3f318000, 0x3f318000, // 17: 0.693359375
  0x7f61b1e6, 0x7f61b1e6, 0x7f61b1e6, 0x7f61b1e6, // 18: 3e38
  0x41a00000, 0x41a00000, 0x41a00000, 0x41a00000, // 19: 20
  0xc0000000, 0xc0000000, 0xc0000000, 0xc0000000, // 20: -2
  0x3cb327a4, 0x3cb327a4, 0x3cb327a4, 0x3cb327a4, // 21: 0.02186948853615520
  0xbd5d0dd1, 0xbd5d0dd1, 0xbd5d0dd1, 0xbd5d0dd1, // 22: -0.05396825396825397
  0x3e088889, 0x3e088889, 0x3e088889, 0x3e088889, // 23: 0.13333333333333333
  0xbeaaaaab, 0xbeaaaaab, 0xbeaaaaab, 0xbeaaaaab, // 24: -0.33333333333333333
  0x3e800000, 0x3e800000, 0x3e800000, 0x3e800000, // 25: 0.25
  0x0000007f, 0x0000007f, 0x0000007f, 0x0000007f, // 26: 127
  0x007fffff, 0x007fffff, 0x007fffff, 0x007fffff, // 27: 0x007fffff
  0x3f800000, 0x3f800000, 0x3f800000, 0x3f800000, // 28: 0x3f800000
  0x80000000, 0x80000000, 0x80000000, 0x80000000, // 29: 0x80000000
  0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000, // 30: 1.5·2^23
], 16);

/** Returns constant number i of the table. */
// @ts-ignore: decorator
@inline
export function k(i: i32): v128 {
  return v128.load(CONSTANTS + (<usize>i << 4));
}

/**
 * Returns exp(x) for x ≤ 88 with relative error below 2e-7. Below −87 the result is exactly 0: subnormal numbers would
 * slow every kernel after them by two orders of magnitude and are far below any rounding here.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // adding 1.5·2^23 rounds to an integer n, which is then in the low bits
  const t = fma(x, k(0), k(30));
  const n = f32x4.sub(t, k(30));
  let r = fma(n, k(1), x); // ln 2 in two parts: the first product is exact
  r = fma(n, k(2), r);
  let p = k(3);
  p = fma(p, r, k(4));
  p = fma(p, r, k(5));
  p = fma(p, r, k(6));
  p = fma(p, r, k(7));
  p = fma(p, r, k(8));
  p = fma(fma(p, r, k(9)), r, k(9));
  const scale = i32x4.add(i32x4.shl(t, 23), k(28));
  return v128.and(f32x4.mul(p, scale), f32x4.ge(x, k(10)));
}

/**
 * Returns log(1 + t) for t ≥ 0 with relative error below 4e-7 down to the smallest t: the rounding of 1 + t is
 * corrected to first order.
 */
// @ts-ignore: decorator
@inline
export function log1p4(t: v128): v128 {
  const one = k(9);
  const u = f32x4.add(one, t);
  const lost = f32x4.div(f32x4.sub(t, f32x4.sub(u, one)), u);
  // u = 2^e·m with m in [√½, √2)
  let e = i32x4.sub(i32x4.shr_u(u, 23), k(26));
  let m = v128.or(v128.and(u, k(27)), k(28));
  const big = f32x4.gt(m, k(11));
  m = v128.bitselect(f32x4.mul(m, k(8)), m, big);
  e = i32x4.sub(e, big); // big is −1 where set
  const ef = f32x4.convert_i32x4_s(e);
  // log m = 2 artanh(s), s = (m−1)/(m+1), |s| < 0.1716
  const f = f32x4.sub(m, one);
  const s = f32x4.div(f, f32x4.add(m, one));
  const s2 = f32x4.mul(s, s);
  let p = k(12);
  p = fma(p, s2, k(13));
  p = fma(p, s2, k(14));
  p = fma(p, s2, k(15));
  const logm = fma(f32x4.mul(s, s2), p, f32x4.add(s, s));
  const tail = f32x4.add(fma(ef, k(16), logm), lost);
  // 1 + inf keeps its infinity
  return v128.bitselect(t, fma(ef, k(17), tail), f32x4.gt(t, k(18)));
}

/** Returns tanh(x) from exp, |error| below 2e-7. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const sign = v128.and(x, k(29));
  const a = f32x4.pmin(v128.xor(x, sign), k(19));
  const e = exp4(f32x4.mul(a, k(20)));
  const big = f32x4.div(f32x4.sub(k(9), e), f32x4.add(k(9), e));
  // near 0 the subtraction 1 − e loses digits: odd Taylor series there
  const a2 = f32x4.mul(a, a);
  let p = k(21);
  p = fma(p, a2, k(22));
  p = fma(p, a2, k(23));
  p = fma(p, a2, k(24));
  const small = fma(f32x4.mul(a, a2), p, a);
  return v128.or(v128.bitselect(small, big, f32x4.lt(a, k(25))), sign);
}

// Widths of register tiles in vectors of four floats. A generic function reads its width as offsetof<T>() / 4, a
// compile-time constant, and statements behind `if (offsetof<T>() > 4 * k)` fold away.
export class N1 {
  f1: i32;
}
export class N2 extends N1 {
  f2: i32;
}
export class N3 extends N2 {
  f3: i32;
}
export class N4 extends N3 {
  f4: i32;
}
export class N5 extends N4 {
  f5: i32;
}
export class N6 extends N5 {
  f6: i32;
}
export class N7 extends N6 {
  f7: i32;
}
export class N8 extends N7 {
  f8: i32;
}
export class N9 extends N8 {
  f9: i32;
}
export class N10 extends N9 {
  f10: i32;
}
export class N11 extends N10 {
  f11: i32;
}
export class N12 extends N11 {
  f12: i32;
}
export class N13 extends N12 {
  f13: i32;
}

/**
 * Writes four inputs u of a packed sample (number « 8 | byte) to q as pairs (offset, byte / divisor), 32 bytes; `offset` are the
 * offsets of their numbers.
 */
// @ts-ignore: decorator
@inline
export function storePairs(q: usize, u: v128, offset: v128, divisor: v128): void {
  const value = f32x4.div(f32x4.convert_i32x4_s(v128.and(u, i32x4.splat(255))), divisor);
  v128.store(q, v128.shuffle<i32>(offset, value, 0, 4, 1, 5));
  v128.store(q, v128.shuffle<i32>(offset, value, 2, 6, 3, 7), 16);
}
