// Steps of optimisers over `count` numbers of flat vectors; up to 15 bytes behind the last one are read, and written as they were.
// `row` is the address of the constants of the step (src/train/optimisers/constants.ts): rate, shrink, decay, mu, fresh, own, held,
// beta, freshSquare, epsilon, in numbers of the type T.
import { address, fma, size } from './lanes';
import { giveBack, hold } from './ends';

/** Returns constant number `place` of a row in every lane. */
// @ts-ignore: decorator
@inline
function constant<T>(row: usize, place: i32): v128 {
  return v128.splat<T>(load<T>(row + <usize>place * sizeof<T>()));
}

/**
 * Returns x, and 0 where |x| is below `least`. A mean over past gradients that are no longer followed by others falls below the
 * normal numbers, where a step would take many times as long; what is cut off is too small to change any weight.
 */
// @ts-ignore: decorator
@inline
function cut<T>(x: v128, least: v128): v128 {
  return v128.andnot(x, v128.lt<T>(v128.abs<T>(x), least)); // NaN is kept
}

/** The smallest buffer and the smallest mean square that are kept, in float32; the normal numbers of float64 reach far lower. */
// @ts-ignore: decorator
@inline
function least<T>(): v128 {
  return v128.splat<T>(sizeof<T>() == 4 ? <T>1e-30 : <T>0);
}
// @ts-ignore: decorator
@inline
function leastSquare<T>(): v128 {
  return v128.splat<T>(sizeof<T>() == 4 ? <T>1e-36 : <T>0);
}

/** Returns the address after the last whole vector. */
// @ts-ignore: decorator
@inline
function endOf<T>(from: usize, count: i32): usize {
  return from + ((<usize>count * sizeof<T>() + 15) & ~15);
}

/** w ← w − (shrink w + rate (g + decay w)). */
function plainStep<T>(w: usize, g: usize, count: i32, row: usize): void {
  const rate = v128.neg<T>(constant<T>(row, 0));
  // one of the two is 0
  const pull = fma<T>(rate, constant<T>(row, 2), v128.neg<T>(constant<T>(row, 1)));
  hold<T>(w, count);
  const end = endOf<T>(w, count);
  for (; w < end; w += 16, g += 16) {
    const x = v128.load(w);
    v128.store(w, v128.add<T>(x, fma<T>(rate, v128.load(g), v128.mul<T>(pull, x))));
  }
  giveBack<T>(count);
}

/** m ← mu m + fresh g,  w ← w − (shrink w + rate (own g + held m)),  with g ← g + decay w. */
function momentumStep<T>(w: usize, g: usize, m: usize, count: i32, row: usize): void {
  const rate = v128.neg<T>(constant<T>(row, 0));
  const shrink = v128.neg<T>(constant<T>(row, 1));
  const decay = constant<T>(row, 2);
  const mu = constant<T>(row, 3);
  const fresh = constant<T>(row, 4);
  const own = v128.mul<T>(rate, constant<T>(row, 5));
  const held = v128.mul<T>(rate, constant<T>(row, 6));
  const small = least<T>();
  hold<T>(w, count);
  hold<T>(m, count);
  const end = endOf<T>(w, count);
  for (; w < end; w += 16, g += 16, m += 16) {
    const x = v128.load(w);
    const d = fma<T>(decay, x, v128.load(g));
    const b = cut<T>(fma<T>(mu, v128.load(m), v128.mul<T>(fresh, d)), small);
    v128.store(m, b);
    v128.store(w, v128.add<T>(x, fma<T>(held, b, fma<T>(own, d, v128.mul<T>(shrink, x)))));
  }
  giveBack<T>(count);
}

/** v ← beta v + freshSquare g²,  u = g/(√v + eps),  w ← w − (shrink w + rate u);  with m ≠ 0: m ← mu m + u,  w ← w − (shrink w + rate m). */
function rmspropStep<T>(w: usize, g: usize, v: usize, m: usize, count: i32, row: usize): void {
  const rate = v128.neg<T>(constant<T>(row, 0));
  const shrink = v128.neg<T>(constant<T>(row, 1));
  const decay = constant<T>(row, 2);
  const mu = constant<T>(row, 3);
  const beta = constant<T>(row, 7);
  const freshSquare = constant<T>(row, 8);
  const epsilon = constant<T>(row, 9);
  const small = least<T>();
  const smallSquare = leastSquare<T>();
  hold<T>(w, count);
  hold<T>(v, count);
  if (m) hold<T>(m, count);
  const end = endOf<T>(w, count);
  const step: usize = m ? 16 : 0;
  for (; w < end; w += 16, g += 16, v += 16, m += step) {
    const x = v128.load(w);
    const d = fma<T>(decay, x, v128.load(g));
    const s = cut<T>(fma<T>(beta, v128.load(v), v128.mul<T>(freshSquare, v128.mul<T>(d, d))), smallSquare);
    v128.store(v, s);
    let u = v128.div<T>(d, v128.add<T>(v128.sqrt<T>(s), epsilon));
    if (m) {
      u = cut<T>(fma<T>(mu, v128.load(m), u), small);
      v128.store(m, u);
    }
    v128.store(w, v128.add<T>(x, fma<T>(rate, u, v128.mul<T>(shrink, x))));
  }
  giveBack<T>(count);
}

/** m ← mu m + fresh g,  v ← beta v + freshSquare g²,  w ← w − (shrink w + rate m/(√v + eps)),  with g ← g + decay w. */
function adamStep<T>(w: usize, g: usize, m: usize, v: usize, count: i32, row: usize): void {
  const rate = v128.neg<T>(constant<T>(row, 0));
  const shrink = v128.neg<T>(constant<T>(row, 1));
  const decay = constant<T>(row, 2);
  const mu = constant<T>(row, 3);
  const fresh = constant<T>(row, 4);
  const beta = constant<T>(row, 7);
  const freshSquare = constant<T>(row, 8);
  const epsilon = constant<T>(row, 9);
  const small = least<T>();
  const smallSquare = leastSquare<T>();
  hold<T>(w, count);
  hold<T>(m, count);
  hold<T>(v, count);
  const end = endOf<T>(w, count);
  for (; w < end; w += 16, g += 16, m += 16, v += 16) {
    const x = v128.load(w);
    const d = fma<T>(decay, x, v128.load(g));
    const b = cut<T>(fma<T>(mu, v128.load(m), v128.mul<T>(fresh, d)), small);
    const s = cut<T>(fma<T>(beta, v128.load(v), v128.mul<T>(freshSquare, v128.mul<T>(d, d))), smallSquare);
    v128.store(m, b);
    v128.store(v, s);
    const u = v128.div<T>(v128.mul<T>(rate, b), v128.add<T>(v128.sqrt<T>(s), epsilon));
    v128.store(w, v128.add<T>(x, fma<T>(shrink, x, u)));
  }
  giveBack<T>(count);
}

/** Returns the sum of squares of `count` numbers and of those up to the end of their last vector, added up in float64. */
function sumOfSquares<T>(g: usize, count: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  const end = endOf<T>(g, count);
  for (; g < end; g += 16) {
    const x = v128.load(g);
    if (sizeof<T>() == 4) {
      const low = f64x2.promote_low_f32x4(x);
      const high = f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 0));
      a = f64x2.add(a, f64x2.mul(low, low));
      b = f64x2.add(b, f64x2.mul(high, high));
    } else a = f64x2.add(a, f64x2.mul(x, x));
  }
  a = f64x2.add(a, b);
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

/**
 * Shortens a gradient to the norm `most` where it is longer, as PyTorch does: g ← g·min(1, most/(|g| + 1e-6)). Returns whether it
 * did. A norm that is not a number leaves the gradient as it is, so that the loss shows it.
 */
function clip<T>(g: usize, count: i32, most: f64): bool {
  const factor = most / (Math.sqrt(sumOfSquares<T>(g, count)) + 1e-6);
  if (!(factor < 1)) return false;
  const by = v128.splat<T>(<T>factor);
  const end = endOf<T>(g, count);
  for (; g < end; g += 16) v128.store(g, v128.mul<T>(by, v128.load(g)));
  return true;
}

/** Executes a step of an optimiser; codes from 98 on. */
export function stepOf<T>(code: i32, r: usize): void {
  switch (code) {
    case 98:
      plainStep<T>(address(r, 2), address(r, 3), size(r, 5), address(r, 4));
      break;
    case 99:
      momentumStep<T>(address(r, 2), address(r, 3), address(r, 4), size(r, 6), address(r, 5));
      break;
    case 100:
      rmspropStep<T>(address(r, 2), address(r, 3), address(r, 4), address(r, 5), size(r, 7), address(r, 6));
      break;
    case 101:
      adamStep<T>(address(r, 2), address(r, 3), address(r, 4), address(r, 5), size(r, 7), address(r, 6));
      break;
    case 102:
      if (clip<T>(address(r, 2), size(r, 5), <f64>load<T>(address(r, 3))))
        store<T>(address(r, 4), load<T>(address(r, 4)) + <T>1);
      break;
  }
}
