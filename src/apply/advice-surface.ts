/** The measurements on which advice rests, at one state of any `Surface`. docs/theory [A1], [A2]. */
import { hessianProducts } from '../analyse/curvature/products.js';
import type { SampleCurvature } from '../analyse/curvature/sample-curvature.js';
import { surfaceHardSamples, surfaceSampleCurvature } from '../analyse/curvature/surface-sample-curvature.js';
import { distinct } from '../analyse/noise/batch-sharpness.js';
import { twoBatchNoise } from '../analyse/noise/noise-two-batches.js';
import { surfaceCurvedNoise, surfaceNoiseScale } from '../analyse/noise/surface-scales.js';
import { check, RunError } from '../numeric/errors.js';
import { type LinearAlgebra, stacked } from '../numeric/linalg/index.js';
import { dot, lanczosSearch } from '../numeric/operators/lanczos.js';
import { multiplyTogether } from '../numeric/operators/products.js';
import { orthonormal } from '../numeric/orthonormal.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { wholeBlock } from '../surface/blocks.js';
import { SURFACE_WANTS } from '../surface/check.js';
import type { RequestOptions, SampleSubset, Surface, SurfaceBlock } from '../surface/surface.js';
import { LINEAR_FORM_WANTS, type LinearForm } from '../theory/optimisers/linear-form.js';
import { convergedVectors, curvatureFacts, eigenvectorsOf, squaredMomentum } from './advice-curvature.js';
import type { AdvicePoint, CurvatureFacts, Measured, NoiseFacts } from './advice-facts.js';
import { NO_SCALE, noiseFacts } from './advice-noise.js';

/** Says how a state is measured. */
export interface AdviceMeasureOptions extends RequestOptions {
  readonly la: LinearAlgebra;
  readonly key: Key;
  readonly setting: Pick<AdvicePoint, 'momentum' | 'batchSize' | 'sampling'>;
  /** An optimiser other than SGD with that momentum, of whose own coordinates the surface is (`measureOptimiserAdvice`). */
  readonly form?: LinearForm;
  /** Directions in which batches are compared: five eighths are top eigenvectors, the rest gradients of hard samples; 16 by default. */
  readonly directions?: number;
  /** Samples over which curvature and noise are measured, drawn evenly; all by default. */
  readonly samples?: number;
  /** What is measured; both by default. What is left out is refused. */
  readonly parts?: readonly ('noise' | 'curvature')[];
}

const OPTIONS = is.shape<AdviceMeasureOptions>({
  la: is.algebra,
  key: is.key,
  setting: is.shape<AdviceMeasureOptions['setting']>({
    momentum: is.finite,
    batchSize: is.count,
    sampling: is.oneOf('shuffled', 'replaced', 'cyclic'),
  }),
  form: is.maybe(LINEAR_FORM_WANTS),
  directions: is.maybe(is.count),
  samples: is.maybe(is.count),
  parts: is.maybe(is.listOf(is.oneOf('noise', 'curvature'))),
});

/** Says why a part is missing that was not asked for. */
const NOT_ASKED = { refused: 'it was not asked for.' };

/** Holds what was measured at a state. */
export interface MeasuredOnSurface {
  readonly loss: number;
  readonly noise: Measured<NoiseFacts>;
  readonly curvature: Measured<CurvatureFacts>;
}

/** Number of probes of the noise along the curvature, and of minibatches of the small and the large size. */
const PROBES = 16;
const COUNTS = [128, 32] as const;

/**
 * Measures noise and curvature at a state. Costs some fifty Hessian products, gradients of the samples along 50 directions twice for
 * each direction of the curvature, and some 500 requests over small batches or single samples.
 * @throws RunError for a loss or gradient that is not finite; InputError where the surface has no verbs of single samples, and for
 *   fewer than 40 samples
 */
export async function measureAdvice(
  surface: Surface,
  w: Float64Array,
  options: AdviceMeasureOptions,
): Promise<MeasuredOnSurface> {
  is.given('measureAdvice', { surface, w, options }, { surface: SURFACE_WANTS, w: is.numbers, options: OPTIONS });
  const { key, signal, parts = ['noise', 'curvature'] } = options;
  const all = surface.samples;
  const count = Math.min(options.samples ?? all, all);
  check(
    surface.offers.squaredNorms !== 'missing' && surface.offers.projectedSampleGradients !== 'missing',
    'not-offered',
    `advice compares batches, which needs losses or gradients over parts of the samples; ${surface.name} gives them over all samples alone.`,
  );
  check(count >= 40, 'too-few-samples', () => `advice needs at least 40 samples; got ${count}.`);
  const block = wholeBlock(surface.parameters);
  const part: RequestOptions = signal ? { signal } : {};
  const { loss, gradient } = await surface.gradient(w, undefined, part);
  if (!Number.isFinite(loss) || !gradient.every(Number.isFinite))
    throw new RunError(
      'no-advice',
      `there is no advice at a loss of ${loss}: the loss and its gradient must be finite.`,
    );
  const samples = count < all ? distinct(all, count, key.child('samples')) : undefined;
  const subset = samples && { samples, strata: [{ count, of: all }] };
  const state = { surface, w, block, gradient, part, ...(subset && { subset }) };
  return {
    loss,
    noise: parts.includes('noise') ? await measureNoise(state, options) : NOT_ASKED,
    curvature: parts.includes('curvature') ? await measureCurvature(state, options) : NOT_ASKED,
  };
}

interface State {
  readonly surface: Surface;
  readonly w: Float64Array;
  readonly block: SurfaceBlock;
  readonly gradient: Float64Array;
  readonly part: RequestOptions;
  readonly subset?: SampleSubset;
}

async function measureNoise(
  { surface, w, block, gradient, part, subset }: State,
  { key, setting }: AdviceMeasureOptions,
): Promise<Measured<NoiseFacts>> {
  const squaredGradient = dot(gradient, gradient);
  if (squaredGradient === 0) return NO_SCALE;
  const n = surface.samples;
  const known = { ...part, gradient, ...(subset && { subset }) };
  const { trace, simple, carriers } = await surfaceNoiseScale(surface, w, block, known);
  const curved = await surfaceCurvedNoise(surface, w, block, [], { ...known, key, probes: PROBES });
  const small = Math.max(1, Math.min(setting.batchSize, Math.floor(n / 32)));
  const sizes = [small, Math.min(16 * small, Math.floor(n / 2))] as const;
  const squares = async (size: number, count: number, name: string) => {
    const out: number[] = [];
    for (let b = 0; b < count; b++) {
      const samples = distinct(n, size, key.child(name).child(b));
      const { gradient: g } = await surface.gradient(w, { samples, strata: [{ count: size, of: n }] }, part);
      out.push(dot(g, g));
    }
    return out;
  };
  const two = twoBatchNoise({
    of: n,
    smallSize: sizes[0],
    bigSize: sizes[1],
    small: await squares(sizes[0], COUNTS[0], 'small'),
    big: await squares(sizes[1], COUNTS[1], 'big'),
  });
  const curvedNoise = { weighted: curved.scale, curvedGradient: curved.along.value };
  const batches = { sizes, counts: COUNTS, two };
  return { facts: noiseFacts(n, { squaredGradient, trace, carriers, simple, ...curvedNoise }, batches) };
}

async function measureCurvature(
  { surface, w, block, part, subset }: State,
  { la, key, setting, form, directions = 16 }: AdviceMeasureOptions,
): Promise<Measured<CurvatureFacts>> {
  const { size } = surface;
  const multiply = hessianProducts(surface, w, block, { ...part, subset });
  const eigenvectors = eigenvectorsOf(directions, size);
  const search = lanczosSearch(size, { count: eigenvectors, key, tolerance: 1e-3, la });
  const [{ pairs, opposite }] = await multiplyTogether(multiply, [search]);
  const converged = convergedVectors(pairs);
  if ('refused' in converged) return converged;
  const vectors = converged.facts;
  const hard = await surfaceHardSamples(surface, w, block, directions - eigenvectors, subset, part);
  const basis = orthonormal([...vectors, ...hard], 0.05);
  const each = await surfaceSampleCurvature(surface, w, block, stacked(basis, size), subset, part);
  const momentum = form ? squaredMomentum(form) : setting.momentum;
  const products = momentum > 0 ? await multiply(basis) : undefined;
  if (!(meanAlongTop(each) > 0))
    return {
      refused:
        'along the direction of the largest curvature the samples, compared at two points, show none: kinks of ReLU units lie within the step of the difference.',
    };
  return {
    facts: curvatureFacts(
      la,
      { ...setting, ...(form && { form }) },
      {
        pairs,
        opposite,
        eigenvectors: vectors.length,
        basis,
        each,
        of: surface.samples,
        ...(products && { products }),
      },
    ),
  };
}

/** Returns the mean over samples of the curvature along the first direction. */
function meanAlongTop({ values, pairs, samples }: SampleCurvature): number {
  let sum = 0;
  for (let k = 0; k < samples; k++) sum += values[k * pairs];
  return sum / samples;
}
