/** What measurements at one point of the weights share. */
import type { Samples } from '../data/dataset.js';
import type { NetworkSpec } from '../model/network.js';
import { check } from '../numeric/errors.js';
import { embeddedLinearAlgebra, type LinearAlgebra } from '../numeric/linalg/index.js';
import { type Key, randomKey } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { NetworkPasses } from '../surface/network/passes.js';
import { type SampleSubset, SUBSET_WANTS, type Surface } from '../surface/surface.js';

/** Sets the samples that are asked, and what stands behind the numbers. Nothing is needed. */
export interface AtOptions {
  /**
   * How many samples are asked, drawn at random, where all of them would take too long; or which. Errors are then those of estimates
   * for all samples. All of them by default.
   */
  readonly subset?: number | SampleSubset;
  /** Randomness of starts, probes and the subset: a seed, or a key; 0 by default. */
  readonly seed?: number;
  readonly key?: Key;
  /** Linear algebra; the package's own by default. `await chooseProvider()` gives that of the machine. */
  readonly la?: LinearAlgebra;
}

const OPTIONS_WANTS = is.shape<AtOptions>({
  subset: is.maybe(is.either(is.count, SUBSET_WANTS)),
  seed: is.maybe(is.whole),
  key: is.maybe(is.key),
  la: is.maybe(is.algebra),
});

/** What measurements at a point share. */
export interface Point {
  readonly surface: Surface;
  readonly weights: Float64Array;
  readonly subset: SampleSubset | undefined;
  readonly key: Key;
  readonly la: LinearAlgebra;
  /** Passes over all samples with closed forms that only perceptrons of this package have; undefined for other models. */
  passes(): NetworkPasses | undefined;
  readonly spec: NetworkSpec | undefined;
}

/** A network of widths, and its samples. */
interface Perceptron {
  readonly spec: NetworkSpec;
  readonly samples: Samples;
}

/** Makes the point. */
export function pointOf(
  call: string,
  surface: Surface,
  weights: Float64Array,
  options: AtOptions,
  perceptron?: Perceptron,
): Point {
  is.given(call, { options }, { options: OPTIONS_WANTS });
  const key = options.key ?? randomKey(options.seed ?? 0);
  let passes: NetworkPasses | undefined;
  return {
    surface,
    weights,
    subset: subsetOf(call, surface, options.subset, key),
    key,
    la: options.la ?? embeddedLinearAlgebra(),
    spec: perceptron?.spec,
    passes() {
      if (perceptron) passes ??= new NetworkPasses({ ...perceptron, weights });
      return passes;
    },
  };
}

function subsetOf(
  call: string,
  { samples: N }: Surface,
  asked: AtOptions['subset'],
  key: Key,
): SampleSubset | undefined {
  if (typeof asked !== 'number') return asked;
  check(
    asked >= 2,
    'bad-subset',
    () => `${call}: a subset has at least 2 samples, since one has no error; got ${asked}.`,
  );
  if (asked >= N) return undefined;
  const samples = key.child('subset').stream().permutation(N).slice(0, asked).sort();
  return { samples, strata: [{ count: asked, of: N }] };
}
