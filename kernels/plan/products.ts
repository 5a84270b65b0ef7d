// The register tile behind forward passes, input gradients and projections: P outputs (1 or 2) of V vectors of lanes (1 to 5),
// each the sum over taps of (weight in all lanes) × (row of lanes). A tap is one input channel and one place of a convolution's
// window; taps are walked in three nested loops with constant steps, so that any stride, any part of a window at a border, and
// both directions are the same code.
import { N1, N2, N3, N4, N5 } from '../common/simd';
import { fma, positive, rectified } from './lanes';

/** What a tile does beside its sum; bits of `mode`. */
export const FROM_OUTPUT: i32 = 1;
export const WITH_BIAS: i32 = 2;
export const RECTIFY: i32 = 4;
export const MASK: i32 = 8;
export const PROJECT: i32 = 16;

// Steps of the three loops in bytes, for weights and for rows; innermost last. Set once for each operation.
let weight2: usize = 0;
let weight1: usize = 0;
let weight0: usize = 0;
let row2: usize = 0;
let row1: usize = 0;
let row0: usize = 0;
/** From an output's weights to those of the next output, and from its rows to the next output's. */
let nextWeight: usize = 0;
let nextOutput: usize = 0;

/** Sets the steps of the loops over taps. */
export function setTaps(w2: usize, w1: usize, w0: usize, r2: usize, r1: usize, r0: usize): void {
  weight2 = w2;
  weight1 = w1;
  weight0 = w0;
  row2 = r2;
  row1 = r1;
  row0 = r0;
}

/** Sets the steps from an output to the next one. */
export function setOutputs(weight: usize, output: usize): void {
  nextWeight = weight;
  nextOutput = output;
}

/**
 * Computes `outputs` outputs, a multiple of P, at one place and for one tile of lanes.
 * @param w - the first tap's weight of the first output; `x` its row
 * @param y - where the first output goes; with PROJECT a single row that Σ_outputs output·other is added to
 * @param other - with MASK the tensor whose positive numbers let the result through, with PROJECT the deltas; like y
 */
function tile<T, V, P>(w: usize, x: usize, y: usize, other: usize, bias: usize, outputs: i32, n2: i32, n1: i32, n0: i32, mode: i32): void {
  const step = weight0;
  const rowStep = row0;
  const second = nextWeight;
  const span = <usize>n0 * step;
  for (let o = 0; o < outputs; o += offsetof<P>() / 4) {
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
    if (mode & FROM_OUTPUT) {
      a0 = v128.load(y, 0);
      if (offsetof<V>() > 4) a1 = v128.load(y, 16);
      if (offsetof<V>() > 8) a2 = v128.load(y, 32);
      if (offsetof<V>() > 12) a3 = v128.load(y, 48);
      if (offsetof<V>() > 16) a4 = v128.load(y, 64);
      if (offsetof<P>() > 4) b0 = v128.load(y + nextOutput, 0);
      if (offsetof<P>() > 4 && offsetof<V>() > 4) b1 = v128.load(y + nextOutput, 16);
      if (offsetof<P>() > 4 && offsetof<V>() > 8) b2 = v128.load(y + nextOutput, 32);
      if (offsetof<P>() > 4 && offsetof<V>() > 12) b3 = v128.load(y + nextOutput, 48);
      if (offsetof<P>() > 4 && offsetof<V>() > 16) b4 = v128.load(y + nextOutput, 64);
    }
    if (mode & WITH_BIAS) {
      const shift = v128.load_splat<T>(bias);
      a0 = v128.add<T>(a0, shift);
      if (offsetof<V>() > 4) a1 = v128.add<T>(a1, shift);
      if (offsetof<V>() > 8) a2 = v128.add<T>(a2, shift);
      if (offsetof<V>() > 12) a3 = v128.add<T>(a3, shift);
      if (offsetof<V>() > 16) a4 = v128.add<T>(a4, shift);
      if (offsetof<P>() > 4) {
        const other = v128.load_splat<T>(bias + sizeof<T>());
        b0 = v128.add<T>(b0, other);
        if (offsetof<V>() > 4) b1 = v128.add<T>(b1, other);
        if (offsetof<V>() > 8) b2 = v128.add<T>(b2, other);
        if (offsetof<V>() > 12) b3 = v128.add<T>(b3, other);
        if (offsetof<V>() > 16) b4 = v128.add<T>(b4, other);
      }
      bias += (offsetof<P>() / 4) * sizeof<T>();
    }
    let wc = w;
    let xc = x;
    for (let k = 0; k < n2; k++) {
      let wr = wc;
      let xr = xc;
      for (let j = 0; j < n1; j++) {
        let p = wr;
        let q = xr;
        const end = p + span;
        do {
          const s = v128.load_splat<T>(p);
          if (offsetof<P>() > 4) {
            const t = v128.load_splat<T>(p + second);
            const x0 = v128.load(q, 0);
            a0 = fma<T>(s, x0, a0);
            b0 = fma<T>(t, x0, b0);
            if (offsetof<V>() > 4) {
              const x1 = v128.load(q, 16);
              a1 = fma<T>(s, x1, a1);
              b1 = fma<T>(t, x1, b1);
            }
            if (offsetof<V>() > 8) {
              const x2 = v128.load(q, 32);
              a2 = fma<T>(s, x2, a2);
              b2 = fma<T>(t, x2, b2);
            }
            if (offsetof<V>() > 12) {
              const x3 = v128.load(q, 48);
              a3 = fma<T>(s, x3, a3);
              b3 = fma<T>(t, x3, b3);
            }
            if (offsetof<V>() > 16) {
              const x4 = v128.load(q, 64);
              a4 = fma<T>(s, x4, a4);
              b4 = fma<T>(t, x4, b4);
            }
          } else {
            a0 = fma<T>(s, v128.load(q, 0), a0);
            if (offsetof<V>() > 4) a1 = fma<T>(s, v128.load(q, 16), a1);
            if (offsetof<V>() > 8) a2 = fma<T>(s, v128.load(q, 32), a2);
            if (offsetof<V>() > 12) a3 = fma<T>(s, v128.load(q, 48), a3);
            if (offsetof<V>() > 16) a4 = fma<T>(s, v128.load(q, 64), a4);
          }
          p += step;
          q += rowStep;
        } while (p < end);
        wr += weight1;
        xr += row1;
      }
      wc += weight2;
      xc += row2;
    }
    if (mode & RECTIFY) {
      a0 = rectified<T>(a0);
      if (offsetof<V>() > 4) a1 = rectified<T>(a1);
      if (offsetof<V>() > 8) a2 = rectified<T>(a2);
      if (offsetof<V>() > 12) a3 = rectified<T>(a3);
      if (offsetof<V>() > 16) a4 = rectified<T>(a4);
      if (offsetof<P>() > 4) b0 = rectified<T>(b0);
      if (offsetof<P>() > 4 && offsetof<V>() > 4) b1 = rectified<T>(b1);
      if (offsetof<P>() > 4 && offsetof<V>() > 8) b2 = rectified<T>(b2);
      if (offsetof<P>() > 4 && offsetof<V>() > 12) b3 = rectified<T>(b3);
      if (offsetof<P>() > 4 && offsetof<V>() > 16) b4 = rectified<T>(b4);
    }
    if (mode & MASK) {
      a0 = v128.and(a0, positive<T>(v128.load(other, 0)));
      if (offsetof<V>() > 4) a1 = v128.and(a1, positive<T>(v128.load(other, 16)));
      if (offsetof<V>() > 8) a2 = v128.and(a2, positive<T>(v128.load(other, 32)));
      if (offsetof<V>() > 12) a3 = v128.and(a3, positive<T>(v128.load(other, 48)));
      if (offsetof<V>() > 16) a4 = v128.and(a4, positive<T>(v128.load(other, 64)));
      if (offsetof<P>() > 4) b0 = v128.and(b0, positive<T>(v128.load(other + nextOutput, 0)));
      if (offsetof<P>() > 4 && offsetof<V>() > 4) b1 = v128.and(b1, positive<T>(v128.load(other + nextOutput, 16)));
      if (offsetof<P>() > 4 && offsetof<V>() > 8) b2 = v128.and(b2, positive<T>(v128.load(other + nextOutput, 32)));
      if (offsetof<P>() > 4 && offsetof<V>() > 12) b3 = v128.and(b3, positive<T>(v128.load(other + nextOutput, 48)));
      if (offsetof<P>() > 4 && offsetof<V>() > 16) b4 = v128.and(b4, positive<T>(v128.load(other + nextOutput, 64)));
    }
    if (mode & PROJECT) {
      v128.store(y, fma<T>(a0, v128.load(other, 0), v128.load(y, 0)), 0);
      if (offsetof<V>() > 4) v128.store(y, fma<T>(a1, v128.load(other, 16), v128.load(y, 16)), 16);
      if (offsetof<V>() > 8) v128.store(y, fma<T>(a2, v128.load(other, 32), v128.load(y, 32)), 32);
      if (offsetof<V>() > 12) v128.store(y, fma<T>(a3, v128.load(other, 48), v128.load(y, 48)), 48);
      if (offsetof<V>() > 16) v128.store(y, fma<T>(a4, v128.load(other, 64), v128.load(y, 64)), 64);
      if (offsetof<P>() > 4) v128.store(y, fma<T>(b0, v128.load(other + nextOutput, 0), v128.load(y, 0)), 0);
      if (offsetof<P>() > 4 && offsetof<V>() > 4) v128.store(y, fma<T>(b1, v128.load(other + nextOutput, 16), v128.load(y, 16)), 16);
      if (offsetof<P>() > 4 && offsetof<V>() > 8) v128.store(y, fma<T>(b2, v128.load(other + nextOutput, 32), v128.load(y, 32)), 32);
      if (offsetof<P>() > 4 && offsetof<V>() > 12) v128.store(y, fma<T>(b3, v128.load(other + nextOutput, 48), v128.load(y, 48)), 48);
      if (offsetof<P>() > 4 && offsetof<V>() > 16) v128.store(y, fma<T>(b4, v128.load(other + nextOutput, 64), v128.load(y, 64)), 64);
    } else {
      v128.store(y, a0, 0);
      if (offsetof<V>() > 4) v128.store(y, a1, 16);
      if (offsetof<V>() > 8) v128.store(y, a2, 32);
      if (offsetof<V>() > 12) v128.store(y, a3, 48);
      if (offsetof<V>() > 16) v128.store(y, a4, 64);
      if (offsetof<P>() > 4) v128.store(y + nextOutput, b0, 0);
      if (offsetof<P>() > 4 && offsetof<V>() > 4) v128.store(y + nextOutput, b1, 16);
      if (offsetof<P>() > 4 && offsetof<V>() > 8) v128.store(y + nextOutput, b2, 32);
      if (offsetof<P>() > 4 && offsetof<V>() > 12) v128.store(y + nextOutput, b3, 48);
      if (offsetof<P>() > 4 && offsetof<V>() > 16) v128.store(y + nextOutput, b4, 64);
      y += (offsetof<P>() / 4) * nextOutput;
    }
    other += (offsetof<P>() / 4) * nextOutput;
    w += (offsetof<P>() / 4) * second;
  }
}

/** Computes all outputs at one place for one tile of lanes: pairs, then the odd one. */
// @ts-ignore: decorator
@inline
function both<T, V>(w: usize, x: usize, y: usize, other: usize, bias: usize, outputs: i32, n2: i32, n1: i32, n0: i32, mode: i32): void {
  const even = outputs & ~1;
  if (even) tile<T, V, N2>(w, x, y, other, bias, even, n2, n1, n0, mode);
  if (outputs & 1) {
    const done = <usize>even * nextOutput;
    tile<T, V, N1>(w + <usize>even * nextWeight, x, mode & PROJECT ? y : y + done, other + done, bias + <usize>even * sizeof<T>(), 1, n2, n1, n0, mode);
  }
}

/** The widest tile of lanes in vectors. */
export const WIDEST: i32 = 5;

/** Computes all outputs at one place for a tile of `vectors` vectors; see `tile`. */
export function products<T>(vectors: i32, w: usize, x: usize, y: usize, other: usize, bias: usize, outputs: i32, n2: i32, n1: i32, n0: i32, mode: i32): void {
  switch (vectors) {
    case 1:
      both<T, N1>(w, x, y, other, bias, outputs, n2, n1, n0, mode);
      break;
    case 2:
      both<T, N2>(w, x, y, other, bias, outputs, n2, n1, n0, mode);
      break;
    case 3:
      both<T, N3>(w, x, y, other, bias, outputs, n2, n1, n0, mode);
      break;
    case 4:
      both<T, N4>(w, x, y, other, bias, outputs, n2, n1, n0, mode);
      break;
    case 5:
      both<T, N5>(w, x, y, other, bias, outputs, n2, n1, n0, mode);
      break;
  }
}
