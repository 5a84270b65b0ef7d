/** A surface from functions, such as formulas, or a model in any TypeScript library. */
import { matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import { gather, moved, parametersOf, scatterAdd } from './blocks.js';
import { completed } from './completed.js';
import type { SurfaceParts } from './made.js';
import { linesFromSamples } from './made-lines.js';
import { numbersOf, progressOf } from './requests.js';
import { strataOf } from './subsets.js';
import type { Parameter, Subset, Surface } from './surface.js';

/** Holds what a function of a model returns: a value, or a promise of it. */
export type Answer<T> = T | Promise<T>;

/**
 * Holds the functions of a model. Each may be synchronous or not, and gets a copy of the weights. `samples` are the numbers of
 * the samples that are asked for, ascending from 0 where all are; an analytic landscape ignores them.
 */
export interface ModelFunctions {
  /** What the model is, for reports; 'a function' by default. */
  readonly name?: string;
  /** Number of weights, P. */
  readonly size: number;
  /** Names and shapes of the tensors in the order of the flat vector; one of all weights by default. */
  readonly parameters?: readonly Pick<Parameter, 'name' | 'shape'>[];
  /** Number of samples, N; 1 by default. */
  readonly samples?: number;
  /** Precision of the losses; float64 by default. */
  readonly precision?: Surface['precision'];
  /** Returns the mean loss over these samples. */
  loss(w: Float64Array, samples: Uint32Array): Answer<number>;
  /** Returns the gradient of that mean, length P; by default differences of losses give it. */
  gradient?(w: Float64Array, samples: Uint32Array): Answer<ArrayLike<number>>;
  /** Returns the product of the Hessian of that mean with v, both of length P; by default differences of gradients give it. */
  hessianVector?(w: Float64Array, v: Float64Array, samples: Uint32Array): Answer<ArrayLike<number>>;
  /** Returns the loss of each of these samples; by default the loss is asked for one sample at a time. */
  sampleLosses?(w: Float64Array, samples: Uint32Array): Answer<ArrayLike<number>>;
}

/** Says what {@link ModelFunctions} needs. */
const MODEL_WANTS = is.shape<ModelFunctions>({
  name: is.maybe(is.text),
  size: is.number,
  parameters: is.maybe(is.listOf(is.shape({ name: is.text, shape: is.numbers }))),
  samples: is.maybe(is.number),
  precision: is.maybe(is.oneOf('float32', 'float64')),
  loss: is.func,
  gradient: is.maybe(is.func),
  hessianVector: is.maybe(is.func),
  sampleLosses: is.maybe(is.func),
});

/**
 * Makes a surface from functions; a `LossSurface` has all that is needed. Means over a subset are taken stratum by stratum.
 * @throws InputError for sizes that are not positive integers or do not agree
 */
export function functionSurface(model: ModelFunctions): Surface {
  is.given('functionSurface', { model }, { model: MODEL_WANTS });
  const { name = 'a function', size, samples = 1, precision = 'float64' } = model;
  const all = Uint32Array.from({ length: Number.isInteger(samples) && samples > 0 ? samples : 0 }, (_, k) => k);
  const numbers = (subset: Subset) => (subset ? subset.samples : all).slice();
  /** Strata of what is asked: a mean over all samples has one. */
  const strata = (subset: Subset) => (subset ? strataOf(subset) : [{ samples: all, share: 1 }]);

  const lossOver = async (w: Float64Array, subset: Subset) => {
    let sum = 0;
    for (const part of strata(subset)) sum += part.share * Number(await model.loss(w.slice(), part.samples.slice()));
    return sum;
  };
  const vectorOver = async (
    subset: Subset,
    what: string,
    ask: (samples: Uint32Array) => Answer<ArrayLike<number>>,
  ): Promise<Float64Array> => {
    const sum = new Float64Array(size);
    for (const part of strata(subset)) {
      const own = numbersOf(name, what, await ask(part.samples.slice()), size);
      for (let i = 0; i < size; i++) sum[i] += part.share * own[i];
    }
    return sum;
  };
  const sampleLosses = async (w: Float64Array, subset: Subset) => {
    const asked = numbers(subset);
    if (model.sampleLosses)
      return numbersOf(name, 'the losses of samples', await model.sampleLosses(w.slice(), asked), asked.length);
    const out = new Float64Array(asked.length);
    for (let i = 0; i < out.length; i++) out[i] = Number(await model.loss(w.slice(), Uint32Array.of(asked[i])));
    return out;
  };

  const parts: SurfaceParts = {
    name,
    size,
    samples,
    precision,
    ...(model.parameters && { parameters: parametersOf(model.parameters) }),
    async losses(w, lines, subset, options) {
      if (subset) return linesFromSamples((at) => sampleLosses(at, subset), w, lines, subset, options);
      const step = progressOf(
        options,
        lines.reduce((sum, l) => sum + l.displacements.length, 0),
      );
      const out = [];
      for (const { block, direction, displacements } of lines) {
        const losses = new Float64Array(displacements.length);
        for (let i = 0; i < losses.length; i++) {
          losses[i] = await lossOver(moved(w, block, direction, displacements[i]), undefined);
          await step();
        }
        out.push({ losses });
      }
      return out;
    },
    sampleLosses: (w, subset) => sampleLosses(w, subset),
    ...(model.gradient && {
      async gradient(w: Float64Array, subset: Subset) {
        const gradient = await vectorOver(subset, 'the gradient', (k) => model.gradient!(w.slice(), k));
        return { loss: await lossOver(w, subset), gradient };
      },
    }),
    ...(model.hessianVector &&
      ({
        async hessianVectors(w, block, v, subset, options) {
          const out = matrix(v.rows, v.cols);
          const step = progressOf(options, v.rows);
          for (let i = 0; i < v.rows; i++) {
            const flat = new Float64Array(size);
            scatterAdd(block, v.data.subarray(i * v.cols, (i + 1) * v.cols), 1, flat);
            const product = await vectorOver(subset, 'a product with the Hessian', (k) =>
              model.hessianVector!(w.slice(), flat.slice(), k),
            );
            out.data.set(gather(block, product), i * v.cols);
            await step();
          }
          return out;
        },
      } satisfies Pick<SurfaceParts, 'hessianVectors'>)),
  };
  return completed(parts);
}
