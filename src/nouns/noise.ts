/** The covariance C1 of the gradient of one sample on a block of weights. docs/theory [S1]. */

import { DENSE_SIZE } from '../analyse/curvature/dense-block.js';
import type { NoiseScale } from '../analyse/noise/noise-scale.js';
import { denseCovariance, type ProjectedNoise, projectedNoise } from '../analyse/noise/surface-noise.js';
import { surfaceNoiseScale } from '../analyse/noise/surface-scales.js';
import { counted } from '../numeric/counted.js';
import { check } from '../numeric/errors.js';
import { computed, scaled } from '../numeric/estimate.js';
import { column, type Matrix, row } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import type { RequestOptions, SurfaceBlock } from '../surface/surface.js';
import { Eigenvalue } from './eigenvalue.js';
import { Measured } from './measured.js';
import { type DirectionsLike, directionsIn } from './places.js';
import type { Point } from './point.js';
import { kept, watchedRows } from './rows.js';
import { centredGradients } from './sample-gradients.js';
import { Shown } from './shown.js';
import { leadingDirections } from './subspace.js';
import { Once, partFrom, WATCHED_WANTS, watched } from './watched.js';

/** Bytes for the gradients of the samples that are kept, and for the basis of the eigenvectors. */
const GRADIENTS = 2 ** 29;
/** Readings of the gradients, about, by which progress is told. */
const PASSES = 12;

/**
 * The noise of gradients on a block, PER SAMPLE: C1 = (1/N) Σ_k g_k g_kᵀ − g gᵀ. A minibatch of B samples drawn independently has the
 * covariance C1/B. Along directions, N×P numbers are never formed; the matrix itself is, for blocks of up to 3000 weights. Every call
 * takes `onProgress` and `signal`.
 */
export class Noise extends Shown {
  readonly block: SurfaceBlock;
  readonly #point: Point;
  readonly #formed = new Once<Matrix>();
  readonly #scales = new Once<NoiseScale>();

  constructor(point: Point, block: SurfaceBlock) {
    super();
    this.#point = point;
    this.block = block;
  }

  /** Measures vᵀ C1 v along one direction, or along several, which are brought to length 1. */
  along(direction: ArrayLike<number>, options?: RequestOptions): Promise<Measured>;
  along(directions: Exclude<DirectionsLike, ArrayLike<number>>, options?: RequestOptions): Promise<Measured[]>;
  async along(directions: DirectionsLike, options: RequestOptions = {}): Promise<Measured | Measured[]> {
    const { rows, single } = directionsIn('noise.along', this.block, directions);
    const all = (await this.#projected('noise.along', rows, options)).variances.map((v) => new Measured(v));
    return single ? all[0] : all;
  }

  /** Measures V C1 Vᵀ, the covariance in the space of several directions, k×k. */
  async between(directions: Exclude<DirectionsLike, ArrayLike<number>>, options: RequestOptions = {}): Promise<Matrix> {
    const { rows } = directionsIn('noise.between', this.block, directions);
    return (await this.#projected('noise.between', rows, options)).covariance;
  }

  #projected(call: string, rows: Matrix, options: RequestOptions): Promise<ProjectedNoise> {
    is.given(call, { options }, { options: WATCHED_WANTS });
    const { surface, weights, subset } = this.#point;
    return watched(call, options, (request) =>
      projectedNoise(surface, weights, this.block, rows, { ...(subset && { subset }), ...request }),
    );
  }

  /**
   * Forms C1 as a matrix, P_b×P_b.
   * @throws InputError for a block of more than 3000 weights
   */
  matrix(options: RequestOptions = {}): Promise<Matrix> {
    is.given('noise.matrix', { options }, { options: WATCHED_WANTS });
    check(
      this.block.size <= DENSE_SIZE,
      'block-too-large',
      () =>
        `noise.matrix: ${this.block.name} has ${this.block.size} weights, and only blocks of up to ${DENSE_SIZE} are formed as matrices; ask for top(k), trace() or along(v).`,
    );
    return watched('noise.matrix', options, (request) => this.#matrix(request));
  }

  #matrix(request: RequestOptions): Promise<Matrix> {
    const { surface, weights, subset } = this.#point;
    return this.#formed.get(request, (own) =>
      denseCovariance(surface, weights, this.block, { ...(subset && { subset }), ...own }),
    );
  }

  /**
   * Finds the largest eigenvalues of C1, in descending order, with their eigenvectors. A block of more than 3000 weights is not formed:
   * some twelve passes over the gradients of the samples find the wanted ones, which are kept between passes where they take less than
   * 512 MiB.
   * @throws InputError unless 1 ≤ count ≤ the size of the block; for a block that is not formed, count is also below the number of samples
   */
  async top(count = 10, options: RequestOptions = {}): Promise<Eigenvalue[]> {
    is.given('noise.top', { count, options }, { count: is.count, options: WATCHED_WANTS });
    const P = this.block.size;
    check(count <= P, 'bad-count', () => `noise.top: ${this.block.name} has ${P} eigenvalues; got ${count}.`);
    return watched('noise.top', options, (request) =>
      P <= DENSE_SIZE ? this.#ofMatrix(count, request) : this.#ofGradients(count, request),
    );
  }

  async #ofMatrix(count: number, request: RequestOptions): Promise<Eigenvalue[]> {
    const P = this.block.size;
    const { values, vectors } = this.#point.la.eigh(await this.#matrix(request));
    const bound = P * 2 ** -52 * Math.abs(values[P - 1]);
    return Array.from({ length: count }, (_, i) => {
      const value = computed(values[P - 1 - i], bound, this.#asked, 'dense C1');
      return new Eigenvalue({ value, vector: column(vectors, P - 1 - i), residual: bound });
    });
  }

  async #ofGradients(count: number, request: RequestOptions): Promise<Eigenvalue[]> {
    const { key, la } = this.#point;
    const n = this.#asked;
    check(
      count < n,
      'bad-count',
      () => `noise.top: C1 of ${counted(n, 'sample')} has ${n - 1} eigenvalues above 0 at most; got ${count}.`,
    );
    const source = await centredGradients(this.#point, this.block, request);
    // where rows are kept, making them once takes nearly all of the time
    const memory = 8 * n * this.block.size <= GRADIENTS;
    const made = watchedRows('noise.top', source, partFrom(request, 0, memory ? 0.9 : 1), memory ? 1 : PASSES);
    const rows = memory
      ? watchedRows('noise.top', await kept(made, GRADIENTS), partFrom(request, 0.9, 1), PASSES)
      : made;
    const found = await leadingDirections(rows, {
      count,
      key: key.child('noise-top'),
      la,
      tolerance: 1e-6,
      budget: GRADIENTS,
      centre: new Float64Array(this.block.size),
    });
    const method = `subspace, ${found.passes} passes over the gradients of the samples`;
    return Array.from(found.values, (value, i) => {
      const residual = found.residuals[i] + 10 * 2 ** -52 * found.values[0];
      return new Eigenvalue({
        value: computed(value, residual, n, method, found.converged),
        vector: row(found.vectors, i).slice(),
        residual,
      });
    });
  }

  /** Measures Tr C1 over the samples as they are, as `matrix` has it. */
  async trace(options: RequestOptions = {}): Promise<Measured> {
    const { samples: n } = this.#point.surface;
    // the part estimates the trace of the distribution that the samples were drawn from, n/(n − 1) of theirs
    return new Measured(scaled((await this.#scale('noise.trace', options)).trace, (n - 1) / n));
  }

  /**
   * Measures the noise scale Tr C1/|g|², the batch size at which noise and gradient are equally large, in samples. docs/theory [A1].
   */
  async scale(options: RequestOptions = {}): Promise<Measured> {
    return new Measured((await this.#scale('noise.scale', options)).simple);
  }

  toString(): string {
    const { surface, subset } = this.#point;
    const asked = subset ? `${subset.samples.length} of ` : '';
    return `gradient noise C1 (per sample) of ${surface.name} on ${this.block.name}: ${counted(this.block.size, 'weight')}, ${asked}${counted(surface.samples, 'sample')}; ask for along(v), between(V), matrix(), top(k), trace() or scale()`;
  }

  /** Number of samples that are asked. */
  get #asked(): number {
    return this.#point.subset?.samples.length ?? this.#point.surface.samples;
  }

  #scale(call: string, options: RequestOptions): Promise<NoiseScale> {
    is.given(call, { options }, { options: WATCHED_WANTS });
    const { surface, weights, subset } = this.#point;
    return watched(call, options, (request) =>
      this.#scales.get(request, (own) =>
        surfaceNoiseScale(surface, weights, this.block, { ...(subset && { subset }), ...own }),
      ),
    );
  }
}
