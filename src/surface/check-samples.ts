/** The checks of what a surface says of single samples, against each other and against its means. */
import { matrix } from '../numeric/linalg/index.js';
import type { Key } from '../numeric/random.js';
import { wholeBlock } from './blocks.js';
import { apart, judged, type SurfaceCheck, skipped } from './check-report.js';
import { norm } from './made-derivatives.js';
import { sampleWeights } from './subsets.js';
import type { RequestOptions, SampleSubset, Subset, Surface } from './surface.js';

/** Most samples that are asked for one by one. */
const MOST = 32;

/**
 * Checks losses and gradients of samples. Costs the losses of all samples, and losses and gradients of 32 of them.
 * @param whole - L over the samples that are compared, all where `over` is undefined; g over all samples
 * @param same - relative deviation that is allowed between sums in another order
 */
export async function checkSamplesOf(
  surface: Surface,
  w: Float64Array,
  whole: { readonly over: Subset; readonly loss: number; readonly gradient: Float64Array },
  same: number,
  key: Key,
  part: RequestOptions | undefined,
): Promise<{ checks: SurfaceCheck[]; count: number }> {
  const { name, samples: all, offers } = surface;
  if (offers.sampleLosses === 'missing') {
    const reason = 'The model gives no losses of single samples.';
    const names = ['samples independent', 'mean of samples', 'mean of a subset', 'gradients of samples'] as const;
    return { checks: names.map((n) => skipped(n, reason)), count: 0 };
  }
  const subset = twoStrata(all, key);
  const count = subset.samples.length;
  const reversed: SampleSubset = { samples: subset.samples.slice().reverse(), strata: [{ count, of: all }] };
  const own = await surface.sampleLosses(w, subset, part);
  const back = (await surface.sampleLosses(w, reversed, part)).slice().reverse();
  const alone = await surface.sampleLosses(
    w,
    { samples: subset.samples.slice(0, 1), strata: [{ count: 1, of: all }] },
    part,
  );
  const mixed = Math.max(apart(back, own), apart([alone[0], ...own.slice(1)], own));
  const checks: SurfaceCheck[] = [
    judged(
      'samples independent',
      mixed,
      same,
      'The loss of a sample does not depend on which others are asked for.',
      `the loss of a sample of ${name} depends on which other samples are asked for with it (${mixed.toExponential(1)}): use the running statistics of batch normalisation and no shuffling, in PyTorch with the lines model.eval() and shuffle=False.`,
    ),
  ];

  // made losses of all samples would be as many requests
  if (offers.sampleLosses === 'exact' || all <= MOST) {
    const each = await surface.sampleLosses(w, whole.over, part);
    const mean = each.reduce((sum, x) => sum + x / each.length, 0);
    checks.push(meanCheck(name, mean, whole.loss, each.length, same));
  } else checks.push(skipped('mean of samples', 'Losses of samples are made one by one, too slow for all of them.'));

  const weights = sampleWeights(subset);
  const meanOf = (values: ArrayLike<number>) => weights.reduce((sum, c, k) => sum + c * values[k], 0);
  const over = await surface.gradient(w, subset, part);
  const expected = meanOf(own);
  checks.push(
    judged(
      'mean of a subset',
      apart([over.loss], [expected]),
      same,
      'The loss over a subset is the weighted mean of the losses of its samples.',
      `the loss of ${name} over ${count} of its samples is ${over.loss}, and the weighted mean of their losses is ${expected}: a request over a subset must ask those samples alone, with the weights that sampleWeights gives.`,
    ),
  );
  checks.push(...(await gradientsOfSamples(surface, w, subset, over.gradient, whole.gradient, same, key, part)));
  return { checks, count };
}

function meanCheck(name: string, mean: number, loss: number, all: number, same: number): SurfaceCheck {
  const toChange = () => {
    const ratio = loss / mean;
    const near = (x: number) => Math.abs(ratio / x - 1) < 1e-3;
    if (near(all))
      return `the loss of ${name} is ${loss}, the sum over its ${all} samples: give the mean, in PyTorch with the line reduction='mean'.`;
    if (near(1 / all))
      return `the losses of the samples of ${name} are each divided by the number of samples, ${all}: give each sample's own loss.`;
    return loss > mean
      ? `the loss of ${name} is ${loss}, and the mean of the losses of its samples is ${mean}: give the loss without a penalty on the weights, as the plain mean over the samples, a smaller last batch included.`
      : `the loss of ${name} is ${loss}, and the mean of the losses of its samples is ${mean}: take both over the same samples, as the plain mean with no class weights, a smaller last batch included.`;
  };
  return judged(
    'mean of samples',
    apart([mean], [loss]),
    10 * same,
    'The mean of the losses of all samples is the loss.',
    toChange,
  );
}

async function gradientsOfSamples(
  surface: Surface,
  w: Float64Array,
  subset: SampleSubset,
  mean: Float64Array,
  gradient: Float64Array,
  same: number,
  key: Key,
  part: RequestOptions | undefined,
): Promise<SurfaceCheck[]> {
  const { name, offers, size } = surface;
  const whole = wholeBlock(surface.parameters);
  const stream = key.child('projection').stream();
  const v = matrix(2, size);
  for (let j = 0; j < size; j++) {
    v.data[j] = gradient[j];
    v.data[size + j] = stream.normal();
  }
  const weights = sampleWeights(subset);
  const checks: SurfaceCheck[] = [];
  if (offers.projectedSampleGradients === 'exact') {
    const projected = await surface.projectedSampleGradients(w, whole, v, subset, part);
    let worst = 0;
    for (const r of [0, 1]) {
      let [sum, size2, direct] = [0, 0, 0];
      weights.forEach((c, k) => {
        sum += c * projected.data[2 * k + r];
        size2 += c * Math.abs(projected.data[2 * k + r]);
      });
      for (let j = 0; j < size; j++) direct += v.data[r * size + j] * mean[j];
      if (size2 > 0 || direct !== 0)
        worst = Math.max(worst, Math.abs(sum - direct) / Math.max(size2, Math.abs(direct)));
    }
    checks.push(
      judged(
        'gradients of samples',
        worst,
        10 * same,
        'The mean of the gradients of samples is the gradient.',
        `the weighted mean of the gradients of samples of ${name} differs from their gradient by ${worst.toExponential(1)}: each must be the gradient of that sample's own loss, not divided by the number of samples.`,
      ),
    );
  } else
    checks.push(
      skipped(
        'gradients of samples',
        'Gradients of samples are made from the gradient, so there is nothing to compare.',
      ),
    );
  if (offers.squaredNorms === 'exact' && offers.fisher === 'exact') {
    const norms = await surface.squaredNorms(w, whole, subset, part);
    const fisher = await surface.fisher(w, subset, part);
    const trace = weights.reduce((sum, c, k) => sum + c * norms[k], 0);
    const sum = fisher.reduce((a, b) => a + b, 0);
    const least = norm(mean) ** 2;
    checks.push(
      judged(
        'squared norms',
        Math.max(apart([sum], [trace]), (least - trace) / Math.max(trace, Number.MIN_VALUE)),
        10 * same,
        'The squared norms of the gradients of samples add up to the trace of the Fisher diagonal.',
        `the weighted mean of |g_k|² of ${name} is ${trace}, the sum of its Fisher diagonal ${sum}, and |g|², which is no larger than either, ${least}: all must come from the gradients of single samples.`,
      ),
    );
  }
  return checks;
}

/** Draws two strata, unequal so that their weights matter: the first samples, all kept, and some of the others. */
function twoStrata(all: number, key: Key): SampleSubset {
  if (all < 8) {
    const samples = Uint32Array.from({ length: all }, (_, k) => k);
    return { samples, strata: [{ count: all, of: all }] };
  }
  const order = key.child('samples').stream().permutation(all);
  const count = Math.min(MOST, all - 1);
  const kept = Math.floor(count / 2);
  const strata = [
    { count: kept, of: kept },
    { count: count - kept, of: all - kept },
  ];
  return { samples: order.slice(0, count), strata };
}
