// The register tile behind weight gradients: P outputs × Q taps, each the sum over places and lanes of (delta × row). The taps of a
// tile are rows at a constant distance: neighbouring places of a window, or the channels of a kernel of one place.
import { N1, N2, N3, N4, N5 } from '../common/simd';
import { fma, sumOf, sumsOf } from './lanes';

// Steps in bytes, set once for each operation.
/** From an output's deltas to the next one's, and from a tap's rows to the next one's. */
let nextDelta: usize = 0;
let nextTap: usize = 0;
/** Inner loop: of the deltas and of the rows. */
let deltaStep: usize = 0;
let inputStep: usize = 0;
/** What the rows advance more than the deltas from column to column; from line to line of both. */
let columnGap: usize = 0;
let deltaLine: usize = 0;
let inputLine: usize = 0;
/** In the gradient, from an output to the next and from a tap to the next. */
let gradientOutput: usize = 0;
let gradientTap: usize = 0;

/** Sets the steps between deltas and rows. */
export function setWalk(delta: usize, tap: usize, dStep: usize, xStep: usize, gap: usize, dLine: usize, xLine: usize): void {
  nextDelta = delta;
  nextTap = tap;
  deltaStep = dStep;
  inputStep = xStep;
  columnGap = gap;
  deltaLine = dLine;
  inputLine = xLine;
}

/** Sets the steps in the gradient. */
export function setGradient(output: usize, tap: usize): void {
  gradientOutput = output;
  gradientTap = tap;
}

/**
 * Adds factor·Σ d·x to P×Q numbers at `g` (`apart` false), or Σ over places to P×Q rows of one vector (`apart` true).
 * @param span - bytes of the deltas that the inner loop passes
 */
function tile<T, P, Q>(d: usize, x: usize, lines: i32, columns: i32, span: usize, g: usize, factor: T, apart: bool): void {
  const dStep = deltaStep;
  const xStep = inputStep;
  const tap = nextTap;
  let a0 = v128.splat<T>(<T>0);
  let a1 = v128.splat<T>(<T>0);
  let a2 = v128.splat<T>(<T>0);
  let a3 = v128.splat<T>(<T>0);
  let a4 = v128.splat<T>(<T>0);
  let b0 = v128.splat<T>(<T>0);
  let b1 = v128.splat<T>(<T>0);
  let b2 = v128.splat<T>(<T>0);
  let b3 = v128.splat<T>(<T>0);
  let b4 = v128.splat<T>(<T>0);
  let c0 = v128.splat<T>(<T>0);
  let c1 = v128.splat<T>(<T>0);
  let c2 = v128.splat<T>(<T>0);
  let d0 = v128.splat<T>(<T>0);
  let d1 = v128.splat<T>(<T>0);
  for (let j = 0; j < lines; j++) {
    let e = d;
    let y = x;
    for (let i = 0; i < columns; i++) {
      const end = e + span;
      do {
        const u = v128.load(e);
        const v = offsetof<P>() > 4 ? v128.load(e + nextDelta) : u;
        const w = offsetof<P>() > 8 ? v128.load(e + 2 * nextDelta) : u;
        const z = offsetof<P>() > 12 ? v128.load(e + 3 * nextDelta) : u;
        {
          const t = v128.load(y);
          a0 = fma<T>(u, t, a0);
          if (offsetof<P>() > 4) b0 = fma<T>(v, t, b0);
          if (offsetof<P>() > 8) c0 = fma<T>(w, t, c0);
          if (offsetof<P>() > 12) d0 = fma<T>(z, t, d0);
        }
        if (offsetof<Q>() > 4) {
          const t = v128.load(y + tap);
          a1 = fma<T>(u, t, a1);
          if (offsetof<P>() > 4) b1 = fma<T>(v, t, b1);
          if (offsetof<P>() > 8) c1 = fma<T>(w, t, c1);
          if (offsetof<P>() > 12) d1 = fma<T>(z, t, d1);
        }
        if (offsetof<Q>() > 8) {
          const t = v128.load(y + 2 * tap);
          a2 = fma<T>(u, t, a2);
          if (offsetof<P>() > 4) b2 = fma<T>(v, t, b2);
          if (offsetof<P>() > 8) c2 = fma<T>(w, t, c2);
        }
        if (offsetof<Q>() > 12) {
          const t = v128.load(y + 3 * tap);
          a3 = fma<T>(u, t, a3);
          if (offsetof<P>() > 4) b3 = fma<T>(v, t, b3);
        }
        if (offsetof<Q>() > 16) {
          const t = v128.load(y + 4 * tap);
          a4 = fma<T>(u, t, a4);
          if (offsetof<P>() > 4) b4 = fma<T>(v, t, b4);
        }
        e += dStep;
        y += xStep;
      } while (e < end);
      y += columnGap;
    }
    d += deltaLine;
    x += inputLine;
  }
  write<T, Q>(g, a0, a1, a2, a3, a4, factor, apart);
  if (offsetof<P>() > 4) write<T, Q>(g + gradientOutput, b0, b1, b2, b3, b4, factor, apart);
  if (offsetof<P>() > 8) write<T, Q>(g + 2 * gradientOutput, c0, c1, c2, c0, c0, factor, apart);
  if (offsetof<P>() > 12) write<T, Q>(g + 3 * gradientOutput, d0, d1, d0, d0, d0, factor, apart);
}

/** Adds the sums of one output's taps to the gradient. */
// @ts-ignore: decorator
@inline
function write<T, Q>(g: usize, a0: v128, a1: v128, a2: v128, a3: v128, a4: v128, factor: T, apart: bool): void {
  const tap = gradientTap;
  if (apart) {
    v128.store(g, v128.add<T>(v128.load(g), a0));
    if (offsetof<Q>() > 4) v128.store(g + tap, v128.add<T>(v128.load(g + tap), a1));
    if (offsetof<Q>() > 8) v128.store(g + 2 * tap, v128.add<T>(v128.load(g + 2 * tap), a2));
    if (offsetof<Q>() > 12) v128.store(g + 3 * tap, v128.add<T>(v128.load(g + 3 * tap), a3));
    if (offsetof<Q>() > 16) v128.store(g + 4 * tap, v128.add<T>(v128.load(g + 4 * tap), a4));
    return;
  }
  if (offsetof<Q>() > 12) {
    // four numbers beside each other
    if (sizeof<T>() == 4) {
      v128.store(g, fma<T>(v128.splat<T>(factor), sumsOf<T>(a0, a1, a2, a3), v128.load(g)));
    } else {
      v128.store(g, fma<T>(v128.splat<T>(factor), sumsOf<T>(a0, a1, a0, a1), v128.load(g)));
      v128.store(g, fma<T>(v128.splat<T>(factor), sumsOf<T>(a2, a3, a2, a3), v128.load(g, 16)), 16);
    }
    if (offsetof<Q>() > 16) store<T>(g, load<T>(g, 4 * sizeof<T>()) + factor * sumOf<T>(a4), 4 * sizeof<T>());
    return;
  }
  store<T>(g, load<T>(g) + factor * sumOf<T>(a0));
  if (offsetof<Q>() > 4) store<T>(g, load<T>(g, sizeof<T>()) + factor * sumOf<T>(a1), sizeof<T>());
  if (offsetof<Q>() > 8) store<T>(g, load<T>(g, 2 * sizeof<T>()) + factor * sumOf<T>(a2), 2 * sizeof<T>());
}

/** Says how many outputs a tile of q taps takes: at most ten sums are kept in registers. */
// @ts-ignore: decorator
@inline
export function outputsFor(q: i32): i32 {
  return q >= 4 ? 2 : q == 3 ? 3 : 4;
}

/** Adds the products of p outputs and q taps; see `tile`. Any p up to `outputsFor(q)`, q up to 5. */
export function correlate<T>(p: i32, q: i32, d: usize, x: usize, lines: i32, columns: i32, span: usize, g: usize, factor: T, apart: bool): void {
  switch (8 * p + q) {
    case 9:
      tile<T, N1, N1>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 17:
      tile<T, N2, N1>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 25:
      tile<T, N3, N1>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 33:
      tile<T, N4, N1>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 10:
      tile<T, N1, N2>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 18:
      tile<T, N2, N2>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 26:
      tile<T, N3, N2>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 34:
      tile<T, N4, N2>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 11:
      tile<T, N1, N3>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 19:
      tile<T, N2, N3>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 27:
      tile<T, N3, N3>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 12:
      tile<T, N1, N4>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 20:
      tile<T, N2, N4>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 13:
      tile<T, N1, N5>(d, x, lines, columns, span, g, factor, apart);
      break;
    case 21:
      tile<T, N2, N5>(d, x, lines, columns, span, g, factor, apart);
      break;
  }
}
