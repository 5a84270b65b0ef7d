/** Bounds on the learning rate where training ended, as `thermograd advise` gives them. docs/theory [A2], [V4], [R6]. */
import { z } from 'zod';
import { batchCurvatureOf } from '../../../analyse/curvature/batch-curvature.js';
import { sampleCurvature } from '../../../analyse/curvature/sample-curvature.js';
import { surfaceSampleCurvature } from '../../../analyse/curvature/surface-sample-curvature.js';
import type { CurvatureFacts } from '../../../apply/advice-facts.js';
import { measureOptimiserAdvice } from '../../../apply/advice-optimiser.js';
import { divided, type Estimate, estimate } from '../../../numeric/estimate.js';
import { stacked } from '../../../numeric/linalg/index.js';
import { edgeOfStability, meanSquareCeiling } from '../../../theory/ceiling.js';
import { completeOptimiser } from '../../../train/optimisers/spec.js';
import type { Measured } from '../measured.js';
import type { Bench } from './bench.js';
import { measureKind, SAMPLES } from './measure.js';

/** Columns of the measure. */
const COLUMNS = {
  ceiling: 'mean-square bound in coupled directions; without any, along the top eigenvector',
  'ceiling-edge': 'edge of stability, 2(1+μ)/h of the largest curvature',
  'ceiling-top': 'mean-square line along the top eigenvector',
  'curvature-variance': 'Var l/l² along the top eigenvector, per batch',
} as const;

const none = (why: string): Record<string, Measured> =>
  Object.fromEntries(Object.keys(COLUMNS).map((column) => [column, { why }]));

export const ceiling = measureKind({
  name: 'ceiling',
  what: 'the largest learning rate where training ended: mean-square bound in several directions that batches couple, eigenvectors and gradients of hard samples; the edge 2(1+μ)/h of the mean motion; and the mean-square line 2(1+μ)l/(l² + Var l (1+μ)/(1−μ)) along the top eigenvector, with the variance of the curvature from batch to batch [A2], [V4], [R6]. For adaptive optimisers in their own coordinates. With directions: 0 along the top eigenvector alone, some hundred times faster',
  columns: COLUMNS,
  options: z.strictObject({
    samples: SAMPLES,
    directions: z
      .int()
      .min(0)
      .default(8)
      .describe(
        'The number of directions in which batches are compared, five eighths of them eigenvectors; 0 takes the top eigenvector alone.',
      ),
    tolerance: z
      .number()
      .min(1e-10)
      .max(0.1)
      .default(0.01)
      .describe('The wanted residual relative to the eigenvalue, with directions: 0.'),
  }),
  async measure(bench, { samples, directions, tolerance }) {
    if (bench.config.training.sampling === 'cyclic')
      return none('cyclic batches are the same in every epoch and have no variance.');
    const { type, nesterov, dampening, decoupled, weightDecay } = completeOptimiser(bench.optimiser);
    const ball = type === 'sgd' && !nesterov && dampening === 0 && !(decoupled && weightDecay > 0);
    if (directions === 0 && ball) return alongTop(bench, samples, tolerance);
    const facts = await adviceFacts(bench, samples, Math.max(1, directions));
    if (typeof facts === 'string') return none(facts);
    const line = meanSquareEstimate(facts.alongTop, facts.edge, facts.relativeVariance);
    return {
      ceiling: directions === 0 ? line : facts.ceiling,
      'ceiling-edge': facts.edge,
      'ceiling-top': line,
      'curvature-variance': facts.relativeVariance,
    };
  },
});

/** Measures the bounds of SGD with momentum: an eigenvector, and the curvature of every sample along it. */
async function alongTop(
  bench: Bench,
  samples: number | undefined,
  tolerance: number,
): Promise<Record<string, Measured>> {
  const place = bench.at(samples);
  const { momentum } = completeOptimiser(bench.optimiser);
  const { batchSize, sampling } = bench.config.training;
  const { value: h, vector } = (await place.top(1, tolerance)).pairs[0];
  if (!(h.value > 0)) {
    return none(
      `the largest curvature found is ${h.value.toPrecision(3)}: only a positive one bounds the learning rate.`,
    );
  }
  const bound = edgeOfStability(h.value, momentum);
  const each = place.passes
    ? sampleCurvature(place.passes, [vector])
    : await surfaceSampleCurvature(
        place.surface,
        bench.w,
        place.whole,
        stacked([vector], vector.length),
        undefined,
        {},
      );
  const [{ mean, variance }] = batchCurvatureOf(each, { batchSize, sampling }, bench.train.count);
  const relative = divided(variance, mean.value ** 2);
  const told: Estimate = {
    ...estimate(
      bound,
      (bound * h.standardError) / h.value,
      h.n,
      '2(1+mu)/h_max, error bounded by the residual',
      h.converged,
    ),
    kind: 'numerical',
  };
  if (!(mean.value > 0)) {
    const why = `the mean curvature of the samples along the top eigenvector is ${mean.value.toPrecision(3)}.`;
    return { ...none(why), 'ceiling-edge': told };
  }
  const line = meanSquareCeiling({ curvature: mean.value, variance: variance.value, momentum });
  const bounded = meanSquareEstimate(line, told, relative);
  return { ceiling: bounded, 'ceiling-edge': told, 'ceiling-top': bounded, 'curvature-variance': relative };
}

/**
 * Returns the mean-square line with the error of the variance. It is edge/(1 + q v), v = Var l/l², so that its logarithm changes with
 * that of v by line/edge − 1.
 */
const meanSquareEstimate = (line: number, bound: Estimate, v: Estimate): Estimate => ({
  ...estimate(
    line,
    v.value > 0 ? line * Math.max(0, 1 - line / bound.value) * (v.standardError / v.value) : 0,
    v.n,
    'of mean and variance over batches of the curvature along the top eigenvector; error: that of the variance',
  ),
  converged: v.converged && bound.converged,
});

/** Measures the curvature as advice does; why there is none. */
async function adviceFacts(
  bench: Bench,
  samples: number | undefined,
  directions: number,
): Promise<CurvatureFacts | string> {
  const { config, trained, la, optimiser } = bench;
  const { batchSize, sampling } = config.training;
  const place = bench.at(samples);
  const { squares } = trained.kept.optimiser ?? {};
  const { curvature } = await measureOptimiserAdvice(place.bare, bench.w, {
    la,
    key: bench.key('ceiling'),
    optimiser: { ...optimiser, learningRate: bench.learningRate },
    setting: { batchSize: Math.min(batchSize, place.samples.count), sampling: sampling as 'shuffled' | 'replaced' },
    directions,
    parts: ['curvature'],
    steps: Math.max(1, trained.steps),
    ...(squares && { squares }),
  });
  return 'refused' in curvature ? curvature.refused : curvature.facts;
}
