/** Blocks of a network: which parts of its layers' weights and biases they hold, and the samples' gradients in them. */
import { inputsOf } from '../../data/inputs.js';
import { type LayerBlock, layersOf, type NetworkSpec } from '../../model/network.js';
import type { SurfaceBlock } from '../surface.js';
import { BLOCK, type NetworkPasses } from './passes.js';

/** Names a part of a block that lies in the weights or in the biases of one layer. */
export interface Piece {
  /** Number of the layer, from 0. */
  readonly layer: number;
  readonly bias: boolean;
  /** First number within the weights or biases of the layer, and how many. */
  readonly from: number;
  readonly count: number;
  /** Position of that number within the block. */
  readonly at: number;
  /** Whether these are all of the weights, or all of the biases, of the layer. */
  readonly whole: boolean;
}

/** Lists the pieces of a block, in its order. */
export function piecesOf(layers: readonly LayerBlock[], block: SurfaceBlock): Piece[] {
  const tensors = layers.flatMap(({ weightOffset, biasOffset, inputs, outputs }, layer) => [
    { layer, bias: false, start: weightOffset, size: inputs * outputs },
    ...(biasOffset < 0 ? [] : [{ layer, bias: true, start: biasOffset, size: outputs }]),
  ]);
  const pieces: Piece[] = [];
  let at = 0;
  for (const { offset, size } of block.ranges) {
    for (const { layer, bias, start, size: own } of tensors) {
      const from = Math.max(offset, start);
      const count = Math.min(offset + size, start + own) - from;
      if (count > 0)
        pieces.push({ layer, bias, from: from - start, count, at: at + from - offset, whole: count === own });
    }
    at += size;
  }
  return pieces;
}

/** Returns the layer whose weights, and nothing else, make up a block. */
export function layerOf(spec: NetworkSpec, block: SurfaceBlock): LayerBlock | undefined {
  const [range, more] = block.ranges;
  if (more) return undefined;
  return layersOf(spec).find((l) => l.weightOffset === range.offset && l.inputs * l.outputs === range.size);
}

/** Computes the gradients of the samples of block b in some pieces, count×size, row-major. Costs count·size multiplications. */
export function gradientRows(passes: NetworkPasses, b: number, pieces: readonly Piece[], size: number): Float64Array {
  const { arena, layers, samples } = passes;
  const { h, delta, count } = passes.block(b);
  const out = new Float64Array(count * size);
  const input = new Float32Array(samples.size);
  for (const { layer, bias, from, count: numbers, at } of pieces) {
    const { inputs, outputs } = layers[layer];
    const d = arena.f64(delta[layer], outputs * BLOCK);
    const below = layer === 0 ? undefined : arena.f64(h[layer - 1], inputs * BLOCK);
    for (let s = 0; s < count; s++) {
      const to = s * size + at - from;
      if (bias) for (let i = from; i < from + numbers; i++) out[to + i] = d[i * BLOCK + s];
      else {
        if (!below) inputsOf(samples, b * BLOCK + s, input);
        for (let e = from; e < from + numbers; e++) {
          const i = Math.floor(e / inputs);
          const j = e - i * inputs;
          out[to + e] = d[i * BLOCK + s] * (below ? below[j * BLOCK + s] : input[j]);
        }
      }
    }
  }
  return out;
}
