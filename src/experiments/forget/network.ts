/**
 * Networks of a sequence of tasks. With separate heads all tasks share every layer except the last; the shared weights
 * are the beginning of every task's flat vector, so that a penalty on them means the same for each.
 */
import { layerBlocks } from '../../apply/blocks.js';
import type { Head, Task } from '../../data/tasks.js';
import { type AnyNetwork, countOf, initialOf } from '../../model/any-network.js';
import { perceptronOf } from '../../model/layered/convert.js';
import { namedNetwork } from '../../model/layered/named.js';
import type { LayeredSpec } from '../../model/layered/spec.js';
import type { Penalty } from '../../model/penalty.js';
import { check } from '../../numeric/errors.js';
import type { Key } from '../../numeric/random.js';
import type { ForgetConfig } from './schema.js';

/**
 * Returns the network that a task is trained and tested with. The last layer of a network of layers gets the outputs of the task, and the first
 * one its inputs.
 * @throws InputError for layers that do not end in a dense one, or do not fit the inputs
 */
export function specFor(
  network: ForgetConfig['network'],
  { train, outputs }: Pick<Task, 'outputs'> & { readonly train: Pick<Task['train'], 'size' | 'shape'> },
): AnyNetwork {
  if ('hidden' in network) {
    const { hidden, activation, bias } = network;
    return { widths: [train.size, ...hidden, outputs], activation, bias, loss: 'cross-entropy' };
  }
  check(
    network.loss === 'cross-entropy',
    'bad-config',
    "forgetting is measured as accuracy, after training with cross-entropy; leave network.loss out, which is 'squared-error'.",
  );
  const input = train.shape ?? train.size;
  if ('name' in network) {
    const spec = namedNetwork(network.name, input, outputs);
    return perceptronOf(spec) ?? spec;
  }
  const last = network.layers.at(-1)!;
  check(
    last.type === 'dense',
    'bad-config',
    `network.layers must end in a dense layer, whose outputs are those of a task; it ends in a layer of the kind '${last.type}'.`,
  );
  const layers = [...network.layers.slice(0, -1), { ...last, outputs }];
  const spec: LayeredSpec = { input: network.input ?? input, layers, loss: 'cross-entropy' };
  return perceptronOf(spec) ?? spec;
}

/** Returns the number of weights that all tasks share: with separate heads, all below the output layer. */
export const sharedSize = (head: Head, spec: AnyNetwork): number =>
  head === 'task-known' ? layerBlocks(spec).at(-1)!.offset : countOf(spec);

/** Returns the names of the layers that all tasks share. */
export function sharedLayers(head: Head, spec: AnyNetwork): string[] {
  const names = layerBlocks(spec).map((l) => l.name);
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
export function freshHead(spec: AnyNetwork, size: number, key: Key): Float32Array {
  return initialOf(spec, key).slice(size);
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
