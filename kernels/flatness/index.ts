// Losses along a line in one layer's weights. science.md [F1], [F4].
//
// Along w0 + δ p the layer's pre-activations are affine in δ: z = A + δ B, A = W0 h + b and B = P h. Both are kept for all
// samples; an evaluation is then the rest of the network only. Samples lie eight to a block, [block][unit][8], so that
// every operation runs over samples and nothing is summed across lanes until the end.
import { exp4, fma, k, log1p4, tanh4 } from '../common/simd';

@unmanaged
class Line {
  samples: i32;
  /** Units of the analysed layer, padded to a multiple of five. */
  units: i32;
  /** 0 ReLU, 1 tanh, 2 identity. */
  activation: i32;
  /** 0 softmax cross-entropy, 1 squared error. */
  loss: i32;
  outputs: i32;
  /** Layers above the analysed one. */
  above: i32;
  a: usize;
  b: usize;
  /** One i32 per sample, or 0; padded to blocks of eight. */
  labels: usize;
  /** [block][output][8], or 0. */
  targets: usize;
  /** Room for one block of activations, and of their first and second derivatives by δ: two of each. */
  room: usize;
  roomBytes: i32;
  /** [block][output][8]: the centre's probabilities, the label's own replaced by 0; or 0. */
  probabilities: usize;
}

@unmanaged
class Above {
  inputs: i32;
  /** Outputs divided by five, rounded up. */
  tiles: i32;
  /** [tile][input][5]. */
  weights: usize;
  /** 5·tiles floats, or 0. */
  bias: usize;
}

// @ts-ignore: decorator
@inline
function aboveOf(line: Line, l: i32): Above {
  return changetype<Above>(changetype<usize>(line) + offsetof<Line>() + <usize>l * offsetof<Above>());
}

/** out[5·tiles][8] = bias + W in[inputs][8]: five outputs by eight samples in ten registers. */
function dense8(h: usize, inputs: i32, w: usize, tiles: i32, bias: usize, out: usize): void {
  for (let t = 0; t < tiles; t++) {
    let a00 = f32x4.splat(0), a01 = f32x4.splat(0);
    let a10 = f32x4.splat(0), a11 = f32x4.splat(0);
    let a20 = f32x4.splat(0), a21 = f32x4.splat(0);
    let a30 = f32x4.splat(0), a31 = f32x4.splat(0);
    let a40 = f32x4.splat(0), a41 = f32x4.splat(0);
    if (bias) {
      a00 = v128.load32_splat(bias, 0); a01 = a00;
      a10 = v128.load32_splat(bias, 4); a11 = a10;
      a20 = v128.load32_splat(bias, 8); a21 = a20;
      a30 = v128.load32_splat(bias, 12); a31 = a30;
      a40 = v128.load32_splat(bias, 16); a41 = a40;
      bias += 20;
    }
    let q = h;
    const end = w + <usize>inputs * 20;
    for (; w < end; w += 20) {
      const m0 = v128.load(q);
      const m1 = v128.load(q, 16);
      const x0 = v128.load32_splat(w, 0);
      a00 = fma(x0, m0, a00); a01 = fma(x0, m1, a01);
      const x1 = v128.load32_splat(w, 4);
      a10 = fma(x1, m0, a10); a11 = fma(x1, m1, a11);
      const x2 = v128.load32_splat(w, 8);
      a20 = fma(x2, m0, a20); a21 = fma(x2, m1, a21);
      const x3 = v128.load32_splat(w, 12);
      a30 = fma(x3, m0, a30); a31 = fma(x3, m1, a31);
      const x4 = v128.load32_splat(w, 16);
      a40 = fma(x4, m0, a40); a41 = fma(x4, m1, a41);
      q += 32;
    }
    v128.store(out, a00, 0); v128.store(out, a01, 16);
    v128.store(out, a10, 32); v128.store(out, a11, 48);
    v128.store(out, a20, 64); v128.store(out, a21, 80);
    v128.store(out, a30, 96); v128.store(out, a31, 112);
    v128.store(out, a40, 128); v128.store(out, a41, 144);
    out += 160;
  }
}

/** out = W·h (+ bias) for all blocks: A or B. `h` is [block][inputs][8]. Cost: 2·samples·inputs·outputs flops. */
export function affine(h: usize, inputs: i32, w: usize, tiles: i32, bias: usize, blocks: i32, out: usize): void {
  for (let i = 0; i < blocks; i++) {
    dense8(h, inputs, w, tiles, bias, out);
    h += <usize>inputs << 5;
    out += <usize>tiles * 160;
  }
}

/** Activation of `bytes` bytes from z to h. */
// @ts-ignore: decorator
@inline
function activate(kind: i32, z: v128): v128 {
  if (kind == 0) return f32x4.pmax(z, f32x4.splat(0));
  if (kind == 1) return tanh4(z);
  return z;
}

/** Lanes of the block's half `half` that are real samples. */
// @ts-ignore: decorator
@inline
function lanes(line: Line, block: i32, half: i32): v128 {
  const first = (block << 3) + (half << 2);
  return i32x4.lt_s(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), i32x4.splat(line.samples));
}

// @ts-ignore: decorator
@inline
function sumLanes(v: v128): f64 {
  return (
    <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1) + (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3))
  );
}

/** ½ Σ (z − t)² of the four samples of one half of a block. */
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
  const behind = f32x4.sub(own, top); // 0 where the label wins, and then exactly nothing is added to rest
  const t = f32x4.add(rest, f32x4.sub(exp4(behind), f32x4.splat(1)));
  return f32x4.sub(log1p4(f32x4.pmax(t, f32x4.splat(0))), behind);
}

/** Sum of the losses of the eight samples of a block from logits z[output][8]; both halves share each exp's constants. */
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
 * Sums of the losses of all samples at `count` displacements, in float64. One pass over A and B serves them all.
 * Cost per displacement: samples · (2·units + Σ_above 2·inputs·outputs) flops and outputs exponentials a sample.
 */
export function losses(at: usize, displacements: usize, count: i32, sums: usize): void {
  const line = changetype<Line>(at);
  const blocks = (line.samples + 7) >> 3;
  const blockBytes = <usize>line.units << 5;
  const room0 = line.room;
  const room1 = line.room + <usize>line.roomBytes;
  for (let i = 0; i < count; i++) store<f64>(sums + (<usize>i << 3), 0);
  for (let block = 0; block < blocks; block++) {
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

/** h, h′, h″ from z, z′, z″ in place over `bytes`: the chain rule to second order. ReLU and identity add no curvature. */
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

/** Slope and curvature contributions of one half of a block from logits and their derivatives by δ. */
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
  // with d_j = v_j − v_y: slope = Σ p_j d_j, curvature = Σ p_j d_j² − (Σ p_j d_j)² + Σ p_j (u_j − u_y): the label's own terms vanish
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

/** Writes the centre's probabilities, from logits at A. Once a centre; only for cross-entropy. */
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
 * `derivatives` where they are linear in B behind one rectification (at most one layer above, ReLU or identity,
 * cross-entropy) and the centre's probabilities are remembered. With d_j = v_j − v_y, Σ over j ≠ y:
 * slope = Σ p d, curvature = Σ p d² − (Σ p d)².
 */
export function derivativesFromProbabilities(at: usize): void {
  const line = changetype<Line>(at);
  const blocks = (line.samples + 7) >> 3;
  const n = line.outputs;
  const blockBytes = <usize>line.units << 5;
  const layer = aboveOf(line, 0);
  const zero = f32x4.splat(0);
  const one = i32x4.splat(1);
  let p = line.probabilities;
  slopeSum = 0;
  curvatureSum = 0;
  for (let block = 0; block < blocks; block++) {
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
    p += <usize>n << 5;
  }
}

/** First and second derivative by δ at δ = 0 of the SUM of all losses: exact, forward mode to second order. */
export function derivatives(at: usize): void {
  const line = changetype<Line>(at);
  const blocks = (line.samples + 7) >> 3;
  const blockBytes = <usize>line.units << 5;
  const step = <usize>line.roomBytes;
  const second = line.activation == 1;
  slopeSum = 0;
  curvatureSum = 0;
  for (let block = 0; block < blocks; block++) {
    let h = line.room;
    let h1 = h + step * 2;
    let h2 = h + step * 4;
    let z = h + step;
    let z1 = h + step * 3;
    let z2 = h + step * 5;
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

export function slope(): f64 {
  return slopeSum;
}

export function curvature(): f64 {
  return curvatureSum;
}

export function heapBase(): usize {
  return __heap_base;
}
