/**
 * A task learnt by a network of any layers: the measurements of `networkTask`, from the verbs of its surface. With an L2 penalty of the
 * optimiser the loss that is measured holds it. docs/theory §7, [O1].
 */
import type { RowSource } from '../analyse/trajectory/rows.js';
import { SAMPLES_WANTS, type Samples } from '../data/dataset.js';
import { ANY_NETWORK_WANTS, type AnyNetwork, asLayered, isLayered } from '../model/any-network.js';
import type { LayeredSpec } from '../model/layered/spec.js';
import { check } from '../numeric/errors.js';
import type { LinearAlgebra } from '../numeric/linalg/index.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { withDecay } from '../surface/decay.js';
import { layeredSurface } from '../surface/layered/surface.js';
import type { FisherKind } from '../surface/network/fisher.js';
import { layerBlocks } from './blocks.js';
import { modelTask } from './model-task.js';
import { networkTask } from './network-task.js';
import { principalAxes } from './principal.js';
import { rememberAxes } from './remember.js';
import { TASK_TRAINING_WANTS, type Task, type TaskTraining } from './task.js';

/** Describes a network that has learnt task 1. */
export interface LearntTaskOptions {
  readonly network: AnyNetwork;
  /** Task 1's solution w1, flat. */
  readonly weights: Float32Array;
  /** Task 1's training samples only. */
  readonly samples: Samples;
  /** Layers to constrain; all that have weights by default. */
  readonly layers?: readonly string[];
  /** The recorded window of each layer's weight before w1. */
  readonly windows?: Readonly<Record<string, RowSource>>;
  readonly training?: TaskTraining | undefined;
  /** Why that is no training by SGD with one learning rate, where it is none. */
  readonly unsettled?: string | undefined;
  /** lambda of the L2 penalty that training descended with the loss; 0 by default. */
  readonly decay?: number;
  readonly la: LinearAlgebra;
  /** Largest number of axes in a block that will be requested; 50 by default. */
  readonly axes?: number;
  /** Randomness of iterative eigensolvers. */
  readonly key: Key;
}

const OPTIONS_WANTS = is.shape<LearntTaskOptions>({
  network: ANY_NETWORK_WANTS,
  weights: is.float32,
  samples: SAMPLES_WANTS,
  layers: is.maybe(is.listOf(is.text)),
  windows: is.maybe(is.object),
  training: is.maybe(TASK_TRAINING_WANTS),
  unsettled: is.maybe(is.text),
  decay: is.maybe(is.finite),
  la: is.algebra,
  axes: is.maybe(is.count),
  key: is.key,
});

const AXES = 50;
/** Bytes that passes over layers may take beside the samples, and bytes of states that are kept between them. */
const [PASSES, CACHE] = [2 ** 27, 2 ** 27];

/** Returns the bytes that measuring a network of layers takes in kernel memory, samples included. */
export const layeredTaskBytes = (samples: Samples): number =>
  PASSES + CACHE + samples.values.byteLength + (samples.targets?.byteLength ?? 4 * samples.count);

/**
 * Makes a task of a network that has learnt it: by the kernels of perceptrons (`networkTask`) where it is one and its optimiser had no L2
 * penalty, and by the surface of layers otherwise. Memory of the latter: the samples, 256 MiB of passes and states, and the axes.
 *
 * Over layers Hessians up to order 400 are dense, larger ones are met by products alone. The true Fisher diagonal of the loss with decay is
 * that of the predictions plus lambda, the diagonal of its Gauss-Newton matrix.
 * @throws InputError for no layers, a layer named twice or unknown, and samples or weights that do not fit the network
 */
export async function learntTask(options: LearntTaskOptions): Promise<Task> {
  is.given('learntTask', { options }, { options: OPTIONS_WANTS });
  const { network, decay = 0, unsettled, training, windows, axes, layers, weights, samples, la, key } = options;
  const settled = { training: unsettled === undefined ? training : undefined, ...(unsettled && { unsettled }) };
  if (isLayered(network) || decay > 0) return { ...(await layeredTask(asLayered(network), options)), ...settled };
  const optional = { ...(layers && { layers }), ...(windows && { windows }), ...(axes && { axes }) };
  return { ...networkTask({ spec: network, weights, samples, la, key, ...optional }), ...settled };
}

async function layeredTask(spec: LayeredSpec, options: LearntTaskOptions): Promise<Task> {
  const { weights, samples, windows = {}, decay = 0, la, axes = AXES, key } = options;
  const all = layerBlocks(spec);
  const names = options.layers ?? all.map((b) => b.name);
  check(names.length > 0, 'no-layers', 'a constraint needs at least one layer.');
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  check(twice === undefined, 'layer-twice', `the layer '${twice}' is named twice; name it once.`);
  const blocks = names.map((name) => {
    const found = all.find((b) => b.name === name);
    check(
      found !== undefined,
      'no-such-layer',
      () =>
        `the network has no layer '${name}' with weights; layers with weights are ${all.map((b) => b.name).join(', ')}.`,
    );
    return found;
  });
  const data = layeredSurface({ spec, samples, programBytes: PASSES, cacheBytes: CACHE });
  const task = await modelTask(withDecay(data, decay), { weights, blocks }, { la, key, axes });
  const known = new Map<FisherKind, Promise<Float64Array>>();
  const fisher = (kind: FisherKind) => {
    const found =
      known.get(kind) ??
      (kind === 'empirical'
        ? Promise.resolve(task.fisher(kind))
        : data.trueFisher(task.anchor).then((f) => f.map((v) => v + decay)));
    known.set(kind, found);
    return found;
  };
  return {
    ...task,
    principal: rememberAxes(async ({ name }, most) => {
      const source = windows[name];
      check(
        source !== undefined,
        'no-window',
        () => `principal directions of ${name} need its recorded window; give \`windows\`.`,
      );
      return principalAxes(source, most, la);
    }, axes),
    fisher,
    /** The trace of the Gauss-Newton matrix, as for perceptrons. */
    trace: async ({ offset, span }) =>
      (await fisher('true')).subarray(offset, offset + span).reduce((s, v) => s + v, 0),
  };
}
