/** Everything that is measured on one block of a surface, from the answers to batched requests. */

import { InputError } from '../../numeric/errors.js';
import { computed, type Estimate, estimate, exactly } from '../../numeric/estimate.js';
import { type LinearAlgebra, type Matrix, matrix, row, stacked } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import type { Key } from '../../numeric/random.js';
import { gather } from '../../surface/blocks.js';
import { NEEDS } from '../../surface/completed.js';
import type { Subset, Surface, SurfaceBlock, Verb } from '../../surface/surface.js';
import { curvaturesBySample } from '../curvature/by-sample.js';
import { denseHessian, denseSpectrum } from '../curvature/dense-block.js';
import { type SurfaceCurvature, surfaceCurvature, withSubsetErrors } from '../curvature/surface-curvature.js';
import { type SurfaceFlatness, surfaceFlatness } from '../landscape/surface-flatness.js';
import { overSamples } from '../noise/over-samples.js';
import { noiseOf, type ProjectedNoise } from '../noise/surface-noise.js';
import { surfaceCurvedNoise, surfaceNoiseScale, surfaceSharpness } from '../noise/surface-scales.js';
import type {
  BlockMeasured,
  MeasuredFlatness,
  MeasuredNoise,
  MeasuredPlane,
  MeasuredSpectrum,
  NotMeasured,
} from './results.js';

/** Gives directions in a block, those of a recorded window as a rule. */
export interface GivenDirections {
  /** k×P_b, one unit vector a row. */
  readonly vectors: Matrix;
  /** Ranks from 1, and variances over the window, weight². */
  readonly indices: ArrayLike<number>;
  readonly variances: ArrayLike<number>;
}

/** Says how a block is measured, and at which point. */
export interface BlockRequest {
  readonly surface: Surface;
  readonly w: Float64Array;
  readonly block: SurfaceBlock;
  readonly subset: Subset;
  /** Over all samples: L0 and g, all weights. */
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly directions: GivenDirections | undefined;
  readonly top: number;
  readonly density: { readonly probes: number; readonly steps: number };
  readonly probes: number;
  readonly batchSize: number | undefined;
  readonly batches: number;
  readonly dense: boolean;
  readonly memoryBytes: number | undefined;
  readonly key: Key;
  readonly la: LinearAlgebra;
  readonly signal: AbortSignal | undefined;
  readonly report: (what: string, share: number) => void;
}

/** Measures a block, and says of what is left out what it would need. */
export async function measureBlock(r: BlockRequest): Promise<BlockMeasured> {
  const { surface, w, block, gradient } = r;
  const left: NotMeasured[] = [];
  /** Does a part if the surface answers all that it asks; otherwise, or where it does not exist, says what it needs. */
  const part = async <T>(what: string, verbs: readonly Verb[], work: () => Promise<T>): Promise<T | undefined> => {
    const lacking = verbs.filter((verb) => surface.offers[verb] === 'missing');
    if (lacking.length > 0) {
      left.push({ what, needs: lacking.map((verb) => `${verb}: ${NEEDS[verb]}`).join('; ') });
      return undefined;
    }
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof InputError) || error.code !== 'no-centre-loss') throw error;
      left.push({ what, needs: error.message });
      return undefined;
    }
  };
  const curvature = await part('the spectrum of the Hessian', ['hessianVectors'], () => spectrumOf(r));
  const eigenvectors =
    curvature &&
    stacked(
      curvature.top.map((p) => p.vector),
      block.size,
    );
  const directions = r.directions?.vectors ?? eigenvectors;
  const products =
    directions && (await part('curvature along directions', ['hessianVectors'], () => productsOf(r, directions)));
  const flatness =
    directions &&
    products &&
    (await part('widths along directions', ['losses', 'gradient'], () => widthsOf(r, directions, products)));
  const ofSamples = await part('the noise of gradients along directions', ['projectedSampleGradients'], () =>
    noiseAlong(r, directions, r.directions ? eigenvectors : undefined),
  );
  const curvatures = directions && products && (await curvaturesAlong(r, directions, products));
  const noise = await part('the noise scale', ['squaredNorms', 'projectedSampleGradients'], () =>
    noiseOfBlock(r, curvature),
  );
  const { along, modes } = ofSamples ?? {};
  return {
    name: block.name,
    size: block.size,
    parameters: surface.parameters.filter((p) => overlaps(p, block)).map((p) => p.name),
    norm: Math.sqrt(dot(gather(block, w), gather(block, w))),
    flatness: flatness && curvatures && describeFlatness(r, flatness, curvatures.each, along),
    spectrum: curvature && describeSpectrum(r, curvature, modes),
    noise,
    plane: curvatures && along && describePlane(directions!, curvatures.matrix, along, gather(block, gradient)),
    left,
  };
}

const overlaps = (p: { offset: number; size: number }, block: SurfaceBlock): boolean =>
  block.ranges.some((b) => p.offset < b.offset + b.size && b.offset < p.offset + p.size);

const requestOf = ({ signal }: BlockRequest) => (signal ? { signal } : {});
const watch = (r: BlockRequest, what: string) => ({ onProgress: (share: number) => r.report(what, share) });

async function spectrumOf(r: BlockRequest): Promise<SurfaceCurvature> {
  const { surface, w, block, subset, key, la, top, density, memoryBytes } = r;
  const options = { ...requestOf(r), ...watch(r, 'curvature'), ...(subset && { subset }) };
  if (!r.dense)
    return surfaceCurvature(surface, w, block, {
      ...options,
      key: key.child('curvature'),
      top,
      density,
      la,
      ...(memoryBytes !== undefined && { memoryBytes }),
    });
  const spectrum = denseSpectrum(la, await denseHessian(surface, w, block, options), top);
  if (!subset) return spectrum;
  const probes = r.density.probes;
  return withSubsetErrors(surface, w, block, spectrum, {
    ...requestOf(r),
    subset,
    key: key.child('curvature'),
    probes,
  });
}

function productsOf({ surface, w, block, subset, ...r }: BlockRequest, directions: Matrix): Promise<Matrix> {
  return surface.hessianVectors(w, block, directions, subset, r.signal ? { signal: r.signal } : {});
}

function widthsOf(r: BlockRequest, directions: Matrix, products: Matrix): Promise<SurfaceFlatness> {
  const { surface, w, block, subset, loss, directions: given } = r;
  return surfaceFlatness(surface, w, block, directions, {
    ...requestOf(r),
    ...watch(r, 'flatness'),
    products,
    ...(subset && { subset, centreLoss: loss }),
    ...(given && { indices: given.indices, variances: given.variances }),
  });
}

/** Measures the noise along the directions of the widths and along eigenvectors, in one request. */
async function noiseAlong(
  r: BlockRequest,
  directions: Matrix | undefined,
  eigenvectors: Matrix | undefined,
): Promise<{ along: ProjectedNoise | undefined; modes: ProjectedNoise | undefined }> {
  const { surface, w, block, subset, gradient } = r;
  const parts = [directions, eigenvectors].filter((m) => m !== undefined);
  if (parts.length === 0) return { along: undefined, modes: undefined };
  const rows = stacked(
    parts.flatMap((m) => Array.from({ length: m.rows }, (_, i) => row(m, i))),
    block.size,
  );
  const each = await surface.projectedSampleGradients(w, block, rows, subset, requestOf(r));
  r.report('noise', 0.5);
  const g = gather(block, gradient);
  const columns = (m: Matrix, from: number): ProjectedNoise => {
    const own = matrix(each.rows, m.rows);
    for (let s = 0; s < each.rows; s++)
      for (let i = 0; i < m.rows; i++) own.data[s * m.rows + i] = each.data[s * each.cols + from + i];
    return noiseOf(own, g, m, surface.samples, subset);
  };
  const along = directions && columns(directions, 0);
  return { along, modes: eigenvectors ? columns(eigenvectors, directions?.rows ?? 0) : along };
}

/** Returns pᵀHp along each direction with its error over a subset, and all p_iᵀHp_j. */
async function curvaturesAlong(
  r: BlockRequest,
  directions: Matrix,
  products: Matrix,
): Promise<{ each: Estimate[]; matrix: Matrix }> {
  const { surface, w, block, subset, la } = r;
  const h = la.gemm(directions, products, { transposeB: true });
  const k = directions.rows;
  for (let i = 0; i < k; i++)
    for (let j = 0; j < i; j++) h.data[i * k + j] = h.data[j * k + i] = (h.data[i * k + j] + h.data[j * k + i]) / 2;
  const values = Array.from({ length: k }, (_, i) => h.data[i * (k + 1)]);
  if (!subset) return { each: values.map((v) => exactly(v, 'a product with H', surface.samples)), matrix: h };
  const n = subset.samples.length;
  if (surface.offers.projectedSampleGradients === 'missing') {
    const each = values.map((v) => estimate(v, Number.NaN, n, `a product with H over ${n} samples`, false));
    return { each, matrix: h };
  }
  const own = await curvaturesBySample(surface, w, block, directions, subset, requestOf(r));
  const each = values.map((value, i) => {
    const ofSamples = Float64Array.from({ length: n }, (_, s) => own.data[s * k + i]);
    return { ...overSamples(ofSamples, surface.samples, subset), value };
  });
  return { each, matrix: h };
}

async function noiseOfBlock(r: BlockRequest, curvature: SurfaceCurvature | undefined): Promise<MeasuredNoise> {
  const { surface, w, block, subset, gradient, key, probes, batchSize, batches } = r;
  const options = { ...requestOf(r), gradient, ...(subset && { subset }) };
  const { trace, squaredGradient, simple, carriers } = await surfaceNoiseScale(surface, w, block, options);
  const curved =
    curvature &&
    (await surfaceCurvedNoise(surface, w, block, curvature.top, { ...options, key: key.child('curved'), probes }));
  r.report('noise', 0.8);
  const size = Math.min(batchSize ?? 50, surface.samples);
  const sharp =
    curvature && surface.offers.sampleLosses !== 'missing' && batches >= 2
      ? await surfaceSharpness(surface, w, block, {
          ...requestOf(r),
          batchSize: size,
          batches,
          key: key.child('sharpness'),
        })
      : undefined;
  r.report('noise', 1);
  return {
    trace,
    squaredGradient,
    simple,
    critical: curved?.scale,
    carriers,
    sharpness: sharp && { batchSize: size, ratio: sharp.ratio },
  };
}

function describeFlatness(
  r: BlockRequest,
  { factor, relativeTolerance, directions, samples, of }: SurfaceFlatness,
  curvatures: readonly Estimate[],
  noise: ProjectedNoise | undefined,
): MeasuredFlatness {
  return {
    along: r.directions ? 'window' : 'eigenvectors',
    factor,
    relativeTolerance,
    directions: directions.map((d, i) => {
      const { index, variance, open, left, right, quadraticRatio, asymmetry, evaluations, flatness } = d;
      const value = flatness ?? Number.NaN;
      return {
        index,
        variance,
        flatness: r.subset
          ? estimate(
              value,
              d.flatnessError,
              samples,
              `crossings by ${evaluations} losses over ${samples} of ${of} samples`,
            )
          : computed(
              value,
              relativeTolerance * value,
              evaluations,
              `crossings by ${evaluations} losses over all samples`,
            ),
        open,
        left,
        right,
        slope: noise?.slopes[i] ?? estimate(d.slope, Number.NaN, samples, 'the gradient', false),
        curvature: curvatures[i],
        quadraticRatio,
        asymmetry,
        noise: noise?.variances[i],
      };
    }),
  };
}

function describeSpectrum(
  r: BlockRequest,
  { top, smallest, trace, density, products, converged }: SurfaceCurvature,
  noise: ProjectedNoise | undefined,
): MeasuredSpectrum {
  return {
    top: top.map((p, i) => ({ curvature: p.value, noise: noise?.variances[i], slope: noise?.slopes[i] })),
    smallest: smallest.value,
    trace,
    density: density && {
      at: Array.from(density.at),
      density: Array.from(density.density),
      standardError: Array.from(density.standardError),
      width: density.width,
      ...r.density,
    },
    products,
    dense: r.dense,
    converged,
  };
}

function describePlane(directions: Matrix, h: Matrix, noise: ProjectedNoise, g: Float64Array): MeasuredPlane {
  return {
    size: directions.rows,
    hessian: Array.from(h.data),
    covariance: Array.from(noise.covariance.data),
    gradient: Array.from({ length: directions.rows }, (_, i) => dot(g, row(directions, i))),
  };
}
