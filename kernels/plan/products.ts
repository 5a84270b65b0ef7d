// The register tile behind forward passes, input gradients and projections: P outputs of V vectors of lanes, each the sum over
// taps of (weight in all lanes) × (row of lanes). A tap is one input channel and one place of a convolution's window. Taps follow
// one another at constant steps (dense layers), or a table gives the places of their weights and rows: any stride, any part of a
// window at a border and both directions are then one flat loop.
//
// Sizes of tiles: V8 loads all rows and weights of a turn before it multiplies, and has 15 registers for them and the sums: P + V
// + P·V ≤ 15. One vector more, and a sum goes through memory in every turn of the loop at less than half the speed. The largest
// such tiles, 4×2 and 3×3, reach 85 and 90 % of the peak with rows in the first-level cache, 2×5 only 40 %.
import { N1, N2, N3, N4, N5 } from '../common/simd';
import { fma, positive, rectified } from './lanes';
import { row0, weight0 } from './taps';

/** What a tile does beside its sum; bits of `mode`. */
export const FROM_OUTPUT: i32 = 1;
export const WITH_BIAS: i32 = 2;
export const RECTIFY: i32 = 4;
export const MASK: i32 = 8;
export const PROJECT: i32 = 16;
/** The output grows by the number of `setFactor` times the sum. */
export const SCALE: i32 = 32;

let factor: f64 = 1;

/** Sets the factor of SCALE. */
export function setFactor(f: f64): void {
  factor = f;
}

/** From an output's weights to those of the next output, and from its rows to the next output's. */
let nextWeight: usize = 0;
let nextOutput: usize = 0;

/** Sets the steps from an output to the next one. */
export function setOutputs(weight: usize, output: usize): void {
  nextWeight = weight;
  nextOutput = output;
}

/**
 * Computes `groups` groups of P outputs at one place and for one tile of lanes.
 * @param w - the first tap's weight of the first output; `x` its row
 * @param y - where the first output goes; with PROJECT a single row that Σ_outputs output·other is added to
 * @param other - with MASK the tensor whose positive numbers let the result through, with PROJECT the deltas; like y
 */
function tile<T, V, P, M>(w: usize, x: usize, y: usize, other: usize, bias: usize, groups: i32, table: usize, count: i32, mode: i32): void {
  const step = weight0;
  const rowStep = row0;
  const second = nextWeight;
  const span = <usize>count * step;
  const end = table + (<usize>count << 3);
  for (let o = 0; o < groups; o++) {
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
    if (mode & FROM_OUTPUT) {
      a00 = v128.load(y, 0);
      if (offsetof<V>() > 4) a01 = v128.load(y, 16);
      if (offsetof<V>() > 8) a02 = v128.load(y, 32);
      if (offsetof<P>() > 4) a10 = v128.load(y + nextOutput, 0);
      if (offsetof<P>() > 4 && offsetof<V>() > 4) a11 = v128.load(y + nextOutput, 16);
      if (offsetof<P>() > 4 && offsetof<V>() > 8) a12 = v128.load(y + nextOutput, 32);
      if (offsetof<P>() > 8) a20 = v128.load(y + 2 * nextOutput, 0);
      if (offsetof<P>() > 8 && offsetof<V>() > 4) a21 = v128.load(y + 2 * nextOutput, 16);
      if (offsetof<P>() > 8 && offsetof<V>() > 8) a22 = v128.load(y + 2 * nextOutput, 32);
      if (offsetof<P>() > 12) a30 = v128.load(y + 3 * nextOutput, 0);
      if (offsetof<P>() > 12 && offsetof<V>() > 4) a31 = v128.load(y + 3 * nextOutput, 16);
      if (offsetof<P>() > 16) a40 = v128.load(y + 4 * nextOutput, 0);
    }
    if (mode & WITH_BIAS) {
      {
        const shift = v128.load_splat<T>(bias);
        a00 = v128.add<T>(a00, shift);
        if (offsetof<V>() > 4) a01 = v128.add<T>(a01, shift);
        if (offsetof<V>() > 8) a02 = v128.add<T>(a02, shift);
      }
      if (offsetof<P>() > 4) {
        const shift = v128.load_splat<T>(bias + 1 * sizeof<T>());
        a10 = v128.add<T>(a10, shift);
        if (offsetof<V>() > 4) a11 = v128.add<T>(a11, shift);
        if (offsetof<V>() > 8) a12 = v128.add<T>(a12, shift);
      }
      if (offsetof<P>() > 8) {
        const shift = v128.load_splat<T>(bias + 2 * sizeof<T>());
        a20 = v128.add<T>(a20, shift);
        if (offsetof<V>() > 4) a21 = v128.add<T>(a21, shift);
        if (offsetof<V>() > 8) a22 = v128.add<T>(a22, shift);
      }
      if (offsetof<P>() > 12) {
        const shift = v128.load_splat<T>(bias + 3 * sizeof<T>());
        a30 = v128.add<T>(a30, shift);
        if (offsetof<V>() > 4) a31 = v128.add<T>(a31, shift);
      }
      if (offsetof<P>() > 16) {
        const shift = v128.load_splat<T>(bias + 4 * sizeof<T>());
        a40 = v128.add<T>(a40, shift);
      }
      bias += (offsetof<P>() / 4) * sizeof<T>();
    }
    if (offsetof<M>() > 4) {
      for (let at = table; at < end; at += 8) {
        const q = x + <usize>load<u32>(at);
        const p0 = w + <usize>load<u32>(at, 4);
        const p1 = p0 + second;
        const p2 = p1 + second;
        const p3 = p2 + second;
        const p4 = p3 + second;
        const x0 = v128.load(q);
        const x1 = offsetof<V>() > 4 ? v128.load(q, 16) : x0;
        const x2 = offsetof<V>() > 8 ? v128.load(q, 32) : x0;
        {
          const s = v128.load_splat<T>(p0);
          a00 = fma<T>(s, x0, a00);
          if (offsetof<V>() > 4) a01 = fma<T>(s, x1, a01);
          if (offsetof<V>() > 8) a02 = fma<T>(s, x2, a02);
        }
        if (offsetof<P>() > 4) {
          const s = v128.load_splat<T>(p1);
          a10 = fma<T>(s, x0, a10);
          if (offsetof<V>() > 4) a11 = fma<T>(s, x1, a11);
          if (offsetof<V>() > 8) a12 = fma<T>(s, x2, a12);
        }
        if (offsetof<P>() > 8) {
          const s = v128.load_splat<T>(p2);
          a20 = fma<T>(s, x0, a20);
          if (offsetof<V>() > 4) a21 = fma<T>(s, x1, a21);
          if (offsetof<V>() > 8) a22 = fma<T>(s, x2, a22);
        }
        if (offsetof<P>() > 12) {
          const s = v128.load_splat<T>(p3);
          a30 = fma<T>(s, x0, a30);
          if (offsetof<V>() > 4) a31 = fma<T>(s, x1, a31);
        }
        if (offsetof<P>() > 16) {
          const s = v128.load_splat<T>(p4);
          a40 = fma<T>(s, x0, a40);
        }
      }
    } else {
      let p0 = w;
      let p1 = p0 + second;
      let p2 = p1 + second;
      let p3 = p2 + second;
      let p4 = p3 + second;
      let q = x;
      for (const last = p0 + span; p0 < last; p0 += step) {
        const x0 = v128.load(q);
        const x1 = offsetof<V>() > 4 ? v128.load(q, 16) : x0;
        const x2 = offsetof<V>() > 8 ? v128.load(q, 32) : x0;
        q += rowStep;
        {
          const s = v128.load_splat<T>(p0);
          a00 = fma<T>(s, x0, a00);
          if (offsetof<V>() > 4) a01 = fma<T>(s, x1, a01);
          if (offsetof<V>() > 8) a02 = fma<T>(s, x2, a02);
        }
        if (offsetof<P>() > 4) {
          const s = v128.load_splat<T>(p1);
          p1 += step;
          a10 = fma<T>(s, x0, a10);
          if (offsetof<V>() > 4) a11 = fma<T>(s, x1, a11);
          if (offsetof<V>() > 8) a12 = fma<T>(s, x2, a12);
        }
        if (offsetof<P>() > 8) {
          const s = v128.load_splat<T>(p2);
          p2 += step;
          a20 = fma<T>(s, x0, a20);
          if (offsetof<V>() > 4) a21 = fma<T>(s, x1, a21);
          if (offsetof<V>() > 8) a22 = fma<T>(s, x2, a22);
        }
        if (offsetof<P>() > 12) {
          const s = v128.load_splat<T>(p3);
          p3 += step;
          a30 = fma<T>(s, x0, a30);
          if (offsetof<V>() > 4) a31 = fma<T>(s, x1, a31);
        }
        if (offsetof<P>() > 16) {
          const s = v128.load_splat<T>(p4);
          p4 += step;
          a40 = fma<T>(s, x0, a40);
        }
      }
    }
    if (mode & SCALE) {
      const f = v128.splat<T>(<T>factor);
      v128.store(y, fma<T>(f, a00, v128.load(y, 0)), 0);
      if (offsetof<V>() > 4) v128.store(y, fma<T>(f, a01, v128.load(y, 16)), 16);
      if (offsetof<V>() > 8) v128.store(y, fma<T>(f, a02, v128.load(y, 32)), 32);
      if (offsetof<P>() > 4) v128.store(y + nextOutput, fma<T>(f, a10, v128.load(y + nextOutput, 0)), 0);
      if (offsetof<P>() > 4 && offsetof<V>() > 4) v128.store(y + nextOutput, fma<T>(f, a11, v128.load(y + nextOutput, 16)), 16);
      if (offsetof<P>() > 4 && offsetof<V>() > 8) v128.store(y + nextOutput, fma<T>(f, a12, v128.load(y + nextOutput, 32)), 32);
      if (offsetof<P>() > 8) v128.store(y + 2 * nextOutput, fma<T>(f, a20, v128.load(y + 2 * nextOutput, 0)), 0);
      if (offsetof<P>() > 8 && offsetof<V>() > 4) v128.store(y + 2 * nextOutput, fma<T>(f, a21, v128.load(y + 2 * nextOutput, 16)), 16);
      if (offsetof<P>() > 8 && offsetof<V>() > 8) v128.store(y + 2 * nextOutput, fma<T>(f, a22, v128.load(y + 2 * nextOutput, 32)), 32);
      if (offsetof<P>() > 12) v128.store(y + 3 * nextOutput, fma<T>(f, a30, v128.load(y + 3 * nextOutput, 0)), 0);
      if (offsetof<P>() > 12 && offsetof<V>() > 4) v128.store(y + 3 * nextOutput, fma<T>(f, a31, v128.load(y + 3 * nextOutput, 16)), 16);
      if (offsetof<P>() > 16) v128.store(y + 4 * nextOutput, fma<T>(f, a40, v128.load(y + 4 * nextOutput, 0)), 0);
      y += (offsetof<P>() / 4) * nextOutput;
      w += (offsetof<P>() / 4) * second;
      continue;
    }
    if (mode & RECTIFY) {
      a00 = rectified<T>(a00);
      if (offsetof<V>() > 4) a01 = rectified<T>(a01);
      if (offsetof<V>() > 8) a02 = rectified<T>(a02);
      if (offsetof<P>() > 4) a10 = rectified<T>(a10);
      if (offsetof<P>() > 4 && offsetof<V>() > 4) a11 = rectified<T>(a11);
      if (offsetof<P>() > 4 && offsetof<V>() > 8) a12 = rectified<T>(a12);
      if (offsetof<P>() > 8) a20 = rectified<T>(a20);
      if (offsetof<P>() > 8 && offsetof<V>() > 4) a21 = rectified<T>(a21);
      if (offsetof<P>() > 8 && offsetof<V>() > 8) a22 = rectified<T>(a22);
      if (offsetof<P>() > 12) a30 = rectified<T>(a30);
      if (offsetof<P>() > 12 && offsetof<V>() > 4) a31 = rectified<T>(a31);
      if (offsetof<P>() > 16) a40 = rectified<T>(a40);
    }
    if (mode & MASK) {
      a00 = v128.and(a00, positive<T>(v128.load(other, 0)));
      if (offsetof<V>() > 4) a01 = v128.and(a01, positive<T>(v128.load(other, 16)));
      if (offsetof<V>() > 8) a02 = v128.and(a02, positive<T>(v128.load(other, 32)));
      if (offsetof<P>() > 4) a10 = v128.and(a10, positive<T>(v128.load(other + nextOutput, 0)));
      if (offsetof<P>() > 4 && offsetof<V>() > 4) a11 = v128.and(a11, positive<T>(v128.load(other + nextOutput, 16)));
      if (offsetof<P>() > 4 && offsetof<V>() > 8) a12 = v128.and(a12, positive<T>(v128.load(other + nextOutput, 32)));
      if (offsetof<P>() > 8) a20 = v128.and(a20, positive<T>(v128.load(other + 2 * nextOutput, 0)));
      if (offsetof<P>() > 8 && offsetof<V>() > 4) a21 = v128.and(a21, positive<T>(v128.load(other + 2 * nextOutput, 16)));
      if (offsetof<P>() > 8 && offsetof<V>() > 8) a22 = v128.and(a22, positive<T>(v128.load(other + 2 * nextOutput, 32)));
      if (offsetof<P>() > 12) a30 = v128.and(a30, positive<T>(v128.load(other + 3 * nextOutput, 0)));
      if (offsetof<P>() > 12 && offsetof<V>() > 4) a31 = v128.and(a31, positive<T>(v128.load(other + 3 * nextOutput, 16)));
      if (offsetof<P>() > 16) a40 = v128.and(a40, positive<T>(v128.load(other + 4 * nextOutput, 0)));
    }
    if (mode & PROJECT) {
      v128.store(y, fma<T>(a00, v128.load(other, 0), v128.load(y, 0)), 0);
      if (offsetof<V>() > 4) v128.store(y, fma<T>(a01, v128.load(other, 16), v128.load(y, 16)), 16);
      if (offsetof<V>() > 8) v128.store(y, fma<T>(a02, v128.load(other, 32), v128.load(y, 32)), 32);
      if (offsetof<P>() > 4) v128.store(y, fma<T>(a10, v128.load(other + nextOutput, 0), v128.load(y, 0)), 0);
      if (offsetof<P>() > 4 && offsetof<V>() > 4) v128.store(y, fma<T>(a11, v128.load(other + nextOutput, 16), v128.load(y, 16)), 16);
      if (offsetof<P>() > 4 && offsetof<V>() > 8) v128.store(y, fma<T>(a12, v128.load(other + nextOutput, 32), v128.load(y, 32)), 32);
      if (offsetof<P>() > 8) v128.store(y, fma<T>(a20, v128.load(other + 2 * nextOutput, 0), v128.load(y, 0)), 0);
      if (offsetof<P>() > 8 && offsetof<V>() > 4) v128.store(y, fma<T>(a21, v128.load(other + 2 * nextOutput, 16), v128.load(y, 16)), 16);
      if (offsetof<P>() > 8 && offsetof<V>() > 8) v128.store(y, fma<T>(a22, v128.load(other + 2 * nextOutput, 32), v128.load(y, 32)), 32);
      if (offsetof<P>() > 12) v128.store(y, fma<T>(a30, v128.load(other + 3 * nextOutput, 0), v128.load(y, 0)), 0);
      if (offsetof<P>() > 12 && offsetof<V>() > 4) v128.store(y, fma<T>(a31, v128.load(other + 3 * nextOutput, 16), v128.load(y, 16)), 16);
      if (offsetof<P>() > 16) v128.store(y, fma<T>(a40, v128.load(other + 4 * nextOutput, 0), v128.load(y, 0)), 0);
    } else {
      v128.store(y, a00, 0);
      if (offsetof<V>() > 4) v128.store(y, a01, 16);
      if (offsetof<V>() > 8) v128.store(y, a02, 32);
      if (offsetof<P>() > 4) v128.store(y + nextOutput, a10, 0);
      if (offsetof<P>() > 4 && offsetof<V>() > 4) v128.store(y + nextOutput, a11, 16);
      if (offsetof<P>() > 4 && offsetof<V>() > 8) v128.store(y + nextOutput, a12, 32);
      if (offsetof<P>() > 8) v128.store(y + 2 * nextOutput, a20, 0);
      if (offsetof<P>() > 8 && offsetof<V>() > 4) v128.store(y + 2 * nextOutput, a21, 16);
      if (offsetof<P>() > 8 && offsetof<V>() > 8) v128.store(y + 2 * nextOutput, a22, 32);
      if (offsetof<P>() > 12) v128.store(y + 3 * nextOutput, a30, 0);
      if (offsetof<P>() > 12 && offsetof<V>() > 4) v128.store(y + 3 * nextOutput, a31, 16);
      if (offsetof<P>() > 16) v128.store(y + 4 * nextOutput, a40, 0);
      y += (offsetof<P>() / 4) * nextOutput;
    }
    other += (offsetof<P>() / 4) * nextOutput;
    w += (offsetof<P>() / 4) * second;
  }
}

/** Computes `groups` groups of `outputs` outputs of a tile of `vectors` vectors. */
function grouped<T, M>(vectors: i32, outputs: i32, w: usize, x: usize, y: usize, other: usize, bias: usize, groups: i32, table: usize, count: i32, mode: i32): void {
  switch (8 * vectors + outputs) {
    case 9:
      tile<T, N1, N1, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 10:
      tile<T, N1, N2, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 11:
      tile<T, N1, N3, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 12:
      tile<T, N1, N4, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 13:
      tile<T, N1, N5, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 17:
      tile<T, N2, N1, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 18:
      tile<T, N2, N2, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 19:
      tile<T, N2, N3, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 20:
      tile<T, N2, N4, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 25:
      tile<T, N3, N1, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 26:
      tile<T, N3, N2, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
    case 27:
      tile<T, N3, N3, M>(w, x, y, other, bias, groups, table, count, mode);
      break;
  }
}

/** Returns how many outputs a tile of so many vectors takes at most. */
// @ts-ignore: decorator
@inline
function outputsOf(vectors: i32): i32 {
  return vectors == 3 ? 3 : vectors == 2 ? 4 : 5;
}

/** Returns half the cycles of a tap for all outputs: two sums a cycle, and no less than the eight that hide their latency. */
function costOf(vectors: i32, outputs: i32): i32 {
  const most = outputsOf(vectors);
  const groups = (outputs + most - 1) / most;
  const few = outputs / groups;
  const larger = outputs - few * groups;
  return larger * max(8, vectors * (few + 1)) + (groups - larger) * max(8, vectors * few);
}

/** Returns how many tiles of three vectors are best beside tiles of two (and one where an odd number is left). */
export function threesOf(vectors: i32, outputs: i32): i32 {
  let best = 0;
  let least = i32.MAX_VALUE;
  for (let threes = 0; 3 * threes <= vectors; threes++) {
    const left = vectors - 3 * threes;
    const cost = threes * costOf(3, outputs) + (left >> 1) * costOf(2, outputs) + (left & 1) * costOf(1, outputs);
    if (cost >= least) continue;
    least = cost;
    best = threes;
  }
  return best;
}

/**
 * Computes all outputs at one place for a tile of `vectors` vectors, in equal groups, those that are one larger first. M: N1 takes
 * `count` taps at constant steps, N2 those of `table`.
 */
export function products<T, M>(vectors: i32, w: usize, x: usize, y: usize, other: usize, bias: usize, outputs: i32, table: usize, count: i32, mode: i32): void {
  const most = outputsOf(vectors);
  const groups = (outputs + most - 1) / most;
  const few = outputs / groups;
  const larger = outputs - few * groups;
  if (larger) {
    grouped<T, M>(vectors, few + 1, w, x, y, other, bias, larger, table, count, mode);
    const done = <usize>(larger * (few + 1));
    w += done * nextWeight;
    if (!(mode & PROJECT)) y += done * nextOutput;
    other += done * nextOutput;
    bias += done * sizeof<T>();
  }
  grouped<T, M>(vectors, few, w, x, y, other, bias, groups - larger, table, count, mode);
}
