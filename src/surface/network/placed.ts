/** Vectors of weights in the kernel memory of passes, by name. */
import type { LayerBlock } from '../../model/network.js';
import type { Arena } from '../../train/arena.js';
import { type PlacedVector, placeVector } from './passes-kernel.js';

/** Gives what a vector of weights needs of passes: their memory and the layers of the network. */
interface Placing {
  readonly arena: Arena;
  readonly layers: readonly LayerBlock[];
}

const vectors = new WeakMap<Placing, Map<string, PlacedVector>>();

/** Reserves kernel memory for a flat vector under a name, once: later calls with that name return the same memory. */
export function placeOnce(passes: Placing, name: string): PlacedVector {
  const own = vectors.get(passes) ?? new Map<string, PlacedVector>();
  vectors.set(passes, own);
  const vector = own.get(name) ?? placeVector(passes.arena, passes.layers, 'a vector of weights');
  own.set(name, vector);
  return vector;
}
