/** The passes of a network at the point that was asked for last, over all samples and over the strata of a subset. */
import type { Samples } from '../../data/dataset.js';
import { pick } from '../../data/tasks.js';
import type { NetworkSpec } from '../../model/network.js';
import { strataOf } from '../subsets.js';
import type { SampleSubset, Subset } from '../surface.js';
import { NetworkPasses } from './passes.js';

/** Gives passes over one stratum, and its share of all samples, with which a mean over it counts. */
export interface Stratum {
  readonly passes: NetworkPasses;
  readonly share: number;
}

/** Keeps the passes over all samples, and those of the last subset, and moves them to the weights that are asked for. */
export class Points {
  private whole: NetworkPasses | undefined;
  private subset: SampleSubset | undefined;
  private strata: Stratum[] = [];

  constructor(
    private readonly spec: NetworkSpec,
    private readonly samples: Samples,
    private readonly cacheBytes: number | undefined,
  ) {}

  /** Returns passes at these weights; the mean over what was asked is the sum of `share` times the mean over each. */
  at(weights: Float64Array, subset: Subset): readonly Stratum[] {
    if (!subset) {
      this.whole = this.move(this.whole, weights, this.samples);
      return [{ passes: this.whole, share: 1 }];
    }
    const known = this.subset && sameSubset(this.subset, subset) ? this.strata : undefined;
    this.strata = strataOf(subset).map(({ samples, share }, h) => ({
      share,
      passes: this.move(known?.[h].passes, weights, known ? this.samples : pick(this.samples, samples)),
    }));
    this.subset = { samples: subset.samples.slice(), strata: subset.strata.map((s) => ({ ...s })) };
    return this.strata;
  }

  /** Forgets all passes, so that their memory can be freed. */
  close(): void {
    this.whole = undefined;
    this.subset = undefined;
    this.strata = [];
  }

  private move(passes: NetworkPasses | undefined, weights: Float64Array, samples: Samples): NetworkPasses {
    const { spec, cacheBytes } = this;
    if (!passes) return new NetworkPasses({ spec, weights, samples, ...(cacheBytes !== undefined && { cacheBytes }) });
    if (!sameNumbers(passes.weights, weights)) passes.setWeights(weights);
    return passes;
  }
}

/** Says whether two arrays have the same numbers. */
export function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

const sameSubset = (a: SampleSubset, b: SampleSubset) =>
  sameNumbers(a.samples, b.samples) &&
  a.strata.length === b.strata.length &&
  a.strata.every((s, h) => s.count === b.strata[h].count && s.of === b.strata[h].of);
