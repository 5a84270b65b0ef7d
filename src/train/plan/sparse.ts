/** The first dense layer on samples with many zeros, as instructions: what is zero costs nothing. */
import type { Samples } from '../../data/dataset.js';
import { type ResolvedLayer, sizeOf } from '../../model/layered/resolved.js';
import type { ParameterPlaces, SparseLayer } from './compile.js';
import { isSparse, nonzeros, type SparseSamples } from './data.js';
import type { Room } from './room.js';

/** Says whether the first layer of a network reads only the inputs that are not 0. */
export function readsSparse(layers: readonly ResolvedLayer[], samples: Samples): boolean {
  const readers = layers.filter((layer) => layer.inputs.includes(0));
  return readers.length === 1 && readers[0].type === 'dense' && isSparse(samples);
}

/** Stands for samples that are not placed yet, where memory is only counted. */
export function unplaced(samples: Samples): SparseSamples {
  return { rows: 0, divisor: 0, fullest: nonzeros(samples).fullest };
}

/** Reserves what the layer needs for a batch of so many lanes, and returns its instructions. */
export function sparseLayer(
  layer: ResolvedLayer,
  room: Room,
  weights: ParameterPlaces,
  samples: SparseSamples,
  lanes: number,
): SparseLayer {
  const [inputs, outputs] = [sizeOf(layer.inputShape), sizeOf(layer.outputShape)];
  const rowBytes = 16 * Math.ceil(outputs / 4);
  const spans = room.bytes(8 * lanes);
  const pairs = room.bytes(8 * samples.fullest * lanes + 64); // unpacking writes whole vectors
  const out = room.bytes(rowBytes * lanes);
  const delta = room.bytes(rowBytes * lanes);
  const shape = { inputs, outputs, rowBytes };
  return {
    forward: (y, relu) => [
      { op: 'sparseGather', rows: samples.rows, spans, pairs, rowBytes, divisor: samples.divisor },
      { op: 'sparseForward', spans, weight: weights.weight(layer), bias: weights.bias(layer), out, y, relu, ...shape },
    ],
    weights: (dy, to, factor, accumulate) => [
      {
        op: 'sparseWeight',
        ...{ spans, dy, delta, dweight: to.weight(layer), dbias: to.bias(layer), factor, accumulate, ...shape },
      },
    ],
  };
}
