/** A task learnt by one of thermograd's own networks, for which the kernels make every measurement exactly. docs/theory §7. */

import { hessianBlock } from '../analyse/curvature/hessian.js';
import { hessianOperator, projectedMatrices } from '../analyse/curvature/network-hessian.js';
import { FlatnessMeter } from '../analyse/landscape/flatness.js';
import type { RowSource } from '../analyse/trajectory/rows.js';
import { SAMPLES_WANTS, type Samples } from '../data/dataset.js';
import { layerNamed, layersOf, NETWORK_SPEC_WANTS, type NetworkSpec } from '../model/network.js';
import { check } from '../numeric/errors.js';
import type { LinearAlgebra } from '../numeric/linalg/index.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { type FisherKind, fisherDiagonal } from '../surface/network/fisher.js';
import { NetworkPasses } from '../surface/network/passes.js';
import { denseModes, iteratedModes } from './modes.js';
import { principalAxes } from './principal.js';
import { rememberAlong, rememberAxes } from './remember.js';
import { type Block, TASK_TRAINING_WANTS, type TaskHere, type TaskTraining, type Width } from './task.js';

/** Describes a network that has learnt task 1. */
export interface NetworkTaskOptions {
  readonly spec: NetworkSpec;
  /** Task 1's solution w1, flat. */
  readonly weights: Float32Array;
  /** Task 1's training samples only. */
  readonly samples: Samples;
  /** Layers to constrain; all by default. */
  readonly layers?: readonly string[];
  /** The recorded window of each layer's weight before w1 (`layerWindows` makes them from rows of the whole network). */
  readonly windows?: Readonly<Record<string, RowSource>>;
  readonly training?: TaskTraining;
  readonly la: LinearAlgebra;
  /** Largest number of axes in a block that will be requested, so that none are computed twice; 50 by default. */
  readonly axes?: number;
  /** Randomness of iterative eigensolvers. */
  readonly key: Key;
}

/** Says what a {@link NetworkTaskOptions} needs. */
export const NETWORK_TASK_OPTIONS_WANTS = is.shape<NetworkTaskOptions>({
  spec: NETWORK_SPEC_WANTS,
  weights: is.float32,
  samples: SAMPLES_WANTS,
  layers: is.maybe(is.listOf(is.text)),
  windows: is.maybe(is.object),
  training: is.maybe(TASK_TRAINING_WANTS),
  la: is.algebra,
  axes: is.maybe(is.count),
  key: is.key,
});

const AXES = 50;
/**
 * Order up to which the dense Hessian of a block and all its eigenvectors are computed; larger blocks take the Lanczos process.
 */
export const DENSE = 3000;
/** Bytes of per-sample states kept between passes. */
const CACHE = 256 * 2 ** 20;

/**
 * Makes a task of a network that has learnt it. Memory holds the nonzero inputs (8 bytes each), the states (16·Σ widths bytes
 * for each sample, up to 256 MiB), dense Hessians (3·8·size² bytes while a block of up to 3000 weights is diagonalised), and
 * for the window of a layer T² or size² numbers (`pcaMemory`).
 * @throws InputError for no layers, a layer named twice or unknown, and samples or weights that do not fit the network
 */
export function networkTask(options: NetworkTaskOptions): TaskHere {
  is.given('networkTask', { options }, { options: NETWORK_TASK_OPTIONS_WANTS });
  const { spec, weights, samples, training, windows = {}, axes = AXES, la, key } = options;
  const passes = new NetworkPasses({ spec, weights, samples, cacheBytes: CACHE });
  const names = options.layers ?? layersOf(spec).map((l) => l.name);
  check(names.length > 0, 'no-layers', 'a constraint needs at least one layer.');
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  check(twice === undefined, 'layer-twice', `the layer '${twice}' is named twice; name it once.`);
  const blocks = names.map((name): Block => {
    const { inputs, outputs, weightOffset, biasOffset } = layerNamed(spec, name);
    const size = inputs * outputs;
    return { name, offset: weightOffset, size, span: size + (biasOffset >= 0 ? outputs : 0) };
  });
  const loss = passes.gradient().loss;
  const meters = new Map<string, FlatnessMeter>();
  const meter = ({ name }: Block) => {
    const known = meters.get(name) ?? new FlatnessMeter({ spec, weights, samples, layer: name });
    meters.set(name, known);
    return known;
  };
  const fishers = new Map<FisherKind, Float64Array>();
  const fisher = (kind: FisherKind) => {
    const known = fishers.get(kind) ?? fisherDiagonal(passes, kind);
    fishers.set(kind, known);
    return known;
  };
  const curvatures = rememberAlong((block, axis) => {
    const { line } = meter(block);
    line.setDirection(axis);
    return line.derivatives().curvature;
  });

  return {
    size: passes.size,
    anchor: Float64Array.from(weights),
    blocks,
    loss,
    training,
    principal: rememberAxes(async ({ name }, most) => {
      const source = windows[name];
      check(
        source !== undefined,
        'no-window',
        () => `principal directions of ${name} need its recorded window; give \`windows\` (see layerWindows).`,
      );
      return principalAxes(source, most, la);
    }, axes),
    curvatures: (block, own) => Float64Array.from(curvatures(block, own)),
    widths: rememberAlong((block, axis): Width => {
      const { flatness, curvature } = meter(block).measure(axis, 0, Number.NaN);
      return { flatness, curvature };
    }),
    stiffest: rememberAxes(
      ({ name, size }, most) =>
        size <= DENSE
          ? denseModes(hessianBlock(passes, name).hessian, la)
          : iteratedModes(hessianOperator(passes, { layer: name }), most, key.child('hessian').child(name), la),
      axes,
    ),
    /** The trace of the Gauss-Newton matrix, which is that of the Hessian wherever the units above are piecewise linear [S10]. */
    trace({ offset, span }) {
      return fisher('true')
        .subarray(offset, offset + span)
        .reduce((s, v) => s + v, 0);
    },
    noise: (block, own) => projectedMatrices(passes, block.name, own).covariance,
    fisher,
  };
}
