// The row kernels: one tile of up to 13 vectors (52 columns) of a row of Wᵀ held in registers.
//
// Wᵀ is stored input by input, each row padded to a multiple of four outputs. An input x_k of a sample contributes x_k
// · Wᵀ[k, :] to its pre-activations and x_k · delta[:] to the gradient of Wᵀ[k, :]; inputs that are zero cost nothing.
// `spans` holds, per sample, two pointers: begin and end of its inputs. Sparse inputs are pairs (byte offset of the row
// in Wᵀ, value); dense inputs are plain floats, row k following row k−1.
import { fma } from '../common/simd';

/** Computes out[s] = bias + Σ_k x_k Wᵀ[k] over the nonzero inputs: 2·4·width flops for two loads a vector-pair. */
export function forwardSparse<T>(spans: usize, count: i32, w: usize, bias: usize, out: usize, outBytes: usize): void {
  for (let s = 0; s < count; s++) {
    let p: usize = load<u32>(spans, 0);
    const end: usize = load<u32>(spans, 4);
    spans += 8;
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let a2 = f32x4.splat(0);
    let a3 = f32x4.splat(0);
    let a4 = f32x4.splat(0);
    let a5 = f32x4.splat(0);
    let a6 = f32x4.splat(0);
    let a7 = f32x4.splat(0);
    let a8 = f32x4.splat(0);
    let a9 = f32x4.splat(0);
    let a10 = f32x4.splat(0);
    let a11 = f32x4.splat(0);
    let a12 = f32x4.splat(0);
    if (bias) {
      a0 = v128.load(bias, 0);
      if (offsetof<T>() > 4) a1 = v128.load(bias, 16);
      if (offsetof<T>() > 8) a2 = v128.load(bias, 32);
      if (offsetof<T>() > 12) a3 = v128.load(bias, 48);
      if (offsetof<T>() > 16) a4 = v128.load(bias, 64);
      if (offsetof<T>() > 20) a5 = v128.load(bias, 80);
      if (offsetof<T>() > 24) a6 = v128.load(bias, 96);
      if (offsetof<T>() > 28) a7 = v128.load(bias, 112);
      if (offsetof<T>() > 32) a8 = v128.load(bias, 128);
      if (offsetof<T>() > 36) a9 = v128.load(bias, 144);
      if (offsetof<T>() > 40) a10 = v128.load(bias, 160);
      if (offsetof<T>() > 44) a11 = v128.load(bias, 176);
      if (offsetof<T>() > 48) a12 = v128.load(bias, 192);
    }
    for (; p < end; p += 8) {
      const r = w + <usize>load<u32>(p);
      const x = v128.load32_splat(p, 4);
      a0 = fma(v128.load(r, 0), x, a0);
      if (offsetof<T>() > 4) a1 = fma(v128.load(r, 16), x, a1);
      if (offsetof<T>() > 8) a2 = fma(v128.load(r, 32), x, a2);
      if (offsetof<T>() > 12) a3 = fma(v128.load(r, 48), x, a3);
      if (offsetof<T>() > 16) a4 = fma(v128.load(r, 64), x, a4);
      if (offsetof<T>() > 20) a5 = fma(v128.load(r, 80), x, a5);
      if (offsetof<T>() > 24) a6 = fma(v128.load(r, 96), x, a6);
      if (offsetof<T>() > 28) a7 = fma(v128.load(r, 112), x, a7);
      if (offsetof<T>() > 32) a8 = fma(v128.load(r, 128), x, a8);
      if (offsetof<T>() > 36) a9 = fma(v128.load(r, 144), x, a9);
      if (offsetof<T>() > 40) a10 = fma(v128.load(r, 160), x, a10);
      if (offsetof<T>() > 44) a11 = fma(v128.load(r, 176), x, a11);
      if (offsetof<T>() > 48) a12 = fma(v128.load(r, 192), x, a12);
    }
    v128.store(out, a0, 0);
    if (offsetof<T>() > 4) v128.store(out, a1, 16);
    if (offsetof<T>() > 8) v128.store(out, a2, 32);
    if (offsetof<T>() > 12) v128.store(out, a3, 48);
    if (offsetof<T>() > 16) v128.store(out, a4, 64);
    if (offsetof<T>() > 20) v128.store(out, a5, 80);
    if (offsetof<T>() > 24) v128.store(out, a6, 96);
    if (offsetof<T>() > 28) v128.store(out, a7, 112);
    if (offsetof<T>() > 32) v128.store(out, a8, 128);
    if (offsetof<T>() > 36) v128.store(out, a9, 144);
    if (offsetof<T>() > 40) v128.store(out, a10, 160);
    if (offsetof<T>() > 44) v128.store(out, a11, 176);
    if (offsetof<T>() > 48) v128.store(out, a12, 192);
    out += outBytes;
  }
}

/** The same for dense inputs. */
export function forwardDense<T>(spans: usize, count: i32, w: usize, wBytes: usize, bias: usize, out: usize, outBytes: usize): void {
  for (let s = 0; s < count; s++) {
    let p: usize = load<u32>(spans, 0);
    const end: usize = load<u32>(spans, 4);
    spans += 8;
    let r = w;
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let a2 = f32x4.splat(0);
    let a3 = f32x4.splat(0);
    let a4 = f32x4.splat(0);
    let a5 = f32x4.splat(0);
    let a6 = f32x4.splat(0);
    let a7 = f32x4.splat(0);
    let a8 = f32x4.splat(0);
    let a9 = f32x4.splat(0);
    let a10 = f32x4.splat(0);
    let a11 = f32x4.splat(0);
    let a12 = f32x4.splat(0);
    if (bias) {
      a0 = v128.load(bias, 0);
      if (offsetof<T>() > 4) a1 = v128.load(bias, 16);
      if (offsetof<T>() > 8) a2 = v128.load(bias, 32);
      if (offsetof<T>() > 12) a3 = v128.load(bias, 48);
      if (offsetof<T>() > 16) a4 = v128.load(bias, 64);
      if (offsetof<T>() > 20) a5 = v128.load(bias, 80);
      if (offsetof<T>() > 24) a6 = v128.load(bias, 96);
      if (offsetof<T>() > 28) a7 = v128.load(bias, 112);
      if (offsetof<T>() > 32) a8 = v128.load(bias, 128);
      if (offsetof<T>() > 36) a9 = v128.load(bias, 144);
      if (offsetof<T>() > 40) a10 = v128.load(bias, 160);
      if (offsetof<T>() > 44) a11 = v128.load(bias, 176);
      if (offsetof<T>() > 48) a12 = v128.load(bias, 192);
    }
    for (; p < end; p += 4) {
      const x = v128.load32_splat(p);
      a0 = fma(v128.load(r, 0), x, a0);
      if (offsetof<T>() > 4) a1 = fma(v128.load(r, 16), x, a1);
      if (offsetof<T>() > 8) a2 = fma(v128.load(r, 32), x, a2);
      if (offsetof<T>() > 12) a3 = fma(v128.load(r, 48), x, a3);
      if (offsetof<T>() > 16) a4 = fma(v128.load(r, 64), x, a4);
      if (offsetof<T>() > 20) a5 = fma(v128.load(r, 80), x, a5);
      if (offsetof<T>() > 24) a6 = fma(v128.load(r, 96), x, a6);
      if (offsetof<T>() > 28) a7 = fma(v128.load(r, 112), x, a7);
      if (offsetof<T>() > 32) a8 = fma(v128.load(r, 128), x, a8);
      if (offsetof<T>() > 36) a9 = fma(v128.load(r, 144), x, a9);
      if (offsetof<T>() > 40) a10 = fma(v128.load(r, 160), x, a10);
      if (offsetof<T>() > 44) a11 = fma(v128.load(r, 176), x, a11);
      if (offsetof<T>() > 48) a12 = fma(v128.load(r, 192), x, a12);
      r += wBytes;
    }
    v128.store(out, a0, 0);
    if (offsetof<T>() > 4) v128.store(out, a1, 16);
    if (offsetof<T>() > 8) v128.store(out, a2, 32);
    if (offsetof<T>() > 12) v128.store(out, a3, 48);
    if (offsetof<T>() > 16) v128.store(out, a4, 64);
    if (offsetof<T>() > 20) v128.store(out, a5, 80);
    if (offsetof<T>() > 24) v128.store(out, a6, 96);
    if (offsetof<T>() > 28) v128.store(out, a7, 112);
    if (offsetof<T>() > 32) v128.store(out, a8, 128);
    if (offsetof<T>() > 36) v128.store(out, a9, 144);
    if (offsetof<T>() > 40) v128.store(out, a10, 160);
    if (offsetof<T>() > 44) v128.store(out, a11, 176);
    if (offsetof<T>() > 48) v128.store(out, a12, 192);
    out += outBytes;
  }
}

/** Adds Σ_s x_sk delta[s] to w[k], sample by sample, with the sample's delta in registers. */
export function updateSparse<T>(spans: usize, count: i32, w: usize, delta: usize, deltaBytes: usize): void {
  for (let s = 0; s < count; s++) {
    let p: usize = load<u32>(spans, 0);
    const end: usize = load<u32>(spans, 4);
    spans += 8;
    let d0 = f32x4.splat(0);
    let d1 = f32x4.splat(0);
    let d2 = f32x4.splat(0);
    let d3 = f32x4.splat(0);
    let d4 = f32x4.splat(0);
    let d5 = f32x4.splat(0);
    let d6 = f32x4.splat(0);
    let d7 = f32x4.splat(0);
    let d8 = f32x4.splat(0);
    let d9 = f32x4.splat(0);
    let d10 = f32x4.splat(0);
    let d11 = f32x4.splat(0);
    let d12 = f32x4.splat(0);
    d0 = v128.load(delta, 0);
    if (offsetof<T>() > 4) d1 = v128.load(delta, 16);
    if (offsetof<T>() > 8) d2 = v128.load(delta, 32);
    if (offsetof<T>() > 12) d3 = v128.load(delta, 48);
    if (offsetof<T>() > 16) d4 = v128.load(delta, 64);
    if (offsetof<T>() > 20) d5 = v128.load(delta, 80);
    if (offsetof<T>() > 24) d6 = v128.load(delta, 96);
    if (offsetof<T>() > 28) d7 = v128.load(delta, 112);
    if (offsetof<T>() > 32) d8 = v128.load(delta, 128);
    if (offsetof<T>() > 36) d9 = v128.load(delta, 144);
    if (offsetof<T>() > 40) d10 = v128.load(delta, 160);
    if (offsetof<T>() > 44) d11 = v128.load(delta, 176);
    if (offsetof<T>() > 48) d12 = v128.load(delta, 192);
    delta += deltaBytes;
    for (; p < end; p += 8) {
      const r = w + <usize>load<u32>(p);
      const x = v128.load32_splat(p, 4);
      v128.store(r, fma(x, d0, v128.load(r, 0)), 0);
      if (offsetof<T>() > 4) v128.store(r, fma(x, d1, v128.load(r, 16)), 16);
      if (offsetof<T>() > 8) v128.store(r, fma(x, d2, v128.load(r, 32)), 32);
      if (offsetof<T>() > 12) v128.store(r, fma(x, d3, v128.load(r, 48)), 48);
      if (offsetof<T>() > 16) v128.store(r, fma(x, d4, v128.load(r, 64)), 64);
      if (offsetof<T>() > 20) v128.store(r, fma(x, d5, v128.load(r, 80)), 80);
      if (offsetof<T>() > 24) v128.store(r, fma(x, d6, v128.load(r, 96)), 96);
      if (offsetof<T>() > 28) v128.store(r, fma(x, d7, v128.load(r, 112)), 112);
      if (offsetof<T>() > 32) v128.store(r, fma(x, d8, v128.load(r, 128)), 128);
      if (offsetof<T>() > 36) v128.store(r, fma(x, d9, v128.load(r, 144)), 144);
      if (offsetof<T>() > 40) v128.store(r, fma(x, d10, v128.load(r, 160)), 160);
      if (offsetof<T>() > 44) v128.store(r, fma(x, d11, v128.load(r, 176)), 176);
      if (offsetof<T>() > 48) v128.store(r, fma(x, d12, v128.load(r, 192)), 192);
    }
  }
}

/** The same for dense inputs, input by input: the row's sum over samples stays in registers and is stored once. */
export function updateDense<T>(spans: usize, count: i32, first: i32, inputs: i32, w: usize, wBytes: usize, delta: usize, deltaBytes: usize): void {
  for (let k = first; k < inputs; k++) {
    let a0 = f32x4.splat(0);
    let a1 = f32x4.splat(0);
    let a2 = f32x4.splat(0);
    let a3 = f32x4.splat(0);
    let a4 = f32x4.splat(0);
    let a5 = f32x4.splat(0);
    let a6 = f32x4.splat(0);
    let a7 = f32x4.splat(0);
    let a8 = f32x4.splat(0);
    let a9 = f32x4.splat(0);
    let a10 = f32x4.splat(0);
    let a11 = f32x4.splat(0);
    let a12 = f32x4.splat(0);
    a0 = v128.load(w, 0);
    if (offsetof<T>() > 4) a1 = v128.load(w, 16);
    if (offsetof<T>() > 8) a2 = v128.load(w, 32);
    if (offsetof<T>() > 12) a3 = v128.load(w, 48);
    if (offsetof<T>() > 16) a4 = v128.load(w, 64);
    if (offsetof<T>() > 20) a5 = v128.load(w, 80);
    if (offsetof<T>() > 24) a6 = v128.load(w, 96);
    if (offsetof<T>() > 28) a7 = v128.load(w, 112);
    if (offsetof<T>() > 32) a8 = v128.load(w, 128);
    if (offsetof<T>() > 36) a9 = v128.load(w, 144);
    if (offsetof<T>() > 40) a10 = v128.load(w, 160);
    if (offsetof<T>() > 44) a11 = v128.load(w, 176);
    if (offsetof<T>() > 48) a12 = v128.load(w, 192);
    let d = delta;
    let q = spans;
    for (let s = 0; s < count; s++) {
      const x = v128.load32_splat((<usize>load<u32>(q)) + (<usize>k << 2));
      a0 = fma(v128.load(d, 0), x, a0);
      if (offsetof<T>() > 4) a1 = fma(v128.load(d, 16), x, a1);
      if (offsetof<T>() > 8) a2 = fma(v128.load(d, 32), x, a2);
      if (offsetof<T>() > 12) a3 = fma(v128.load(d, 48), x, a3);
      if (offsetof<T>() > 16) a4 = fma(v128.load(d, 64), x, a4);
      if (offsetof<T>() > 20) a5 = fma(v128.load(d, 80), x, a5);
      if (offsetof<T>() > 24) a6 = fma(v128.load(d, 96), x, a6);
      if (offsetof<T>() > 28) a7 = fma(v128.load(d, 112), x, a7);
      if (offsetof<T>() > 32) a8 = fma(v128.load(d, 128), x, a8);
      if (offsetof<T>() > 36) a9 = fma(v128.load(d, 144), x, a9);
      if (offsetof<T>() > 40) a10 = fma(v128.load(d, 160), x, a10);
      if (offsetof<T>() > 44) a11 = fma(v128.load(d, 176), x, a11);
      if (offsetof<T>() > 48) a12 = fma(v128.load(d, 192), x, a12);
      d += deltaBytes;
      q += 8;
    }
    v128.store(w, a0, 0);
    if (offsetof<T>() > 4) v128.store(w, a1, 16);
    if (offsetof<T>() > 8) v128.store(w, a2, 32);
    if (offsetof<T>() > 12) v128.store(w, a3, 48);
    if (offsetof<T>() > 16) v128.store(w, a4, 64);
    if (offsetof<T>() > 20) v128.store(w, a5, 80);
    if (offsetof<T>() > 24) v128.store(w, a6, 96);
    if (offsetof<T>() > 28) v128.store(w, a7, 112);
    if (offsetof<T>() > 32) v128.store(w, a8, 128);
    if (offsetof<T>() > 36) v128.store(w, a9, 144);
    if (offsetof<T>() > 40) v128.store(w, a10, 160);
    if (offsetof<T>() > 44) v128.store(w, a11, 176);
    if (offsetof<T>() > 48) v128.store(w, a12, 192);
    w += wBytes;
  }
}

/**
 * Computes `forwardDense` for inputs k0 … k1 of five samples at a time and up to two vectors: ten sums in registers for
 * seven loads. `count` is a multiple of 5. Sums start from `bias` (zero without) in the first block of inputs, from
 * `out` in later ones.
 */
export function forwardDense5<T>(
  spans: usize, count: i32, k0: i32, k1: i32, w: usize, wBytes: usize, bias: usize, out: usize, outBytes: usize,
): void {
  const skip = <usize>k0 << 2;
  w += <usize>k0 * wBytes;
  for (let s = 0; s < count; s += 5) {
    let p0 = <usize>load<u32>(spans, 0) + skip;
    const end = p0 + (<usize>(k1 - k0) << 2);
    let p1 = <usize>load<u32>(spans, 8) + skip;
    let p2 = <usize>load<u32>(spans, 16) + skip;
    let p3 = <usize>load<u32>(spans, 24) + skip;
    let p4 = <usize>load<u32>(spans, 32) + skip;
    spans += 40;
    let r = w;
    let a00 = f32x4.splat(0);
    let a01 = f32x4.splat(0);
    let a10 = f32x4.splat(0);
    let a11 = f32x4.splat(0);
    let a20 = f32x4.splat(0);
    let a21 = f32x4.splat(0);
    let a30 = f32x4.splat(0);
    let a31 = f32x4.splat(0);
    let a40 = f32x4.splat(0);
    let a41 = f32x4.splat(0);
    if (k0) {
      { a00 = v128.load(out + 0 * outBytes, 0); a10 = v128.load(out + 1 * outBytes, 0); a20 = v128.load(out + 2 * outBytes, 0); a30 = v128.load(out + 3 * outBytes, 0); a40 = v128.load(out + 4 * outBytes, 0); }
      if (offsetof<T>() > 4) { a01 = v128.load(out + 0 * outBytes, 16); a11 = v128.load(out + 1 * outBytes, 16); a21 = v128.load(out + 2 * outBytes, 16); a31 = v128.load(out + 3 * outBytes, 16); a41 = v128.load(out + 4 * outBytes, 16); }
    }
    else if (bias) {
      { a00 = v128.load(bias, 0); a10 = v128.load(bias, 0); a20 = v128.load(bias, 0); a30 = v128.load(bias, 0); a40 = v128.load(bias, 0); }
      if (offsetof<T>() > 4) { a01 = v128.load(bias, 16); a11 = v128.load(bias, 16); a21 = v128.load(bias, 16); a31 = v128.load(bias, 16); a41 = v128.load(bias, 16); }
    }
    for (; p0 < end; p0 += 4) {
      const m0 = v128.load(r);
      const m1 = offsetof<T>() > 4 ? v128.load(r, 16) : m0;
      const x0 = v128.load32_splat(p0);
      a00 = fma(x0, m0, a00);
      if (offsetof<T>() > 4) a01 = fma(x0, m1, a01);
      const x1 = v128.load32_splat(p1);
      a10 = fma(x1, m0, a10);
      if (offsetof<T>() > 4) a11 = fma(x1, m1, a11);
      const x2 = v128.load32_splat(p2);
      a20 = fma(x2, m0, a20);
      if (offsetof<T>() > 4) a21 = fma(x2, m1, a21);
      const x3 = v128.load32_splat(p3);
      a30 = fma(x3, m0, a30);
      if (offsetof<T>() > 4) a31 = fma(x3, m1, a31);
      const x4 = v128.load32_splat(p4);
      a40 = fma(x4, m0, a40);
      if (offsetof<T>() > 4) a41 = fma(x4, m1, a41);
      p1 += 4;
      p2 += 4;
      p3 += 4;
      p4 += 4;
      r += wBytes;
    }
    v128.store(out, a00, 0);
    if (offsetof<T>() > 4) v128.store(out, a01, 16);
    out += outBytes;
    v128.store(out, a10, 0);
    if (offsetof<T>() > 4) v128.store(out, a11, 16);
    out += outBytes;
    v128.store(out, a20, 0);
    if (offsetof<T>() > 4) v128.store(out, a21, 16);
    out += outBytes;
    v128.store(out, a30, 0);
    if (offsetof<T>() > 4) v128.store(out, a31, 16);
    out += outBytes;
    v128.store(out, a40, 0);
    if (offsetof<T>() > 4) v128.store(out, a41, 16);
    out += outBytes;
  }
}

/**
 * Computes `updateDense` for inputs k0 … k1 by fives and up to two vectors: each delta that is loaded is used five
 * times. `w` is row k0. One pass of the loop takes two samples, because V8 moves the ten sums between registers once a
 * pass.
 */
export function updateDense5<T>(spans: usize, count: i32, k0: i32, k1: i32, w: usize, wBytes: usize, delta: usize, deltaBytes: usize): void {
  for (let k = k0; k < k1; k += 5) {
    let a00 = f32x4.splat(0);
    let a01 = f32x4.splat(0);
    let a10 = f32x4.splat(0);
    let a11 = f32x4.splat(0);
    let a20 = f32x4.splat(0);
    let a21 = f32x4.splat(0);
    let a30 = f32x4.splat(0);
    let a31 = f32x4.splat(0);
    let a40 = f32x4.splat(0);
    let a41 = f32x4.splat(0);
    let d = delta;
    let q = spans;
    const column = <usize>k << 2;
    const end = spans + (<usize>(count & ~1) << 3);
    while (q < end) {
      const pa = <usize>load<u32>(q, 0) + column;
      const ma0 = v128.load(d);
      const ma1 = offsetof<T>() > 4 ? v128.load(d, 16) : ma0;
      const xa0 = v128.load32_splat(pa, 0);
      a00 = fma(xa0, ma0, a00);
      if (offsetof<T>() > 4) a01 = fma(xa0, ma1, a01);
      const xa1 = v128.load32_splat(pa, 4);
      a10 = fma(xa1, ma0, a10);
      if (offsetof<T>() > 4) a11 = fma(xa1, ma1, a11);
      const xa2 = v128.load32_splat(pa, 8);
      a20 = fma(xa2, ma0, a20);
      if (offsetof<T>() > 4) a21 = fma(xa2, ma1, a21);
      const xa3 = v128.load32_splat(pa, 12);
      a30 = fma(xa3, ma0, a30);
      if (offsetof<T>() > 4) a31 = fma(xa3, ma1, a31);
      const xa4 = v128.load32_splat(pa, 16);
      a40 = fma(xa4, ma0, a40);
      if (offsetof<T>() > 4) a41 = fma(xa4, ma1, a41);
      d += deltaBytes;
      const pb = <usize>load<u32>(q, 8) + column;
      const mb0 = v128.load(d);
      const mb1 = offsetof<T>() > 4 ? v128.load(d, 16) : mb0;
      const xb0 = v128.load32_splat(pb, 0);
      a00 = fma(xb0, mb0, a00);
      if (offsetof<T>() > 4) a01 = fma(xb0, mb1, a01);
      const xb1 = v128.load32_splat(pb, 4);
      a10 = fma(xb1, mb0, a10);
      if (offsetof<T>() > 4) a11 = fma(xb1, mb1, a11);
      const xb2 = v128.load32_splat(pb, 8);
      a20 = fma(xb2, mb0, a20);
      if (offsetof<T>() > 4) a21 = fma(xb2, mb1, a21);
      const xb3 = v128.load32_splat(pb, 12);
      a30 = fma(xb3, mb0, a30);
      if (offsetof<T>() > 4) a31 = fma(xb3, mb1, a31);
      const xb4 = v128.load32_splat(pb, 16);
      a40 = fma(xb4, mb0, a40);
      if (offsetof<T>() > 4) a41 = fma(xb4, mb1, a41);
      d += deltaBytes;
      q += 16;
    }
    if (count & 1) {
      const pc = <usize>load<u32>(q, 0) + column;
      const mc0 = v128.load(d);
      const mc1 = offsetof<T>() > 4 ? v128.load(d, 16) : mc0;
      const xc0 = v128.load32_splat(pc, 0);
      a00 = fma(xc0, mc0, a00);
      if (offsetof<T>() > 4) a01 = fma(xc0, mc1, a01);
      const xc1 = v128.load32_splat(pc, 4);
      a10 = fma(xc1, mc0, a10);
      if (offsetof<T>() > 4) a11 = fma(xc1, mc1, a11);
      const xc2 = v128.load32_splat(pc, 8);
      a20 = fma(xc2, mc0, a20);
      if (offsetof<T>() > 4) a21 = fma(xc2, mc1, a21);
      const xc3 = v128.load32_splat(pc, 12);
      a30 = fma(xc3, mc0, a30);
      if (offsetof<T>() > 4) a31 = fma(xc3, mc1, a31);
      const xc4 = v128.load32_splat(pc, 16);
      a40 = fma(xc4, mc0, a40);
      if (offsetof<T>() > 4) a41 = fma(xc4, mc1, a41);
      d += deltaBytes;
    }
    v128.store(w, f32x4.add(a00, v128.load(w, 0)), 0);
    if (offsetof<T>() > 4) v128.store(w, f32x4.add(a01, v128.load(w, 16)), 16);
    w += wBytes;
    v128.store(w, f32x4.add(a10, v128.load(w, 0)), 0);
    if (offsetof<T>() > 4) v128.store(w, f32x4.add(a11, v128.load(w, 16)), 16);
    w += wBytes;
    v128.store(w, f32x4.add(a20, v128.load(w, 0)), 0);
    if (offsetof<T>() > 4) v128.store(w, f32x4.add(a21, v128.load(w, 16)), 16);
    w += wBytes;
    v128.store(w, f32x4.add(a30, v128.load(w, 0)), 0);
    if (offsetof<T>() > 4) v128.store(w, f32x4.add(a31, v128.load(w, 16)), 16);
    w += wBytes;
    v128.store(w, f32x4.add(a40, v128.load(w, 0)), 0);
    if (offsetof<T>() > 4) v128.store(w, f32x4.add(a41, v128.load(w, 16)), 16);
    w += wBytes;
  }
}
