// First and second derivatives of the loss by the displacement, at the centre of the line.
import { exp4, fma, tanh4 } from '../common/simd';
import { aboveOf, activate, dense8, lanes, Line, sumLanes } from './line';

/** Replaces z, z′, z″ by h, h′, h″ over `bytes`: the chain rule to second order. ReLU and identity add no curvature. */
function activateDerivatives(kind: i32, z: usize, z1: usize, z2: usize, bytes: usize): void {
  for (let o: usize = 0; o < bytes; o += 16) {
    const x = v128.load(z + o);
    if (kind == 0) {
      const on = f32x4.gt(x, f32x4.splat(0));
      v128.store(z + o, v128.and(x, on));
      v128.store(z1 + o, v128.and(v128.load(z1 + o), on));
    } else if (kind == 1) {
      const h = tanh4(x);
      const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(h, h));
      const d = v128.load(z1 + o);
      const bend = f32x4.mul(f32x4.mul(f32x4.splat(-2), h), f32x4.mul(d, d));
      v128.store(z + o, h);
      v128.store(z1 + o, f32x4.mul(slope, d));
      v128.store(z2 + o, f32x4.mul(slope, f32x4.add(v128.load(z2 + o), bend)));
    }
  }
}

let slopeSum: f64 = 0;
let curvatureSum: f64 = 0;

/** Adds the slope and curvature contributions of one half of a block, from logits and their derivatives by δ. */
function derivativesOf(line: Line, z: usize, z1: usize, z2: usize, second: bool, block: i32, half: i32): void {
  const n = line.outputs;
  const shift = <usize>half << 4;
  z += shift;
  z1 += shift;
  z2 += shift;
  const zero = f32x4.splat(0);
  const mask = lanes(line, block, half);
  let slope = zero;
  let square = zero;
  if (line.loss) {
    let t = line.targets + (<usize>block * <usize>n << 5) + shift;
    for (let j = 0; j < n; j++) {
      const o = <usize>j << 5;
      const d = f32x4.sub(v128.load(z + o), v128.load(t + o));
      const v = v128.load(z1 + o);
      slope = fma(d, v, slope);
      square = fma(v, v, square);
      if (second) square = fma(d, v128.load(z2 + o), square);
    }
    slopeSum += sumLanes(v128.and(slope, mask));
    curvatureSum += sumLanes(v128.and(square, mask));
    return;
  }
  const label = v128.load(line.labels + (<usize>block << 5) + shift);
  let top = v128.load(z);
  let v0 = v128.load(z1);
  let u0 = second ? v128.load(z2) : zero;
  for (let j = 1; j < n; j++) {
    const o = <usize>j << 5;
    const is = i32x4.eq(label, i32x4.splat(j));
    top = f32x4.pmax(top, v128.load(z + o));
    v0 = v128.bitselect(v128.load(z1 + o), v0, is);
    if (second) u0 = v128.bitselect(v128.load(z2 + o), u0, is);
  }
  // with d_j = v_j − v_y: slope = Σ p_j d_j, curvature = Σ p_j d_j² − (Σ p_j d_j)² + Σ p_j (u_j − u_y): the terms of
  // the label vanish
  let total = zero;
  let bend = zero;
  for (let j = 0; j < n; j++) {
    const o = <usize>j << 5;
    const e = exp4(f32x4.sub(v128.load(z + o), top));
    const d = f32x4.sub(v128.load(z1 + o), v0);
    const ed = f32x4.mul(e, d);
    total = f32x4.add(total, e);
    slope = f32x4.add(slope, ed);
    square = fma(ed, d, square);
    if (second) bend = fma(e, f32x4.sub(v128.load(z2 + o), u0), bend);
  }
  slope = f32x4.div(slope, total);
  const curvature = f32x4.sub(f32x4.div(f32x4.add(square, bend), total), f32x4.mul(slope, slope));
  slopeSum += sumLanes(v128.and(slope, mask));
  curvatureSum += sumLanes(v128.and(curvature, mask));
}

/** Writes the centre's probabilities, from logits at A: once for each centre, and only for cross-entropy. */
export function rememberProbabilities(at: usize): void {
  const line = changetype<Line>(at);
  const blocks = (line.samples + 7) >> 3;
  const n = line.outputs;
  const blockBytes = <usize>line.units << 5;
  const layer = aboveOf(line, 0);
  let to = line.probabilities;
  for (let block = 0; block < blocks; block++) {
    const a = line.a + <usize>block * blockBytes;
    let z = a;
    if (line.above) {
      for (let o: usize = 0; o < blockBytes; o += 16) v128.store(line.room + o, activate(line.activation, v128.load(a + o)));
      z = line.room + <usize>line.roomBytes;
      dense8(line.room, layer.inputs, layer.weights, layer.tiles, layer.bias, z);
    }
    for (let half: usize = 0; half < 32; half += 16) {
      const label = v128.load(line.labels + (<usize>block << 5) + half);
      let top = v128.load(z + half);
      for (let j = 1; j < n; j++) top = f32x4.pmax(top, v128.load(z + (<usize>j << 5) + half));
      let total = f32x4.splat(0);
      for (let j = 0; j < n; j++) {
        const e = exp4(f32x4.sub(v128.load(z + (<usize>j << 5) + half), top));
        total = f32x4.add(total, e);
        v128.store(to + (<usize>j << 5) + half, v128.andnot(e, i32x4.eq(label, i32x4.splat(j))));
      }
      const lane = lanes(line, block, <i32>(half >> 4));
      for (let j = 0; j < n; j++) {
        const p = to + (<usize>j << 5) + half;
        v128.store(p, v128.and(f32x4.div(v128.load(p), total), lane));
      }
    }
    to += <usize>n << 5;
  }
}

/**
 * Computes `derivatives` where the logits are linear in B after at most one rectification (at most one layer above,
 * ReLU or identity, cross-entropy) and the centre's probabilities were kept. With d_j = v_j − v_y, Σ over j ≠ y: slope
 * = Σ p d, curvature = Σ p d² − (Σ p d)².
 */
export function derivativesFromProbabilities(at: usize, first: i32, step: i32, end: i32): void {
  const line = changetype<Line>(at);
  const n = line.outputs;
  const blockBytes = <usize>line.units << 5;
  const layer = aboveOf(line, 0);
  const zero = f32x4.splat(0);
  const one = i32x4.splat(1);
  slopeSum = 0;
  curvatureSum = 0;
  for (let block = first; block < end; block += step) {
    const p = line.probabilities + (<usize>block * <usize>n << 5);
    const a = line.a + <usize>block * blockBytes;
    const b = line.b + <usize>block * blockBytes;
    let v = b;
    if (line.above) {
      if (line.activation == 0) {
        for (let o: usize = 0; o < blockBytes; o += 16) {
          v128.store(line.room + o, v128.and(v128.load(b + o), f32x4.gt(v128.load(a + o), zero)));
        }
        v = line.room;
      }
      const z = line.room + <usize>line.roomBytes;
      dense8(v, layer.inputs, layer.weights, layer.tiles, 0, z);
      v = z;
    }
    for (let half: usize = 0; half < 32; half += 16) {
      const label = v128.load(line.labels + (<usize>block << 5) + half);
      let own = zero;
      let number = i32x4.splat(0);
      const end = v + (<usize>n << 5) + half;
      for (let q = v + half; q < end; q += 32) {
        own = v128.or(own, v128.and(v128.load(q), i32x4.eq(label, number)));
        number = i32x4.add(number, one);
      }
      let slope = zero;
      let square = zero;
      let pj = p + half;
      for (let q = v + half; q < end; q += 32) {
        const d = f32x4.sub(v128.load(q), own);
        const pd = f32x4.mul(v128.load(pj), d);
        slope = f32x4.add(slope, pd);
        square = fma(pd, d, square);
        pj += 32;
      }
      slopeSum += sumLanes(slope);
      curvatureSum += sumLanes(f32x4.sub(square, f32x4.mul(slope, slope)));
    }
  }
}

/**
 * Computes the first and second derivative by δ at δ = 0 of the SUM of the losses of the blocks first, first + step, … below
 * `end`, exactly, by forward mode to second order.
 */
export function derivatives(at: usize, first: i32, step: i32, end: i32): void {
  const line = changetype<Line>(at);
  const blockBytes = <usize>line.units << 5;
  const bytes = <usize>line.roomBytes;
  const second = line.activation == 1;
  slopeSum = 0;
  curvatureSum = 0;
  for (let block = first; block < end; block += step) {
    let h = line.room;
    let h1 = h + bytes * 2;
    let h2 = h + bytes * 4;
    let z = h + bytes;
    let z1 = h + bytes * 3;
    let z2 = h + bytes * 5;
    memory.copy(h, line.a + <usize>block * blockBytes, blockBytes);
    memory.copy(h1, line.b + <usize>block * blockBytes, blockBytes);
    if (second) memory.fill(h2, 0, blockBytes);
    if (line.above) activateDerivatives(line.activation, h, h1, h2, blockBytes);
    for (let l = 0; l < line.above; l++) {
      const layer = aboveOf(line, l);
      dense8(h, layer.inputs, layer.weights, layer.tiles, layer.bias, z);
      dense8(h1, layer.inputs, layer.weights, layer.tiles, 0, z1);
      if (second) dense8(h2, layer.inputs, layer.weights, layer.tiles, 0, z2);
      if (l + 1 < line.above) activateDerivatives(line.activation, z, z1, z2, <usize>layer.tiles * 160);
      let swap = h;
      h = z;
      z = swap;
      swap = h1;
      h1 = z1;
      z1 = swap;
      swap = h2;
      h2 = z2;
      z2 = swap;
    }
    derivativesOf(line, h, h1, h2, second && line.above > 0, block, 0);
    derivativesOf(line, h, h1, h2, second && line.above > 0, block, 1);
  }
}

/** Returns the first derivative that was computed last. */
export function slope(): f64 {
  return slopeSum;
}

/** Returns the second derivative that was computed last. */
export function curvature(): f64 {
  return curvatureSum;
}
