// Elementwise operations on tensors, and sums over lanes, places and rows.
import { density, distribution, tangentHyperbolic } from './functions';
import { adds, address, clear, fma, numberAt, positive, rectified, rowBytes, size, sumOf } from './lanes';

const TANH: i32 = 1;
const GELU: i32 = 2;
const IDENTITY: i32 = 3;

/** Stores v at y, added to what is there where the operation accumulates. */
// @ts-ignore: decorator
@inline
export function put<T>(y: usize, v: v128, accumulate: bool): void {
  v128.store(y, accumulate ? v128.add<T>(v128.load(y), v) : v);
}

/** Returns the operand's `rows` in bytes. */
// @ts-ignore: decorator
@inline
function bytesOf<T>(record: usize, i: usize): usize {
  return <usize>size(record, i) * rowBytes<T>();
}

export function activate<T>(record: usize): void {
  const x = address(record, 2);
  const y = address(record, 3);
  const bytes = bytesOf<T>(record, 4);
  const kind = size(record, 5);
  const more = adds(record);
  if (kind == TANH) {
    for (let b: usize = 0; b < bytes; b += 16) put<T>(y + b, tangentHyperbolic<T>(v128.load(x + b)), more);
  } else if (kind == GELU) {
    for (let b: usize = 0; b < bytes; b += 16) {
      const v = v128.load(x + b);
      put<T>(y + b, v128.mul<T>(v, distribution<T>(v)), more);
    }
  } else if (kind == IDENTITY) {
    for (let b: usize = 0; b < bytes; b += 16) put<T>(y + b, v128.load(x + b), more);
  } else {
    for (let b: usize = 0; b < bytes; b += 16) put<T>(y + b, rectified<T>(v128.load(x + b)), more);
  }
}

/** Computes y (+)= f′(z)·t. */
export function slope<T>(record: usize): void {
  const z = address(record, 2);
  const h = address(record, 3);
  const t = address(record, 4);
  const y = address(record, 5);
  const bytes = bytesOf<T>(record, 6);
  const kind = size(record, 7);
  const more = adds(record);
  if (kind == TANH) {
    for (let b: usize = 0; b < bytes; b += 16) {
      const f = v128.load(h + b);
      const left = v128.sub<T>(v128.splat<T>(<T>1), v128.mul<T>(f, f));
      put<T>(y + b, v128.mul<T>(left, v128.load(t + b)), more);
    }
  } else if (kind == GELU) {
    for (let b: usize = 0; b < bytes; b += 16) {
      const x = v128.load(z + b);
      const f = fma<T>(x, density<T>(x), distribution<T>(x));
      put<T>(y + b, v128.mul<T>(f, v128.load(t + b)), more);
    }
  } else if (kind == IDENTITY) {
    for (let b: usize = 0; b < bytes; b += 16) put<T>(y + b, v128.load(t + b), more);
  } else {
    for (let b: usize = 0; b < bytes; b += 16) put<T>(y + b, v128.and(v128.load(t + b), positive<T>(v128.load(h + b))), more);
  }
}

/** Computes y (+)= f″(z)·t·d: −2h(1 − h²) for tanh, (2 − z²)φ(z) for GELU, 0 for the others. */
export function bend<T>(record: usize): void {
  const z = address(record, 2);
  const h = address(record, 3);
  const t = address(record, 4);
  const d = address(record, 5);
  const y = address(record, 6);
  const bytes = bytesOf<T>(record, 7);
  const kind = size(record, 8);
  const more = adds(record);
  if (kind != TANH && kind != GELU) {
    if (!more) clear(y, bytes);
    return;
  }
  const two = v128.splat<T>(<T>2);
  for (let b: usize = 0; b < bytes; b += 16) {
    let f: v128;
    if (kind == TANH) {
      const a = v128.load(h + b);
      f = v128.mul<T>(v128.mul<T>(v128.neg<T>(two), a), v128.sub<T>(v128.splat<T>(<T>1), v128.mul<T>(a, a)));
    } else {
      const x = v128.load(z + b);
      f = v128.mul<T>(density<T>(x), v128.sub<T>(two, v128.mul<T>(x, x)));
    }
    put<T>(y + b, v128.mul<T>(f, v128.mul<T>(v128.load(t + b), v128.load(d + b))), more);
  }
}

/** Computes y (+)= a + factor·b. */
export function add<T>(record: usize): void {
  const a = address(record, 2);
  const b = address(record, 3);
  const y = address(record, 4);
  const factor = v128.splat<T>(numberAt<T>(address(record, 5), <T>1));
  const bytes = bytesOf<T>(record, 6);
  const more = adds(record);
  if (!b) {
    if (!more) memory.copy(y, a, bytes);
    else for (let o: usize = 0; o < bytes; o += 16) put<T>(y + o, v128.load(a + o), true);
    return;
  }
  for (let o: usize = 0; o < bytes; o += 16) put<T>(y + o, fma<T>(factor, v128.load(b + o), v128.load(a + o)), more);
}

/** Computes y (+)= a·b. */
export function multiply<T>(record: usize): void {
  const a = address(record, 2);
  const b = address(record, 3);
  const y = address(record, 4);
  const bytes = bytesOf<T>(record, 5);
  const more = adds(record);
  for (let o: usize = 0; o < bytes; o += 16) put<T>(y + o, v128.mul<T>(v128.load(a + o), v128.load(b + o)), more);
}

/** Computes y (+)= x·row in every row. */
export function multiplyRow<T>(record: usize): void {
  const x = address(record, 2);
  const row = address(record, 3);
  const y = address(record, 4);
  const R = rowBytes<T>();
  const bytes = bytesOf<T>(record, 5);
  const more = adds(record);
  for (let r: usize = 0; r < bytes; r += R) {
    for (let b: usize = 0; b < R; b += 16) put<T>(y + r + b, v128.mul<T>(v128.load(x + r + b), v128.load(row + b)), more);
  }
}

/** Computes y (+)= factor·x. */
export function scale<T>(record: usize): void {
  const x = address(record, 2);
  const y = address(record, 3);
  const factor = v128.load_splat<T>(address(record, 4));
  const bytes = bytesOf<T>(record, 5);
  const more = adds(record);
  for (let b: usize = 0; b < bytes; b += 16) put<T>(y + b, v128.mul<T>(factor, v128.load(x + b)), more);
}

/** Computes out (+)= Σ_rows a·b. */
export function dot<T>(record: usize): void {
  const a = address(record, 2);
  const b = address(record, 3);
  const out = address(record, 4);
  const R = rowBytes<T>();
  const bytes = bytesOf<T>(record, 5);
  const more = adds(record);
  for (let v: usize = 0; v < R; v += 16) {
    let sum = v128.splat<T>(<T>0);
    for (let r: usize = v; r < bytes; r += R) sum = fma<T>(v128.load(a + r), v128.load(b + r), sum);
    put<T>(out + v, sum, more);
  }
}

/** Returns Σ d·x (or Σ d for x = 0) over `bytes` bytes, in four partial sums. */
function sumOver<T>(d: usize, x: usize, bytes: usize): T {
  let s0 = v128.splat<T>(<T>0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = d + bytes;
  if (x) {
    for (; d + 64 <= end; d += 64) {
      s0 = fma<T>(v128.load(d), v128.load(x), s0);
      s1 = fma<T>(v128.load(d, 16), v128.load(x, 16), s1);
      s2 = fma<T>(v128.load(d, 32), v128.load(x, 32), s2);
      s3 = fma<T>(v128.load(d, 48), v128.load(x, 48), s3);
      x += 64;
    }
    for (; d < end; d += 16) {
      s0 = fma<T>(v128.load(d), v128.load(x), s0);
      x += 16;
    }
  } else {
    for (; d + 64 <= end; d += 64) {
      s0 = v128.add<T>(v128.load(d), s0);
      s1 = v128.add<T>(v128.load(d, 16), s1);
      s2 = v128.add<T>(v128.load(d, 32), s2);
      s3 = v128.add<T>(v128.load(d, 48), s3);
    }
    for (; d < end; d += 16) s0 = v128.add<T>(v128.load(d), s0);
  }
  return sumOf<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
}

/**
 * Computes out[c] (+)= factor·Σ_places,lanes d·x, with x 1 where left out; with `apart` Σ over places only, a row for each c.
 */
export function channelSums<T>(d: usize, x: usize, out: usize, factor: T, channels: i32, places: i32, apart: bool, accumulate: bool): void {
  const R = rowBytes<T>();
  const plane = <usize>places * R;
  for (let c = 0; c < channels; c++) {
    if (apart) {
      for (let v: usize = 0; v < R; v += 16) {
        let sum = v128.splat<T>(<T>0);
        for (let o = v; o < plane; o += R) {
          const e = v128.load(d + o);
          sum = x ? fma<T>(e, v128.load(x + o), sum) : v128.add<T>(e, sum);
        }
        put<T>(out + v, sum, accumulate);
      }
      out += R;
    } else {
      const sum = factor * sumOver<T>(d, x, plane);
      store<T>(out, accumulate ? load<T>(out) + sum : sum);
      out += sizeof<T>();
    }
    d += plane;
    if (x) x += plane;
  }
}

export function sumLanes<T>(record: usize): void {
  const factor = numberAt<T>(address(record, 4), <T>1);
  channelSums<T>(address(record, 2), 0, address(record, 3), factor, size(record, 5), size(record, 6), false, adds(record));
}

export function clearRows<T>(record: usize): void {
  clear(address(record, 2), bytesOf<T>(record, 3));
}

/** Computes y[c] (+)= weight[c]·x[c] + bias[c]. */
export function affine<T>(record: usize): void {
  let x = address(record, 2);
  let weight = address(record, 3);
  let bias = address(record, 4);
  let y = address(record, 5);
  const channels = size(record, 6);
  const plane = <usize>size(record, 7) * rowBytes<T>();
  const more = adds(record);
  for (let c = 0; c < channels; c++) {
    const w = v128.splat<T>(numberAt<T>(weight, <T>1));
    const b = v128.splat<T>(numberAt<T>(bias, <T>0));
    for (let o: usize = 0; o < plane; o += 16) put<T>(y + o, fma<T>(w, v128.load(x + o), b), more);
    x += plane;
    y += plane;
    if (weight) weight += sizeof<T>();
    if (bias) bias += sizeof<T>();
  }
}

/** Computes the gradients of the factors and shifts, summed over lanes. */
export function affineWeight<T>(record: usize): void {
  const x = address(record, 2);
  const d = address(record, 3);
  const factor = numberAt<T>(address(record, 6), <T>1);
  const channels = size(record, 7);
  const places = size(record, 8);
  if (address(record, 4)) channelSums<T>(d, x, address(record, 4), factor, channels, places, false, adds(record));
  if (address(record, 5)) channelSums<T>(d, 0, address(record, 5), factor, channels, places, false, adds(record));
}

/** The same lane by lane. */
export function affineWeightLanes<T>(record: usize): void {
  const x = address(record, 2);
  const d = address(record, 3);
  const channels = size(record, 6);
  const places = size(record, 7);
  if (address(record, 4)) channelSums<T>(d, x, address(record, 4), <T>1, channels, places, true, adds(record));
  if (address(record, 5)) channelSums<T>(d, 0, address(record, 5), <T>1, channels, places, true, adds(record));
}
