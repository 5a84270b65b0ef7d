// Small inline helpers shared by the dense linear algebra kernels. All pointers are byte addresses of float64.

/** Returns a·b + c on two lanes: one rounding where the engine has relaxed SIMD, two otherwise. */
// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<f64>(a, b, c);
  return v128.add<f64>(c, v128.mul<f64>(a, b));
}

/** Returns c − a·b on two lanes. */
// @ts-ignore: decorator
@inline
export function fnma(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<f64>(a, b, c);
  return v128.sub<f64>(c, v128.mul<f64>(a, b));
}

/** Returns the address of element i. */
// @ts-ignore: decorator
@inline
export function at(p: usize, i: i32): usize {
  return p + ((<usize>i) << 3);
}

// @ts-ignore: decorator
@inline
/** Returns element i. */
export function get(p: usize, i: i32): f64 {
  return load<f64>(p + ((<usize>i) << 3));
}

// @ts-ignore: decorator
@inline
/** Sets element i. */
export function set(p: usize, i: i32, v: f64): void {
  store<f64>(p + ((<usize>i) << 3), v);
}

// @ts-ignore: decorator
@inline
/** Returns element i of 32-bit integers. */
export function geti(p: usize, i: i32): i32 {
  return load<i32>(p + ((<usize>i) << 2));
}

// @ts-ignore: decorator
@inline
/** Sets element i of 32-bit integers. */
export function seti(p: usize, i: i32, v: i32): void {
  store<i32>(p + ((<usize>i) << 2), v);
}

/** Returns the sum of both lanes. */
// @ts-ignore: decorator
@inline
export function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** The unit roundoff 2^-53, half the spacing of 1. */
export const EPS: f64 = 1.1102230246251565e-16;
