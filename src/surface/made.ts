/**
 * The verbs of a surface, each from the model where it has it and else made from what it has.
 *
 *     losses                     ← losses of samples, or losses of gradients, at the points of the lines
 *     gradient                   ← five-point differences of losses
 *     hessianVectors             ← differences of gradients
 *     sampleLosses               ← losses over one sample
 *     projectedSampleGradients, squaredNorms, secondMoment, fisher
 *                                ← gradients over one sample, or differences of losses of samples
 *
 * Logits and the true Fisher matrix are not made: a loss does not say what the model thinks of other labels.
 */
import { differencedGradient, differencedProducts } from './made-derivatives.js';
import { linesFromSamples } from './made-lines.js';
import {
  differencedProjections,
  fisherFrom,
  gradientsFromProjections,
  gradientsOneByOne,
  momentFrom,
  normsFrom,
  projectedFrom,
  type SampleGradients,
} from './made-samples.js';
import { partOf } from './requests.js';
import { oneSample } from './subsets.js';
import type { Offer, Subset, Surface, SurfaceBlock, Verb } from './surface.js';

/** Holds what a model offers by itself: at least one of losses, losses of samples, and gradients. */
export interface SurfaceParts
  extends Pick<Surface, 'name' | 'size' | 'samples' | 'precision'>,
    Partial<Pick<Surface, Verb | 'parameters' | 'close' | 'scale'>> {
  /** Says of verbs given here that they are themselves made from others; the other ones are exact. */
  readonly offers?: Partial<Record<Verb, Offer>>;
  /** False where nothing can be asked over a part of the samples; true by default. */
  readonly subsets?: boolean;
}

/** Largest block whose gradients of samples are taken from projections on its unit vectors. */
const PROJECTED = 4096;

/** Returns all verbs, unchecked. A verb that is made calls the model, never the surface that is made of it. */
export function madeVerbs(
  parts: SurfaceParts,
  whole: SurfaceBlock,
): Pick<Surface, Exclude<Verb, 'logits' | 'trueFisher'>> {
  const { samples, precision, size } = parts;
  const split = parts.subsets !== false || samples === 1;
  const oneByOne = parts.gradient && split ? gradientsOneByOne(parts.gradient.bind(parts), samples) : undefined;
  const countOf = (subset: Subset) => subset?.samples.length ?? samples;
  /** The subset of one sample as the model is asked for it. */
  const one = (subset: Subset, i: number) => (samples === 1 ? undefined : oneSample(subset?.samples[i] ?? i, samples));

  const losses: Surface['losses'] = async (w, lines, subset, options) => {
    if (parts.losses) return parts.losses(w, lines, subset, options);
    const { gradient } = parts;
    if (gradient && !parts.sampleLosses && !subset)
      return linesFromSamples(
        async (at) => Float64Array.of((await gradient.call(parts, at, subset, partOf(options))).loss),
        w,
        lines,
        subset,
        options,
      );
    return linesFromSamples((at) => sampleLosses(at, subset, partOf(options)), w, lines, subset, options);
  };
  const sampleLosses: Surface['sampleLosses'] = async (w, subset, options) => {
    if (parts.sampleLosses) return parts.sampleLosses(w, subset, options);
    const out = new Float64Array(countOf(subset));
    const centre = [{ block: whole, direction: new Float64Array(size), displacements: [0] }];
    for (let i = 0; i < out.length; i++)
      out[i] = parts.losses
        ? (await parts.losses(w, centre, one(subset, i), partOf(options)))[0].losses[0]
        : (await parts.gradient!(w, one(subset, i), partOf(options))).loss;
    return out;
  };
  const gradient: Surface['gradient'] = async (w, subset, options) =>
    parts.gradient ? parts.gradient(w, subset, options) : differencedGradient(losses, precision, w, subset, options);
  const projected: Surface['projectedSampleGradients'] = async (w, block, v, subset, options) => {
    if (parts.projectedSampleGradients) return parts.projectedSampleGradients(w, block, v, subset, options);
    const count = countOf(subset);
    if (oneByOne) return projectedFrom(oneByOne, w, block, v, subset, count, options);
    const at = (x: Float64Array) => sampleLosses(x, subset, partOf(options));
    return differencedProjections(at, precision, w, block, v, count, options);
  };
  const fromProjections = gradientsFromProjections(projected, samples, split);
  const each: SampleGradients = (w, block, ...rest) =>
    oneByOne && !(parts.projectedSampleGradients && block.size <= PROJECTED)
      ? oneByOne(w, block, ...rest)
      : fromProjections(w, block, ...rest);

  return {
    losses,
    gradient,
    sampleLosses,
    projectedSampleGradients: projected,
    hessianVectors: async (w, block, v, subset, options) =>
      parts.hessianVectors
        ? parts.hessianVectors(w, block, v, subset, options)
        : differencedProducts(gradient, precision, !parts.gradient, w, block, v, subset, options),
    secondMoment: async (w, block, subset, options) =>
      parts.secondMoment ? parts.secondMoment(w, block, subset, options) : momentFrom(each, w, block, subset, options),
    squaredNorms: async (w, block, subset, options) =>
      parts.squaredNorms
        ? parts.squaredNorms(w, block, subset, options)
        : normsFrom(each, w, block, subset, countOf(subset), options),
    fisher: async (w, subset, options) =>
      parts.fisher ? parts.fisher(w, subset, options) : fisherFrom(each, w, whole, subset, options),
  };
}
