// Whole training steps of multilayer perceptrons, many per call. docs/theory [P1], [S1].
import { fma } from '../common/simd';
import { Layer, Net, layerOf } from './layout';
import { accumulate, correct, deltas, forwardPass, gather, losses, transpose } from './passes';
import { Pull, pull } from './pull';

/** v ← factor·v for the `bytes` at address `at`. */
function scaleBy(at: usize, bytes: usize, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let b: usize = 0; b < bytes; b += 16) v128.store(at + b, f32x4.mul(v128.load(at + b), f));
}

/** w ← w + factor·v. */
function addScaled(w: usize, v: usize, bytes: usize, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let b: usize = 0; b < bytes; b += 16) v128.store(w + b, fma(f, v128.load(v + b), v128.load(w + b)));
}

function momentumStep(net: Net, learningRate: f32): void {
  for (let l = 0; l < net.layers; l++) {
    const layer = layerOf(net, l);
    if (!layer.target) continue;
    addScaled(layer.weights, layer.target, <usize>layer.bytes * <usize>layer.inputs, -learningRate);
    if (layer.bias) addScaled(layer.bias, layer.biasTarget, <usize>layer.bytes, -learningRate);
  }
}

/** Copies a layer's weight out in PyTorch's order (outputs×inputs) from the padded transpose. */
export function copyOut(weights: usize, inputs: i32, outputs: i32, bytes: i32, to: usize): void {
  transpose(weights, inputs, outputs, <usize>bytes, to, <usize>inputs << 2);
}

/**
 * Copies a weight in PyTorch's order (outputs×inputs) into the padded transpose; the padding is not touched (it is
 * zero).
 */
export function copyIn(from: usize, inputs: i32, outputs: i32, bytes: i32, weights: usize): void {
  const row = <usize>inputs << 2;
  for (let k = 0; k < inputs; k++) {
    let q = from + (<usize>k << 2);
    for (let j = 0; j < outputs; j++) {
      store<f32>(weights + (<usize>j << 2), load<f32>(q));
      q += row;
    }
    weights += <usize>bytes;
  }
}

/**
 * Takes `count` steps of SGD over consecutive batches of `order`. Without momentum the update is added directly to the
 * weights. Returns the number of steps whose loss was finite: less than `count` means that training diverged there.
 * @param recordLayer layer whose weights are copied to `record` after each step, or −1
 * @param pullAt a Pull that acts in every step, or 0
 */
export function steps(
  netAt: usize, order: usize, count: i32, batch: i32, learningRate: f32, momentum: f32, hasMomentum: bool,
  lossOut: usize, correctOut: usize, recordLayer: i32, record: usize, pullAt: usize,
): i32 {
  const net = changetype<Net>(netAt);
  const pulled = pullAt != 0;
  const after = pulled && changetype<Pull>(pullAt).after != 0;
  let lowest = 0; // no deltas are needed below the lowest layer that is trained
  while (lowest + 1 < net.layers && !layerOf(net, lowest).target) lowest++;
  const scale: f32 = hasMomentum ? <f32>1 / <f32>batch : -learningRate / <f32>batch;
  for (let t = 0; t < count; t++) {
    gather(net, order, batch);
    forwardPass(net, batch, net.layers - 1);
    const loss = losses(net, order, batch, scale, 0) / <f64>batch;
    store<f32>(lossOut + (<usize>t << 2), <f32>loss);
    if (!(loss < 1e30)) return t;
    store<u16>(correctOut + (<usize>t << 1), <u16>correct());
    deltas(net, batch, lowest);
    if (hasMomentum) {
      for (let l = 0; l < net.layers; l++) {
        const layer = layerOf(net, l);
        if (!layer.target) continue;
        scaleBy(layer.target, <usize>layer.bytes * <usize>layer.inputs, momentum);
        if (layer.biasTarget) scaleBy(layer.biasTarget, <usize>layer.bytes, momentum);
      }
    }
    if (pulled && !after) pull(pullAt);
    accumulate(net, batch);
    if (hasMomentum) momentumStep(net, learningRate);
    if (after) pull(pullAt);
    if (recordLayer >= 0) {
      const layer = layerOf(net, recordLayer);
      copyOut(layer.weights, layer.inputs, layer.outputs, layer.bytes, record);
      record += (<usize>layer.inputs * <usize>layer.outputs) << 2;
    }
    order += <usize>batch << 2;
  }
  return count;
}

/** Returns the first free address after the kernel's own constants. */
export function heapBase(): usize {
  return __heap_base;
}

let correctSum: i32 = 0;

/** Returns the number of correct predictions in the last `evaluate`. */
export function correctOfEvaluation(): i32 {
  return correctSum;
}

/**
 * Returns the sum of the losses of order[0 … count), in float64, batch by batch; per-sample losses go to `each` (f64)
 * unless 0.
 */
export function evaluate(netAt: usize, order: usize, count: i32, batch: i32, each: usize): f64 {
  const net = changetype<Net>(netAt);
  let sum: f64 = 0;
  correctSum = 0;
  for (let done = 0; done < count; done += batch) {
    const n = min(batch, count - done);
    gather(net, order, n);
    forwardPass(net, n, net.layers - 1);
    sum += losses(net, order, n, 1, each);
    correctSum += correct();
    order += <usize>n << 2;
    if (each) each += <usize>n << 3;
  }
  return sum;
}

/** Adds the gradient of the SUM of the batch's losses, times `scale`, to every layer's target, and returns that sum. */
export function gradient(netAt: usize, order: usize, count: i32, scale: f32): f64 {
  const net = changetype<Net>(netAt);
  gather(net, order, count);
  forwardPass(net, count, net.layers - 1);
  const sum = losses(net, order, count, scale, 0);
  deltas(net, count, 0);
  accumulate(net, count);
  return sum;
}

/** Passes one batch forward (and backward when `withDelta`); the out and delta rows of each layer can then be read. */
export function states(netAt: usize, order: usize, count: i32, lowest: i32, withDelta: bool): f64 {
  const net = changetype<Net>(netAt);
  gather(net, order, count);
  forwardPass(net, count, net.layers - 1);
  const sum = losses(net, order, count, 1, 0);
  if (withDelta) deltas(net, count, lowest);
  return sum;
}

/** Copies `count` padded rows into rows of `columns` floats. */
export function unpad(from: usize, count: i32, columns: i32, bytes: i32, to: usize): void {
  const row = <usize>columns << 2;
  for (let s = 0; s < count; s++) {
    memory.copy(to, from, row);
    from += <usize>bytes;
    to += row;
  }
}

/**
 * Computes the per-sample gradients of layer l > 0 for a batch prepared by `states`: out[s] = delta_s ⊗ h_s,
 * outputs×inputs floats each. Rows are written with overlapping vectors, so `out` needs 16 bytes to spare. Cost: one
 * store per four numbers.
 */
export function outerProducts(netAt: usize, l: i32, count: i32, out: usize): void {
  const net = changetype<Net>(netAt);
  const layer: Layer = layerOf(net, l);
  const below: Layer = layerOf(net, l - 1);
  const n = layer.outputs;
  const row = <usize>layer.inputs << 2;
  for (let s = 0; s < count; s++) {
    const h = below.out + <usize>s * <usize>below.bytes;
    const d = layer.delta + <usize>s * <usize>layer.bytes;
    for (let j = 0; j < n; j++) {
      const x = v128.load32_splat(d + (<usize>j << 2));
      for (let b: usize = 0; b < row; b += 16) v128.store(out + b, f32x4.mul(x, v128.load(h + b)));
      out += row;
    }
  }
}
