/**
 * The steps of a cell: training from given weights, epoch by epoch, with the rows of one layer; and means over whole
 * networks.
 */
import type { Samples } from '../data/dataset.js';
import { batchPlan } from '../data/samplers.js';
import { type AnyNetwork, asLayered, isLayered } from '../model/any-network.js';
import type { LayerBlock } from '../model/network.js';
import type { Key } from '../numeric/random.js';
import { LayeredTrainer } from '../train/layered-trainer.js';
import type { OptimiserSpec } from '../train/optimisers/spec.js';
import { optimiserUpdate } from '../train/optimisers/update.js';
import { STEPS_PER_CALL, Trainer } from '../train/trainer.js';

/** Says how the steps are made. */
export interface Dynamics {
  readonly learningRate: number;
  readonly momentum: number;
  readonly sampling: 'shuffled' | 'replaced';
}

/** Says what is trained, from which weights and in which batches. */
interface StepsRequest {
  readonly spec: AnyNetwork;
  readonly samples: Samples;
  readonly weights: Float32Array;
  readonly layer: Pick<LayerBlock, 'name'>;
  readonly dynamics: Dynamics;
  /** Takes the steps in place of SGD with the momentum of `dynamics`; it begins without a state. */
  readonly optimiser?: OptimiserSpec;
  readonly batchSize: number;
  /** Layers that are trained; all by default. */
  readonly trainable?: readonly string[];
  /** Random numbers of the order of the samples; epoch e of the cell is child e. */
  readonly key: Key;
}

/** Trains a network epoch by epoch and gives the weights of one layer after each step. */
export class CellSteps {
  readonly trainer: Trainer | LayeredTrainer;
  readonly batchesPerEpoch: number;
  private readonly plan: ReturnType<typeof batchPlan>;
  private epoch = 0;

  constructor(private readonly request: StepsRequest) {
    const { spec, samples, dynamics, optimiser, batchSize, layer, trainable, key, weights } = request;
    const { learningRate, momentum } = dynamics;
    const common = { samples, learningRate, batchSize, ...(trainable && { trainable }) };
    this.trainer =
      isLayered(spec) || optimiser
        ? new LayeredTrainer({
            ...common,
            spec: asLayered(spec),
            recordLayers: [layer.name],
            ...(optimiser ? { update: optimiserUpdate(optimiser) } : { momentum }),
            // masks of dropout are drawn by a key of their own
            key: key.child('dropout'),
          })
        : new Trainer({ ...common, momentum, spec, recordLayer: layer.name });
    this.trainer.setWeights(weights);
    const { sampling } = dynamics;
    this.plan = batchPlan({ count: samples.count, batchSize, sampling, lastBatch: 'drop', key });
    this.batchesPerEpoch = this.plan.batchesPerEpoch;
  }

  /**
   * Trains one epoch. `visit` gets the rows of each call (valid until the next); the trainer then holds the weights
   * after them.
   */
  run(visit?: (rows: Float32Array) => void): void {
    for (const rows of this.calls()) visit?.(rows);
  }

  /** Trains one epoch, and yields call by call the rows (valid until the next call) of at most STEPS_PER_CALL steps. */
  *calls(): Generator<Float32Array> {
    const { batchSize } = this.request;
    const { order } = this.plan.epoch(this.epoch++);
    for (let b = 0; b < this.batchesPerEpoch; b += STEPS_PER_CALL) {
      const count = Math.min(STEPS_PER_CALL, this.batchesPerEpoch - b);
      const { recorded } = this.trainer.steps(order.subarray(b * batchSize, (b + count) * batchSize), batchSize);
      yield recorded!;
    }
  }
}

/** Trains an epoch of two cells call by call; `visit` gets the rows of both. */
export function runTwo(a: CellSteps, b: CellSteps, visit: (a: Float32Array, b: Float32Array) => void): void {
  const other = b.calls();
  for (const rows of a.calls()) visit(rows, other.next().value!);
  other.next();
}

/**
 * Returns (a − b)/√2 of two replicas, branches from the same weights with different batches. Their common motion, the
 * descent along the landscape, cancels; independent fluctuations keep their variance.
 */
export function difference(a: Float32Array, b: Float32Array): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = Math.SQRT1_2 * (a[i] - b[i]);
  return out;
}

/** Accumulates the mean of whole weight vectors, added after each call of `steps`. */
export class WeightMean {
  count = 0;
  private readonly sum: Float64Array;
  constructor(size: number) {
    this.sum = new Float64Array(size);
  }
  /** Adds one weight vector, length P. */
  add(weights: Float32Array): void {
    for (let i = 0; i < weights.length; i++) this.sum[i] += weights[i];
    this.count++;
  }
  /** Returns the mean over the vectors of both. */
  with(other: WeightMean): WeightMean {
    const out = new WeightMean(this.sum.length);
    out.count = this.count + other.count;
    for (let i = 0; i < this.sum.length; i++) out.sum[i] = this.sum[i] + other.sum[i];
    return out;
  }
  /** Returns the mean in float32; a layer whose exact mean is known can be given in its place. */
  weights(layer?: Pick<LayerBlock, 'weightOffset'>, exact?: Float64Array): Float32Array {
    const out = Float32Array.from(this.sum, (v) => v / this.count);
    if (layer && exact) out.set(Float32Array.from(exact), layer.weightOffset);
    return out;
  }
}
