// Convolutions and dense layers: which taps reach which place, and the order of the loops, so that what a register tile
// reads stays in the first-level cache. A dense layer is a convolution of one place with a kernel of one place.
import { N1, N2 } from '../common/simd';
import { FROM_OUTPUT, MASK, PROJECT, products, RECTIFY, setOutputs, threesOf, WITH_BIAS } from './products';
import { adds, address, clear, rectifies, rowBytes } from './lanes';
import { copyLines, linesThatFit, panel } from './panels';
import { convShape, denseShape, inC, inH, inW, kernel, outC, outH, outW, padding, stride } from './shape';
import { MOST_TAPS, setTaps, tableOf } from './taps';

/** Returns the number of channels in each of the fewest equal blocks of at most `most`. */
// @ts-ignore: decorator
@inline
function blockOf(channels: i32, most: i32): i32 {
  const blocks = (channels + most - 1) / most;
  return (channels + blocks - 1) / blocks;
}

/** Bytes of inputs and outputs of a band of lines, which stay in the second-level cache while all tiles of lanes pass. */
const BAND_BYTES: usize = 524288;

/** Returns how many lines of a plane form a band where each has so many rows of R bytes. */
// @ts-ignore: decorator
@inline
function bandOf(rows: i32, R: usize): i32 {
  return max(1, <i32>(BAND_BYTES / (<usize>rows * R)));
}

/** Says whether the lines that a window of so many channels reads are copied together first; see panels.ts. */
// @ts-ignore: decorator
@inline
function copies(channels: i32, columns: i32): bool {
  return kernel > 1 && channels > 1 && linesThatFit(channels, columns) >= kernel + stride;
}

/** Computes y (+)= w ∗ x + bias, or with PROJECT in `modes` the row y += Σ other·(w ∗ x + bias). */
function forward<T>(x: usize, w: usize, bias: usize, y: usize, other: usize, modes: i32): void {
  const R = rowBytes<T>();
  const number = sizeof<T>();
  const area = kernel * kernel;
  const plane = <usize>(inH * inW) * R;
  const projects = (modes & PROJECT) != 0;
  setOutputs(<usize>(inC * area) * number, <usize>(outH * outW) * R);
  if (kernel == 1) setTaps(0, 0, number, 0, 0, plane);
  else setTaps(<usize>area * number, <usize>kernel * number, number, plane, <usize>inW * R, R);
  const vectors = <i32>(R >> 4);
  const block = blockOf(inC, MOST_TAPS / area);
  const threes = threesOf(vectors, outC);
  const copied = copies(block, inW);
  const lines = copied ? min((linesThatFit(block, inW) - kernel) / stride + 1, bandOf(stride * inW * inC + outW * outC, R)) : outH;
  for (let band = 0; band < outH; band += lines) {
    const end = min(outH, band + lines);
    const first = max(0, band * stride - padding);
    const last = min(inH, (end - 1) * stride - padding + kernel);
    for (let v = 0, width = 0; v < vectors; v += width) {
      width = v < 3 * threes ? 3 : min(2, vectors - v);
      const lane = <usize>v << 4;
      for (let c = 0; c < inC; c += block) {
        const channels = min(block, inC - c);
        let mode = modes & PROJECT;
        if (c == 0) mode |= modes & (FROM_OUTPUT | WITH_BIAS);
        else if (!projects) mode |= FROM_OUTPUT;
        if (c + channels == inC) mode |= modes & RECTIFY;
        let base = x + <usize>c * plane + lane;
        let column = R;
        if (copied) {
          const bytes = <usize>width << 4;
          column = <usize>channels * bytes;
          copyLines<T>(base, plane, channels, first, last - first, inW, bytes);
          base = panel() - <usize>(first * inW) * column;
          setTaps(<usize>area * number, <usize>kernel * number, number, bytes, <usize>inW * column, column);
        }
        for (let oy = band; oy < end; oy++) {
          const top = oy * stride - padding;
          const ky = max(0, -top);
          const high = min(kernel, inH - top) - ky;
          for (let ox = 0; ox < outW; ox++) {
            const left = ox * stride - padding;
            const kx = max(0, -left);
            const wide = min(kernel, inW - left) - kx;
            const from = base + <usize>((top + ky) * inW + left + kx) * column;
            const weights = w + <usize>((c * kernel + ky) * kernel + kx) * number;
            const place = <usize>(oy * outW + ox) * R + lane;
            const to = projects ? y + lane : y + place;
            if (high <= 0 || wide <= 0) products<T, N1>(width, weights, from, to, other + place, bias, outC, 0, 0, mode);
            else if (kernel == 1) products<T, N1>(width, weights, from, to, other + place, bias, outC, 0, channels, mode);
            else products<T, N2>(width, weights, from, to, other + place, bias, outC, tableOf(channels, high, wide), channels * high * wide, mode);
          }
        }
      }
    }
  }
}

/**
 * Computes dx (+)= Σ w·dy over the outputs that a place reaches. Along a line these are every stride-th tap, the first one
 * being that whose distance to the place is a multiple of the stride.
 */
function backward<T>(dy: usize, w: usize, h: usize, dx: usize, modes: i32): void {
  const R = rowBytes<T>();
  const number = sizeof<T>();
  const area = kernel * kernel;
  const outPlane = <usize>(outH * outW) * R;
  const nextChannel = <usize>(inC * area) * number;
  setOutputs(<usize>area * number, <usize>(inH * inW) * R);
  if (kernel == 1) setTaps(0, 0, nextChannel, 0, 0, outPlane);
  else setTaps(nextChannel, <usize>(stride * kernel) * number, <usize>stride * number, outPlane, -(<usize>outW * R), -R);
  const vectors = <i32>(R >> 4);
  const reach = (kernel + stride - 1) / stride;
  const block = blockOf(outC, MOST_TAPS / (reach * reach));
  const threes = threesOf(vectors, inC);
  const copied = copies(block, outW);
  const lines = copied ? min((linesThatFit(block, outW) - reach) * stride, bandOf(inW * inC + (outW * outC + stride - 1) / stride, R)) : inH;
  for (let band = 0; band < inH; band += lines) {
    const end = min(inH, band + lines);
    const lowest = band + padding - kernel + 1;
    const first = lowest <= 0 ? 0 : (lowest + stride - 1) / stride;
    const last = min(outH, (end - 1 + padding) / stride + 1);
    for (let v = 0, width = 0; v < vectors; v += width) {
      width = v < 3 * threes ? 3 : min(2, vectors - v);
      const lane = <usize>v << 4;
      for (let c = 0; c < outC; c += block) {
        const channels = min(block, outC - c);
        let mode = c == 0 ? modes & FROM_OUTPUT : FROM_OUTPUT;
        if (c + channels == outC) mode |= modes & MASK;
        let base = dy + <usize>c * outPlane + lane;
        let column = R;
        if (copied) {
          const bytes = <usize>width << 4;
          column = <usize>channels * bytes;
          copyLines<T>(base, outPlane, channels, first, last - first, outW, bytes);
          base = panel() - <usize>(first * outW) * column;
          setTaps(nextChannel, <usize>(stride * kernel) * number, <usize>stride * number, bytes, -(<usize>outW * column), -column);
        }
        for (let iy = band; iy < end; iy++) {
          const ay = iy + padding;
          let ky = max(0, ay - stride * (outH - 1));
          ky += (ay - ky) % stride;
          const high = taps(ky, min(kernel - 1, ay));
          for (let ix = 0; ix < inW; ix++) {
            const ax = ix + padding;
            let kx = max(0, ax - stride * (outW - 1));
            kx += (ax - kx) % stride;
            const wide = taps(kx, min(kernel - 1, ax));
            const from = base + <usize>(((ay - ky) / stride) * outW + (ax - kx) / stride) * column;
            const weights = w + <usize>c * nextChannel + <usize>(ky * kernel + kx) * number;
            const place = <usize>(iy * inW + ix) * R + lane;
            const to = dx + place;
            if (high == 0 || wide == 0) products<T, N1>(width, weights, from, to, h + place, 0, inC, 0, 0, mode);
            else if (kernel == 1) products<T, N1>(width, weights, from, to, h + place, 0, inC, 0, channels, mode);
            else products<T, N2>(width, weights, from, to, h + place, 0, inC, tableOf(channels, high, wide), channels * high * wide, mode);
          }
        }
      }
    }
  }
}

/** Returns the number of taps first, first + stride, … up to `last`. */
// @ts-ignore: decorator
@inline
function taps(first: i32, last: i32): i32 {
  return last < first ? 0 : (last - first) / stride + 1;
}

function forwardOf<T>(record: usize): void {
  const bias = address(record, 4);
  let modes = bias ? WITH_BIAS : 0;
  if (adds(record)) modes |= FROM_OUTPUT;
  if (rectifies(record)) modes |= RECTIFY;
  forward<T>(address(record, 2), address(record, 3), bias, address(record, 5), 0, modes);
}

function backwardOf<T>(record: usize): void {
  let modes = adds(record) ? FROM_OUTPUT : 0;
  if (rectifies(record)) modes |= MASK;
  backward<T>(address(record, 2), address(record, 3), address(record, 4), address(record, 5), modes);
}

function projectOf<T>(record: usize): void {
  const bias = address(record, 5);
  const out = address(record, 6);
  if (!adds(record)) clear(out, rowBytes<T>());
  forward<T>(address(record, 2), address(record, 4), bias, out, address(record, 3), PROJECT | (bias ? WITH_BIAS : 0));
}

export function convForward<T>(record: usize): void {
  convShape(record);
  forwardOf<T>(record);
}

export function convInput<T>(record: usize): void {
  convShape(record);
  backwardOf<T>(record);
}

export function convProject<T>(record: usize): void {
  convShape(record);
  projectOf<T>(record);
}

export function denseForward<T>(record: usize): void {
  denseShape(record);
  forwardOf<T>(record);
}

export function denseInput<T>(record: usize): void {
  denseShape(record);
  backwardOf<T>(record);
}

export function denseProject<T>(record: usize): void {
  denseShape(record);
  projectOf<T>(record);
}
