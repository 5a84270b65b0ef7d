// The kernels of dense rows that take five samples, or five inputs, at a time: up to two vectors of a row of Wᵀ, and ten sums in registers.
//
// Rows, spans and strides are those of rows.ts.
import { fma } from '../common/simd';

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
