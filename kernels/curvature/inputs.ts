// The first layer on sparse inputs, and transposes between [sample][unit] and [unit][sample].
import { fma } from '../linalg/simd';

/** An entry: one f32 value and the byte offset of its input's row in a weight [input][padded outputs]. */
@unmanaged
class Entry {
  offset: u32;
  value: f32;
}

/** Sums ten outputs over the entries of one sample, in five vectors. */
function rowTen(from: usize, end: usize, w: usize, out: usize): void {
  let a0 = v128.load(out);
  let a1 = v128.load(out, 16);
  let a2 = v128.load(out, 32);
  let a3 = v128.load(out, 48);
  let a4 = v128.load(out, 64);
  for (; from < end; from += 8) {
    const entry = changetype<Entry>(from);
    const row = w + <usize>entry.offset;
    const x = f64x2.splat(<f64>entry.value);
    a0 = fma(x, v128.load(row), a0);
    a1 = fma(x, v128.load(row, 16), a1);
    a2 = fma(x, v128.load(row, 32), a2);
    a3 = fma(x, v128.load(row, 48), a3);
    a4 = fma(x, v128.load(row, 64), a4);
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  v128.store(out, a4, 64);
}

/**
 * Computes out[s][units] = bias + Σ_entries value · w[row]: z or R{z} of the first layer.
 * @param starts - u32 addresses of each sample's first entry, and of the end
 * @param units - padded to a multiple of ten
 */
export function gather(starts: usize, order: usize, count: i32, w: usize, units: i32, bias: usize, out: usize): void {
  const bytes = (<usize>units) << 3;
  for (let s = 0; s < count; s++) {
    const at = starts + ((<usize>load<u32>(order + ((<usize>s) << 2))) << 2);
    const from = <usize>load<u32>(at);
    const end = <usize>load<u32>(at, 4);
    if (bias) memory.copy(out, bias, bytes);
    else memory.fill(out, 0, bytes);
    for (let o: usize = 0; o < bytes; o += 80) rowTen(from, end, w + o, out + o);
    out += bytes;
  }
}

/** to[units] += x · from[units] */
function addRow(x: f64, from: usize, to: usize, bytes: usize): void {
  const v = f64x2.splat(x);
  for (let o: usize = 0; o < bytes; o += 80) {
    const a = from + o;
    const b = to + o;
    v128.store(b, fma(v, v128.load(a), v128.load(b)));
    v128.store(b, fma(v, v128.load(a, 16), v128.load(b, 16)), 16);
    v128.store(b, fma(v, v128.load(a, 32), v128.load(b, 32)), 32);
    v128.store(b, fma(v, v128.load(a, 48), v128.load(b, 48)), 48);
    v128.store(b, fma(v, v128.load(a, 64), v128.load(b, 64)), 64);
  }
}

/** Adds Σ_s value · delta[s][units] to g[row]: the first layer's gradient. */
export function scatter(starts: usize, order: usize, count: i32, delta: usize, units: i32, g: usize): void {
  const bytes = (<usize>units) << 3;
  for (let s = 0; s < count; s++) {
    const at = starts + ((<usize>load<u32>(order + ((<usize>s) << 2))) << 2);
    const end = <usize>load<u32>(at, 4);
    for (let from = <usize>load<u32>(at); from < end; from += 8) {
      const entry = changetype<Entry>(from);
      addRow(<f64>entry.value, delta, g + <usize>entry.offset, bytes);
    }
    delta += bytes;
  }
}

/** Copies to[c][r] = from[r][c]; row distances in numbers. */
export function transpose(rows: i32, cols: i32, from: usize, fromStride: i32, to: usize, toStride: i32): void {
  for (let rb = 0; rb < rows; rb += 16) {
    const re = min(rb + 16, rows);
    for (let c = 0; c < cols; c++) {
      let p = from + ((<usize>(rb * fromStride + c)) << 3);
      const q = to + ((<usize>(c * toStride)) << 3);
      for (let r = rb; r < re; r++) {
        store<f64>(q + ((<usize>r) << 3), load<f64>(p));
        p += (<usize>fromStride) << 3;
      }
    }
  }
}
