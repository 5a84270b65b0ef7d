// Losses along a line in one layer's weights. docs/theory [F1], [F4].
//
// Along w0 + δ p the layer's pre-activations are affine in δ: z = A + δ B, A = W0 h + b and B = P h. Both are kept for
// all samples; an evaluation then needs the rest of the network only. Samples are stored eight to a block,
// [block][unit][8], so that every operation runs over samples and nothing is summed across lanes until the end.
import { fma, tanh4 } from '../common/simd';

@unmanaged
/** Describes a line and the network above its layer. */
export class Line {
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
  /** Space for one block of activations, and of their first and second derivatives by δ: two of each. */
  room: usize;
  roomBytes: i32;
  /** [block][output][8]: the centre's probabilities, that of the label replaced by 0; or 0. */
  probabilities: usize;
}

@unmanaged
/** Describes a layer above the analysed one. */
export class Above {
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
export function aboveOf(line: Line, l: i32): Above {
  return changetype<Above>(changetype<usize>(line) + offsetof<Line>() + <usize>l * offsetof<Above>());
}

/** Computes out[5·tiles][8] = bias + W in[inputs][8]: five outputs by eight samples in ten registers. */
export function dense8(h: usize, inputs: i32, w: usize, tiles: i32, bias: usize, out: usize): void {
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

/** Returns the activation of z. */
// @ts-ignore: decorator
@inline
export function activate(kind: i32, z: v128): v128 {
  if (kind == 0) return f32x4.pmax(z, f32x4.splat(0));
  if (kind == 1) return tanh4(z);
  return z;
}

/** Returns the lanes of half `half` of the block that are real samples. */
// @ts-ignore: decorator
@inline
export function lanes(line: Line, block: i32, half: i32): v128 {
  const first = (block << 3) + (half << 2);
  return i32x4.lt_s(i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3)), i32x4.splat(line.samples));
}

// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f64 {
  return (
    <f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1) + (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3))
  );
}
