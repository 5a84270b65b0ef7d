/**
 * Directions in which single samples curve the loss most, and which therefore dominate the scatter of curvature between
 * minibatches.
 *
 * A sample's Hessian is nearly of rank one along its own gradient (exactly so for two classes and Gauss-Newton: both lie along
 * the derivative of the margin). The loss of a minibatch with such a hard sample is strongly curved along that sample's
 * gradient, where the mean Hessian, and hence its top eigenvectors, may have little curvature. Bounds on the learning rate from
 * top eigenvectors alone are therefore too high.
 */
import { pick } from '../../data/tasks.js';
import { pairIndex } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import { squaredNorms } from '../../surface/network/norms.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { sampleCurvature } from './sample-curvature.js';

/** Number of samples considered: those of largest gradient. */
const CANDIDATES = 256;
const TOGETHER = 8;

/**
 * Returns the unit gradients u (P components) of at most `count` samples, those with the largest Σ_j (uᵀH_ju)² over the 256
 * samples of largest gradient. A gradient whose cosine with one chosen before is 0.9 or more is skipped, so there may be fewer.
 * Costs a forward pass over the data and about 300 over 256 samples.
 */
export function hardSampleDirections(passes: NetworkPasses, count: number): Float64Array[] {
  const norms = squaredNorms(passes);
  const order = Uint32Array.from(norms.keys())
    .sort((a, b) => norms[b] - norms[a])
    .subarray(0, CANDIDATES)
    .filter((s) => norms[s] > 0);
  if (order.length === 0) return [];
  const { spec, weights } = passes;
  const few = new NetworkPasses({ spec, weights, samples: pick(passes.samples, order) });
  const gradients = Array.from(order, (_, s) => {
    const g = few.gradient(Float64Array.from(order, (_, r) => Number(r === s))).gradient;
    const norm = Math.sqrt(dot(g, g));
    return g.map((x) => x / norm);
  });
  const scores = new Float64Array(gradients.length);
  for (let first = 0; first < gradients.length; first += TOGETHER) {
    const some = gradients.slice(first, first + TOGETHER);
    const { values, pairs } = sampleCurvature(few, some);
    for (let i = 0; i < some.length; i++)
      for (let s = 0; s < order.length; s++) scores[first + i] += values[s * pairs + pairIndex(i, i)] ** 2;
  }
  const chosen: Float64Array[] = [];
  for (const i of Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a])) {
    if (chosen.length === count) break;
    if (chosen.every((u) => Math.abs(dot(u, gradients[i])) < 0.9)) chosen.push(gradients[i]);
  }
  return chosen;
}
