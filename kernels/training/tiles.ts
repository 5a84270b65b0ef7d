// Tiles of at most 13 vectors that cover a layer's columns, each given to the row kernel of its width.
import { N1, N2, N3, N4, N5, N6, N7, N8, N9, N10, N11, N12, N13 } from '../common/simd';
import { forwardDense5, updateDense5 } from './fives';
import { forwardDense, forwardSparse, updateDense, updateSparse } from './rows';

function forwardSparseTile(nv: i32, spans: usize, count: i32, w: usize, bias: usize, out: usize, outBytes: usize): void {
  switch (nv) {
    case 1:
      forwardSparse<N1>(spans, count, w, bias, out, outBytes);
      break;
    case 2:
      forwardSparse<N2>(spans, count, w, bias, out, outBytes);
      break;
    case 3:
      forwardSparse<N3>(spans, count, w, bias, out, outBytes);
      break;
    case 4:
      forwardSparse<N4>(spans, count, w, bias, out, outBytes);
      break;
    case 5:
      forwardSparse<N5>(spans, count, w, bias, out, outBytes);
      break;
    case 6:
      forwardSparse<N6>(spans, count, w, bias, out, outBytes);
      break;
    case 7:
      forwardSparse<N7>(spans, count, w, bias, out, outBytes);
      break;
    case 8:
      forwardSparse<N8>(spans, count, w, bias, out, outBytes);
      break;
    case 9:
      forwardSparse<N9>(spans, count, w, bias, out, outBytes);
      break;
    case 10:
      forwardSparse<N10>(spans, count, w, bias, out, outBytes);
      break;
    case 11:
      forwardSparse<N11>(spans, count, w, bias, out, outBytes);
      break;
    case 12:
      forwardSparse<N12>(spans, count, w, bias, out, outBytes);
      break;
    case 13:
      forwardSparse<N13>(spans, count, w, bias, out, outBytes);
      break;
  }
}

function forwardDenseTile(nv: i32, spans: usize, count: i32, w: usize, wBytes: usize, bias: usize, out: usize, outBytes: usize): void {
  switch (nv) {
    case 1:
      forwardDense<N1>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 2:
      forwardDense<N2>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 3:
      forwardDense<N3>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 4:
      forwardDense<N4>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 5:
      forwardDense<N5>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 6:
      forwardDense<N6>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 7:
      forwardDense<N7>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 8:
      forwardDense<N8>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 9:
      forwardDense<N9>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 10:
      forwardDense<N10>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 11:
      forwardDense<N11>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 12:
      forwardDense<N12>(spans, count, w, wBytes, bias, out, outBytes);
      break;
    case 13:
      forwardDense<N13>(spans, count, w, wBytes, bias, out, outBytes);
      break;
  }
}

function updateSparseTile(nv: i32, spans: usize, count: i32, w: usize, delta: usize, deltaBytes: usize): void {
  switch (nv) {
    case 1:
      updateSparse<N1>(spans, count, w, delta, deltaBytes);
      break;
    case 2:
      updateSparse<N2>(spans, count, w, delta, deltaBytes);
      break;
    case 3:
      updateSparse<N3>(spans, count, w, delta, deltaBytes);
      break;
    case 4:
      updateSparse<N4>(spans, count, w, delta, deltaBytes);
      break;
    case 5:
      updateSparse<N5>(spans, count, w, delta, deltaBytes);
      break;
    case 6:
      updateSparse<N6>(spans, count, w, delta, deltaBytes);
      break;
    case 7:
      updateSparse<N7>(spans, count, w, delta, deltaBytes);
      break;
    case 8:
      updateSparse<N8>(spans, count, w, delta, deltaBytes);
      break;
    case 9:
      updateSparse<N9>(spans, count, w, delta, deltaBytes);
      break;
    case 10:
      updateSparse<N10>(spans, count, w, delta, deltaBytes);
      break;
    case 11:
      updateSparse<N11>(spans, count, w, delta, deltaBytes);
      break;
    case 12:
      updateSparse<N12>(spans, count, w, delta, deltaBytes);
      break;
    case 13:
      updateSparse<N13>(spans, count, w, delta, deltaBytes);
      break;
  }
}

function updateDenseTile(nv: i32, spans: usize, count: i32, first: i32, inputs: i32, w: usize, wBytes: usize, delta: usize, deltaBytes: usize): void {
  switch (nv) {
    case 1:
      updateDense<N1>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 2:
      updateDense<N2>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 3:
      updateDense<N3>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 4:
      updateDense<N4>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 5:
      updateDense<N5>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 6:
      updateDense<N6>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 7:
      updateDense<N7>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 8:
      updateDense<N8>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 9:
      updateDense<N9>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 10:
      updateDense<N10>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 11:
      updateDense<N11>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 12:
      updateDense<N12>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
    case 13:
      updateDense<N13>(spans, count, first, inputs, w, wBytes, delta, deltaBytes);
      break;
  }
}

function forwardDense5Tile(nv: i32, spans: usize, count: i32, k0: i32, k1: i32, w: usize, wBytes: usize, bias: usize, out: usize, outBytes: usize): void {
  switch (nv) {
    case 1:
      forwardDense5<N1>(spans, count, k0, k1, w, wBytes, bias, out, outBytes);
      break;
    case 2:
      forwardDense5<N2>(spans, count, k0, k1, w, wBytes, bias, out, outBytes);
      break;
  }
}

function updateDense5Tile(nv: i32, spans: usize, count: i32, k0: i32, k1: i32, w: usize, wBytes: usize, delta: usize, deltaBytes: usize): void {
  switch (nv) {
    case 1:
      updateDense5<N1>(spans, count, k0, k1, w, wBytes, delta, deltaBytes);
      break;
    case 2:
      updateDense5<N2>(spans, count, k0, k1, w, wBytes, delta, deltaBytes);
      break;
  }
}

const WIDEST: i32 = 13;

/** Returns the width in vectors of tile t of n tiles over v vectors; widths differ by at most one. */
// @ts-ignore: decorator
@inline
function tileWidth(v: i32, n: i32, t: i32): i32 {
  return ((t + 1) * v) / n - (t * v) / n;
}

/** Bytes of Wᵀ that a block of inputs may occupy in the first-level cache while it is used for all samples. */
const BLOCK: i32 = 20480;

/** Inputs (a multiple of five) whose columns over a batch stay in the first-level cache during an update. */
const COLUMNS: i32 = 80;

/**
 * Computes the pre-activations of `count` samples, out[s, :] = bias + x_s Wᵀ. `bytes` is the padded row length of Wᵀ
 * and of out.
 */
export function forward(dense: bool, spans: usize, count: i32, inputs: i32, w: usize, bias: usize, out: usize, bytes: usize): void {
  let first = 0;
  if (dense) {
    first = (count / 5) * 5;
    const block = max(8, BLOCK / <i32>bytes);
    for (let k0 = 0; k0 < inputs; k0 += block) forwardFives(spans, first, k0, min(inputs, k0 + block), w, bias, out, bytes);
    spans += <usize>first << 3;
    out += <usize>first * bytes;
  }
  const v = <i32>(bytes >> 4);
  const n = first < count ? (v + WIDEST - 1) / WIDEST : 0;
  for (let t = 0; t < n; t++) {
    const nv = tileWidth(v, n, t);
    if (dense) forwardDenseTile(nv, spans, count - first, w, bytes, bias, out, bytes);
    else forwardSparseTile(nv, spans, count, w, bias, out, bytes);
    const step: usize = <usize>nv << 4;
    w += step;
    out += step;
    if (bias) bias += step;
  }
}

function forwardFives(spans: usize, count: i32, k0: i32, k1: i32, w: usize, bias: usize, out: usize, bytes: usize): void {
  for (let b: usize = 0; b < bytes; b += 32) {
    const nv = min(2, <i32>((bytes - b) >> 4));
    forwardDense5Tile(nv, spans, count, k0, k1, w + b, bytes, bias ? bias + b : 0, out + b, bytes);
  }
}

/** Adds xᵀ delta over `count` samples to w, both with rows of `bytes`. */
export function update(dense: bool, spans: usize, count: i32, inputs: i32, w: usize, delta: usize, bytes: usize): void {
  let first = 0;
  if (dense) {
    first = (inputs / 5) * 5;
    for (let k0 = 0; k0 < first; k0 += COLUMNS) {
      const k1 = min(first, k0 + COLUMNS);
      for (let b: usize = 0; b < bytes; b += 32) {
        updateDense5Tile(min(2, <i32>((bytes - b) >> 4)), spans, count, k0, k1, w + b, bytes, delta + b, bytes);
      }
      w += <usize>(k1 - k0) * bytes;
    }
    if (first == inputs) return;
  }
  const v = <i32>(bytes >> 4);
  const n = (v + WIDEST - 1) / WIDEST;
  for (let t = 0; t < n; t++) {
    const nv = tileWidth(v, n, t);
    if (dense) updateDenseTile(nv, spans, count, first, inputs, w, bytes, delta, bytes);
    else updateSparseTile(nv, spans, count, w, delta, bytes);
    const step: usize = <usize>nv << 4;
    w += step;
    delta += step;
  }
}
