/**
 * Networks of a sequence of tasks. With a head of its own each task has the same layers but the last; the flat vector begins with what
 * is shared, so that the shared weights are a prefix of every task's vector and a penalty on them means the same in each.
 */
import type { Head, Task } from '../../data/tasks.js';
import { initialWeights, layersOf, type NetworkSpec } from '../../model/network.js';
import type { Penalty } from '../../model/penalty.js';
import type { Key } from '../../numeric/random.js';
import type { ForgetConfig } from './schema.js';

/** The network that a task is trained and tested with. */
export function specFor(
  network: ForgetConfig['network'],
  { train, outputs }: Pick<Task, 'train' | 'outputs'>,
): NetworkSpec {
  const { hidden, activation, bias } = network;
  return { widths: [train.size, ...hidden, outputs], activation, bias, loss: 'cross-entropy' };
}

/** Number of weights that all tasks share: with heads of their own, all below the output layer. */
export function sharedSize(head: Head, spec: NetworkSpec): number {
  const last = layersOf(spec).at(-1)!;
  return head === 'task-known'
    ? last.weightOffset
    : last.weightOffset + last.outputs * (last.inputs + (spec.bias ? 1 : 0));
}

export function sharedLayers(head: Head, spec: NetworkSpec): string[] {
  const names = layersOf(spec).map((l) => l.name);
  return head === 'task-known' ? names.slice(0, -1) : names;
}

/** The weights of all tasks: what is shared, and a head for each where they are apart. */
export class Weights {
  readonly shared: Float32Array;
  /** Output layers by task; empty where all outputs compete in one. */
  readonly heads: Float32Array[];

  constructor(shared: Float32Array, heads: readonly Float32Array[] = []) {
    this.shared = shared.slice();
    this.heads = heads.map((h) => h.slice());
  }

  /** Takes a task's flat vector apart. */
  static of(flat: Float32Array, size: number): Weights {
    return new Weights(flat.subarray(0, size), size < flat.length ? [flat.subarray(size)] : []);
  }

  /** The flat vector of a task's network. */
  flat(task: number): Float32Array {
    const head = this.heads[task] ?? new Float32Array(0);
    const out = new Float32Array(this.shared.length + head.length);
    out.set(this.shared);
    out.set(head, this.shared.length);
    return out;
  }

  /** Puts a task's flat vector back. */
  take(task: number, flat: Float32Array): void {
    const { shared, heads } = this;
    shared.set(flat.subarray(0, shared.length));
    if (shared.length < flat.length) heads[task] = flat.slice(shared.length);
  }
}

/** A fresh output layer for a task, from the network's own initialisation. */
export function freshHead(spec: NetworkSpec, size: number, key: Key): Float32Array {
  return initialWeights(spec, key).slice(size);
}

/** The same penalty for a network whose vector begins with the same shared weights. Its parts must act on those alone. */
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
