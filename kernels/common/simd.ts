// Shared by the float32 kernels: fused multiply-add where the engine has it, and compile-time tile widths.

/** a·b + c: one rounding in the FMA build, two in the plain SIMD build. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f32>(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function sum4(a: v128): f32 {
  const b = f32x4.add(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(b, 0) + f32x4.extract_lane(b, 1);
}

/** Largest of the four lanes. */
// @ts-ignore: decorator
@inline
export function max4(a: v128): f32 {
  const b = f32x4.max(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return max(f32x4.extract_lane(b, 0), f32x4.extract_lane(b, 1));
}

/**
 * exp(x), relative error below 2e-7, for x ≤ 88. Below −87 the result is exactly 0: subnormal numbers would slow every
 * kernel after them by two orders of magnitude and are far below any rounding here.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  let r = f32x4.add(x, f32x4.mul(n, f32x4.splat(-0.693359375))); // ln 2 in two parts: the first product is exact
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = f32x4.splat(1.9841270e-4);
  p = fma(p, r, f32x4.splat(1.3888889e-3));
  p = fma(p, r, f32x4.splat(8.3333333e-3));
  p = fma(p, r, f32x4.splat(4.1666667e-2));
  p = fma(p, r, f32x4.splat(1.6666667e-1));
  p = fma(p, r, f32x4.splat(0.5));
  p = fma(p, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
  const scale = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return v128.and(f32x4.mul(p, scale), f32x4.ge(x, f32x4.splat(-87)));
}

/**
 * log(1 + t) for t ≥ 0, relative error below 4e-7 down to the smallest t: the rounding of 1 + t is undone to first order.
 */
// @ts-ignore: decorator
@inline
export function log1p4(t: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.add(one, t);
  const lost = f32x4.div(f32x4.sub(t, f32x4.sub(u, one)), u);
  // u = 2^e·m with m in [√½, √2)
  let e = i32x4.sub(i32x4.shr_u(u, 23), i32x4.splat(127));
  let m = v128.or(v128.and(u, i32x4.splat(0x007fffff)), i32x4.splat(0x3f800000));
  const big = f32x4.gt(m, f32x4.splat(1.41421356));
  m = v128.bitselect(f32x4.mul(m, f32x4.splat(0.5)), m, big);
  e = i32x4.sub(e, big); // big is −1 where set
  const ef = f32x4.convert_i32x4_s(e);
  // log m = 2 artanh(s), s = (m−1)/(m+1), |s| < 0.1716
  const f = f32x4.sub(m, one);
  const s = f32x4.div(f, f32x4.add(m, one));
  const s2 = f32x4.mul(s, s);
  let p = f32x4.splat(0.2222222222);
  p = fma(p, s2, f32x4.splat(0.2857142857));
  p = fma(p, s2, f32x4.splat(0.4));
  p = fma(p, s2, f32x4.splat(0.6666666667));
  const logm = fma(f32x4.mul(s, s2), p, f32x4.add(s, s));
  const tail = f32x4.add(fma(ef, f32x4.splat(-2.12194440e-4), logm), lost);
  // 1 + inf keeps its infinity
  return v128.bitselect(t, fma(ef, f32x4.splat(0.693359375), tail), f32x4.gt(t, f32x4.splat(3e38)));
}

/** tanh(x) from exp, |error| below 2e-7. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const a = f32x4.min(v128.xor(x, sign), f32x4.splat(20));
  const e = exp4(f32x4.mul(a, f32x4.splat(-2)));
  const big = f32x4.div(f32x4.sub(f32x4.splat(1), e), f32x4.add(f32x4.splat(1), e));
  // near 0 the subtraction 1 − e loses digits: odd Taylor series there
  const a2 = f32x4.mul(a, a);
  let p = f32x4.splat(0.02186948853615520);
  p = fma(p, a2, f32x4.splat(-0.05396825396825397));
  p = fma(p, a2, f32x4.splat(0.13333333333333333));
  p = fma(p, a2, f32x4.splat(-0.33333333333333333));
  const small = fma(f32x4.mul(a, a2), p, a);
  return v128.or(v128.bitselect(small, big, f32x4.lt(a, f32x4.splat(0.25))), sign);
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
