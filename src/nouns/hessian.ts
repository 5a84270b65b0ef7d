/** The Hessian of the loss on a block of weights. docs/theory [S10]. */
import { curvaturesBySample } from '../analyse/curvature/by-sample.js';
import { denseHessian, denseSpectrum } from '../analyse/curvature/dense-block.js';
import { hessianBlock } from '../analyse/curvature/hessian.js';
import { hessianTrace } from '../analyse/curvature/hessian-trace.js';
import { type CurvaturePair, surfaceCurvature } from '../analyse/curvature/surface-curvature.js';
import { surfaceTrace } from '../analyse/curvature/surface-trace.js';
import { overSamples } from '../analyse/noise/over-samples.js';
import { counted } from '../numeric/counted.js';
import { check } from '../numeric/errors.js';
import { exactly } from '../numeric/estimate.js';
import { type Matrix, row } from '../numeric/linalg/index.js';
import { dot } from '../numeric/operators/lanczos.js';
import { densityOf } from '../numeric/operators/slq.js';
import * as is from '../numeric/wants.js';
import { layerOf } from '../surface/network/pieces.js';
import { partOf } from '../surface/requests.js';
import { REQUEST_WANTS, type RequestOptions, type SurfaceBlock } from '../surface/surface.js';
import { Density } from './density.js';
import { Eigenvalue } from './eigenvalue.js';
import { Measured } from './measured.js';
import { type DirectionsLike, directionsIn } from './places.js';
import type { Point } from './point.js';
import { Shown } from './shown.js';
import { Once, WATCHED_WANTS, watched } from './watched.js';

/** Sets the accuracy of eigenvalues. */
export interface EigenOptions extends RequestOptions {
  /** Wanted residual relative to the largest |eigenvalue|; 1e-5 by default. */
  readonly tolerance?: number;
  /** Most products with the Hessian; 4·count + 120 by default. */
  readonly maxSteps?: number;
}

/** Sets the probes of a trace or of a density. */
export interface ProbeOptions extends RequestOptions {
  /** Random vectors, at least 2: 30 for a trace, 10 for a density. */
  readonly probes?: number;
}

/** Sets how a density of eigenvalues is estimated and smoothed. */
export interface DensityOptions extends ProbeOptions {
  /** Products for each probe; 80 by default. */
  readonly steps?: number;
  /** Standard deviation of the Gaussian that smooths each eigenvalue; 1/100 of the range by default. */
  readonly width?: number;
  /** Eigenvalues at which the density is wanted; 200 over the range by default. */
  readonly at?: ArrayLike<number>;
}

const EIGEN_WANTS = is.shape<EigenOptions>({
  tolerance: is.maybe(is.positive),
  maxSteps: is.maybe(is.count),
  ...REQUEST_WANTS,
});
const PROBE_WANTS = is.shape<ProbeOptions>({ probes: is.maybe(is.count), ...REQUEST_WANTS });
const DENSITY_WANTS = is.shape<DensityOptions>({
  probes: is.maybe(is.count),
  steps: is.maybe(is.count),
  width: is.maybe(is.positive),
  at: is.maybe(is.some(is.numbers)),
  ...REQUEST_WANTS,
});

/** Blocks up to this size are formed for a trace and a density, which then are exact. */
const SMALL = 256;

/**
 * The Hessian on a block. A block is formed as a matrix where that takes no more products than its eigenvalues would; otherwise only
 * products with vectors are asked for. The `method` of every number says which. Every call takes `onProgress` and `signal`.
 */
export class Hessian extends Shown {
  readonly block: SurfaceBlock;
  readonly #point: Point;
  readonly #formed = new Once<Matrix>();

  constructor(point: Point, block: SurfaceBlock) {
    super();
    this.#point = point;
    this.block = block;
  }

  /**
   * Finds the largest eigenvalues, in descending order, with their eigenvectors.
   * @throws InputError unless 1 ≤ count ≤ the size of the block
   */
  async top(count = 10, options: EigenOptions = {}): Promise<Eigenvalue[]> {
    is.given('hessian.top', { count, options }, { count: is.count, options: EIGEN_WANTS });
    const { block } = this;
    check(
      count <= block.size,
      'bad-count',
      () => `hessian.top: ${block.name} has ${block.size} eigenvalues; got ${count}.`,
    );
    const { top } = await watched('hessian.top', options, (request) => this.#pairs(count, options, request));
    return top.map((pair) => new Eigenvalue(pair));
  }

  /** Finds the smallest eigenvalue, which is negative where the loss has a saddle. */
  async smallest(options: EigenOptions = {}): Promise<Eigenvalue> {
    is.given('hessian.smallest', { options }, { options: EIGEN_WANTS });
    const found = await watched('hessian.smallest', options, (request) => this.#pairs(1, options, request));
    return new Eigenvalue(found.smallest);
  }

  /**
   * Computes the trace: exact for a network of widths or for a small block, by random probes otherwise. Costs three gradients, a
   * product for each weight, or one for each probe.
   */
  async trace(options: ProbeOptions = {}): Promise<Measured> {
    is.given('hessian.trace', { options }, { options: PROBE_WANTS });
    return watched('hessian.trace', options, (request) => this.#trace(options, request));
  }

  async #trace(options: ProbeOptions, request: RequestOptions): Promise<Measured> {
    const { surface, weights, subset, key } = this.#point;
    const { block } = this;
    const closed = options.probes === undefined && !subset ? this.#closedTrace() : undefined;
    if (closed) return closed;
    if (block.size <= SMALL && !subset && options.probes === undefined) {
      const { trace } = denseSpectrum(this.#point.la, await this.#dense(request), 1);
      return new Measured(trace);
    }
    const { probes = 30 } = options;
    const found = await surfaceTrace(surface, weights, [block], {
      key: key.child('trace'),
      probes,
      ...(subset && { subset }),
      ...request,
    });
    return new Measured(found.layers[0].trace);
  }

  /** Estimates the density of all eigenvalues; exact up to its smoothing for a small block. Costs probes·steps products. */
  async density(options: DensityOptions = {}): Promise<Density> {
    is.given('hessian.density', { options }, { options: DENSITY_WANTS });
    return watched('hessian.density', options, (request) => this.#density(options, request));
  }

  async #density(options: DensityOptions, request: RequestOptions): Promise<Density> {
    const { surface, weights, subset, key, la } = this.#point;
    const { block } = this;
    const { probes = 10, steps = 80, width, at } = options;
    const where = { ...(width !== undefined && { width }), ...(at && { at }) };
    if (block.size <= SMALL && options.probes === undefined && options.steps === undefined) {
      const nodes = la.eigvalsh((await this.#dense(request)).hessian);
      const one = { nodes, weights: new Float64Array(nodes.length).fill(1 / nodes.length) };
      return new Density(block, densityOf(block.size, [one, one], where), 'all eigenvalues of the dense block');
    }
    const { density } = await surfaceCurvature(surface, weights, block, {
      key: key.child('density'),
      top: 1,
      maxSteps: 8,
      density: { probes, steps },
      la,
      ...(subset && { subset }),
      ...request,
    });
    const found = density as NonNullable<typeof density>;
    const again = at || width ? densityOf(block.size, found.probes, { steps, ...where }) : found;
    return new Density(block, again, `stochastic Lanczos quadrature, ${probes} probes of ${steps} products`);
  }

  /** Computes the curvature vᵀ H v along one direction, or along several; they are brought to length 1. */
  along(direction: ArrayLike<number>, options?: RequestOptions): Promise<Measured>;
  along(directions: Exclude<DirectionsLike, ArrayLike<number>>, options?: RequestOptions): Promise<Measured[]>;
  async along(directions: DirectionsLike, options: RequestOptions = {}): Promise<Measured | Measured[]> {
    is.given('hessian.along', { options }, { options: WATCHED_WANTS });
    const { rows: v, single } = directionsIn('hessian.along', this.block, directions);
    const all = await watched('hessian.along', options, (request) => this.#along(v, request));
    return single ? all[0] : all;
  }

  async #along(v: Matrix, request: RequestOptions): Promise<Measured[]> {
    const { surface, weights, subset } = this.#point;
    if (subset && surface.offers.projectedSampleGradients !== 'missing') {
      const each = await curvaturesBySample(surface, weights, this.block, v, subset, partOf(request));
      return Array.from({ length: v.rows }, (_, i) => {
        const own = Float64Array.from({ length: each.rows }, (_x, k) => each.data[k * v.rows + i]);
        return new Measured(overSamples(own, surface.samples, subset));
      });
    }
    const products = await surface.hessianVectors(weights, this.block, v, subset, request);
    return Array.from({ length: v.rows }, (_, i) => {
      const value = dot(row(products, i), row(v, i));
      return new Measured(exactly(value, 'a product with the Hessian', surface.samples));
    });
  }

  /**
   * Forms the block as a matrix.
   * @throws InputError for a block of more than 3000 weights
   */
  matrix(options: RequestOptions = {}): Promise<Matrix> {
    is.given('hessian.matrix', { options }, { options: WATCHED_WANTS });
    return watched('hessian.matrix', options, (request) => this.#matrix(request));
  }

  #matrix(request: RequestOptions): Promise<Matrix> {
    return this.#formed.get(request, (own) => this.#form(own));
  }

  toString(): string {
    const { surface, subset } = this.#point;
    const asked = subset ? `${subset.samples.length} of ` : '';
    return `Hessian of ${surface.name} on ${this.block.name}: ${counted(this.block.size, 'weight')}, ${asked}${counted(surface.samples, 'sample')}; ask for top(k), smallest(), trace(), density(), along(v) or matrix()`;
  }

  async #pairs(
    count: number,
    options: EigenOptions,
    request: RequestOptions,
  ): Promise<{ top: readonly CurvaturePair[]; smallest: CurvaturePair }> {
    const { surface, weights, subset, key, la } = this.#point;
    const { maxSteps = 4 * count + 120, tolerance } = options;
    if (this.block.size <= maxSteps && !subset && tolerance === undefined)
      return denseSpectrum(la, await this.#dense(request), count);
    return surfaceCurvature(surface, weights, this.block, {
      key: key.child('top'),
      top: count,
      probes: 2,
      maxSteps,
      la,
      ...(tolerance !== undefined && { tolerance }),
      ...(subset && { subset }),
      ...request,
    });
  }

  async #dense(request: RequestOptions) {
    const { surface } = this.#point;
    return { hessian: await this.#matrix(request), asymmetry: 0, samples: surface.samples, of: surface.samples };
  }

  async #form(request: RequestOptions): Promise<Matrix> {
    const { surface, weights, subset, spec } = this.#point;
    const layer = spec && !subset ? layerOf(spec, this.block) : undefined;
    // closed forms of perceptrons take a hundredth of the products
    if (layer && this.block.size > SMALL) return hessianBlock(this.#point.passes()!, layer.name).hessian;
    return (await denseHessian(surface, weights, this.block, { subset, ...request })).hessian;
  }

  #closedTrace(): Measured | undefined {
    const { spec, surface } = this.#point;
    if (!spec) return undefined;
    const whole = this.block.size === surface.size;
    const layer = spec.bias ? undefined : layerOf(spec, this.block);
    if (!whole && !layer) return undefined;
    const { trace, layers } = hessianTrace(this.#point.passes()!);
    return new Measured(whole ? trace : layers.find((l) => l.layer === layer!.name)!.trace);
  }
}
