/**
 * Stochastic gradient descent in float32, with whole steps inside WebAssembly. docs/theory [P1], [S1].
 *
 *     v ← mu v + ∇L^mu(w),   w ← w − eta v        (PyTorch's momentum; mu = 0: w ← w − eta ∇L^mu(w))
 *
 * Cost of a step of the 784-50-50-10 network on MNIST, B = 50: 2·50·(150·50)·2 + … ≈ 2.5 Mflop with the zeros skipped
 * (150 of 784 pixels and about half of the ReLU units are nonzero) against 8.8 Mflop dense.
 */
import type { Samples } from '../data/dataset.js';
import { inputsOf } from '../data/inputs.js';
import { instantiate } from '../kernels/load.js';
import { training } from '../kernels/training.generated.js';
import { layerNamed, layersOf, type NetworkSpec, parameterCount } from '../model/network.js';
import { PENALTY_WANTS, type Penalty } from '../model/penalty.js';
import { check, DivergedError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { Arena } from './arena.js';
import {
  checkSamples,
  type PlacedLayer,
  placeLayers,
  placeNet,
  placeSamples,
  samplesBytes,
  type Target,
} from './layout.js';
import { type Integration, PlacedPenalty, placesOf } from './pull.js';
import { TRAINER_OPTIONS_WANTS, type TrainerOptions } from './trainer-options.js';
import type { TrainingExports } from './training-kernel.js';

export type { TrainerOptions } from './trainer-options.js';

/** Holds what `steps` returns; the arrays are views into kernel memory, valid until the next call. */
export interface StepsResult {
  /** Mean minibatch loss before each step's update; a penalty is not in it. */
  readonly loss: Float32Array;
  /** Correct predictions in each batch. */
  readonly correct: Uint16Array;
  /** steps × (outputs·inputs) of the recorded layer, its weight after each step in PyTorch's order. */
  readonly recorded: Float32Array | undefined;
}

const EVALUATION_BATCH = 128;
/** The most steps in one kernel call, which take a fraction of a second, so that an interruption is noticed soon. */
export const STEPS_PER_CALL = 200;

/**
 * Holds the inputs and loss derivatives of one layer over a batch: the gradient of sample s is deltas[s] ⊗ inputs[s].
 * docs/theory [S10].
 */
export interface LayerStates {
  /** batch × inputs of the layer (activations of the layer below, or the data). */
  readonly inputs: Float32Array;
  /** batch × outputs: derivative of each sample's own loss by the layer's pre-activations. */
  readonly deltas: Float32Array;
}

/** Trains a network by SGD and evaluates its losses and gradients. */
export class Trainer {
  readonly spec: NetworkSpec;
  readonly parameterCount: number;
  readonly learningRate: number;
  readonly momentum: number;
  private readonly samples: Samples;
  private readonly kernel: TrainingExports;
  private readonly arena: Arena;
  private readonly layers: PlacedLayer[];
  private readonly stepNet: number;
  private readonly gradientNet: number;
  private readonly capacity: number;
  private readonly recordIndex: number;
  private readonly recordSize: number;
  private readonly orderAt: number;
  private readonly lossAt: number;
  private readonly correctAt: number;
  private readonly recordAt: number;
  private readonly stageAt: number;
  private outerAt = 0;
  private readonly moving: ReadonlySet<string> | undefined;
  private readonly penalties = new Map<Penalty, PlacedPenalty>();
  private pullAt = 0;

  /**
   * @throws InputError for samples that do not fit the network or the memory, a layer that does not exist, and a
   * learning rate, momentum or batch size out of its range
   */
  constructor(options: TrainerOptions) {
    is.given('new Trainer', { options }, { options: TRAINER_OPTIONS_WANTS });
    const { spec, samples, learningRate, momentum = 0, batchSize, recordLayer, trainable } = options;
    check(
      Number.isFinite(learningRate) && learningRate > 0,
      'bad-learning-rate',
      `the learning rate must be a positive number; got ${learningRate}.`,
    );
    check(momentum >= 0 && momentum < 1, 'bad-momentum', `momentum must lie in [0, 1); got ${momentum}.`);
    check(
      Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= samples.count && batchSize <= 65535,
      'bad-batch-size',
      `the batch size must be an integer from 1 to the ${samples.count} samples (and at most 65535); got ${batchSize}.`,
    );
    checkSamples(spec, samples);
    const recorded = recordLayer === undefined ? undefined : layerNamed(spec, recordLayer);
    const moving = trainable && new Set(trainable.map((name) => layerNamed(spec, name).name));
    this.moving = moving;
    this.spec = spec;
    this.parameterCount = parameterCount(spec);
    this.learningRate = learningRate;
    this.momentum = momentum;
    this.samples = samples;
    this.capacity = Math.max(batchSize, EVALUATION_BATCH);
    this.recordIndex = recorded ? layersOf(spec).findIndex((l) => l.name === recorded.name) : -1;
    this.recordSize = recorded ? recorded.inputs * recorded.outputs : 0;
    const { exports, memory } = instantiate<TrainingExports>('training', training, 64);
    this.kernel = exports;
    this.arena = new Arena(memory, exports.heapBase());
    this.layers = placeLayers(this.arena, spec, this.capacity, momentum > 0);
    const placed = placeSamples(this.arena, samples, this.layers[0].bytes);
    const unpackedAt = this.arena.take(8 * placed.fullest * this.capacity, 'a batch of inputs');
    this.stepNet = placeNet(
      this.arena,
      spec,
      this.layers,
      placed,
      unpackedAt,
      momentum > 0 ? 'velocity' : 'weights',
      (l) => moving?.has(l.name) ?? true,
    );
    this.gradientNet = placeNet(this.arena, spec, this.layers, placed, unpackedAt, 'gradient');
    this.orderAt = this.arena.take(4 * Math.max(samples.count, STEPS_PER_CALL * batchSize), 'the order of the samples');
    this.lossAt = this.arena.take(4 * STEPS_PER_CALL, 'the losses');
    this.correctAt = this.arena.take(2 * STEPS_PER_CALL, 'the counts');
    this.recordAt = this.arena.take(4 * STEPS_PER_CALL * this.recordSize, 'the recorded weights');
    const widest = Math.max(...this.layers.map((l) => Math.max(l.inputs * l.outputs, this.capacity * l.outputs)));
    this.stageAt = this.arena.take(4 * widest, 'the weights');
  }

  /**
   * Returns the bytes of kernel memory that a trainer with these options takes, to within a few per cent. A penalty
   * needs more (pull.ts). Cost: one pass over the data.
   */
  static memoryBytes(options: TrainerOptions): number {
    is.given('Trainer.memoryBytes', { options }, { options: TRAINER_OPTIONS_WANTS });
    const { spec, samples, batchSize, momentum = 0, recordLayer } = options;
    const capacity = Math.max(batchSize, EVALUATION_BATCH);
    let bytes = samplesBytes(samples) + 8 * samples.count + 4 * STEPS_PER_CALL * batchSize;
    for (const l of layersOf(spec))
      bytes += 4 * l.inputs * l.outputs * (momentum > 0 ? 5 : 4) + capacity * (16 * l.outputs + 8 * l.inputs);
    const recorded = recordLayer === undefined ? undefined : layerNamed(spec, recordLayer);
    return bytes + (recorded ? 4 * STEPS_PER_CALL * recorded.inputs * recorded.outputs : 0);
  }

  /**
   * Sets all weights from a flat vector of length P in PyTorch's order.
   * @throws InputError for another length
   */
  setWeights(flat: Float32Array): void {
    is.given('Trainer.setWeights', { flat }, { flat: is.float32 });
    this.scatter(flat, 'weights');
  }

  /** Returns a copy of all weights, flat, length P. */
  weights(): Float32Array {
    return this.collect('weights');
  }

  /** Returns a copy of the velocity v, flat, length P; zeros without momentum. */
  velocity(): Float32Array {
    return this.momentum > 0 ? this.collect('velocity') : new Float32Array(this.parameterCount);
  }

  /** Sets the velocity v from a flat vector of length P; without momentum it does nothing. */
  setVelocity(flat: Float32Array): void {
    is.given('Trainer.setVelocity', { flat }, { flat: is.float32 });
    if (this.momentum > 0) this.scatter(flat, 'velocity');
  }

  /**
   * Makes `steps` minimise L + strength·R from now on, with R the penalty; `loss` remains that of the data alone
   * (`penaltyValue` gives R). Undefined removes the penalty: results are then the same, bit by bit, as without one.
   * Axes are copied into kernel memory once for each penalty object, so a scan over strengths should pass the same
   * object. src/train/pull.ts says how it acts and what it costs.
   * @throws InputError for a penalty on another number of weights, on a layer that is not trained, too strong for
   * explicit steps, or with overlapping parts in implicit ones
   */
  setPenalty(penalty: Penalty | undefined, strength = 1, integration: Integration = 'implicit'): void {
    is.given(
      'Trainer.setPenalty',
      { penalty, strength, integration },
      { penalty: is.maybe(PENALTY_WANTS), strength: is.finite, integration: is.oneOf('implicit', 'explicit') },
    );
    if (penalty === undefined || penalty.terms.length === 0) {
      this.pullAt = 0;
      return;
    }
    const { arena, layers, moving, learningRate, momentum } = this;
    const placed =
      this.penalties.get(penalty) ??
      new PlacedPenalty(arena, layers.flatMap(placesOf), (l) => moving?.has(l.name) ?? true, penalty);
    placed.set({ strength, integration, learningRate, momentum });
    this.penalties.set(penalty, placed);
    this.pullAt = placed.at;
  }

  /**
   * Takes steps over consecutive batches of `order`.
   * @param order - sample numbers: 1 to STEPS_PER_CALL whole batches
   * @throws DivergedError when a minibatch loss is not finite or above 1e30; its `step` counts from 0 within this call,
   * and the weights are then those before the call
   */
  steps(order: Uint32Array, batchSize: number): StepsResult {
    is.given('Trainer.steps', { order, batchSize }, { order: is.order, batchSize: is.count });
    const count = order.length / batchSize;
    check(
      Number.isInteger(count) && count >= 1 && count <= STEPS_PER_CALL && batchSize <= this.capacity,
      'bad-order',
      () =>
        `steps() takes 1 to ${STEPS_PER_CALL} whole batches of at most ${this.capacity}; got ${order.length} samples in batches of ${batchSize}.`,
    );
    this.placeOrder(order);
    const before = this.weights();
    const velocity = this.momentum > 0 ? this.velocity() : undefined;
    const { kernel, stepNet, orderAt, learningRate, momentum, lossAt, correctAt, recordIndex, recordAt } = this;
    const useMomentum = momentum > 0 ? 1 : 0;
    const done = kernel.steps(
      stepNet,
      orderAt,
      count,
      batchSize,
      learningRate,
      momentum,
      useMomentum,
      lossAt,
      correctAt,
      recordIndex,
      recordAt,
      this.pullAt,
    );
    if (done < count) {
      const loss = this.arena.f32(lossAt, count)[done];
      this.setWeights(before);
      if (velocity) this.setVelocity(velocity);
      throw new DivergedError(done, loss, learningRate);
    }
    return {
      loss: this.arena.f32(lossAt, count),
      correct: this.arena.u16(correctAt, count),
      recorded: recordIndex < 0 ? undefined : this.arena.f32(recordAt, count * this.recordSize),
    };
  }

  /**
   * Returns the mean loss (float64 sum of the samples' losses) and the number of wrong predictions (NaN for squared
   * error), over all samples or those listed.
   */
  evaluate(subset?: Uint32Array): { loss: number; errors: number; samples: number } {
    is.given('Trainer.evaluate', { subset }, { subset: is.maybe(is.order) });
    const order = subset ?? this.everySample();
    this.placeOrder(order);
    const sum = this.kernel.evaluate(this.stepNet, this.orderAt, order.length, EVALUATION_BATCH, 0);
    const wrong = this.spec.loss === 'cross-entropy' ? order.length - this.kernel.correctOfEvaluation() : Number.NaN;
    return { loss: sum / order.length, errors: wrong, samples: order.length };
  }

  /**
   * Returns the mean loss and its gradient (flat, length P; batches of 128 in float32, their sum in float64) over all
   * samples or those listed.
   */
  gradient(subset?: Uint32Array): { loss: number; gradient: Float64Array } {
    is.given('Trainer.gradient', { subset }, { subset: is.maybe(is.order) });
    const order = subset ?? this.everySample();
    this.placeOrder(order);
    const gradient = new Float64Array(this.parameterCount);
    const zero = new Float32Array(this.parameterCount);
    let loss = 0;
    for (let done = 0; done < order.length; done += EVALUATION_BATCH) {
      const n = Math.min(EVALUATION_BATCH, order.length - done);
      this.scatter(zero, 'gradient');
      loss += this.kernel.gradient(this.gradientNet, this.orderAt + 4 * done, n, 1);
      const part = this.collect('gradient');
      for (let i = 0; i < gradient.length; i++) gradient[i] += part[i];
    }
    for (let i = 0; i < gradient.length; i++) gradient[i] /= order.length;
    return { loss: loss / order.length, gradient };
  }

  /**
   * Yields the inputs and deltas of a layer for the listed samples (all by default) in batches of up to 128; deltas are
   * derivatives of each sample's own loss, not divided by B.
   */
  *layerStates(layerName: string, subset?: Uint32Array): Generator<LayerStates & { first: number; count: number }> {
    is.given('Trainer.layerStates', { layerName, subset }, { layerName: is.text, subset: is.maybe(is.order) });
    const order = subset ?? this.everySample();
    const l = layersOf(this.spec).findIndex((x) => x.name === layerNamed(this.spec, layerName).name);
    const layer = this.layers[l];
    for (let first = 0; first < order.length; first += EVALUATION_BATCH) {
      const part = order.subarray(first, first + EVALUATION_BATCH);
      this.placeOrder(part);
      this.kernel.states(this.stepNet, this.orderAt, part.length, l, 1);
      const deltas = this.unpad(layer.deltaAt, part.length, layer.outputs, layer.bytes);
      const below = this.layers[l - 1];
      const inputs = below ? this.unpad(below.outAt, part.length, below.outputs, below.bytes) : this.inputsOf(part);
      yield { inputs, deltas, first, count: part.length };
    }
  }

  /**
   * Returns the per-sample gradients of one layer's weight, for at most as many samples as a batch or 128.
   * @throws InputError for the first layer and for more samples
   * @returns count × (outputs·inputs), float32, a view valid until the next call; cost: count·outputs·inputs
   * multiplications
   */
  perSampleGradients(layerName: string, order: Uint32Array): Float32Array {
    is.given('Trainer.perSampleGradients', { layerName, order }, { layerName: is.text, order: is.order });
    const l = layersOf(this.spec).findIndex((x) => x.name === layerNamed(this.spec, layerName).name);
    const layer = this.layers[l];
    check(
      l > 0,
      'first-layer',
      `per-sample gradients of ${layerName} are layerStates().deltas times the data themselves; ask for a later layer.`,
    );
    check(
      order.length <= this.capacity,
      'bad-order',
      `perSampleGradients() takes at most ${this.capacity} samples; got ${order.length}.`,
    );
    this.placeOrder(order);
    const size = layer.inputs * layer.outputs;
    if (this.outerAt === 0) {
      const largest = Math.max(...this.layers.slice(1).map((x) => x.inputs * x.outputs));
      this.outerAt = this.arena.take(4 * largest * this.capacity, 'the per-sample gradients');
    }
    this.kernel.states(this.stepNet, this.orderAt, order.length, l, 1);
    this.kernel.outerProducts(this.stepNet, l, order.length, this.outerAt);
    return this.arena.f32(this.outerAt, order.length * size);
  }

  private everySample(): Uint32Array {
    return Uint32Array.from({ length: this.samples.count }, (_, i) => i);
  }

  private placeOrder(order: Uint32Array): void {
    for (let i = 0; i < order.length; i++) {
      if (order[i] >= this.samples.count) {
        check(
          false,
          'bad-order',
          `there are ${this.samples.count} samples; position ${i} of the order asks for sample ${order[i]}.`,
        );
      }
    }
    this.arena.u32(this.orderAt, order.length).set(order);
  }

  private inputsOf(order: Uint32Array): Float32Array {
    const { size } = this.samples;
    const out = new Float32Array(order.length * size);
    order.forEach((sample, s) => {
      inputsOf(this.samples, sample, out.subarray(s * size, (s + 1) * size));
    });
    return out;
  }

  private unpad(from: number, count: number, columns: number, bytes: number): Float32Array {
    this.kernel.unpad(from, count, columns, bytes, this.stageAt);
    return this.arena.f32(this.stageAt, count * columns).slice();
  }

  private place(layer: PlacedLayer, what: Target): [number, number] {
    if (what === 'weights') return [layer.weightsAt, layer.biasAt];
    return what === 'velocity' ? [layer.velocityAt, layer.biasVelocityAt] : [layer.gradientAt, layer.biasGradientAt];
  }

  private scatter(flat: Float32Array, what: Target): void {
    check(
      flat.length === this.parameterCount,
      'weight-count',
      () => `the network ${this.spec.widths.join('-')} has ${this.parameterCount} parameters; got ${flat.length}.`,
    );
    for (const layer of this.layers) {
      const [weight, bias] = this.place(layer, what);
      const size = layer.inputs * layer.outputs;
      this.arena.f32(this.stageAt, size).set(flat.subarray(layer.weightOffset, layer.weightOffset + size));
      this.kernel.copyIn(this.stageAt, layer.inputs, layer.outputs, layer.bytes, weight);
      if (bias)
        this.arena.f32(bias, layer.outputs).set(flat.subarray(layer.biasOffset, layer.biasOffset + layer.outputs));
    }
  }

  private collect(what: Target): Float32Array {
    const flat = new Float32Array(this.parameterCount);
    for (const layer of this.layers) {
      const [weight, bias] = this.place(layer, what);
      const size = layer.inputs * layer.outputs;
      this.kernel.copyOut(weight, layer.inputs, layer.outputs, layer.bytes, this.stageAt);
      flat.set(this.arena.f32(this.stageAt, size), layer.weightOffset);
      if (bias) flat.set(this.arena.f32(bias, layer.outputs), layer.biasOffset);
    }
    return flat;
  }
}
