/** Losses along lines from the losses of samples, with the errors of a subset. docs/theory [F5]. */
import { moved } from './blocks.js';
import { progressOf } from './requests.js';
import { stratifiedMean } from './subsets.js';
import type { Line, LineLosses, RequestOptions, Subset } from './surface.js';

/**
 * Computes L(w + δ p) for all lines from the losses of the samples at every point, which `sampleLosses` gives in the order of the
 * subset. Where a subset is given, the standard error of L(δ) − L(0) comes from the differences sample by sample. Costs one
 * request a displacement, and one for the centre.
 */
export async function linesFromSamples(
  sampleLosses: (w: Float64Array) => Promise<Float64Array> | Float64Array,
  w: Float64Array,
  lines: readonly Line[],
  subset: Subset,
  options?: RequestOptions,
): Promise<LineLosses[]> {
  const total = lines.reduce((sum, l) => sum + l.displacements.length, 0);
  const step = progressOf(options, total);
  const centre = subset && total > 0 ? await sampleLosses(w) : undefined;
  const out: LineLosses[] = [];
  for (const { block, direction, displacements } of lines) {
    const losses = new Float64Array(displacements.length);
    const standardErrors = new Float64Array(displacements.length);
    for (let i = 0; i < losses.length; i++) {
      const own = await sampleLosses(moved(w, block, direction, displacements[i]));
      losses[i] = subset ? stratifiedMean(own, subset).mean : own.reduce((a, b) => a + b, 0) / own.length;
      if (centre && subset)
        standardErrors[i] = stratifiedMean(
          own.map((x, k) => x - centre[k]),
          subset,
        ).standardError;
      await step();
    }
    out.push(subset ? { losses, standardErrors } : { losses });
  }
  return out;
}
