/**
 * Networks of a sequence of tasks. With separate heads all tasks share every layer except the last; the shared weights
 * are the beginning of every task's flat vector, so that a penalty on them means the same for each.
 */
import type { Head, Task } from '../../data/tasks.js';
import { initialWeights, layersOf, type NetworkSpec } from '../../model/network.js';
import type { Penalty } from '../../model/penalty.js';
import type { Key } from '../../numeric/random.js';
import type { ForgetConfig } from './schema.js';

/** Returns the network that a task is trained and tested with. */
export function specFor(
  network: ForgetConfig['network'],
  { train, outputs }: Pick<Task, 'train' | 'outputs'>,
): NetworkSpec {
  const { hidden, activation, bias } = network;
  return { widths: [train.size, ...hidden, outputs], activation, bias, loss: 'cross-entropy' };
}

/** Returns the number of weights that all tasks share: with separate heads, all below the output layer. */
export function sharedSize(head: Head, spec: NetworkSpec): number {
  const last = layersOf(spec).at(-1)!;
  return head === 'task-known'
    ? last.weightOffset
    : last.weightOffset + last.outputs * (last.inputs + (spec.bias ? 1 : 0));
}

/** Returns the names of the layers that all tasks share. */
export function sharedLayers(head: Head, spec: NetworkSpec): string[] {
  const names = layersOf(spec).map((l) => l.name);
  return head === 'task-known' ? names.slice(0, -1) : names;
}

/** Holds the weights of all tasks: the shared ones, and a head for each where heads are separate. */
export class Weights {
  readonly shared: Float32Array;
  /** Output layers by task; empty where all outputs compete in one. */
  readonly heads: Float32Array[];

  constructor(shared: Float32Array, heads: readonly Float32Array[] = []) {
    this.shared = shared.slice();
    this.heads = heads.map((h) => h.slice());
  }

  /** Splits a task's flat vector into shared weights and head. */
  static of(flat: Float32Array, size: number): Weights {
    return new Weights(flat.subarray(0, size), size < flat.length ? [flat.subarray(size)] : []);
  }

  /** Returns the flat vector of a task's network. */
  flat(task: number): Float32Array {
    const head = this.heads[task] ?? new Float32Array(0);
    const out = new Float32Array(this.shared.length + head.length);
    out.set(this.shared);
    out.set(head, this.shared.length);
    return out;
  }

  /** Stores a task's flat vector. */
  take(task: number, flat: Float32Array): void {
    const { shared, heads } = this;
    shared.set(flat.subarray(0, shared.length));
    if (shared.length < flat.length) heads[task] = flat.slice(shared.length);
  }
}

/** Draws a new output layer for a task, as the network's initialisation does. */
export function freshHead(spec: NetworkSpec, size: number, key: Key): Float32Array {
  return initialWeights(spec, key).slice(size);
}

/**
 * Returns the same penalty for a network whose vector begins with the same shared weights. Its parts must act on those
 * alone.
 */
export function forNetwork(penalty: Penalty, size: number): Penalty {
  return {
    size,
    terms: penalty.terms.map(({ anchor, parts }) => {
      const a = new Float64Array(size);
      a.set(anchor.subarray(0, Math.min(size, anchor.length)));
      return { anchor: a, parts };
    }),
  };
}
