/** A model at one point of its weights, over its samples: what is measured there are methods of it. */

import { overSamples } from '../analyse/noise/over-samples.js';
import { counted } from '../numeric/counted.js';
import { exactly } from '../numeric/estimate.js';
import { gather, wholeBlock } from '../surface/blocks.js';
import type { Surface } from '../surface/surface.js';
import { type Flatness, type FlatnessOptions, flatnessAt } from './flatness.js';
import { Hessian } from './hessian.js';
import { Measured } from './measured.js';
import { Noise } from './noise.js';
import { type BlockLike, blockAt, type DirectionsLike } from './places.js';
import type { Point } from './point.js';
import { Shown } from './shown.js';

/** A model at one point. Measurements are asynchronous; each returns numbers with errors that say how they were obtained. */
export class At extends Shown {
  /** The weights of the point, length P. */
  readonly weights: Float64Array;
  /** How the weights were read from a file or from tensors, in words. */
  readonly how: readonly string[];
  /** What is measured, for the parts of the library. */
  readonly surface: Surface;
  readonly #point: Point;

  constructor(point: Point, how: readonly string[]) {
    super();
    this.#point = point;
    this.weights = point.weights;
    this.surface = point.surface;
    this.how = how;
  }

  /** The names under which weights can be asked for: layers, and parameters. */
  get blocks(): readonly string[] {
    const { parameters } = this.surface;
    return [...new Set(parameters.flatMap((p) => [p.name.replace(/\.weight$/, ''), p.name]))];
  }

  /** Measures the loss; its error is that of the samples as a sample of their distribution. */
  async loss(): Promise<Measured> {
    const { surface, weights, subset } = this.#point;
    if (surface.samples > 1 && surface.offers.sampleLosses !== 'missing')
      return new Measured(overSamples(await surface.sampleLosses(weights, subset), surface.samples, subset));
    const block = wholeBlock(surface.parameters);
    const line = { block, direction: new Float64Array(block.size), displacements: [0] };
    const [{ losses }] = await surface.losses(weights, [line], subset);
    return new Measured(exactly(losses[0], `over ${counted(surface.samples, 'sample')}`, surface.samples));
  }

  /** Computes the gradient on a block, in the order of its weights. */
  async gradient(block?: BlockLike): Promise<Float64Array> {
    const { surface, weights, subset } = this.#point;
    const place = blockAt('at.gradient', surface, block);
    return gather(place, (await surface.gradient(weights, subset)).gradient);
  }

  /** The Hessian of the loss on a block: its eigenvalues, trace and density are methods of it. docs/theory [S10]. */
  hessian(block?: BlockLike): Hessian {
    return new Hessian(this.#point, blockAt('at.hessian', this.surface, block));
  }

  /** The covariance C1 of the gradient of one sample on a block. docs/theory [S1]. */
  noise(block?: BlockLike): Noise {
    return new Noise(this.#point, blockAt('at.noise', this.surface, block));
  }

  /**
   * Measures the width of the loss valley along a direction of a block, or along several: the distance between the two points at which
   * the loss is e times that of the centre. docs/theory [F1].
   */
  flatness(block: BlockLike | undefined, direction: ArrayLike<number>, options?: FlatnessOptions): Promise<Flatness>;
  flatness(
    block: BlockLike | undefined,
    directions: Exclude<DirectionsLike, ArrayLike<number>>,
    options?: FlatnessOptions,
  ): Promise<Flatness[]>;
  flatness(
    block: BlockLike | undefined,
    directions: DirectionsLike,
    options: FlatnessOptions = {},
  ): Promise<Flatness | Flatness[]> {
    return flatnessAt(this.#point, blockAt('at.flatness', this.surface, block), directions, options);
  }

  /** Ends what stands behind the model: kernel memory, or a process. */
  close(): Promise<void> {
    return this.surface.close();
  }

  toString(): string {
    const { surface, subset } = this.#point;
    const asked = subset ? `${subset.samples.length} of ` : '';
    return `${surface.name}: ${counted(surface.size, 'weight')}, ${asked}${counted(surface.samples, 'sample')}; layers ${this.blocks.filter((b) => !b.includes('.')).join(', ') || this.blocks.join(', ')}`;
  }

  toJSON(): object {
    const { surface, subset } = this.#point;
    return {
      name: surface.name,
      weights: surface.size,
      samples: surface.samples,
      asked: subset?.samples.length ?? surface.samples,
    };
  }
}
