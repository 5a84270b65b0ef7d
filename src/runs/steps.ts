/** Steps of a cell: epoch by epoch from the base weights, the recorded layer's rows handed on, the whole network's mean kept. */
import type { Samples } from '../data/dataset.js';
import { batchPlan } from '../data/samplers.js';
import type { LayerBlock, NetworkSpec } from '../model/network.js';
import type { Key } from '../numeric/random.js';
import { STEPS_PER_CALL, Trainer } from '../train/trainer.js';

/** How the steps are made. */
export interface Dynamics {
  readonly learningRate: number;
  readonly momentum: number;
  readonly sampling: 'shuffled' | 'replaced';
}

export interface StepsRequest {
  readonly spec: NetworkSpec;
  readonly samples: Samples;
  readonly weights: Float32Array;
  readonly layer: LayerBlock;
  readonly dynamics: Dynamics;
  readonly batchSize: number;
  /** Layers that move; all by default. */
  readonly trainable?: readonly string[];
  /** Of the order of the samples; epoch e of the cell is its child e. */
  readonly key: Key;
}

export class CellSteps {
  readonly trainer: Trainer;
  readonly batchesPerEpoch: number;
  private readonly plan: ReturnType<typeof batchPlan>;
  private epoch = 0;

  constructor(private readonly request: StepsRequest) {
    const { spec, samples, dynamics, batchSize, layer, trainable, key, weights } = request;
    this.trainer = new Trainer({
      spec,
      samples,
      learningRate: dynamics.learningRate,
      momentum: dynamics.momentum,
      batchSize,
      recordLayer: layer.name,
      ...(trainable && { trainable }),
    });
    this.trainer.setWeights(weights);
    const { sampling } = dynamics;
    this.plan = batchPlan({ count: samples.count, batchSize, sampling, lastBatch: 'drop', key });
    this.batchesPerEpoch = this.plan.batchesPerEpoch;
  }

  /** One epoch. `visit` sees the rows of each call (valid until the next) and afterwards the trainer's weights. */
  run(visit?: (rows: Float32Array) => void): void {
    for (const rows of this.calls()) visit?.(rows);
  }

  /** One epoch, call by call: rows (valid until the next call) of at most STEPS_PER_CALL steps. */
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

/** An epoch of two cells in step; `visit` sees both rows. */
export function runTwo(a: CellSteps, b: CellSteps, visit: (a: Float32Array, b: Float32Array) => void): void {
  const other = b.calls();
  for (const rows of a.calls()) visit(rows, other.next().value!);
  other.next();
}

/**
 * (a − b)/√2 of two replicas: branches from the same weights that drew other batches. What both do alike, the descent along the
 * landscape, cancels; independent fluctuations keep their variance.
 */
export function difference(a: Float32Array, b: Float32Array): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = Math.SQRT1_2 * (a[i] - b[i]);
  return out;
}

/** Mean of whole weight vectors, taken after each call of `steps`. */
export class WeightMean {
  count = 0;
  private readonly sum: Float64Array;
  constructor(size: number) {
    this.sum = new Float64Array(size);
  }
  add(weights: Float32Array): void {
    for (let i = 0; i < weights.length; i++) this.sum[i] += weights[i];
    this.count++;
  }
  /** The mean of both. */
  with(other: WeightMean): WeightMean {
    const out = new WeightMean(this.sum.length);
    out.count = this.count + other.count;
    for (let i = 0; i < this.sum.length; i++) out.sum[i] = this.sum[i] + other.sum[i];
    return out;
  }
  /** Where a layer's exact mean is known, with that in its place. */
  weights(layer?: LayerBlock, exact?: Float64Array): Float32Array {
    const out = Float32Array.from(this.sum, (v) => v / this.count);
    if (layer && exact) out.set(Float32Array.from(exact), layer.weightOffset);
    return out;
  }
}
