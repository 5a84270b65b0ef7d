/** The networks of layers that PyTorch computed (test/oracles/layered.json), with their numbers as its conventions state. */
import { readFileSync } from 'node:fs';
import type { Samples } from '../../src/data/dataset.js';
import type { LayeredSpec, LayerSpec } from '../../src/model/layered/spec.js';

/** Numbers of one parameter where the vector is too long to keep. */
export interface Summary {
  readonly sum: number;
  readonly square: number;
  readonly mixed: number;
  readonly places: readonly number[];
  readonly some: readonly number[];
}

/** A vector over all weights: whole, or a summary of each parameter. */
export type Kept = readonly number[] | readonly Summary[];

export interface LayeredCase {
  readonly name: string;
  readonly input: number | [number, number, number];
  readonly layers: readonly LayerSpec[];
  readonly loss: LayeredSpec['loss'];
  readonly samples: number;
  readonly seed: number;
  readonly zeros?: boolean;
  readonly parameters: readonly { readonly role: 'weight' | 'bias'; readonly shape: readonly number[] }[];
  readonly output: readonly number[];
  readonly sizes: 'full' | 'summaries';
  readonly lossValue: number;
  readonly sampleLosses: readonly number[];
  readonly gradient: Kept;
  readonly hessianVector: Kept;
  readonly sampleSlopes: readonly number[];
  readonly sampleSquares: readonly number[];
  readonly afterSgd: Kept;
}

const document = JSON.parse(readFileSync(new URL('../oracles/layered.json', import.meta.url), 'utf8'));

/** All cases; see `conventions` in the file. */
export const layeredCases: readonly LayeredCase[] = document.cases;
/** Forty losses of LeNet-5 in training on MNIST, B = 50, eta = 0.1. */
export const lenetTraining: { readonly weights: readonly Summary[]; readonly losses: readonly number[] } =
  document.lenetTraining;
/** Rate and number of the steps of `afterSgd`. */
export const SGD = { learningRate: 0.1, steps: 3 };

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Uniform numbers in [0, 1). */
function raw(seed: number, count: number): Float64Array {
  const out = new Float64Array(count);
  let x = seed;
  for (let i = 0; i < count; i++) {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0;
    out[i] = (x >>> 8) / 2 ** 24;
  }
  return out;
}

const numbers = (seed: number, count: number, scale: number): Float64Array =>
  raw(seed, count).map((u) => Math.floor((u * 2 - 1) * scale * 4096 + 0.5) / 4096);

const shapeOf = ({ input }: LayeredCase): readonly number[] => (typeof input === 'number' ? [input, 1, 1] : input);

/** Lists every layer of a case in the order of its parameters. */
function flatLayers(layers: readonly LayerSpec[]): LayerSpec[] {
  return layers.flatMap((l) =>
    l.type === 'residual' ? [...flatLayers(l.layers), ...flatLayers(l.shortcut ?? [])] : [l],
  );
}

/** Returns the weights, length P. */
export function weightsOf({ parameters, layers, seed }: LayeredCase): Float64Array {
  const owners = flatLayers(layers).flatMap((l) => {
    if (l.type === 'layer-norm' || l.type === 'batch-norm') return ['norm', 'norm'];
    if (l.type !== 'dense' && l.type !== 'conv') return [];
    return l.bias === false ? ['linear'] : ['linear', 'linear'];
  });
  const pieces: number[] = [];
  let shape: readonly number[] = [];
  parameters.forEach((p, i) => {
    if (owners[i] === 'norm') {
      pieces.push(...numbers(seed + 1000 * i, product(p.shape), 0.5).map((v) => v + (p.role === 'weight' ? 1 : 0)));
      return;
    }
    if (p.role === 'weight') shape = p.shape;
    pieces.push(...numbers(seed + 1000 * i, product(p.shape), Math.min(0.99, 1 / Math.sqrt(product(shape.slice(1))))));
  });
  return Float64Array.from(pieces);
}

/** Returns the direction v of Hv and of the slopes of samples, length P. */
export const directionOf = ({ parameters, seed }: LayeredCase): Float64Array =>
  numbers(
    seed + 777,
    parameters.reduce((sum, p) => sum + product(p.shape), 0),
    0.9,
  );

/** Returns the samples. */
export function samplesOf(c: LayeredCase): Samples {
  const shape = shapeOf(c);
  const size = product(shape);
  const outputs = product(c.output);
  const values = Float32Array.from(numbers(c.seed + 555, c.samples * size, 0.99), (v) => (c.zeros && v < 0 ? 0 : v));
  const image = { shape: [shape[0], shape[1], shape[2]] as const };
  const base = { count: c.samples, size, ...image, values, divisor: 1 };
  return c.loss === 'cross-entropy'
    ? { ...base, labels: Uint8Array.from(raw(c.seed + 333, c.samples), (u) => Math.floor(u * outputs)) }
    : { ...base, targets: Float32Array.from(numbers(c.seed + 222, c.samples * outputs, 0.99)) };
}

/** Returns the network of a case. */
export const specOf = ({ input, layers, loss }: LayeredCase): LayeredSpec => ({ input, layers, loss });

/**
 * Returns the largest difference of a vector from a kept one, relative to the root mean square of the kept numbers
 * (of a summary: of each of its numbers).
 */
export function differenceFrom(kept: Kept, vector: ArrayLike<number>, { parameters }: LayeredCase): number {
  if (typeof kept[0] === 'number') {
    const want = kept as readonly number[];
    const scale = Math.sqrt(want.reduce((s, v) => s + v * v, 0) / want.length);
    if (want.length !== vector.length) return Number.POSITIVE_INFINITY;
    return Math.max(...want.map((v, i) => Math.abs(v - vector[i]))) / scale;
  }
  let at = 0;
  return Math.max(
    ...(kept as readonly Summary[]).map((summary, p) => {
      const size = product(parameters[p].shape);
      const part = Array.from({ length: size }, (_, i) => vector[at + i]);
      at += size;
      const rms = Math.sqrt(summary.square / size) || 1;
      const of = (weight: (v: number, i: number) => number) => part.reduce((s, v, i) => s + weight(v, i), 0);
      return Math.max(
        Math.abs(of((v) => v) - summary.sum) / (rms * Math.sqrt(size)),
        Math.abs(of((v) => v * v) - summary.square) / (rms * rms * size),
        Math.abs(of((v, i) => v * (1 + (i % 7))) - summary.mixed) / (4 * rms * Math.sqrt(size)),
        ...summary.places.map((i, k) => Math.abs(part[i] - summary.some[k]) / rms),
      );
    }),
  );
}
