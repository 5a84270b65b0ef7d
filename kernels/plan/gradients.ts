// Weight gradients of convolutions and dense layers, summed over lanes or lane by lane.
//
// The columns of outputs are cut into runs on which the same part of a window lies inside the image: the middle, and single
// columns at the borders. Output rows are taken in blocks, so that deltas and inputs of a block stay in the second-level cache
// while all pairs of channels pass over them.
import { correlate, outputsFor, setGradient, setWalk, tapsOf } from './correlations';
import { adds, address, clear, numberAt, rowBytes } from './lanes';
import { convShape, denseShape, inC, inH, inW, kernel, outC, outH, outW, padding, stride } from './shape';
import { channelSums } from './elements';
import { addOuter } from './outer';

const SECOND_LEVEL: usize = 393216;
const FIRST_LEVEL: i32 = 16384;

/** Returns ⌈a/b⌉ for a ≥ 0, and 0 for a < 0. */
// @ts-ignore: decorator
@inline
function ceiling(a: i32, b: i32): i32 {
  return a <= 0 ? 0 : (a + b - 1) / b;
}

// The operands, the block of output rows [y0, y1) and the run of columns [x0, x1) with the taps [k0, k1) of a line.
let inputs: usize = 0;
let deltas: usize = 0;
let target: usize = 0;
let factor: f64 = 1;
let apart: bool = false;
let y0: i32 = 0;
let y1: i32 = 0;
let x0: i32 = 0;
let x1: i32 = 0;
let k0: i32 = 0;
let k1: i32 = 0;

/** Gives one tile its rows: all lanes at once, or vector by vector. */
function cover<T>(p: i32, q: i32, d: usize, x: usize, lines: i32, g: usize): void {
  const R = rowBytes<T>();
  const columns = x1 - x0;
  if (apart) {
    for (let v: usize = 0; v < R; v += 16) correlate<T>(p, q, d + v, x + v, lines, 1, <usize>columns * R, g + v, <T>factor, true);
  } else if (stride == 1) correlate<T>(p, q, d, x, lines, 1, <usize>columns * R, g, <T>factor, false);
  else correlate<T>(p, q, d, x, lines, columns, R, g, <T>factor, false);
}

/** Adds the products of a block of rows and a run of columns for kernels of more than one place. */
function windows<T>(): void {
  const R = rowBytes<T>();
  const unit = apart ? R : sizeof<T>();
  for (let k = k0, q = 0; k < k1; k += q) {
    q = tapsOf(k1 - k);
    const most = outputsFor(q);
    for (let c = 0; c < outC; c += most) {
      const p = min(most, outC - c);
      for (let i = 0; i < inC; i++) {
        for (let ky = 0; ky < kernel; ky++) {
          const top = max(y0, ceiling(padding - ky, stride));
          const bottom = min(y1, ceiling(inH + padding - ky, stride));
          if (bottom <= top) continue;
          const d = deltas + <usize>((c * outH + top) * outW + x0) * R;
          const x = inputs + <usize>((i * inH + top * stride - padding + ky) * inW + x0 * stride - padding + k) * R;
          cover<T>(p, q, d, x, bottom - top, target + <usize>(((c * inC + i) * kernel + ky) * kernel + k) * unit);
        }
      }
    }
  }
}

/** The same for kernels of one place: the taps of a tile are channels. */
function points<T>(): void {
  const R = rowBytes<T>();
  const unit = apart ? R : sizeof<T>();
  const top = max(y0, ceiling(padding, stride));
  const bottom = min(y1, ceiling(inH + padding, stride));
  if (bottom <= top) return;
  const rows = <usize>((bottom - top) * (x1 - x0)) * R;
  const block = max(1, FIRST_LEVEL / <i32>min(<usize>FIRST_LEVEL, rows * 3)) * 3;
  for (let b = 0; b < inC; b += block) {
    const end = min(inC, b + block);
    for (let c = 0; c < outC; c += 3) {
      const p = min(3, outC - c);
      const d = deltas + <usize>((c * outH + top) * outW + x0) * R;
      for (let i = b, q = 0; i < end; i += q) {
        q = tapsOf(end - i);
        const x = inputs + <usize>((i * inH + top * stride - padding) * inW + x0 * stride - padding) * R;
        cover<T>(p, q, d, x, bottom - top, target + <usize>(c * inC + i) * unit);
      }
    }
  }
}

/** Adds the whole weight gradient. */
function gradient<T>(): void {
  const R = rowBytes<T>();
  const unit = apart ? R : sizeof<T>();
  const delta = <usize>(outH * outW) * R;
  const tap = kernel == 1 ? <usize>(inH * inW) * R : R;
  const deltaLine = <usize>outW * R;
  const inputLine = <usize>(stride * inW) * R;
  if (apart) setWalk(delta, tap, R, <usize>stride * R, 0, deltaLine, inputLine);
  else setWalk(delta, tap, 16, 16, <usize>(stride - 1) * R, deltaLine, inputLine);
  setGradient(<usize>(inC * kernel * kernel) * unit, unit);
  let rows: i32;
  if (apart) rows = max(1, 128 / outW);
  else {
    const line = <usize>(outC * outW + inC * inW * stride) * R;
    rows = max(<i32>(SECOND_LEVEL / line), <i32>(8192 / deltaLine) + 1);
  }
  for (let y = 0; y < outH; y += rows) {
    y0 = y;
    y1 = min(outH, y + rows);
    for (let x = 0; x < outW; ) {
      k0 = max(0, padding - x * stride);
      k1 = min(kernel, inW + padding - x * stride);
      x0 = x;
      do x++;
      while (x < outW && max(0, padding - x * stride) == k0 && min(kernel, inW + padding - x * stride) == k1);
      x1 = x;
      if (k1 <= k0) continue;
      if (kernel == 1) points<T>();
      else windows<T>();
    }
  }
}

function run<T>(record: usize, lanesApart: bool): void {
  const R = rowBytes<T>();
  const bias = address(record, 5);
  const weights = outC * inC * kernel * kernel;
  inputs = address(record, 2);
  deltas = address(record, 3);
  target = address(record, 4);
  apart = lanesApart;
  factor = apart ? 1 : <f64>numberAt<T>(address(record, 6), <T>1);
  if (!adds(record)) clear(target, <usize>weights * (apart ? R : sizeof<T>()));
  if (!apart && inH * inW * outH * outW == 1) addOuter<T>(inputs, deltas, target, factor, inC, outC);
  else gradient<T>();
  if (bias) channelSums<T>(deltas, 0, bias, <T>factor, outC, outH * outW, apart, adds(record));
}

export function convWeight<T>(record: usize, lanesApart: bool): void {
  convShape(record);
  run<T>(record, lanesApart);
}

export function denseWeight<T>(record: usize, lanesApart: bool): void {
  denseShape(record);
  run<T>(record, lanesApart);
}
