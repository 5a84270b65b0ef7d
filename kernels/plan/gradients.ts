// Weight gradients of convolutions and dense layers, summed over lanes or lane by lane.
//
// The columns of outputs are cut into runs on which the same part of a window lies inside the image: the middle, and single
// columns at the borders. Output rows are taken in blocks, so that deltas and inputs of a block stay in the second-level cache
// while all pairs of channels pass over them.
import { correlate, outputsFor, setGaps, setGradient, setWalk, tapsOf } from './correlations';
import { adds, address, clear, numberAt, rowBytes } from './lanes';
import { convShape, denseShape, inC, inH, inW, kernel, outC, outH, outW, padding, stride } from './shape';
import { channelSums } from './elements';
import { addOuter } from './outer';
import { copyVectors, panel, PANEL_BYTES } from './panels';

const SECOND_LEVEL: usize = 393216;
const FIRST_LEVEL: i32 = 16384;
/** Places of a block where lanes are taken apart: deltas of three outputs and inputs stay in the first-level cache. */
const COPIED_PLACES: i32 = 256;

/** Returns ⌈a/b⌉ for a ≥ 0, and 0 for a < 0. */
// @ts-ignore: decorator
@inline
function ceiling(a: i32, b: i32): i32 {
  return a <= 0 ? 0 : (a + b - 1) / b;
}

// The operands and the bytes from one of their rows to the next; the block of output rows [y0, y1) and the run of columns [x0, x1)
// with the taps [k0, k1) of a line.
let inputs: usize = 0;
let deltas: usize = 0;
let target: usize = 0;
let row: usize = 0;
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
  const columns = x1 - x0;
  const run = <usize>columns * row;
  if (apart) {
    // of a single column the lines are the inner loop
    const turns = columns == 1 ? 1 : lines;
    const span = columns == 1 ? <usize>(lines * outW) * row : run;
    for (let v: usize = 0; v < row; v += 16) correlate<T>(p, q, d + v, x + v, 1, turns, span, g + v, <T>factor, true);
  } else if (stride == 1) correlate<T>(p, q, d, x, 1, lines, run, g, <T>factor, false);
  else correlate<T>(p, q, d, x, lines, columns, row, g, <T>factor, false);
}

/** Returns the bytes from a number of the gradient to the next one. */
// @ts-ignore: decorator
@inline
function unitOf<T>(): usize {
  return apart ? rowBytes<T>() : sizeof<T>();
}

/** Adds the products of a block of rows and a run of columns for kernels of more than one place. */
function windows<T>(): void {
  const unit = unitOf<T>();
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
          const d = deltas + <usize>((c * outH + top) * outW + x0) * row;
          const x = inputs + <usize>((i * inH + top * stride - padding + ky) * inW + x0 * stride - padding + k) * row;
          cover<T>(p, q, d, x, bottom - top, target + <usize>(((c * inC + i) * kernel + ky) * kernel + k) * unit);
        }
      }
    }
  }
}

/** The same for kernels of one place: the taps of a tile are channels. */
function points<T>(): void {
  const unit = unitOf<T>();
  const top = max(y0, ceiling(padding, stride));
  const bottom = min(y1, ceiling(inH + padding, stride));
  if (bottom <= top) return;
  const rows = <usize>((bottom - top) * (x1 - x0)) * row;
  const block = max(1, FIRST_LEVEL / <i32>min(<usize>FIRST_LEVEL, rows * 3)) * 3;
  for (let b = 0; b < inC; b += block) {
    const end = min(inC, b + block);
    for (let c = 0; c < outC; c += 3) {
      const p = min(3, outC - c);
      const d = deltas + <usize>((c * outH + top) * outW + x0) * row;
      for (let i = b, q = 0; i < end; i += q) {
        q = tapsOf(end - i);
        const x = inputs + <usize>((i * inH + top * stride - padding) * inW + x0 * stride - padding) * row;
        cover<T>(p, q, d, x, bottom - top, target + <usize>(c * inC + i) * unit);
      }
    }
  }
}

/** Adds the whole weight gradient. */
function gradient<T>(): void {
  const unit = unitOf<T>();
  const delta = <usize>(outH * outW) * row;
  const tap = kernel == 1 ? <usize>(inH * inW) * row : row;
  const deltaLine = <usize>outW * row;
  const inputLine = <usize>(stride * inW) * row;
  setGradient(<usize>(inC * kernel * kernel) * unit, unit);
  let rows: i32;
  if (apart) rows = row == 16 ? max(1, COPIED_PLACES / outW) : max(1, 128 / outW);
  else {
    const line = <usize>(outC * outW + inC * inW * stride) * row;
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
      const run = <usize>(x1 - x0) * row;
      if (!apart) setWalk(delta, tap, 16, 16, deltaLine, inputLine);
      else if (x1 - x0 == 1) setWalk(delta, tap, deltaLine, inputLine, deltaLine, inputLine);
      else setWalk(delta, tap, row, <usize>stride * row, deltaLine, inputLine);
      if (apart || stride == 1) setGaps(deltaLine - run, inputLine - <usize>stride * run);
      else setGaps(0, <usize>(stride - 1) * row);
      if (kernel == 1) points<T>();
      else windows<T>();
    }
  }
}

/** The same lane by lane, from copies of one vector of each row after the other: lines of them follow one another in the cache. */
function gradientOfCopies<T>(): void {
  const R = rowBytes<T>();
  const x = inputs;
  const dy = deltas;
  const g = target;
  const read = inC * inH * inW;
  inputs = panel();
  deltas = inputs + (<usize>read << 4);
  row = 16;
  for (let v: usize = 0; v < R; v += 16) {
    copyVectors(x + v, R, read, inputs);
    copyVectors(dy + v, R, outC * outH * outW, deltas);
    target = g + v;
    gradient<T>();
  }
}

function run<T>(record: usize, lanesApart: bool): void {
  const R = rowBytes<T>();
  const bias = address(record, 5);
  const weights = outC * inC * kernel * kernel;
  inputs = address(record, 2);
  deltas = address(record, 3);
  target = address(record, 4);
  row = R;
  apart = lanesApart;
  factor = apart ? 1 : <f64>numberAt<T>(address(record, 6), <T>1);
  if (!adds(record)) clear(target, <usize>weights * (apart ? R : sizeof<T>()));
  if (!apart && inH * inW * outH * outW == 1) addOuter<T>(inputs, deltas, target, factor, inC, outC);
  else if (apart && kernel > 1 && <usize>((inC * inH * inW + outC * outH * outW) << 4) <= PANEL_BYTES) gradientOfCopies<T>();
  else gradient<T>();
  if (bias) channelSums<T>(address(record, 3), 0, bias, <T>factor, outC, outH * outW, apart, adds(record));
}

export function convWeight<T>(record: usize, lanesApart: bool): void {
  convShape(record);
  run<T>(record, lanesApart);
}

export function denseWeight<T>(record: usize, lanesApart: bool): void {
  denseShape(record);
  run<T>(record, lanesApart);
}
