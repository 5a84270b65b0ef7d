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
