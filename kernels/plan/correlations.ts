// The register tile behind weight gradients: P outputs × Q taps, each the sum over places and lanes of (delta × row). The taps of a
// tile are rows at a constant distance: neighbouring places of a window, or the channels of a kernel of one place. What
// products.ts says about the sizes of tiles holds here too.
import { N1, N2, N3, N4, N5 } from '../common/simd';
import { fma, sumOf, sumsOf } from './lanes';

// Steps in bytes, set once for each operation.
/** From an output's deltas to the next one's, and from a tap's rows to the next one's. */
let nextDelta: usize = 0;
let nextTap: usize = 0;
/** Inner loop: of the deltas and of the rows. */
let deltaStep: usize = 0;
let inputStep: usize = 0;
/** What deltas and rows skip after each turn of the middle loop; from line to line of both. */
let deltaGap: usize = 0;
let inputGap: usize = 0;
let deltaLine: usize = 0;
let inputLine: usize = 0;
/** In the gradient, from an output to the next and from a tap to the next. */
let gradientOutput: usize = 0;
let gradientTap: usize = 0;

/** Sets the steps between deltas and rows. */
export function setWalk(delta: usize, tap: usize, dStep: usize, xStep: usize, dLine: usize, xLine: usize): void {
  nextDelta = delta;
  nextTap = tap;
  deltaStep = dStep;
  inputStep = xStep;
  deltaLine = dLine;
  inputLine = xLine;
}

/** Sets what is skipped after each turn of the middle loop. */
export function setGaps(delta: usize, input: usize): void {
  deltaGap = delta;
  inputGap = input;
}

/** Sets the steps in the gradient. */
export function setGradient(output: usize, tap: usize): void {
  gradientOutput = output;
  gradientTap = tap;
}

/**
 * Adds factor·Σ d·x to P×Q numbers at `g` (`apart` false), or Σ over places to P×Q rows of one vector (`apart` true). Every
 * stream of vectors has a pointer of its own: sums of pointers and steps would be formed anew for each load.
 * @param turns - of the middle loop: columns, or lines where the inner loop passes a whole run of columns
 * @param span - bytes of the deltas that the inner loop passes
 */
function tile<T, P, Q>(d: usize, x: usize, lines: i32, turns: i32, span: usize, g: usize, factor: T, apart: bool): void {
  const dStep = deltaStep;
  const xStep = inputStep;
  const tap = nextTap;
  const delta = nextDelta;
  const dGap = deltaGap;
  const xGap = inputGap;
  let a00 = v128.splat<T>(<T>0);
  let a01 = v128.splat<T>(<T>0);
  let a02 = v128.splat<T>(<T>0);
  let a10 = v128.splat<T>(<T>0);
  let a11 = v128.splat<T>(<T>0);
  let a12 = v128.splat<T>(<T>0);
  let a20 = v128.splat<T>(<T>0);
  let a21 = v128.splat<T>(<T>0);
  let a22 = v128.splat<T>(<T>0);
  let a30 = v128.splat<T>(<T>0);
  let a31 = v128.splat<T>(<T>0);
  let a40 = v128.splat<T>(<T>0);
  for (let j = 0; j < lines; j++) {
    let d0 = d;
    let d1 = d0 + delta;
    let d2 = d1 + delta;
    let d3 = d2 + delta;
    let d4 = d3 + delta;
    let x0 = x;
    let x1 = x0 + tap;
    let x2 = x1 + tap;
    for (let i = 0; i < turns; i++) {
      const end = d0 + span;
      for (; d0 < end; d0 += dStep) {
        const t0 = v128.load(x0);
        x0 += xStep;
        const t1 = offsetof<Q>() > 4 ? v128.load(x1) : t0;
        if (offsetof<Q>() > 4) x1 += xStep;
        const t2 = offsetof<Q>() > 8 ? v128.load(x2) : t0;
        if (offsetof<Q>() > 8) x2 += xStep;
        {
          const u = v128.load(d0);
          a00 = fma<T>(u, t0, a00);
          if (offsetof<Q>() > 4) a01 = fma<T>(u, t1, a01);
          if (offsetof<Q>() > 8) a02 = fma<T>(u, t2, a02);
        }
        if (offsetof<P>() > 4) {
          const u = v128.load(d1);
          d1 += dStep;
          a10 = fma<T>(u, t0, a10);
          if (offsetof<Q>() > 4) a11 = fma<T>(u, t1, a11);
          if (offsetof<Q>() > 8) a12 = fma<T>(u, t2, a12);
        }
        if (offsetof<P>() > 8) {
          const u = v128.load(d2);
          d2 += dStep;
          a20 = fma<T>(u, t0, a20);
          if (offsetof<Q>() > 4) a21 = fma<T>(u, t1, a21);
          if (offsetof<Q>() > 8) a22 = fma<T>(u, t2, a22);
        }
        if (offsetof<P>() > 12) {
          const u = v128.load(d3);
          d3 += dStep;
          a30 = fma<T>(u, t0, a30);
          if (offsetof<Q>() > 4) a31 = fma<T>(u, t1, a31);
        }
        if (offsetof<P>() > 16) {
          const u = v128.load(d4);
          d4 += dStep;
          a40 = fma<T>(u, t0, a40);
        }
      }
      d0 += dGap;
      d1 += dGap;
      d2 += dGap;
      d3 += dGap;
      d4 += dGap;
      x0 += xGap;
      x1 += xGap;
      x2 += xGap;
    }
    d += deltaLine;
    x += inputLine;
  }
  write<T, Q>(g, a00, a01, a02, factor, apart);
  if (offsetof<P>() > 4) write<T, Q>(g + gradientOutput, a10, a11, a12, factor, apart);
  if (offsetof<P>() > 8) write<T, Q>(g + 2 * gradientOutput, a20, a21, a22, factor, apart);
  if (offsetof<P>() > 12) write<T, Q>(g + 3 * gradientOutput, a30, a31, a30, factor, apart);
  if (offsetof<P>() > 16) write<T, Q>(g + 4 * gradientOutput, a40, a40, a40, factor, apart);
}

/**
 * Adds the sums of one output's taps to the gradient. Three of them are a vector whose last number is added 0 to: what follows
 * the gradient in memory is read and written back.
 */
// @ts-ignore: decorator
@inline
function write<T, Q>(g: usize, a0: v128, a1: v128, a2: v128, factor: T, apart: bool): void {
  const tap = gradientTap;
  if (apart) {
    v128.store(g, v128.add<T>(v128.load(g), a0));
    if (offsetof<Q>() > 4) v128.store(g + tap, v128.add<T>(v128.load(g + tap), a1));
    if (offsetof<Q>() > 8) v128.store(g + 2 * tap, v128.add<T>(v128.load(g + 2 * tap), a2));
    return;
  }
  if (offsetof<Q>() > 8 && sizeof<T>() == 4) {
    v128.store(g, fma<T>(v128.splat<T>(factor), sumsOf<T>(a0, a1, a2, v128.splat<T>(<T>0)), v128.load(g)));
    return;
  }
  if (offsetof<Q>() > 4 && sizeof<T>() == 8) {
    v128.store(g, fma<T>(v128.splat<T>(factor), sumsOf<T>(a0, a1, a0, a1), v128.load(g)));
    if (offsetof<Q>() > 8) store<T>(g, load<T>(g, 2 * sizeof<T>()) + factor * sumOf<T>(a2), 2 * sizeof<T>());
    return;
  }
  store<T>(g, load<T>(g) + factor * sumOf<T>(a0));
  if (offsetof<Q>() > 4) store<T>(g, load<T>(g, sizeof<T>()) + factor * sumOf<T>(a1), sizeof<T>());
}

/** Says how many outputs a tile of q taps takes. */
// @ts-ignore: decorator
@inline
export function outputsFor(q: i32): i32 {
  return q == 3 ? 3 : q == 2 ? 4 : 5;
}

/** Returns the number of taps of the next tile where `left` are left: 3, and at the end 2 rather than 1. */
// @ts-ignore: decorator
@inline
export function tapsOf(left: i32): i32 {
  return left == 4 ? 2 : min(left, 3);
}

/** Adds the products of p outputs and q taps; see `tile`. Any p up to `outputsFor(q)`, q up to 3. */
export function correlate<T>(p: i32, q: i32, d: usize, x: usize, lines: i32, turns: i32, span: usize, g: usize, factor: T, apart: bool): void {
  switch (8 * q + p) {
    case 9:
      tile<T, N1, N1>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 10:
      tile<T, N2, N1>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 11:
      tile<T, N3, N1>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 12:
      tile<T, N4, N1>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 13:
      tile<T, N5, N1>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 17:
      tile<T, N1, N2>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 18:
      tile<T, N2, N2>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 19:
      tile<T, N3, N2>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 20:
      tile<T, N4, N2>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 25:
      tile<T, N1, N3>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 26:
      tile<T, N2, N3>(d, x, lines, turns, span, g, factor, apart);
      break;
    case 27:
      tile<T, N3, N3>(d, x, lines, turns, span, g, factor, apart);
      break;
  }
}
