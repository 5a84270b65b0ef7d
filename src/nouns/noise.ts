/** The covariance C1 of the gradient of one sample on a block of weights. docs/theory [S1]. */

import { DENSE_SIZE } from '../analyse/curvature/dense-block.js';
import type { NoiseScale } from '../analyse/noise/noise-scale.js';
import { denseCovariance, projectedNoise } from '../analyse/noise/surface-noise.js';
import { surfaceNoiseScale } from '../analyse/noise/surface-scales.js';
import { counted } from '../numeric/counted.js';
import { check } from '../numeric/errors.js';
import { computed, scaled } from '../numeric/estimate.js';
import { column, type Matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import type { SurfaceBlock } from '../surface/surface.js';
import { Eigenvalue } from './eigenvalue.js';
import { Measured } from './measured.js';
import { type DirectionsLike, directionsIn } from './places.js';
import type { Point } from './point.js';
import { Shown } from './shown.js';

/**
 * The noise of gradients on a block, PER SAMPLE: C1 = (1/N) Σ_k g_k g_kᵀ − g gᵀ. A minibatch of B samples drawn independently has the
 * covariance C1/B. Along directions, N×P numbers are never formed; the matrix itself is, for blocks of up to 3000 weights.
 */
export class Noise extends Shown {
  readonly block: SurfaceBlock;
  readonly #point: Point;
  #formed: Promise<Matrix> | undefined;
  #scales: Promise<NoiseScale> | undefined;

  constructor(point: Point, block: SurfaceBlock) {
    super();
    this.#point = point;
    this.block = block;
  }

  /** Measures vᵀ C1 v along one direction, or along several, which are brought to length 1. */
  along(direction: ArrayLike<number>): Promise<Measured>;
  along(directions: Exclude<DirectionsLike, ArrayLike<number>>): Promise<Measured[]>;
  async along(directions: DirectionsLike): Promise<Measured | Measured[]> {
    const { surface, weights, subset } = this.#point;
    const { rows, single } = directionsIn('noise.along', this.block, directions);
    const found = await projectedNoise(surface, weights, this.block, rows, { ...(subset && { subset }) });
    const all = found.variances.map((v) => new Measured(v));
    return single ? all[0] : all;
  }

  /** Measures V C1 Vᵀ, the covariance in the space of several directions, k×k. */
  async between(directions: Exclude<DirectionsLike, ArrayLike<number>>): Promise<Matrix> {
    const { surface, weights, subset } = this.#point;
    const { rows } = directionsIn('noise.between', this.block, directions);
    return (await projectedNoise(surface, weights, this.block, rows, { ...(subset && { subset }) })).covariance;
  }

  /**
   * Forms C1 as a matrix, P_b×P_b.
   * @throws InputError for a block of more than 3000 weights
   */
  matrix(): Promise<Matrix> {
    this.#formed ??= this.#form('noise.matrix');
    return this.#formed;
  }

  /**
   * Finds the largest eigenvalues of C1, in descending order, with their eigenvectors.
   * @throws InputError unless 1 ≤ count ≤ the size of the block, and for a block of more than 3000 weights
   */
  async top(count = 10): Promise<Eigenvalue[]> {
    is.given('noise.top', { count }, { count: is.count });
    const P = this.block.size;
    check(count <= P, 'bad-count', () => `noise.top: ${this.block.name} has ${P} eigenvalues; got ${count}.`);
    this.#formed ??= this.#form('noise.top');
    const { values, vectors } = this.#point.la.eigh(await this.#formed);
    const bound = P * 2 ** -52 * Math.abs(values[P - 1]);
    const n = this.#point.subset?.samples.length ?? this.#point.surface.samples;
    return Array.from({ length: count }, (_, i) => {
      const value = computed(values[P - 1 - i], bound, n, 'dense C1');
      return new Eigenvalue({ value, vector: column(vectors, P - 1 - i), residual: bound });
    });
  }

  /** Measures Tr C1 over the samples as they are, as `matrix` has it. */
  async trace(): Promise<Measured> {
    const { samples: n } = this.#point.surface;
    // the part estimates the trace of the distribution that the samples were drawn from, n/(n − 1) of theirs
    return new Measured(scaled((await this.#scale()).trace, (n - 1) / n));
  }

  /**
   * Measures the noise scale Tr C1/|g|², the batch size at which noise and gradient are equally large, in samples. docs/theory [A1].
   */
  async scale(): Promise<Measured> {
    return new Measured((await this.#scale()).simple);
  }

  toString(): string {
    const { surface, subset } = this.#point;
    const asked = subset ? `${subset.samples.length} of ` : '';
    return `gradient noise C1 (per sample) of ${surface.name} on ${this.block.name}: ${counted(this.block.size, 'weight')}, ${asked}${counted(surface.samples, 'sample')}; ask for along(v), between(V), matrix(), top(k), trace() or scale()`;
  }

  #scale(): Promise<NoiseScale> {
    const { surface, weights, subset } = this.#point;
    this.#scales ??= surfaceNoiseScale(surface, weights, this.block, { ...(subset && { subset }) });
    return this.#scales;
  }

  #form(call: string): Promise<Matrix> {
    const { surface, weights, subset } = this.#point;
    check(
      this.block.size <= DENSE_SIZE,
      'block-too-large',
      () =>
        `${call}: ${this.block.name} has ${this.block.size} weights, and only blocks of up to ${DENSE_SIZE} are formed as matrices; ask for along(v) with the directions that matter.`,
    );
    return denseCovariance(surface, weights, this.block, { ...(subset && { subset }) });
  }
}
