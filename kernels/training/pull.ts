// The force of a quadratic penalty on the weights, in two products with few rows; src/train/pull.ts writes the
// structures.
//
// Every array of weights is read as flat vectors of four in its padded layout; padding is 0 in axes and factors, so it
// stays 0.
import { fma, sum4 } from '../common/simd';

@unmanaged
/** Describes a penalty. */
export class Pull {
  /** 1: after the step's own update (an implicit step), 0: before it, at the same weights as the gradient. */
  after: i32;
  shrinks: i32;
  /** Shrink[]. */
  shrinksAt: usize;
  groups: i32;
  /** Group[]. */
  groupsAt: usize;
}

/** target += factor∘(source − anchor). */
@unmanaged
class Shrink {
  source: usize;
  target: usize;
  anchor: usize;
  factor: usize;
  bytes: i32;
}

/** out_i = factor_i (Σ over segments p_i·source − goal_i), then target += Σ_i out_i p_i in every segment. */
@unmanaged
class Group {
  /** Axes, a multiple of 8 (the rest are zero). */
  axes: i32;
  goal: usize;
  factor: usize;
  out: usize;
  segments: i32;
  /** Segment[]. */
  segmentsAt: usize;
}

@unmanaged
class Segment {
  source: usize;
  target: usize;
  /** axes rows of `bytes`. */
  axes: usize;
  bytes: i32;
}

function shrink(s: Shrink): void {
  const source = s.source;
  const target = s.target;
  const anchor = s.anchor;
  const factor = s.factor;
  const bytes = <usize>s.bytes;
  for (let b: usize = 0; b < bytes; b += 16) {
    const x = f32x4.sub(v128.load(source + b), v128.load(anchor + b));
    v128.store(target + b, fma(v128.load(factor + b), x, v128.load(target + b)));
  }
}

/** Adds the products of eight axes with x to out[0 … 8): nine loads for eight sums. */
function project8(p: usize, bytes: usize, x: usize, out: usize): void {
  const p1 = p + bytes;
  const p2 = p1 + bytes;
  const p3 = p2 + bytes;
  const p4 = p3 + bytes;
  const p5 = p4 + bytes;
  const p6 = p5 + bytes;
  const p7 = p6 + bytes;
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let a4 = f32x4.splat(0);
  let a5 = f32x4.splat(0);
  let a6 = f32x4.splat(0);
  let a7 = f32x4.splat(0);
  for (let b: usize = 0; b < bytes; b += 16) {
    const v = v128.load(x + b);
    a0 = fma(v128.load(p + b), v, a0);
    a1 = fma(v128.load(p1 + b), v, a1);
    a2 = fma(v128.load(p2 + b), v, a2);
    a3 = fma(v128.load(p3 + b), v, a3);
    a4 = fma(v128.load(p4 + b), v, a4);
    a5 = fma(v128.load(p5 + b), v, a5);
    a6 = fma(v128.load(p6 + b), v, a6);
    a7 = fma(v128.load(p7 + b), v, a7);
  }
  store<f32>(out, load<f32>(out) + sum4(a0));
  store<f32>(out, load<f32>(out, 4) + sum4(a1), 4);
  store<f32>(out, load<f32>(out, 8) + sum4(a2), 8);
  store<f32>(out, load<f32>(out, 12) + sum4(a3), 12);
  store<f32>(out, load<f32>(out, 16) + sum4(a4), 16);
  store<f32>(out, load<f32>(out, 20) + sum4(a5), 20);
  store<f32>(out, load<f32>(out, 24) + sum4(a6), 24);
  store<f32>(out, load<f32>(out, 28) + sum4(a7), 28);
}

/** Adds eight axes with the factors f[0 … 8) to y. */
function spread8(p: usize, bytes: usize, f: usize, y: usize): void {
  const p1 = p + bytes;
  const p2 = p1 + bytes;
  const p3 = p2 + bytes;
  const p4 = p3 + bytes;
  const p5 = p4 + bytes;
  const p6 = p5 + bytes;
  const p7 = p6 + bytes;
  const f0 = v128.load32_splat(f);
  const f1 = v128.load32_splat(f, 4);
  const f2 = v128.load32_splat(f, 8);
  const f3 = v128.load32_splat(f, 12);
  const f4 = v128.load32_splat(f, 16);
  const f5 = v128.load32_splat(f, 20);
  const f6 = v128.load32_splat(f, 24);
  const f7 = v128.load32_splat(f, 28);
  for (let b: usize = 0; b < bytes; b += 16) {
    let a = fma(v128.load(p + b), f0, v128.load(y + b));
    let c = f32x4.mul(v128.load(p4 + b), f4);
    a = fma(v128.load(p1 + b), f1, a);
    c = fma(v128.load(p5 + b), f5, c);
    a = fma(v128.load(p2 + b), f2, a);
    c = fma(v128.load(p6 + b), f6, c);
    a = fma(v128.load(p3 + b), f3, a);
    c = fma(v128.load(p7 + b), f7, c);
    v128.store(y + b, f32x4.add(a, c));
  }
}

// @ts-ignore: decorator
@inline
function segmentOf(g: Group, s: i32): Segment {
  return changetype<Segment>(g.segmentsAt + <usize>s * offsetof<Segment>());
}

/**
 * Applies the penalty. All products are computed before any weight changes, so that every part of the penalty uses the
 * same weights.
 */
export function pull(at: usize): void {
  const p = changetype<Pull>(at);
  for (let k = 0; k < p.groups; k++) {
    const g = changetype<Group>(p.groupsAt + <usize>k * offsetof<Group>());
    memory.fill(g.out, 0, <usize>g.axes << 2);
    for (let s = 0; s < g.segments; s++) {
      const q = segmentOf(g, s);
      const bytes = <usize>q.bytes;
      for (let i = 0; i < g.axes; i += 8) project8(q.axes + <usize>i * bytes, bytes, q.source, g.out + (<usize>i << 2));
    }
    for (let b: usize = 0; b < <usize>g.axes << 2; b += 16) {
      const x = f32x4.sub(v128.load(g.out + b), v128.load(g.goal + b));
      v128.store(g.out + b, f32x4.mul(v128.load(g.factor + b), x));
    }
  }
  for (let k = 0; k < p.shrinks; k++) shrink(changetype<Shrink>(p.shrinksAt + <usize>k * offsetof<Shrink>()));
  for (let k = 0; k < p.groups; k++) {
    const g = changetype<Group>(p.groupsAt + <usize>k * offsetof<Group>());
    for (let s = 0; s < g.segments; s++) {
      const q = segmentOf(g, s);
      const bytes = <usize>q.bytes;
      for (let i = 0; i < g.axes; i += 8) spread8(q.axes + <usize>i * bytes, bytes, g.out + (<usize>i << 2), q.target);
    }
  }
}
