/**
 * Stochastic gradient descent of a network of layers in float32, with whole steps inside the plan machine (kernels/plan).
 * docs/theory [P1], [S1].
 *
 * Lanes are samples: a batch of B lies in rows of B numbers, one row for each number of an activation, so that a step takes
 * 2·B·(3 C − C₁) flops for C multiplications of one forward pass and C₁ of those in its first layer. Batches of more than
 * PART_LANES samples are taken in parts, whose gradients add up before the update.
 */
import type { Samples } from '../data/dataset.js';
import { resolveLayers } from '../model/layered/resolve.js';
import type { LayeredSpec } from '../model/layered/spec.js';
import { PENALTY_WANTS, type Penalty } from '../model/penalty.js';
import { encode, RECORD_WORDS } from '../model/plan/ops.js';
import { check, DivergedError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { LAYERED_TRAINER_OPTIONS_WANTS, type LayeredTrainerOptions } from './layered-options.js';
import { checkLayered } from './plan/check.js';
import { PackedSamples } from './plan/data.js';
import { EVALUATION_LANES, type Layout, lay, STEPS_PER_LAYERED_CALL as MOST } from './plan/layout.js';
import { readsSparse } from './plan/sparse.js';
import { checkRates, sgd, type Update } from './plan/update.js';
import { PlacedPenalty } from './pull.js';
import type { StepsResult } from './trainer.js';

export type { LayeredTrainerOptions } from './layered-options.js';
export { PackedSamples } from './plan/data.js';

/** Trains a network of layers, and evaluates its losses and gradients. */
export class LayeredTrainer {
  readonly spec: LayeredSpec;
  readonly parameterCount: number;
  private readonly data: PackedSamples;
  private readonly samples: Samples;
  private readonly numbers: { learningRate: number; momentum: number };
  private readonly options: LayeredTrainerOptions;
  private update: Update;
  private layout: Layout;
  private base: number;
  private taken = 0;
  private penalty: { readonly penalty: Penalty; readonly strength: number } | undefined;
  private readonly penalties = new Map<Penalty, PlacedPenalty>();
  private released = false;

  /**
   * @throws InputError for samples that do not fit the network or the memory, a layer that does not exist or has no weights, and a
   * learning rate, momentum or batch size out of its range
   */
  constructor(options: LayeredTrainerOptions) {
    is.given('new LayeredTrainer', { options }, { options: LAYERED_TRAINER_OPTIONS_WANTS });
    const { spec, learningRate, momentum = 0 } = options;
    const samples = options.samples instanceof PackedSamples ? options.samples.samples : options.samples;
    if (!options.update) checkRates(learningRate, momentum);
    const layers = resolveLayers(spec);
    checkLayered(options, samples, layers);
    this.options = options;
    this.spec = spec;
    this.samples = samples;
    this.numbers = { learningRate, momentum };
    this.update = options.update ?? sgd(this.numbers);
    this.data = options.samples instanceof PackedSamples ? options.samples : new PackedSamples(samples);
    this.layout = lay(options, samples, layers, this.update, this.data, 0);
    this.base = 0;
    this.parameterCount = this.layout.flat.size;
    this.place();
  }

  /** Returns the bytes of kernel memory that a trainer with these options takes, samples included. Cost: none to speak of. */
  static memoryBytes(options: LayeredTrainerOptions): number {
    is.given('LayeredTrainer.memoryBytes', { options }, { options: LAYERED_TRAINER_OPTIONS_WANTS });
    const { learningRate, momentum = 0 } = options;
    const samples = options.samples instanceof PackedSamples ? options.samples.samples : options.samples;
    const update = options.update ?? sgd({ learningRate, momentum });
    const layers = resolveLayers(options.spec);
    return (
      PackedSamples.bytes(samples, readsSparse(layers, samples)) +
      lay(options, samples, layers, update, undefined, 0).bytes
    );
  }

  /** The learning rate of the next step. */
  get learningRate(): number {
    return this.update.rate(this.taken);
  }

  /**
   * Changes the learning rate from the next step on.
   * @throws InputError for another update rule than SGD with momentum, which has its own
   */
  setLearningRate(learningRate: number): void {
    is.given('LayeredTrainer.setLearningRate', { learningRate }, { learningRate: is.finite });
    this.checkOwn('learning rate');
    checkRates(learningRate, this.numbers.momentum);
    this.numbers.learningRate = learningRate;
  }

  /**
   * Changes the momentum from the next step on. The velocity stays; it is 0 where there was no momentum.
   * @throws InputError likewise
   */
  setMomentum(momentum: number): void {
    is.given('LayeredTrainer.setMomentum', { momentum }, { momentum: is.finite });
    this.checkOwn('momentum');
    checkRates(this.numbers.learningRate, momentum);
    const folded = this.numbers.momentum === 0;
    this.numbers.momentum = momentum;
    if (folded === (momentum === 0)) return;
    const weights = this.weights();
    this.release();
    this.update = sgd(this.numbers);
    this.layout = lay(this.options, this.samples, resolveLayers(this.spec), this.update, this.data, 0);
    this.place();
    this.setWeights(weights);
  }

  /**
   * Makes `steps` minimise L + strength·R from now on, with R the penalty; `loss` remains that of the data alone. Under SGD, with or without
   * momentum and decay, the penalty is minimised over each step after the step's own update, exactly and at any strength (src/train/pull.ts). Other
   * optimisers, and SGD with a schedule, have no single rate: they get the gradient of L + strength·R, and clip it where they clip. Undefined
   * removes the penalty. Axes are copied into kernel memory once for each penalty object.
   * @throws InputError for a penalty on another number of weights, on a layer that is not trained, under SGD for overlapping parts, and for
   * an update that hands its gradient to the weights at once and has no single rate: plain SGD with a schedule
   */
  setPenalty(penalty: Penalty | undefined, strength = 1): void {
    is.given(
      'LayeredTrainer.setPenalty',
      { penalty, strength },
      { penalty: is.maybe(PENALTY_WANTS), strength: is.finite },
    );
    if (penalty === undefined || penalty.terms.length === 0) {
      this.penalty = undefined;
      return;
    }
    check(
      !this.update.folded || this.update.reach?.() !== undefined,
      'scheduled-penalty',
      'a penalty needs a constant learning rate under plain SGD; leave the schedule out, or give a momentum or weight decay.',
    );
    const before = this.penalty;
    this.penalty = { penalty, strength };
    try {
      this.placePenalty();
    } catch (error) {
      this.penalty = before;
      throw error;
    }
  }

  /** Places the penalty, with the factors of the present learning rate and momentum, and returns its address, 0 without one. */
  private placePenalty(): number {
    if (!this.penalty) return 0;
    const { data, layout, options, penalties } = this;
    const { penalty, strength } = this.penalty;
    const moves = (layer: { readonly name: string }) => options.trainable?.includes(layer.name) ?? true;
    const placed =
      penalties.get(penalty) ??
      new PlacedPenalty(data.arena, layout.flat.penaltyPlaces(layout.weights, layout.gradient), moves, penalty);
    const reach = this.update.reach?.();
    placed.set({
      strength,
      integration: reach === undefined ? 'gradient' : 'implicit',
      learningRate: reach ?? this.learningRate,
      momentum: 0,
    });
    penalties.set(penalty, placed);
    return placed.at;
  }

  /**
   * Sets all weights from a flat vector of length P in PyTorch's order.
   * @throws InputError for another length
   */
  setWeights(flat: Float32Array): void {
    is.given('LayeredTrainer.setWeights', { flat }, { flat: is.float32 });
    this.write(flat, this.layout.weights);
  }

  /** Returns a copy of all weights, flat, length P. */
  weights(): Float32Array {
    return this.read(this.layout.weights);
  }

  /** Returns copies of the vectors that the update keeps, by name, flat, length P: velocity with momentum. */
  states(): Record<string, Float32Array> {
    return Object.fromEntries(this.update.states.map((name, k) => [name, this.read(this.layout.states[k])]));
  }

  /**
   * Sets the vectors that the update keeps, and the number of steps taken, on which schedules and masks of dropout depend.
   * @throws InputError for names that the update does not keep, missing ones, and another length
   */
  setStates(states: Readonly<Record<string, Float32Array>>, taken: number): void {
    is.given('LayeredTrainer.setStates', { states, taken }, { states: is.object, taken: is.whole });
    const names = this.update.states;
    const odd = [...Object.keys(states).filter((n) => !names.includes(n)), ...names.filter((n) => !states[n])];
    check(
      odd.length === 0,
      'bad-states',
      `the update keeps ${names.length > 0 ? names.join(', ') : 'nothing'}; got ${Object.keys(states).join(', ') || 'nothing'}.`,
    );
    names.forEach((name, k) => {
      this.write(states[name], this.layout.states[k]);
    });
    this.taken = taken;
  }

  /** Returns a copy of the single numbers that the update keeps. */
  cells(): Float32Array {
    return this.view(this.layout.cells, this.update.cells ?? 0).slice();
  }

  /** Steps taken since the trainer was made, or since the number that `setStates` gave. */
  get stepsTaken(): number {
    return this.taken;
  }

  /**
   * Takes steps over consecutive batches of `order`.
   * @param order - sample numbers: 1 to 200 whole batches
   * @returns views into kernel memory, valid until the next call; `recorded` has steps × the recorded layers' weights
   * @throws DivergedError when a minibatch loss is not finite or above 1e30; its `step` counts from 0 within this call, and
   * weights and states are then those before the call
   */
  steps(order: Uint32Array, batchSize: number): StepsResult {
    is.given('LayeredTrainer.steps', { order, batchSize }, { order: is.order, batchSize: is.count });
    const count = order.length / batchSize;
    check(
      Number.isInteger(count) && count >= 1 && count <= MOST && batchSize <= this.options.batchSize,
      'bad-order',
      () =>
        `steps() takes 1 to ${MOST} whole batches of at most ${this.options.batchSize}; got ${order.length} samples in batches of ${batchSize}.`,
    );
    const { data, layout, update, taken } = this;
    this.placeOrder(order);
    const before = layout.vectors.map((at) => this.view(at, layout.flat.count).slice());
    const settings = this.view(layout.table, count * layout.settingCount);
    for (let t = 0; t < count; t++) {
      const row = settings.subarray(t * layout.settingCount, (t + 1) * layout.settingCount);
      const rate = update.rate(taken + t);
      row[0] = update.folded ? -rate / batchSize : 1 / batchSize;
      update.write(taken + t, row.subarray(1));
    }
    layout.begin(data.arena, data.kernel, batchSize, this.placePenalty());
    data.kernel.setStep(taken >>> 0, Math.floor(taken / 2 ** 32));
    const done = data.kernel.steps(layout.steps, count);
    const losses = this.view(layout.losses, count);
    if (done < count) {
      layout.vectors.forEach((at, k) => {
        this.view(at, layout.flat.count).set(before[k]);
      });
      throw new DivergedError(done, losses[done], update.rate(taken + done));
    }
    this.taken += count;
    return {
      loss: losses,
      correct: data.arena.u16(layout.corrects, count),
      recorded: layout.recordSize > 0 ? this.view(layout.record, count * layout.recordSize) : undefined,
    };
  }

  /**
   * Returns the mean loss (float64 sum of the samples' float32 losses) and the number of wrong predictions (NaN for squared
   * error), over all samples or those listed; dropout is off.
   */
  evaluate(subset?: Uint32Array): { loss: number; errors: number; samples: number } {
    is.given('LayeredTrainer.evaluate', { subset }, { subset: is.maybe(is.order) });
    const order = subset ?? this.everySample();
    const { loss, correct } = this.blocks(order, this.layout.evaluate);
    const errors = this.spec.loss === 'cross-entropy' ? order.length - correct : Number.NaN;
    return { loss: loss / order.length, errors, samples: order.length };
  }

  /**
   * Returns the mean loss and its gradient (flat, length P; float32 in blocks of samples, their sum in float64) over all samples or
   * those listed; dropout is off. Layers that are not trained get zeros.
   */
  gradient(subset?: Uint32Array): { loss: number; gradient: Float64Array } {
    is.given('LayeredTrainer.gradient', { subset }, { subset: is.maybe(is.order) });
    const order = subset ?? this.everySample();
    const gradient = new Float64Array(this.parameterCount);
    this.view(this.layout.one, 1)[0] = 1;
    const { loss } = this.blocks(order, this.layout.gradients, () => {
      const part = this.read(this.layout.gradient);
      for (let i = 0; i < part.length; i++) gradient[i] += part[i];
    });
    for (let i = 0; i < gradient.length; i++) gradient[i] /= order.length;
    return { loss: loss / order.length, gradient };
  }

  /** Gives the memory of this trainer back to the samples it was lent by; the trainer cannot be used afterwards. */
  release(): void {
    if (!this.released) this.data.giveBack(this.base, this.layout.bytes);
    this.released = true;
  }

  private blocks(order: Uint32Array, records: readonly [from: number, to: number], each?: () => void) {
    const { data, layout } = this;
    const { kernel, arena } = data;
    this.placeOrder(order);
    layout.useLanes(arena, layout.evaluationLanes);
    let loss = 0;
    let correct = 0;
    for (let first = 0; first < order.length; first += layout.evaluationLanes) {
      const n = Math.min(layout.evaluationLanes, order.length - first);
      kernel.setLanes(layout.evaluationLanes, n);
      kernel.setOrder(layout.order + 4 * first);
      kernel.run32(layout.records, records[0], records[1]);
      const losses = this.view(layout.lossRow, n);
      for (let s = 0; s < n; s++) loss += losses[s];
      if (layout.correctRow > 0) {
        const right = this.view(layout.correctRow, n);
        for (let s = 0; s < n; s++) correct += right[s];
      }
      each?.();
    }
    return { loss, correct };
  }

  private place(): void {
    const { data } = this;
    this.penalties.clear(); // their weights lie elsewhere now
    this.base = data.lend(this.layout.bytes, `training ${this.parameterCount} weights`);
    this.released = false;
    this.layout = lay(this.options, this.samples, resolveLayers(this.spec), this.update, data, this.base);
    this.layout.room.fill(data.arena.memory);
    const words = encode(this.layout.instructions);
    new Int32Array(data.arena.memory.buffer, this.layout.records, RECORD_WORDS * this.layout.instructions.length).set(
      words,
    );
    this.layout.begin(data.arena, data.kernel, this.options.batchSize, 0);
  }

  private view(at: number, length: number): Float32Array {
    check(
      !this.released,
      'released',
      'this trainer has given its memory back and cannot be used any more; make a new one.',
    );
    return this.data.arena.f32(at, length);
  }

  private read(at: number): Float32Array {
    return this.layout.flat.read(this.view(at, this.layout.flat.count));
  }

  private write(flat: Float32Array, at: number): void {
    check(
      flat.length === this.parameterCount,
      'weight-count',
      () => `the network has ${this.parameterCount} parameters; got ${flat.length}.`,
    );
    this.layout.flat.write(flat, this.view(at, this.layout.flat.count));
  }

  private checkOwn(what: string): void {
    check(
      this.options.update === undefined,
      'own-update',
      `this trainer has an update rule of its own, whose ${what} is set there; make it with learningRate and momentum to change them here.`,
    );
  }

  private everySample(): Uint32Array {
    return Uint32Array.from({ length: this.samples.count }, (_, i) => i);
  }

  private placeOrder(order: Uint32Array): void {
    const { count } = this.samples;
    const bad = order.findIndex((s) => s >= count);
    check(
      bad < 0,
      'bad-order',
      () => `there are ${count} samples; position ${bad} of the order asks for sample ${order[bad]}.`,
    );
    this.view(this.layout.order, 0);
    this.data.arena.u32(this.layout.order, order.length).set(order);
  }
}

/** Lanes of a block in evaluation. */
export { EVALUATION_LANES };
