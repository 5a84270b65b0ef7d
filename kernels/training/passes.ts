// Forward and backward over one batch.
import { exp4, max4, storePairs, sum4, tanh4 } from '../common/simd';
import { Layer, Net, layerOf, takesDense } from './layout';
import { forward, update } from './tiles';

/** Points the first layer at the samples order[0 … count), unpacking their inputs where they are packed. */
export function gather(net: Net, order: usize, count: i32): void {
  const spans = layerOf(net, 0).spans;
  if (net.format == 2) {
    touch(net, order, count);
    unpack(net, order, count, spans);
    return;
  }
  for (let s = 0; s < count; s++) {
    const row = net.rows + ((<usize>load<u32>(order + (<usize>s << 2))) << 2);
    store<u32>(spans + (<usize>s << 3), load<u32>(row));
    store<u32>(spans + (<usize>s << 3), load<u32>(row, 4), 4);
  }
}

let touched: u32 = 0;

/**
 * Reads one word of every cache line of the batch's inputs. Random samples come from main memory; these loads are
 * independent, so that their waits overlap, which those of the unpacking loop hardly do.
 */
function touch(net: Net, order: usize, count: i32): void {
  let sum: u32 = 0;
  for (let s = 0; s < count; s++) {
    const row = net.rows + ((<usize>load<u32>(order + (<usize>s << 2))) << 2);
    const end = <usize>load<u32>(row, 4);
    for (let p = <usize>load<u32>(row); p < end; p += 64) sum ^= load<u32>(p);
  }
  touched = sum;
}

/** Unpacks four inputs at a time; what is written past a sample's end is overwritten by the next sample. */
function unpack(net: Net, order: usize, count: i32, spans: usize): void {
  const divisor = f32x4.splat(net.divisor);
  let to = net.unpacked;
  for (let s = 0; s < count; s++) {
    const row = net.rows + ((<usize>load<u32>(order)) << 2);
    const begin = <usize>load<u32>(row);
    const end = <usize>load<u32>(row, 4);
    let q = to;
    for (let p = begin; p < end; p += 16) {
      const u = v128.load(p);
      storePairs(q, u, i32x4.shl(i32x4.shr_u(u, 8), 4), divisor);
      q += 32;
    }
    store<u32>(spans, <u32>to);
    to += (end - begin) << 1;
    store<u32>(spans, <u32>to, 4);
    spans += 8;
    order += 4;
  }
}

/** The byte shuffles that move each of the 16 subsets of four lanes to the front. */
const COMPRESS = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0,
  8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0,
  12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0,
  8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/**
 * Writes the lanes of (place, value) that `kept` selects to `pairs`, one after another; returns the address after them.
 */
// @ts-ignore: decorator
@inline
function compress(pairs: usize, place: v128, value: v128, kept: i32): usize {
  const front = v128.load(COMPRESS + (<usize>kept << 4));
  const x = i8x16.swizzle(value, front);
  const o = i8x16.swizzle(place, front);
  v128.store(pairs, v128.shuffle<i32>(o, x, 0, 4, 1, 5));
  v128.store(pairs, v128.shuffle<i32>(o, x, 2, 6, 3, 7), 16);
  return pairs + (<usize>popcnt(kept) << 3);
}

/** Applies ReLU in place, and writes the positive activations, four lanes at a time, to the next layer's input list. */
function rectify(layer: Layer, next: Layer, count: i32): void {
  const bytes = <usize>layer.bytes;
  const zero = f32x4.splat(0);
  const first = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(next.bytes));
  const step = i32x4.splat(next.bytes * 4);
  let pairs = next.pairs;
  for (let s = 0; s < count; s++) {
    const row = layer.out + <usize>s * bytes;
    const span = next.spans + (<usize>s << 3);
    store<u32>(span, <u32>pairs);
    let offset = first;
    for (let b: usize = 0; b < bytes; b += 16) {
      const x = f32x4.pmax(v128.load(row + b), zero);
      v128.store(row + b, x);
      pairs = compress(pairs, offset, x, i32x4.bitmask(f32x4.gt(x, zero))); // padding is 0, never kept
      offset = i32x4.add(offset, step);
    }
    store<u32>(span, <u32>pairs, 4);
  }
}

/** Applies tanh in place (or nothing); the next layer reads the activations where they are. */
function activateDense(net: Net, layer: Layer, next: Layer, count: i32): void {
  const bytes = <usize>layer.bytes;
  for (let s = 0; s < count; s++) {
    const row = layer.out + <usize>s * bytes;
    if (net.activation == 1) for (let b: usize = 0; b < bytes; b += 16) v128.store(row + b, tanh4(v128.load(row + b)));
    store<u32>(next.spans + (<usize>s << 3), <u32>row);
    store<u32>(next.spans + (<usize>s << 3), <u32>(row + (<usize>layer.outputs << 2)), 4);
  }
}

/**
 * Computes the activations of layers 0 … last (inclusive) for a gathered batch; the last layer of the net is linear.
 */
export function forwardPass(net: Net, count: i32, last: i32): void {
  for (let l = 0; l <= last; l++) {
    const layer = layerOf(net, l);
    const bytes = <usize>layer.bytes;
    let bias = layer.bias;
    if (l == 0 && net.background) {
      forward(true, net.background, 1, layer.inputs, layer.weights, bias, net.shifted, bytes);
      bias = net.shifted;
    }
    forward(takesDense(net, l), layer.spans, count, layer.inputs, layer.weights, bias, layer.out, bytes);
    if (l + 1 < net.layers) {
      const next = layerOf(net, l + 1);
      if (net.activation == 0) rectify(layer, next, count);
      else activateDense(net, layer, next, count);
    }
  }
}

/**
 * Computes the cross-entropy of one sample and, in the delta row, (p − onehot)·scale. With m = max z and rest = Σ_{j≠y}
 * e^{z_j − m}: loss = (m − z_y) + log1p(rest + (e^{z_y − m} − 1)), exact down to the smallest losses because nothing is
 * subtracted from 1.
 */
// @ts-ignore: decorator
@inline
function crossEntropy(z: usize, delta: usize, outputs: i32, bytes: usize, label: i32, scale: f32): f64 {
  let top = f32x4.splat(load<f32>(z));
  const tail = outputs & 3;
  const full: usize = bytes - (tail ? 16 : 0);
  for (let b: usize = 0; b < full; b += 16) top = f32x4.max(top, v128.load(z + b));
  let m = max4(top);
  for (let k = outputs - tail; k < outputs; k++) m = max(m, load<f32>(z + (<usize>k << 2)));
  const m4 = f32x4.splat(m);
  for (let b: usize = 0; b < bytes; b += 16) v128.store(delta + b, exp4(f32x4.sub(v128.load(z + b), m4)));
  for (let k = outputs; (<usize>k << 2) < bytes; k++) store<f32>(delta + (<usize>k << 2), 0);
  const at = delta + (<usize>label << 2);
  const own = load<f32>(at);
  store<f32>(at, 0);
  let rest4 = f32x4.splat(0);
  for (let b: usize = 0; b < bytes; b += 16) rest4 = f32x4.add(rest4, v128.load(delta + b));
  const rest = sum4(rest4);
  const factor = scale / (rest + own);
  for (let b: usize = 0; b < bytes; b += 16) v128.store(delta + b, f32x4.mul(v128.load(delta + b), f32x4.splat(factor)));
  store<f32>(at, -rest * factor);
  return (<f64>m - <f64>load<f32>(z + (<usize>label << 2))) + Math.log1p(<f64>rest + (<f64>own - 1));
}

/** Computes ½ Σ (z − y)² of one sample and, in the delta row, (z − y)·scale. */
// @ts-ignore: decorator
@inline
function squaredError(z: usize, delta: usize, outputs: i32, bytes: usize, target: usize, scale: f32): f64 {
  let loss: f64 = 0;
  for (let k = 0; k < outputs; k++) {
    const i = <usize>k << 2;
    const d = load<f32>(z + i) - load<f32>(target + i);
    store<f32>(delta + i, d * scale);
    loss += <f64>d * <f64>d;
  }
  for (let i = <usize>outputs << 2; i < bytes; i += 4) store<f32>(delta + i, 0);
  return 0.5 * loss;
}

/**
 * Says whether the label is the first of the largest logits: of equal logits the first counts, and with a NaN no label
 * does.
 */
function wins(z: usize, n: i32, label: i32): bool {
  const own = load<f32>(z + (<usize>label << 2));
  if (own != own) return false;
  for (let j = 0; j < label; j++) if (!(load<f32>(z + (<usize>j << 2)) < own)) return false;
  for (let j = label + 1; j < n; j++) if (load<f32>(z + (<usize>j << 2)) > own) return false;
  return true;
}

let correctCount: i32 = 0;

/** Returns the number of correct predictions in the last call of `losses`. */
export function correct(): i32 {
  return correctCount;
}

/**
 * Returns the sum of the batch's losses; deltas of the last layer get the factor `scale`; per-sample losses go to
 * `each` unless 0.
 */
export function losses(net: Net, order: usize, count: i32, scale: f32, each: usize): f64 {
  const layer = layerOf(net, net.layers - 1);
  const bytes = <usize>layer.bytes;
  const n = layer.outputs;
  let sum: f64 = 0;
  correctCount = 0;
  for (let s = 0; s < count; s++) {
    const z = layer.out + <usize>s * bytes;
    const delta = layer.delta + <usize>s * bytes;
    const sample = <usize>load<u32>(order + (<usize>s << 2));
    let loss: f64;
    if (net.loss == 0) {
      const label = <i32>load<u8>(net.labels + sample);
      loss = crossEntropy(z, delta, n, bytes, label, scale);
      correctCount += <i32>wins(z, n, label);
    } else loss = squaredError(z, delta, n, bytes, net.targets + sample * (<usize>n << 2), scale);
    sum += loss;
    if (each) store<f64>(each + (<usize>s << 3), loss);
  }
  return sum;
}

/** Copies W from Wᵀ (inputs rows of `bytes`) to outputs rows of `rowBytes`, four by four. */
export function transpose(from: usize, inputs: i32, outputs: i32, bytes: usize, to: usize, rowBytes: usize): void {
  const whole = inputs & ~3;
  for (let k = 0; k < whole; k += 4) {
    let p = from + <usize>k * bytes;
    let q = to + (<usize>k << 2);
    for (let j = 0; j < outputs; j += 4) {
      const r0 = v128.load(p);
      const r1 = v128.load(p + bytes);
      const r2 = v128.load(p + 2 * bytes);
      const r3 = v128.load(p + 3 * bytes);
      const a = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
      const b = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
      v128.store(q, v128.shuffle<i64>(a, b, 0, 2));
      if (j + 1 < outputs) v128.store(q + rowBytes, v128.shuffle<i64>(a, b, 1, 3));
      if (j + 2 < outputs) {
        const c = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
        const d = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
        v128.store(q + 2 * rowBytes, v128.shuffle<i64>(c, d, 0, 2));
        if (j + 3 < outputs) v128.store(q + 3 * rowBytes, v128.shuffle<i64>(c, d, 1, 3));
      }
      p += 16;
      q += 4 * rowBytes;
    }
  }
  for (let k = whole; k < inputs; k++) {
    for (let j = 0; j < outputs; j++) {
      store<f32>(to + <usize>j * rowBytes + (<usize>k << 2), load<f32>(from + <usize>k * bytes + (<usize>j << 2)));
    }
  }
}

/** Lists the deltas of a ReLU layer's active units as (byte offset of W's row, delta). */
function listDeltas(layer: Layer, count: i32, rowBytes: i32): void {
  const bytes = <usize>layer.bytes;
  const zero = f32x4.splat(0);
  const first = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(rowBytes));
  const step = i32x4.splat(rowBytes * 4);
  let pairs = layer.backPairs;
  for (let s = 0; s < count; s++) {
    const h = layer.out + <usize>s * bytes;
    const d = layer.delta + <usize>s * bytes;
    const span = layer.backSpans + (<usize>s << 3);
    store<u32>(span, <u32>pairs);
    let offset = first;
    for (let b: usize = 0; b < bytes; b += 16) {
      pairs = compress(pairs, offset, v128.load(d + b), i32x4.bitmask(f32x4.gt(v128.load(h + b), zero)));
      offset = i32x4.add(offset, step);
    }
    store<u32>(span, <u32>pairs, 4);
  }
}

/** Computes the delta of the layer below, (delta W) ⊙ activation′. Only the deltas of active units are multiplied. */
function backward(net: Net, l: i32, count: i32): void {
  const layer = layerOf(net, l);
  const below = layerOf(net, l - 1);
  const rowBytes = <usize>below.bytes;
  transpose(layer.weights, layer.inputs, layer.outputs, <usize>layer.bytes, layer.rows, rowBytes);
  const dense = l == net.layers - 1 || net.activation != 0;
  if (dense) {
    for (let s = 0; s < count; s++) {
      const d = layer.delta + <usize>s * <usize>layer.bytes;
      store<u32>(layer.backSpans + (<usize>s << 3), <u32>d);
      store<u32>(layer.backSpans + (<usize>s << 3), <u32>(d + (<usize>layer.outputs << 2)), 4);
    }
  } else listDeltas(layer, count, below.bytes);
  forward(dense, layer.backSpans, count, layer.outputs, layer.rows, 0, below.delta, rowBytes);
  if (net.activation == 2) return;
  const size = <usize>count * rowBytes;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (let o: usize = 0; o < size; o += 16) {
    const h = v128.load(below.out + o);
    const d = v128.load(below.delta + o);
    const masked =
      net.activation == 0 ? v128.and(d, f32x4.gt(h, zero)) : f32x4.mul(d, f32x4.sub(one, f32x4.mul(h, h)));
    v128.store(below.delta + o, masked);
  }
}

/** Computes the deltas of layers down to `lowest` (inclusive), given the last layer's. */
export function deltas(net: Net, count: i32, lowest: i32): void {
  for (let l = net.layers - 1; l > lowest; l--) backward(net, l, count);
}

/** Sets a row to the sum of the deltas of a batch. */
function sumDeltas(layer: Layer, count: i32, to: usize): void {
  const bytes = <usize>layer.bytes;
  memory.fill(to, 0, bytes);
  for (let s = 0; s < count; s++) {
    const d = layer.delta + <usize>s * bytes;
    for (let b: usize = 0; b < bytes; b += 16) v128.store(to + b, f32x4.add(v128.load(to + b), v128.load(d + b)));
  }
}

/** Adds inputsᵀ·delta of every layer to its target. */
export function accumulate(net: Net, count: i32): void {
  for (let l = 0; l < net.layers; l++) {
    const layer = layerOf(net, l);
    if (!layer.target) continue;
    const bytes = <usize>layer.bytes;
    update(takesDense(net, l), layer.spans, count, layer.inputs, layer.target, layer.delta, bytes);
    if (l == 0 && net.background) {
      sumDeltas(layer, count, net.summed);
      update(true, net.background, 1, layer.inputs, layer.target, net.summed, bytes);
    }
    if (layer.biasTarget) {
      for (let s = 0; s < count; s++) {
        const d = layer.delta + <usize>s * bytes;
        for (let b: usize = 0; b < bytes; b += 16) {
          const at = layer.biasTarget + b;
          v128.store(at, f32x4.add(v128.load(at), v128.load(d + b)));
        }
      }
    }
  }
}
