// Losses at many displacements along a line.
import { exp4, fma, k, log1p4 } from '../common/simd';
import { aboveOf, activate, dense8, lanes, Line, sumLanes } from './line';

/** Returns ½ Σ (z − t)² of the four samples of one half of a block. */
function squaredErrors(line: Line, z: usize, block: i32, half: i32): v128 {
  const n = line.outputs;
  z += <usize>half << 4;
  let sum = f32x4.splat(0);
  let t = line.targets + (<usize>block * <usize>n << 5) + (<usize>half << 4);
  for (let j = 0; j < n; j++) {
    const d = f32x4.sub(v128.load(z), v128.load(t));
    sum = fma(d, d, sum);
    z += 32;
    t += 32;
  }
  return f32x4.mul(sum, f32x4.splat(0.5));
}

/** (top − own) + log1p(rest + (e^{own − top} − 1)): cross-entropy from the sum over the other classes, exact when small. */
// @ts-ignore: decorator
@inline
function crossEntropies(top: v128, own: v128, rest: v128): v128 {
  const behind = f32x4.sub(own, top); // 0 where the label has the largest logit; then exactly nothing is added to rest
  const t = f32x4.add(rest, f32x4.sub(exp4(behind), f32x4.splat(1)));
  return f32x4.sub(log1p4(f32x4.pmax(t, f32x4.splat(0))), behind);
}

/**
 * Returns the sum of the losses of the eight samples of a block from logits z[output][8]; both halves share the
 * constants of each exp.
 */
function lossOf(line: Line, z: usize, block: i32): f64 {
  const mask0 = lanes(line, block, 0);
  const mask1 = lanes(line, block, 1);
  if (line.loss) {
    return (
      sumLanes(v128.and(squaredErrors(line, z, block, 0), mask0)) + sumLanes(v128.and(squaredErrors(line, z, block, 1), mask1))
    );
  }
  const labels = line.labels + (<usize>block << 5);
  const label0 = v128.load(labels);
  const label1 = v128.load(labels, 16);
  const end = z + (<usize>line.outputs << 5);
  let top0 = v128.load(z);
  let top1 = v128.load(z, 16);
  let own0 = top0;
  let own1 = top1;
  let number = i32x4.splat(0);
  const one = i32x4.splat(1);
  for (let q = z; q < end; q += 32) {
    const z0 = v128.load(q);
    const z1 = v128.load(q, 16);
    top0 = f32x4.pmax(top0, z0);
    top1 = f32x4.pmax(top1, z1);
    own0 = v128.bitselect(z0, own0, i32x4.eq(label0, number));
    own1 = v128.bitselect(z1, own1, i32x4.eq(label1, number));
    number = i32x4.add(number, one);
  }
  let rest0 = f32x4.splat(0);
  let rest1 = f32x4.splat(0);
  number = i32x4.splat(0);
  for (let q = z; q < end; q += 32) {
    // exp4 of common/simd.ts, twice
    const x0 = f32x4.sub(v128.load(q), top0);
    const x1 = f32x4.sub(v128.load(q, 16), top1);
    let c = k(0);
    const magic = k(30);
    const t0 = fma(x0, c, magic);
    const t1 = fma(x1, c, magic);
    const n0 = f32x4.sub(t0, magic);
    const n1 = f32x4.sub(t1, magic);
    c = k(1);
    let r0 = fma(n0, c, x0);
    let r1 = fma(n1, c, x1);
    c = k(2);
    r0 = fma(n0, c, r0);
    r1 = fma(n1, c, r1);
    let p0 = k(3);
    let p1 = p0;
    c = k(4);
    p0 = fma(p0, r0, c);
    p1 = fma(p1, r1, c);
    c = k(5);
    p0 = fma(p0, r0, c);
    p1 = fma(p1, r1, c);
    c = k(6);
    p0 = fma(p0, r0, c);
    p1 = fma(p1, r1, c);
    c = k(7);
    p0 = fma(p0, r0, c);
    p1 = fma(p1, r1, c);
    c = k(8);
    p0 = fma(p0, r0, c);
    p1 = fma(p1, r1, c);
    c = k(9);
    p0 = fma(fma(p0, r0, c), r0, c);
    p1 = fma(fma(p1, r1, c), r1, c);
    c = k(28);
    p0 = f32x4.mul(p0, i32x4.add(i32x4.shl(t0, 23), c));
    p1 = f32x4.mul(p1, i32x4.add(i32x4.shl(t1, 23), c));
    c = k(10);
    p0 = v128.and(p0, f32x4.ge(x0, c));
    p1 = v128.and(p1, f32x4.ge(x1, c));
    rest0 = f32x4.add(rest0, v128.andnot(p0, i32x4.eq(label0, number)));
    rest1 = f32x4.add(rest1, v128.andnot(p1, i32x4.eq(label1, number)));
    number = i32x4.add(number, one);
  }
  return (
    sumLanes(v128.and(crossEntropies(top0, own0, rest0), mask0)) + sumLanes(v128.and(crossEntropies(top1, own1, rest1), mask1))
  );
}

/**
 * Computes the sums of the losses of the blocks first, first + step, … below `end` at `count` displacements, in float64, in one
 * pass over A and B. Cost per displacement: samples · (2·units + Σ_above 2·inputs·outputs) flops and outputs exponentials a
 * sample.
 */
export function losses(at: usize, displacements: usize, count: i32, sums: usize, first: i32, step: i32, end: i32): void {
  const line = changetype<Line>(at);
  const blockBytes = <usize>line.units << 5;
  const room0 = line.room;
  const room1 = line.room + <usize>line.roomBytes;
  for (let i = 0; i < count; i++) store<f64>(sums + (<usize>i << 3), 0);
  for (let block = first; block < end; block += step) {
    const a = line.a + <usize>block * blockBytes;
    const b = line.b + <usize>block * blockBytes;
    for (let i = 0; i < count; i++) {
      const delta = v128.load32_splat(displacements + (<usize>i << 2));
      const above = line.above;
      if (above == 0) {
        for (let o: usize = 0; o < blockBytes; o += 16) v128.store(room0 + o, fma(delta, v128.load(b + o), v128.load(a + o)));
      } else if (line.activation == 0) {
        const zero = f32x4.splat(0);
        for (let o: usize = 0; o < blockBytes; o += 32) {
          v128.store(room0 + o, f32x4.pmax(fma(delta, v128.load(b + o), v128.load(a + o)), zero));
          v128.store(room0 + o, f32x4.pmax(fma(delta, v128.load(b + o, 16), v128.load(a + o, 16)), zero), 16);
        }
      } else {
        for (let o: usize = 0; o < blockBytes; o += 16) {
          v128.store(room0 + o, activate(line.activation, fma(delta, v128.load(b + o), v128.load(a + o))));
        }
      }
      let h = room0;
      let z = room1;
      for (let l = 0; l < above; l++) {
        const layer = aboveOf(line, l);
        dense8(h, layer.inputs, layer.weights, layer.tiles, layer.bias, z);
        if (l + 1 < above) {
          const bytes = <usize>layer.tiles * 160;
          for (let o: usize = 0; o < bytes; o += 16) v128.store(z + o, activate(line.activation, v128.load(z + o)));
        }
        const swap = h;
        h = z;
        z = swap;
      }
      store<f64>(sums + (<usize>i << 3), load<f64>(sums + (<usize>i << 3)) + lossOf(line, h, block));
    }
  }
}
