/**
 * The loss with weight decay as a surface: what SGD with an L2 penalty descends, and what its curvature, widths and penalties against
 * forgetting are measured on.
 *
 *     L_k(w) + (lambda/2) Σ_i m_i w_i²,     g_k + a,     H + lambda diag(m),     a = lambda m∘w
 *
 * with m the mask, 1 where a weight decays. The term is part of EVERY sample's loss, so that means over samples and over subsets hold
 * it once. It is the same for all samples: differences between samples, the covariance of their gradients, the errors of losses over
 * a subset do not change, and the noise of SGD is that of the data alone. Moments about zero do change,
 *
 *     E[(g_k + a)(g_k + a)ᵀ] = E[g_k g_kᵀ] + a gᵀ + g aᵀ + a aᵀ,     |g_k + a|² = |g_k|² + 2 a·g_k + |a|²
 *
 * and at a minimum of the whole loss, where g = −a, they become the covariance itself, as EWC wants its Fisher matrix.
 * Logits and the true Fisher matrix are not offered: exp(−L_k) is no longer the probability of a label.
 *
 * Decoupled decay (AdamW) is the gradient of no loss that could be measured so: with momentum it does not pass through the buffer, and
 * with a preconditioner P it pulls as lambda P⁻¹ w would in the gradient, with a P that follows the gradients (docs/theory [O1]).
 */
import { check } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import { gather, wholeBlock } from './blocks.js';
import { SURFACE_WANTS } from './check.js';
import { matching } from './patterns.js';
import { partOf } from './requests.js';
import type { Offer, RequestOptions, Subset, Surface, SurfaceBlock } from './surface.js';
import { wrapped } from './wrapped.js';

/**
 * Returns a surface with the decay term in everything that it gives. Requests cost what the surface's own do, and one gradient more for
 * second moments and the Fisher matrix, one projection more for squared norms. Closing it closes the surface.
 * @param mask - for each weight, a number that its decay is multiplied by, such as 0 or 1; or a pattern of the names of the parameters
 *   that decay, as in `blockNamed`. All weights decay by default, as in PyTorch
 * @throws InputError for a lambda that is not a number ≥ 0, a mask of another length or with negative numbers, and a pattern that no
 *   parameter matches
 */
export function withDecay(surface: Surface, lambda: number, mask?: ArrayLike<number> | string): Surface {
  is.given(
    'withDecay',
    { surface, lambda, mask },
    { surface: SURFACE_WANTS, lambda: is.number, mask: is.maybe(is.either(is.numbers, is.text)) },
  );
  check(
    lambda >= 0 && Number.isFinite(lambda),
    'bad-weight-decay',
    () => `a weight decay is a number ≥ 0; got ${lambda}.`,
  );
  if (lambda === 0) return surface;
  const rates = ratesOf(surface, lambda, mask);
  const pullAt = (w: Float64Array) => w.map((x, i) => rates[i] * x);
  const energy = (w: Float64Array) => w.reduce((sum, x, i) => sum + 0.5 * rates[i] * x * x, 0);
  /** a and the gradient of the data in a block. */
  const both = async (w: Float64Array, block: SurfaceBlock, subset: Subset, options: RequestOptions | undefined) => {
    const { gradient } = await surface.gradient(w, subset, partOf(options));
    return { a: gather(block, pullAt(w)), g: gather(block, gradient) };
  };
  const whole = wholeBlock(surface.parameters);
  const worse = (...offers: Offer[]): Offer => (offers.includes('made') ? 'made' : 'exact');
  const { offers } = surface;
  return wrapped(surface, {
    name: `${surface.name} with weight decay ${lambda}`,
    offers: {
      ...offers,
      secondMoment: worse(offers.secondMoment, offers.gradient),
      squaredNorms: worse(offers.squaredNorms, offers.projectedSampleGradients),
      fisher: worse(offers.fisher, offers.gradient),
    },
    async losses(w, lines, subset, options) {
      const answers = await surface.losses(w, lines, subset, options);
      const start = energy(w);
      return answers.map((answer, i) => {
        const { block, direction, displacements } = lines[i];
        // E(w + δp) = E(w) + δ a·p + δ² E(p), which keeps small differences
        const [a, r] = [gather(block, pullAt(w)), gather(block, rates)];
        const slope = direction.reduce((sum, p, k) => sum + a[k] * p, 0);
        const bend = direction.reduce((sum, p, k) => sum + 0.5 * r[k] * p * p, 0);
        const losses = answer.losses.map((loss, k) => {
          const delta = displacements[k];
          return loss + start + delta * slope + delta * delta * bend;
        });
        return { ...answer, losses };
      });
    },
    async gradient(w, subset, options) {
      const { loss, gradient } = await surface.gradient(w, subset, options);
      return { loss: loss + energy(w), gradient: gradient.map((g, i) => g + rates[i] * w[i]) };
    },
    async hessianVectors(w, block, v, subset, options) {
      const products = await surface.hessianVectors(w, block, v, subset, options);
      const r = gather(block, rates);
      return { ...products, data: products.data.map((x, k) => x + r[k % block.size] * v.data[k]) };
    },
    async sampleLosses(w, subset, options) {
      const term = energy(w);
      return (await surface.sampleLosses(w, subset, options)).map((loss) => loss + term);
    },
    async projectedSampleGradients(w, block, v, subset, options) {
      const products = await surface.projectedSampleGradients(w, block, v, subset, options);
      const a = gather(block, pullAt(w));
      const along = Float64Array.from({ length: v.rows }, (_, i) => dotRow(v, i, a));
      return { ...products, data: products.data.map((x, k) => x + along[k % v.rows]) };
    },
    async secondMoment(w, block, subset, options) {
      const moment = await surface.secondMoment(w, block, subset, options);
      const { a, g } = await both(w, block, subset, options);
      const data = moment.data.map((x, k) => {
        const [i, j] = [Math.floor(k / block.size), k % block.size];
        return x + a[i] * g[j] + g[i] * a[j] + a[i] * a[j];
      });
      return { ...moment, data };
    },
    async squaredNorms(w, block, subset, options) {
      const norms = await surface.squaredNorms(w, block, subset, options);
      const a = gather(block, pullAt(w));
      const square = a.reduce((sum, x) => sum + x * x, 0);
      const along = await surface.projectedSampleGradients(w, block, matrix(1, block.size, a), subset, partOf(options));
      return norms.map((x, k) => x + 2 * along.data[k] + square);
    },
    async fisher(w, subset, options) {
      const squares = await surface.fisher(w, subset, options);
      const { a, g } = await both(w, whole, subset, options);
      return squares.map((x, i) => x + 2 * a[i] * g[i] + a[i] * a[i]);
    },
  });
}

function ratesOf(
  { size, parameters }: Surface,
  lambda: number,
  mask: ArrayLike<number> | string | undefined,
): Float64Array {
  if (mask === undefined) return new Float64Array(size).fill(lambda);
  const out = new Float64Array(size);
  if (typeof mask === 'string') {
    const found = matching(parameters, (p) => p.name, mask);
    check(
      found.length > 0,
      'no-parameter',
      () => `withDecay: no parameter matches '${mask}', so that nothing would decay.`,
    );
    for (const p of found) out.fill(lambda, p.offset, p.offset + p.size);
    return out;
  }
  check(
    mask.length === size,
    'weight-count',
    () => `a mask has one number for each of the ${size} weights; got ${mask.length}.`,
  );
  for (let i = 0; i < size; i++) {
    check(
      mask[i] >= 0 && Number.isFinite(mask[i]),
      'bad-mask',
      () => `entry ${i} of the mask must be a number ≥ 0; got ${mask[i]}.`,
    );
    out[i] = lambda * mask[i];
  }
  return out;
}

function dotRow(m: Matrix, i: number, x: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < m.cols; k++) sum += m.data[i * m.cols + k] * x[k];
  return sum;
}
