// What every operation shares: the number of lanes, the operands of a record, and vectors of T (f32 or f64).

let laneCount: i32 = 4;
let sampleCount: i32 = 4;

/** Sets the number of lanes, a multiple of a vector, and how many of them are samples. */
export function setLanes(lanes: i32, count: i32): void {
  laneCount = lanes;
  sampleCount = count;
}

/** Returns the number of samples: lanes from there on are padding. */
// @ts-ignore: decorator
@inline
export function samples(): i32 {
  return sampleCount;
}

/** Returns the number of lanes. */
// @ts-ignore: decorator
@inline
export function lanes(): i32 {
  return laneCount;
}

/** Returns the bytes of a row, R. */
// @ts-ignore: decorator
@inline
export function rowBytes<T>(): usize {
  return <usize>laneCount * sizeof<T>();
}

/** Returns operand i (from 2 on) of a record as a size. */
// @ts-ignore: decorator
@inline
export function size(record: usize, i: usize): i32 {
  return load<i32>(record + (i << 2));
}

/** Returns operand i of a record as an address. */
// @ts-ignore: decorator
@inline
export function address(record: usize, i: usize): usize {
  return <usize>load<u32>(record + (i << 2));
}

/** Says whether the operation adds to its output. */
// @ts-ignore: decorator
@inline
export function adds(record: usize): bool {
  return (load<i32>(record, 4) & 1) != 0;
}

/** Says whether a ReLU is part of the operation. */
// @ts-ignore: decorator
@inline
export function rectifies(record: usize): bool {
  return (load<i32>(record, 4) & 2) != 0;
}

/** Returns the number at an address, or `otherwise` for address 0. */
// @ts-ignore: decorator
@inline
export function numberAt<T>(at: usize, otherwise: T): T {
  return at ? load<T>(at) : otherwise;
}

/** Returns a·b + c: one rounding in the FMA build, two in the plain SIMD build. */
// @ts-ignore: decorator
@inline
export function fma<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** Returns x where x ≥ 0, and 0 below; a NaN stays one. */
// @ts-ignore: decorator
@inline
export function rectified<T>(x: v128): v128 {
  return v128.pmax<T>(x, v128.splat<T>(<T>0));
}

/** Returns all ones where x > 0. */
// @ts-ignore: decorator
@inline
export function positive<T>(x: v128): v128 {
  return v128.gt<T>(x, v128.splat<T>(<T>0));
}

/** Returns the sum of a vector. */
// @ts-ignore: decorator
@inline
export function sumOf<T>(a: v128): T {
  if (sizeof<T>() == 8) return v128.extract_lane<T>(a, 0) + v128.extract_lane<T>(a, 1);
  const b = v128.add<T>(a, v128.shuffle<f32>(a, a, 2, 3, 0, 1));
  return v128.extract_lane<T>(b, 0) + v128.extract_lane<T>(b, 1);
}

/** Returns the sums of four vectors of f32, or of the first two of f64, as a vector. */
// @ts-ignore: decorator
@inline
export function sumsOf<T>(a: v128, b: v128, c: v128, d: v128): v128 {
  if (sizeof<T>() == 8) {
    return v128.add<T>(v128.shuffle<f64>(a, b, 0, 2), v128.shuffle<f64>(a, b, 1, 3));
  }
  const ab = v128.add<T>(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
  const cd = v128.add<T>(v128.shuffle<f32>(c, d, 0, 1, 4, 5), v128.shuffle<f32>(c, d, 2, 3, 6, 7));
  return v128.add<T>(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

/** Sets `bytes` bytes to zero. */
// @ts-ignore: decorator
@inline
export function clear(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}
