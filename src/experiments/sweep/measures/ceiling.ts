/** Bounds on the learning rate where training ended, as `thermograd advise` gives them. docs/theory [A2], [V4], [R6]. */
import { z } from 'zod';
import { measureOptimiserAdvice } from '../../../apply/advice-optimiser.js';
import { exactly } from '../../../numeric/estimate.js';
import { measureKind, SAMPLES } from './measure.js';

export const ceiling = measureKind({
  name: 'ceiling',
  what: 'the largest learning rate where training ended: mean-square bound in several coupled directions, the edge 2(1+μ)/h of the mean motion, and the mean-square line 2(1+μ)l/(l² + Var l (1+μ)/(1−μ)) along the top eigenvector [A2], [V4]; for adaptive optimisers in their own coordinates',
  columns: {
    ceiling: 'mean-square bound in coupled directions',
    'ceiling-edge': 'edge of stability, 2(1+μ)/h of the largest curvature',
    'ceiling-top': 'mean-square line along the top eigenvector',
    'curvature-variance': 'Var l/l² along the top eigenvector, per batch',
  },
  options: z.strictObject({
    samples: SAMPLES,
    directions: z
      .int()
      .min(1)
      .default(8)
      .describe('directions in which batches are compared, five eighths of them eigenvectors'),
  }),
  async measure(bench, { samples, directions }) {
    const { config, trained, la, optimiser } = bench;
    const { batchSize, sampling } = config.training;
    const none = (why: string) => ({
      ceiling: { why },
      'ceiling-edge': { why },
      'ceiling-top': { why },
      'curvature-variance': { why },
    });
    if (sampling === 'cyclic') return none('cyclic batches are the same in every epoch and have no variance.');
    const place = bench.at(samples);
    const { squares } = trained.kept.optimiser ?? {};
    const { curvature } = await measureOptimiserAdvice(place.bare, bench.w, {
      la,
      key: bench.key('ceiling'),
      optimiser: { ...optimiser, learningRate: bench.learningRate },
      setting: { batchSize: Math.min(batchSize, place.samples.count), sampling },
      directions,
      parts: ['curvature'],
      steps: Math.max(1, trained.steps),
      ...(squares && { squares }),
    });
    if ('refused' in curvature) return none(curvature.refused);
    const { ceiling: coupled, edge, alongTop, relativeVariance } = curvature.facts;
    return {
      ceiling: coupled,
      'ceiling-edge': edge,
      'ceiling-top': exactly(
        alongTop,
        'of the mean and the variance over batches of the curvature along the top eigenvector',
        edge.n,
      ),
      'curvature-variance': relativeVariance,
    };
  },
});
