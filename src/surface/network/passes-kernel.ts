/**
 * The functions that kernels/curvature exports for passes through a network, and the layout of its arrays. Numbers are float64.
 */
import type { Samples } from '../../data/dataset.js';
import { background, divisors } from '../../data/inputs.js';
import type { LayerBlock } from '../../model/network.js';
import type { Arena } from '../../train/arena.js';

/**
 * Lists the functions of the kernel. Pointers are byte addresses; strides count numbers; arrays of a block are [unit][stride].
 */
export interface PassesKernel {
  heapBase(): number;
  workBytes(): number;
  useWork(p: number): void;
  gemm(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: number,
    ars: number,
    acs: number,
    b: number,
    brs: number,
    bcs: number,
    beta: number,
    c: number,
    ldc: number,
    part: number,
  ): void;
  gather(starts: number, order: number, count: number, w: number, units: number, bias: number, out: number): void;
  scatter(starts: number, order: number, count: number, delta: number, units: number, g: number): void;
  transpose(rows: number, cols: number, from: number, fromStride: number, to: number, toStride: number): void;
  fillRows(out: number, units: number, stride: number, b: number): void;
  sumRows(x: number, units: number, stride: number, to: number): void;
  activate(kind: number, z: number, length: number): void;
  timesSlope(kind: number, h: number, x: number, units: number, lines: number, stride: number): void;
  addBend(h: number, delta: number, t: number, x: number, length: number): void;
  timesRow(w: number, x: number, units: number, stride: number): void;
  dotColumns(x: number, y: number, units: number, stride: number, out: number): void;
  clearPadding(x: number, units: number, stride: number, count: number): void;
  logistic(
    z: number,
    classes: number,
    stride: number,
    count: number,
    labels: number,
    p: number,
    delta: number,
    each: number,
  ): number;
  squared(
    z: number,
    outputs: number,
    stride: number,
    count: number,
    targets: number,
    delta: number,
    each: number,
  ): number;
  logisticTangent(
    p: number,
    t: number,
    classes: number,
    stride: number,
    count: number,
    labels: number,
    out: number,
  ): void;
  logisticFactor(p: number, classes: number, stride: number, count: number, out: number): void;
  logisticMiddle(p: number, classes: number, stride: number, count: number, out: number): void;
  squaredMiddle(outputs: number, stride: number, count: number, out: number): void;
  middleSlopes(kind: number, h: number, delta: number, g: number, units: number, stride: number, bend: number): void;
}

/**
 * Gives the addresses of a flat vector's parts: the first layer's weights transposed, [input][padded outputs], later ones as
 * they are.
 */
export interface PlacedVector {
  readonly weights: readonly number[];
  /** 0 without biases. */
  readonly biases: readonly number[];
}

/** Returns the number of outputs of the first layer, padded to a multiple of 10 for the sparse kernels. */
export const padded = (outputs: number): number => 10 * Math.ceil(outputs / 10);

/** Reserves memory for a flat vector. */
export function placeVector(arena: Arena, layers: readonly LayerBlock[], what: string): PlacedVector {
  return {
    weights: layers.map((l, i) => arena.take(8 * l.inputs * (i === 0 ? padded(l.outputs) : l.outputs), what)),
    biases: layers.map((l, i) =>
      l.biasOffset < 0 ? 0 : arena.take(8 * (i === 0 ? padded(l.outputs) : l.outputs), what),
    ),
  };
}

/** Copies a flat vector into reserved memory. */
export function putVector(
  arena: Arena,
  layers: readonly LayerBlock[],
  to: PlacedVector,
  flat: ArrayLike<number>,
): void {
  layers.forEach((l, i) => {
    const first = i === 0;
    const width = padded(l.outputs);
    const w = arena.f64(to.weights[i], l.inputs * (first ? width : l.outputs));
    for (let j = 0; j < l.outputs; j++) {
      const row = l.weightOffset + j * l.inputs;
      for (let k = 0; k < l.inputs; k++) w[first ? k * width + j : j * l.inputs + k] = flat[row + k];
    }
    if (l.biasOffset < 0) return;
    const b = arena.f64(to.biases[i], l.outputs);
    for (let j = 0; j < l.outputs; j++) b[j] = flat[l.biasOffset + j];
  });
}

/** Sets a placed vector to zero. */
export function clearVector(arena: Arena, layers: readonly LayerBlock[], v: PlacedVector): void {
  layers.forEach((l, i) => {
    const width = i === 0 ? padded(l.outputs) : l.outputs;
    arena.f64(v.weights[i], l.inputs * width).fill(0);
    if (l.biasOffset >= 0) arena.f64(v.biases[i], width).fill(0);
  });
}

/** Returns a flat copy of a placed vector, times `scale`. */
export function takeVector(
  arena: Arena,
  layers: readonly LayerBlock[],
  from: PlacedVector,
  size: number,
  scale: number,
): Float64Array {
  const flat = new Float64Array(size);
  layers.forEach((l, i) => {
    const first = i === 0;
    const width = padded(l.outputs);
    const w = arena.f64(from.weights[i], l.inputs * (first ? width : l.outputs));
    for (let j = 0; j < l.outputs; j++) {
      const row = l.weightOffset + j * l.inputs;
      for (let k = 0; k < l.inputs; k++) flat[row + k] = scale * w[first ? k * width + j : j * l.inputs + k];
    }
    if (l.biasOffset < 0) return;
    const b = arena.f64(from.biases[i], l.outputs);
    for (let j = 0; j < l.outputs; j++) flat[l.biasOffset + j] = scale * b[j];
  });
  return flat;
}

/**
 * Writes the inputs to kernel memory, as (byte offset of the input's weight row, float32 value) for every nonzero one, and
 * returns the address of the table of rows. Of normalised inputs (x − m)/s it writes x/s, and −m/s as one row more.
 */
export function placeInputs(arena: Arena, samples: Samples, rowBytes: number): number {
  const { values, size, count } = samples;
  const own = divisors(samples);
  const shift = background(samples);
  let nonzeros = shift ? size : 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) nonzeros++;
  const startsAt = arena.take(4 * (count + 2), 'the row table');
  const entriesAt = arena.take(8 * nonzeros, 'the inputs');
  const starts = arena.u32(startsAt, count + 2);
  const offset = arena.u32(entriesAt, 2 * nonzeros);
  const value = arena.f32(entriesAt, 2 * nonzeros);
  let p = 0;
  for (let s = 0, i = 0; s < count; s++) {
    starts[s] = entriesAt + 4 * p;
    for (let k = 0; k < size; k++, i++) {
      if (values[i] === 0) continue;
      offset[p] = k * rowBytes;
      value[p + 1] = values[i] / (typeof own === 'number' ? own : own[k]);
      p += 2;
    }
  }
  starts[count] = entriesAt + 4 * p;
  shift?.forEach((x, k) => {
    offset[p] = k * rowBytes;
    value[p + 1] = x;
    p += 2;
  });
  starts[count + 1] = entriesAt + 4 * p;
  return startsAt;
}
