/**
 * Losses of a whole data set along lines in one layer's weights, with everything below the layer computed once.
 * docs/theory [F4]: along w0 + δ p the layer's pre-activations are A + δ B with A = W0 h + b and B = P h.
 *
 * For the 50×50 layer of 784-50-50-10 over 60 000 samples a direction costs 300 Mflop for B, and a displacement 72 Mflop and
 * 600 000 exponentials. A and B take 8·samples·units bytes of memory, h 4·samples·inputs.
 */
import type { Samples } from '../../data/dataset.js';
import { flatness } from '../../kernels/flatness.generated.js';
import { instantiate } from '../../kernels/load.js';
import { type LayerBlock, layerNamed, layersOf, type NetworkSpec } from '../../model/network.js';
import { check } from '../../numeric/errors.js';
import { Arena } from '../../train/arena.js';
import { Trainer } from '../../train/trainer.js';
import { byGradient, partsFor, type Stratum, strataOf } from './line-parts.js';

interface FlatnessExports {
  heapBase(): number;
  affine(h: number, inputs: number, w: number, tiles: number, bias: number, blocks: number, out: number): void;
  losses(
    line: number,
    displacements: number,
    count: number,
    sums: number,
    first: number,
    step: number,
    end: number,
  ): void;
  rememberProbabilities(line: number): void;
  derivativesFromProbabilities(line: number, first: number, step: number, end: number): void;
  derivatives(line: number, first: number, step: number, end: number): void;
  slope(): number;
  curvature(): number;
}

const MOST_DISPLACEMENTS = 64;
/** Blocks of eight samples below which a subset saves nothing. */
const FEWEST_BLOCKS = 1024;
const tilesOf = (outputs: number) => Math.ceil(outputs / 5);

/** Names a network, its weights, the samples and the layer in which lines run. */
export interface LineOptions {
  readonly spec: NetworkSpec;
  /** All weights at the centre, flat in PyTorch's order; they reach the kernel as float32. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  /** The layer in which the lines run. */
  readonly layer: string;
  /** Whether the samples are put in the order of their gradients, so that `subsets` stand for them all. */
  readonly ordered?: boolean;
}

/** Gives a function along the line and its derivatives at the centre. */
export interface LineFunction {
  /** Returns the mean losses at these displacements (rounded to float32). */
  losses(displacements: readonly number[]): number[];
  /** Returns the exact first and second derivative of the mean loss with respect to the displacement, at the centre. */
  derivatives(): { slope: number; curvature: number };
}

/**
 * Evaluates the mean loss over all samples along lines in one layer's weights, in float32 with float64 sums.
 * Directions and displacements are in weights. docs/theory [F4].
 */
export class LineLoss {
  readonly block: LayerBlock;
  readonly samples: number;
  /** Mean loss at the centre. */
  readonly centreLoss: number;
  /** Displacements evaluated so far, over all directions. */
  evaluations = 0;
  private readonly kernel: FlatnessExports;
  private readonly arena: Arena;
  private readonly blocks: number;
  private readonly hAt: number;
  private readonly weightsAt: number;
  private readonly bAt: number;
  private readonly lineAt: number;
  private readonly displacementsAt: number;
  private readonly sumsAt: number;
  private readonly remembered: boolean;
  private readonly all: readonly Stratum[];
  /** The losses of parts of the samples that stand for all of them, which grow; only for many samples, and where they are ordered. */
  readonly subsets: readonly LineFunction[];

  constructor({ spec, weights, samples, layer, ordered }: LineOptions) {
    this.block = layerNamed(spec, layer);
    this.samples = samples.count;
    this.blocks = Math.ceil(samples.count / 8);
    const { exports, memory } = instantiate<FlatnessExports>('flatness', flatness, 64);
    this.kernel = exports;
    this.arena = new Arena(memory, exports.heapBase());
    const { arena, block, blocks } = this;
    const tiles = tilesOf(block.outputs);
    const above = layersOf(spec).slice(layersOf(spec).findIndex((l) => l.name === block.name) + 1);
    this.hAt = arena.take(32 * blocks * block.inputs, "the layer's inputs");
    const aAt = arena.take(160 * blocks * tiles, "the layer's pre-activations");
    this.bAt = arena.take(160 * blocks * tiles, "the layer's pre-activations");
    this.weightsAt = arena.take(20 * tiles * block.inputs, 'a direction');
    this.displacementsAt = arena.take(4 * MOST_DISPLACEMENTS, 'the displacements');
    this.sumsAt = arena.take(8 * MOST_DISPLACEMENTS, 'the sums');
    this.all = [{ first: 0, step: 1, end: blocks, weight: 1 }];
    const trainer = new Trainer({ spec, samples, learningRate: 1, batchSize: 1 });
    trainer.setWeights(weights);
    const sorted = ordered && blocks >= FEWEST_BLOCKS ? byGradient(trainer, layer, samples.count) : undefined;
    const order = sorted?.order ?? Uint32Array.from({ length: samples.count }, (_, i) => i);
    this.subsets = (sorted ? partsFor(sorted.inFirstQuarter) : []).map((part) => {
      const strata = strataOf(part, blocks, samples.count);
      return {
        losses: (displacements) => this.lossesOver(strata, displacements),
        derivatives: () => this.derivativesOver(strata),
      };
    });
    this.placeInputs(trainer, layer, order);
    const labelsAt = samples.labels ? arena.take(32 * blocks, 'the labels') : 0;
    if (samples.labels) {
      const labels = arena.u32(labelsAt, samples.count);
      for (let s = 0; s < samples.count; s++) labels[s] = samples.labels[order[s]];
    }
    const targetsAt =
      spec.loss === 'squared-error' ? this.placeTargets(samples, spec.widths[spec.widths.length - 1], order) : 0;
    const placed = above.map((l) => ({
      inputs: l.inputs,
      tiles: tilesOf(l.outputs),
      weightsAt: this.placeTiles(weights.subarray(l.weightOffset, l.weightOffset + l.inputs * l.outputs), l),
      biasAt: l.biasOffset < 0 ? 0 : this.placeBias(weights, l),
    }));
    const widest = Math.max(tiles, ...placed.map((l) => l.tiles));
    const roomAt = arena.take(6 * 160 * widest, 'a block of samples');
    this.remembered = spec.loss === 'cross-entropy' && spec.activation !== 'tanh' && above.length <= 1;
    const outputs = spec.widths[spec.widths.length - 1];
    const probabilitiesAt = this.remembered ? arena.take(32 * blocks * outputs, 'the probabilities') : 0;
    const fields = [
      samples.count,
      5 * tiles,
      ['relu', 'tanh', 'identity'].indexOf(spec.activation),
      spec.loss === 'cross-entropy' ? 0 : 1,
      outputs,
      above.length,
      aAt,
      this.bAt,
      labelsAt,
      targetsAt,
      roomAt,
      160 * widest,
      probabilitiesAt,
      ...placed.flatMap((l) => [l.inputs, l.tiles, l.weightsAt, l.biasAt]),
    ];
    this.lineAt = arena.take(4 * fields.length, 'the network');
    arena.u32(this.lineAt, fields.length).set(fields);
    const own = weights.subarray(block.weightOffset, block.weightOffset + block.inputs * block.outputs);
    this.fillTiles(this.weightsAt, own, block);
    exports.affine(
      this.hAt,
      block.inputs,
      this.weightsAt,
      tiles,
      block.biasOffset < 0 ? 0 : this.placeBias(weights, block),
      blocks,
      aAt,
    );
    if (this.remembered) exports.rememberProbabilities(this.lineAt);
    this.centreLoss = this.losses([0])[0];
  }

  /** Returns the bytes that a `LineLoss` of this size takes, its ordering of the samples included, beside the `Trainer` that its constructor uses. */
  static memoryBytes(spec: NetworkSpec, layer: string, samples: number): number {
    const block = layerNamed(spec, layer);
    return Math.ceil(samples / 8) * (32 * block.inputs + 320 * tilesOf(block.outputs) + 32 + 128);
  }

  /**
   * Chooses the line: all later calls move along `direction`.
   * @param direction - outputs·inputs of the layer, PyTorch's order; used as it is, not normalised
   * @throws InputError for a direction of another length
   */
  setDirection(direction: ArrayLike<number>): void {
    const { block } = this;
    check(
      direction.length === block.inputs * block.outputs,
      'direction-size',
      () => `a direction in ${block.name} has ${block.inputs * block.outputs} components; got ${direction.length}.`,
    );
    this.fillTiles(this.weightsAt, direction, block);
    this.kernel.affine(this.hAt, block.inputs, this.weightsAt, tilesOf(block.outputs), 0, this.blocks, this.bAt);
  }

  /**
   * Returns the mean losses at these displacements (rounded to float32). One pass over the activations serves up to 64 of them.
   */
  losses(displacements: readonly number[]): number[] {
    this.evaluations += displacements.length;
    return this.lossesOver(this.all, displacements);
  }

  /** Returns the exact first and second derivative of the mean loss with respect to the displacement, at the centre. */
  derivatives(): { slope: number; curvature: number } {
    return this.derivativesOver(this.all);
  }

  private lossesOver(strata: readonly Stratum[], displacements: readonly number[]): number[] {
    const means: number[] = new Array(displacements.length).fill(0);
    for (let from = 0; from < displacements.length; from += MOST_DISPLACEMENTS) {
      const part = displacements.slice(from, from + MOST_DISPLACEMENTS);
      this.arena.f32(this.displacementsAt, part.length).set(part);
      for (const { first, step, end, weight } of strata) {
        this.kernel.losses(this.lineAt, this.displacementsAt, part.length, this.sumsAt, first, step, end);
        const sums = this.arena.f64(this.sumsAt, part.length);
        for (let i = 0; i < part.length; i++) means[from + i] += (weight * sums[i]) / this.samples;
      }
    }
    return means;
  }

  private derivativesOver(strata: readonly Stratum[]): { slope: number; curvature: number } {
    const { kernel, remembered, lineAt, samples } = this;
    let [slope, curvature] = [0, 0];
    for (const { first, step, end, weight } of strata) {
      if (remembered) kernel.derivativesFromProbabilities(lineAt, first, step, end);
      else kernel.derivatives(lineAt, first, step, end);
      slope += (weight * kernel.slope()) / samples;
      curvature += (weight * kernel.curvature()) / samples;
    }
    return { slope, curvature };
  }

  private placeInputs(trainer: Trainer, layer: string, order: Uint32Array): void {
    const n = this.block.inputs;
    const h = this.arena.f32(this.hAt, 8 * this.blocks * n);
    for (const { inputs, first, count } of trainer.layerStates(layer, order)) {
      for (let s = 0; s < count; s++) {
        const at = (first + s) >> 3;
        const lane = (first + s) & 7;
        for (let k = 0; k < n; k++) h[(at * n + k) * 8 + lane] = inputs[s * n + k];
      }
    }
  }

  private placeTargets(samples: Samples, outputs: number, order: Uint32Array): number {
    const at = this.arena.take(32 * this.blocks * outputs, 'the targets');
    const t = this.arena.f32(at, 8 * this.blocks * outputs);
    for (let s = 0; s < samples.count; s++)
      for (let j = 0; j < outputs; j++)
        t[((s >> 3) * outputs + j) * 8 + (s & 7)] = samples.targets![order[s] * outputs + j];
    return at;
  }

  private placeTiles(weight: ArrayLike<number>, layer: LayerBlock): number {
    const at = this.arena.take(20 * tilesOf(layer.outputs) * layer.inputs, 'the weights');
    this.fillTiles(at, weight, layer);
    return at;
  }

  /** Writes a weight (outputs×inputs) as [tile][input][5]. */
  private fillTiles(at: number, weight: ArrayLike<number>, { inputs, outputs }: LayerBlock): void {
    const tiled = this.arena.f32(at, 5 * tilesOf(outputs) * inputs);
    for (let j = 0; j < outputs; j++) {
      const start = Math.floor(j / 5) * inputs * 5 + (j % 5);
      for (let k = 0; k < inputs; k++) tiled[start + 5 * k] = weight[j * inputs + k];
    }
  }

  private placeBias(weights: Float32Array, layer: LayerBlock): number {
    const at = this.arena.take(20 * tilesOf(layer.outputs), 'the biases');
    this.arena.f32(at, layer.outputs).set(weights.subarray(layer.biasOffset, layer.biasOffset + layer.outputs));
    return at;
  }
}
