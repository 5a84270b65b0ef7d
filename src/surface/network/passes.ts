/**
 * Float64 passes through a network over all its samples: states, gradients, tangents (R-operator) and middle matrices, from which
 * the exact second-order quantities are made. docs/theory [S1], [S10].
 *
 * Notation of the code: z_l = W_l h_{l−1} + b_l, h_l = f(z_l); delta_l = ∂L_k/∂z_l of one sample's own loss; t_l = R{z_l} is
 * the derivative of z_l along a direction v in the weights. ReLU has slope 0 at 0, as in PyTorch.
 *
 * A gradient of 784-50-50-10 over MNIST, where 150 of 784 pixels are nonzero, costs 60 000·2·(150·50 + 2·50·60)·2 ≈ 3.2 Gflop.
 * Memory is 8 bytes for each nonzero input, and the states (2·Σ widths + 2 numbers for each sample) where they fit `cacheBytes`.
 */
import type { Samples } from '../../data/dataset.js';
import { inputsOf } from '../../data/inputs.js';
import { curvature } from '../../kernels/curvature.generated.js';
import { instantiate } from '../../kernels/load.js';
import { type LayerBlock, layerNamed, layersOf, type NetworkSpec, parameterCount } from '../../model/network.js';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { Arena } from '../../train/arena.js';
import { checkSamples } from '../../train/layout.js';
import {
  clearVector,
  type PassesKernel,
  type PlacedVector,
  padded,
  placeInputs,
  placeVector,
  putVector,
  takeVector,
} from './passes-kernel.js';
import { checkWeights, PASSES_OPTIONS_WANTS, type PassesOptions, passesBytes } from './passes-options.js';
import { placeOnce } from './placed.js';

/** Samples in a block; a multiple of 8 and not of a page, so that lines of a block spread over the cache sets. */
export const BLOCK = 520;

/** Gives the addresses of the states of one block of samples in kernel memory. */
export interface States {
  /** h_1 … h_{L−1}. */
  readonly h: readonly number[];
  /** delta_1 … delta_L. */
  readonly delta: readonly number[];
  /** Softmax probabilities. */
  readonly p: number;
  readonly labels: number;
  readonly losses: number;
  /** Samples in the block. */
  count: number;
  ready: boolean;
  loss: number;
}

/** Runs float64 passes through a network at fixed weights over a fixed set of samples. docs/theory [S10]. */
export class NetworkPasses {
  readonly spec: NetworkSpec;
  readonly layers: readonly LayerBlock[];
  /** P, the number of weights and biases. */
  readonly size: number;
  readonly samples: Samples;
  /** The weights, float64. */
  readonly weights: Float64Array;
  readonly kernel: PassesKernel;
  readonly arena: Arena;
  /** 0 ReLU, 1 tanh, 2 identity. */
  readonly kind: number;
  readonly classes: number;
  readonly startsAt: number;
  readonly weightsAt: PlacedVector;
  private readonly targetsAt: number;
  private readonly orderAt: number;
  /** [sample][padded outputs of the first layer]. */
  readonly rowsAt: number;
  private readonly logitsAt: number;
  /** A row of the first layer for what all normalised inputs have in common, and the number of that row; 0 without. */
  private readonly shiftAt: number = 0;
  private readonly shiftOrderAt: number = 0;
  private readonly own: States;
  private readonly cache: States[] = [];
  /** Sample numbers of `own`, as long as it holds the states that `of` computed. */
  private listed: Uint32Array | undefined;
  private placed = new Map<string, number>();

  /** @throws InputError for samples or weights that do not fit the network */
  constructor(options: PassesOptions) {
    is.given('new NetworkPasses', { options }, { options: PASSES_OPTIONS_WANTS });
    const { spec, weights, samples, cacheBytes = 768 * 2 ** 20 } = options;
    checkSamples(spec, samples);
    this.spec = spec;
    this.layers = layersOf(spec);
    this.size = parameterCount(spec);
    checkWeights('new NetworkPasses', weights, this.size);
    this.weights = Float64Array.from(weights);
    this.samples = samples;
    this.kind = ['relu', 'tanh', 'identity'].indexOf(spec.activation);
    this.classes = spec.widths[spec.widths.length - 1];
    const { exports, memory } = instantiate<PassesKernel>('curvature', curvature, 64);
    this.kernel = exports;
    const arena = new Arena(memory, exports.heapBase());
    this.arena = arena;
    exports.useWork(arena.take(exports.workBytes(), 'the panels'));
    this.startsAt = placeInputs(arena, samples, 8 * padded(this.layers[0].outputs));
    if (samples.normalize) {
      this.shiftAt = arena.take(8 * padded(this.layers[0].outputs), 'the normalisation');
      this.shiftOrderAt = arena.take(4, 'the normalisation');
      arena.u32(this.shiftOrderAt, 1)[0] = samples.count;
    }
    this.weightsAt = placeVector(arena, this.layers, 'the weights');
    putVector(arena, this.layers, this.weightsAt, weights);
    this.orderAt = arena.take(4 * BLOCK, 'the order');
    this.rowsAt = arena.take(8 * BLOCK * padded(this.layers[0].outputs), 'a block of samples');
    this.logitsAt = arena.take(8 * BLOCK * this.classes, 'a block of samples');
    this.targetsAt = samples.targets ? arena.take(8 * BLOCK * this.classes, 'a block of targets') : 0;
    this.own = this.placeStates();
    if (8 * this.blocks * BLOCK * this.numbersPerSample() <= cacheBytes)
      for (let b = 0; b < this.blocks; b++) this.cache.push(this.placeStates());
  }

  /** Returns the bytes of kernel memory that passes take, without vectors of weights. */
  static memoryBytes(spec: NetworkSpec, samples: Samples, cacheBytes = 768 * 2 ** 20): number {
    return passesBytes(spec, samples, cacheBytes);
  }

  /** The number of blocks of `BLOCK` samples that all samples make, in their own order. */
  get blocks(): number {
    return Math.ceil(this.samples.count / BLOCK);
  }

  /**
   * Returns the index in `layers` of the layer of this name.
   * @throws InputError for a name that the network does not have
   */
  layerIndex(name: string): number {
    is.given('NetworkPasses.layerIndex', { name }, { name: is.text });
    const { weightOffset } = layerNamed(this.spec, name);
    return this.layers.findIndex((l) => l.weightOffset === weightOffset);
  }

  /**
   * Returns the states of block b of all samples. Costs a gradient of these samples without its outer products, only the first
   * time where states are kept.
   */
  block(b: number): States {
    const states = this.cache[b] ?? this.own;
    if (states.ready && states !== this.own) return states;
    return this.compute(this.orderOf(b), states);
  }

  /**
   * Computes the states of the listed samples, valid until the next call that computes states anew. Costs nothing when the last
   * such call listed the same samples.
   * @throws InputError for an empty list, one of more than `BLOCK` samples, or a number that is not a sample's
   */
  of(order: Uint32Array): States {
    check(
      order.length >= 1 && order.length <= BLOCK && order.every((s) => s < this.samples.count),
      'bad-order',
      () => `a block takes 1 to ${BLOCK} sample numbers below ${this.samples.count}; got ${order.length}.`,
    );
    const { listed } = this;
    if (listed?.length === order.length && listed.every((s, i) => s === order[i])) {
      this.arena.u32(this.orderAt, order.length).set(order);
      return this.own;
    }
    const states = this.compute(order, this.own);
    this.listed = order.slice();
    return states;
  }

  /**
   * Returns the address of named scratch memory for this many float64 numbers, the same one at every call; zeroed at the first.
   */
  scratch(name: string, numbers: number): number {
    const key = `${name}/${numbers}`;
    const at = this.placed.get(key) ?? this.arena.take(8 * numbers, 'a block of samples');
    this.placed.set(key, at);
    return at;
  }

  /** Writes the sample numbers of block b to kernel memory, where the sparse kernels read them, and returns their address. */
  placeBlockOrder(b: number): number {
    const order = this.orderOf(b);
    this.arena.u32(this.orderAt, order.length).set(order);
    return this.orderAt;
  }

  /** The address of the sample numbers written last. */
  get order(): number {
    return this.orderAt;
  }

  /** Computes c[m][BLOCK] = beta·c + W_l x, or + W_lᵀ x, for a placed weight of layer l ≥ 1. */
  times(l: number, w: number, x: number, c: number, beta: number, transposed = false): void {
    const { inputs, outputs } = this.layers[l];
    const [m, k, ars, acs] = transposed ? [inputs, outputs, 1, inputs] : [outputs, inputs, inputs, 1];
    this.kernel.gemm(m, BLOCK, k, 1, w, ars, acs, x, BLOCK, 1, beta, c, BLOCK, 0);
  }

  /** Computes z or t of the first layer, [unit][BLOCK], from the sparse inputs of the sample numbers written last. */
  firstLayer(vector: PlacedVector, count: number, out: number): void {
    const width = padded(this.layers[0].outputs);
    const { kernel, startsAt, orderAt, rowsAt, shiftAt } = this;
    const [w, bias] = [vector.weights[0], vector.biases[0]];
    if (shiftAt !== 0) kernel.gather(startsAt, this.shiftOrderAt, 1, w, width, bias, shiftAt);
    kernel.gather(startsAt, orderAt, count, w, width, shiftAt || bias, rowsAt);
    this.arena.f64(this.rowsAt + 8 * count * width, (BLOCK - count) * width).fill(0);
    this.kernel.transpose(BLOCK, this.layers[0].outputs, this.rowsAt, width, out, BLOCK);
  }

  /** Adds x h_{l−1}ᵀ to the weights of layer l in a placed gradient. */
  addOuter(l: number, x: number, h: number, count: number, to: PlacedVector): void {
    const { kernel } = this;
    const { inputs, outputs } = this.layers[l];
    if (l === 0) {
      const width = padded(outputs);
      kernel.transpose(outputs, BLOCK, x, BLOCK, this.rowsAt, width);
      kernel.scatter(this.startsAt, this.orderAt, count, this.rowsAt, width, to.weights[0]);
      if (this.shiftAt === 0) return;
      const sum = this.arena.f64(this.shiftAt, width).fill(0);
      const rows = this.arena.f64(this.rowsAt, count * width);
      for (let at = 0; at < rows.length; at += width) for (let j = 0; j < width; j++) sum[j] += rows[at + j];
      kernel.scatter(this.startsAt, this.shiftOrderAt, 1, this.shiftAt, width, to.weights[0]);
    } else kernel.gemm(outputs, inputs, BLOCK, 1, x, BLOCK, 1, h, 1, BLOCK, 1, to.weights[l], inputs, 0);
  }

  /**
   * Computes the mean loss over all samples, nat, and its gradient, flat. `sampleWeights` (length N) multiply each sample's
   * term of the gradient, not of the loss.
   */
  gradient(sampleWeights?: ArrayLike<number>): { loss: number; gradient: Float64Array } {
    is.given('NetworkPasses.gradient', { sampleWeights }, { sampleWeights: is.maybe(is.numbers) });
    if (sampleWeights) checkWeights('NetworkPasses.gradient', sampleWeights, this.samples.count, 'weights of samples');
    const { layers, kernel, arena } = this;
    const sum = placeOnce(this, 'gradient');
    clearVector(arena, layers, sum);
    const widest = Math.max(...layers.map((l) => l.outputs));
    const x = this.scratch('weighted', BLOCK * widest);
    const row = this.scratch('row', BLOCK);
    let loss = 0;
    for (let b = 0; b < this.blocks; b++) {
      const states = this.block(b);
      this.placeBlockOrder(b);
      loss += states.loss;
      if (sampleWeights) {
        const w = arena.f64(row, BLOCK).fill(0);
        for (let s = 0; s < states.count; s++) w[s] = sampleWeights[b * BLOCK + s];
      }
      layers.forEach((layer, l) => {
        let delta = states.delta[l];
        if (sampleWeights) {
          arena.f64(x, BLOCK * layer.outputs).set(arena.f64(delta, BLOCK * layer.outputs));
          kernel.timesRow(row, x, layer.outputs, BLOCK);
          delta = x;
        }
        this.addOuter(l, delta, states.h[l - 1], states.count, sum);
        if (layer.biasOffset >= 0) kernel.sumRows(delta, layer.outputs, BLOCK, sum.biases[l]);
      });
    }
    const n = this.samples.count;
    return { loss: loss / n, gradient: takeVector(arena, layers, sum, this.size, 1 / n) };
  }

  /** Returns the inputs (N×n) and deltas (N×m) of a layer for all samples, row-major. docs/theory [S10]. */
  layerStates(name: string): { inputs: Float64Array; deltas: Float64Array } {
    is.given('NetworkPasses.layerStates', { name }, { name: is.text });
    const l = this.layerIndex(name);
    const { inputs: n, outputs: m } = this.layers[l];
    const { count } = this.samples;
    const inputs = new Float64Array(count * n);
    const deltas = new Float64Array(count * m);
    if (l === 0) for (let s = 0; s < count; s++) inputs.set(inputsOf(this.samples, s), s * n);
    for (let b = 0; b < this.blocks; b++) {
      const states = this.block(b);
      const first = b * BLOCK;
      if (l > 0) this.rows(states.h[l - 1], n, states.count, inputs, first);
      this.rows(states.delta[l], m, states.count, deltas, first);
    }
    return { inputs, deltas };
  }

  /** Moves to other weights, of the same length: all later calls are made there. Costs nothing but the states, which are lost. */
  setWeights(weights: ArrayLike<number>): void {
    checkWeights('NetworkPasses.setWeights', weights, this.size);
    this.weights.set(weights);
    putVector(this.arena, this.layers, this.weightsAt, weights);
    for (const states of this.cache) states.ready = false;
    this.listed = undefined;
  }

  /** Returns each sample's own loss at other weights, nat, length N; these passes stay where they are. Costs a forward pass. */
  lossesAt(weights: ArrayLike<number>): Float64Array {
    checkWeights('NetworkPasses.lossesAt', weights, this.size);
    const { arena, layers, weightsAt, own } = this;
    const out = new Float64Array(this.samples.count);
    putVector(arena, layers, weightsAt, weights);
    for (let b = 0; b < this.blocks; b++) {
      const order = this.orderOf(b);
      this.forward(order, own);
      out.set(arena.f64(own.losses, order.length), b * BLOCK);
    }
    putVector(arena, layers, weightsAt, this.weights);
    return out;
  }

  /** Returns each sample's own loss, nat; length N. */
  losses(): Float64Array {
    const out = new Float64Array(this.samples.count);
    for (let b = 0; b < this.blocks; b++) {
      const { losses, count } = this.block(b);
      out.set(this.arena.f64(losses, count), b * BLOCK);
    }
    return out;
  }

  private rows(from: number, units: number, count: number, to: Float64Array, first: number): void {
    const x = this.arena.f64(from, units * BLOCK);
    for (let u = 0; u < units; u++)
      for (let s = 0, o = first * units + u; s < count; s++, o += units) to[o] = x[u * BLOCK + s];
  }

  private numbersPerSample(): number {
    return 2 * this.layers.reduce((sum, l) => sum + l.outputs, 0) + 2;
  }

  private placeStates(): States {
    const take = (units: number) => this.arena.take(8 * BLOCK * units, 'the states of all samples');
    return {
      h: this.layers.slice(0, -1).map((l) => take(l.outputs)),
      delta: this.layers.map((l) => take(l.outputs)),
      p: take(this.classes),
      labels: this.arena.take(4 * BLOCK, 'the labels'),
      losses: take(1),
      count: 0,
      ready: false,
      loss: 0,
    };
  }

  private orderOf(b: number): Uint32Array {
    const first = b * BLOCK;
    return Uint32Array.from({ length: Math.min(BLOCK, this.samples.count - first) }, (_, i) => first + i);
  }

  private compute(order: Uint32Array, states: States): States {
    const { kernel, layers, kind, weightsAt } = this;
    this.forward(order, states);
    for (let l = layers.length - 1; l > 0; l--) {
      this.times(l, weightsAt.weights[l], states.delta[l], states.delta[l - 1], 0, true);
      kernel.timesSlope(kind, states.h[l - 1], states.delta[l - 1], layers[l].inputs, 1, BLOCK);
    }
    states.count = order.length;
    states.ready = true;
    return states;
  }

  /** Computes all states but the deltas below the last layer. */
  private forward(order: Uint32Array, states: States): void {
    const { kernel, arena, layers, samples, kind, classes, weightsAt } = this;
    const count = order.length;
    if (states === this.own) this.listed = undefined;
    arena.u32(this.orderAt, count).set(order);
    const last = layers.length - 1;
    layers.forEach((layer, l) => {
      const z = l === last ? this.logitsAt : states.h[l];
      if (l === 0) this.firstLayer(weightsAt, count, z);
      else {
        kernel.fillRows(z, layer.outputs, BLOCK, weightsAt.biases[l]);
        this.times(l, weightsAt.weights[l], states.h[l - 1], z, 1);
      }
      if (l < last) kernel.activate(kind, z, layer.outputs * BLOCK);
    });
    if (samples.labels && this.spec.loss === 'cross-entropy') {
      const labels = arena.u32(states.labels, count);
      for (let s = 0; s < count; s++) labels[s] = samples.labels[order[s]];
      states.loss = kernel.logistic(
        this.logitsAt,
        classes,
        BLOCK,
        count,
        states.labels,
        states.p,
        states.delta[last],
        states.losses,
      );
    } else {
      const targets = arena.f64(this.targetsAt, classes * BLOCK);
      for (let s = 0; s < count; s++)
        for (let j = 0; j < classes; j++) targets[j * BLOCK + s] = samples.targets![order[s] * classes + j];
      states.loss = kernel.squared(
        this.logitsAt,
        classes,
        BLOCK,
        count,
        this.targetsAt,
        states.delta[last],
        states.losses,
      );
    }
  }
}
