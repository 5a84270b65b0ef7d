/** The curvature of a state and the ceilings of the learning rate that follow from it. docs/theory [A2], [V4]. */
import { batchCurvatureOf, batchShare } from '../analyse/curvature/batch-curvature.js';
import { curvatureMoments, type PairMomentsOfCurvature } from '../analyse/curvature/curvature-moments.js';
import type { SampleCurvature } from '../analyse/curvature/sample-curvature.js';
import { computed, divided, type Estimate, estimate } from '../numeric/estimate.js';
import { type LinearAlgebra, type Matrix, matrix } from '../numeric/linalg/index.js';
import { dot, type RitzPair } from '../numeric/operators/lanczos.js';
import { type CoupledCurvature, coupledCeiling, edgeOfStability, meanSquareCeiling } from '../theory/ceiling.js';
import { optimiserCeiling, optimiserMeanSquareCeiling } from '../theory/optimisers/ceiling.js';
import { asHeavyBall, type LinearForm } from '../theory/optimisers/linear-form.js';
import type { AdvicePoint, CurvatureFacts, Measured } from './advice-facts.js';

/** Holds what was measured of the curvature at a state. */
export interface MeasuredCurvature {
  /** Eigenpairs from the top, and the lowest Ritz value. */
  readonly pairs: readonly RitzPair[];
  readonly opposite: Estimate;
  /** How many of the basis are eigenvectors; the others come from hard samples. */
  readonly eigenvectors: number;
  /** Orthonormal directions, eigenvectors first. */
  readonly basis: readonly Float64Array[];
  /** The curvature of every sample in their span. */
  readonly each: SampleCurvature;
  /** Number of training samples, where `each` holds some of them, drawn evenly. */
  readonly of?: number;
  /** H u of every direction u of the basis; needed with momentum alone. */
  readonly products?: readonly Float64Array[];
}

/** Largest residual, relative to the top curvature, at which the edge of stability is reported. */
const RESIDUAL = 0.01;

/** Returns how many of the directions in which batches are compared are top eigenvectors: five eighths, at least one. */
export const eigenvectorsOf = (directions: number, size: number): number =>
  Math.min(Math.max(1, Math.round((5 * directions) / 8)), size);

/** Returns the eigenvectors that converged, of pairs from the top; or why nothing can be said of the ceilings. */
export function convergedVectors(pairs: readonly RitzPair[]): Measured<readonly Float64Array[]> {
  const top = pairs[0].value;
  const settled = (p: RitzPair) => p.residual <= RESIDUAL * top.value;
  if (!(top.value > 0))
    return {
      refused: `the largest curvature found is ${top.value.toPrecision(3)}: only negative curvature, along which SGD moves away at every learning rate, so that none is too large.`,
    };
  if (!settled(pairs[0]))
    return {
      refused: `the top curvature did not converge: ${top.value.toPrecision(3)} with a residual of ${pairs[0].residual.toPrecision(2)} after ${top.n} products.`,
    };
  return { facts: pairs.filter(settled).map((p) => p.vector) };
}

/** The ceilings of the learning rate that a curvature and its variation give. */
interface Ceilings {
  edge(curvature: number): number;
  /** Along one direction of this mean and variance over batches. */
  along(mean: number, variance: number): number;
  /** In the span of several directions. */
  coupled(problem: Omit<CoupledCurvature, 'momentum'>): number;
}

/** Returns the ceilings of SGD with momentum. */
function ballCeilings(la: LinearAlgebra, momentum: number): Ceilings {
  return {
    edge: (curvature) => edgeOfStability(curvature, momentum),
    along: (curvature, variance) => meanSquareCeiling({ curvature, variance, momentum }),
    coupled: (problem) => coupledCeiling(la, { ...problem, momentum }),
  };
}

/**
 * Returns those of another optimiser, for curvature in its own coordinates: those of its heavy ball, whose rate is c f eta, where it
 * is one, and those of its linear form otherwise [O1].
 */
function formCeilings(la: LinearAlgebra, form: LinearForm): Ceilings {
  const ball = asHeavyBall(form);
  if (ball && ball.penalty === 0) {
    const { edge, along, coupled } = ballCeilings(la, ball.momentum);
    const rate = form.learningRate / ball.learningRate;
    return {
      edge: (h) => rate * edge(h),
      along: (mean, variance) => rate * along(mean, variance),
      coupled: (problem) => rate * coupled(problem),
    };
  }
  const scalar = (x: number) => matrix(1, 1, Float64Array.of(x));
  return {
    edge: (h) => optimiserCeiling(form, h),
    along: (mean, variance) =>
      optimiserMeanSquareCeiling(la, form, { mean: scalar(mean), covariance: scalar(variance) }),
    coupled: ({ hessian, covariance }) => optimiserMeanSquareCeiling(la, form, { mean: hessian, covariance }),
  };
}

/** Returns the momentum that makes H² count in a ceiling: that of the heavy ball; 0 for a form that is none. */
export const squaredMomentum = (form: LinearForm): number => asHeavyBall(form)?.momentum ?? 0;

/** Returns the ceilings at the given batch size and over batch sizes. Costs N·pairs² flops and eigenproblems of the span. */
export function curvatureFacts(
  la: LinearAlgebra,
  {
    momentum,
    batchSize,
    sampling,
    form,
  }: Pick<AdvicePoint, 'momentum' | 'batchSize' | 'sampling'> & {
    /** Another optimiser than SGD with this momentum; the curvature is then that in its own coordinates. */
    readonly form?: LinearForm;
  },
  { pairs, opposite, eigenvectors, basis, each, of = each.samples, products }: MeasuredCurvature,
): CurvatureFacts {
  const ceilings = form ? formCeilings(la, form) : ballCeilings(la, momentum);
  const top = pairs[0].value;
  const along = batchCurvatureOf(each, { batchSize, sampling }, of)[0];
  const moments = curvatureMoments(la, each);
  // UᵀH²U − (UᵀHU)² comes from outside the span; it is kept when samples are left out
  const beyond = products ? sum(squaredForm(products), la.gemm(moments.mean, moments.mean), -1) : undefined;
  const at = (part: PairMomentsOfCurvature, size: number, k: number) => {
    const share = batchShare(of, { batchSize: size, sampling });
    return ceilings.coupled({
      hessian: leading(part.mean, k),
      covariance: leading(part.covariance, (k * (k + 1)) / 2, share),
      ...(beyond && { squared: leading(sum(beyond, la.gemm(part.mean, part.mean)), k) }),
    });
  };
  const ceilingAt = (size: number) => {
    const value = at(moments, size, basis.length);
    const others = moments.without.map((part) => at(part, size, basis.length));
    const g = others.length;
    const mean = others.reduce((s, x) => s + x / g, 0);
    const error = Math.sqrt(((g - 1) / g) * others.reduce((s, x) => s + (x - mean) ** 2, 0));
    return estimate(
      value,
      error,
      g,
      `mean-square bound in ${basis.length} directions, jackknife over ${g} groups of samples`,
      error < value / 3,
    );
  };
  const fewer = at(moments, batchSize, eigenvectors + Math.floor((basis.length - eigenvectors) / 2));
  const ceiling = ceilingAt(batchSize);
  const edge = ceilings.edge(top.value);
  const { mean, variance } = along;
  return {
    top,
    lowest: opposite,
    curvatures: pairs.slice(0, eigenvectors).map((p) => p.value.value),
    hardSamples: basis.length - eigenvectors,
    edge: computed(edge, (edge * top.standardError) / top.value, top.n, '2(1+mu)/h_max, error bounded by the residual'),
    relativeVariance: divided(variance, mean.value ** 2),
    carriers: along.carriers,
    alongTop: ceilings.along(mean.value, variance.value),
    eigenvectorsOnly: at(moments, batchSize, eigenvectors),
    fewer,
    ceiling: { ...ceiling, converged: ceiling.converged && ceiling.value > 0.8 * fewer },
    line: batchSizes(of).map((size) => ({ batchSize: size, ceiling: ceilingAt(size) })),
  };
}

/** Returns UᵀH²U from the products HU. */
const squaredForm = (products: readonly Float64Array[]): Matrix =>
  matrix(products.length, products.length, Float64Array.from(products.flatMap((a) => products.map((b) => dot(a, b)))));

function sum(a: Matrix, b: Matrix, factor = 1): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((x, e) => x + factor * b.data[e]),
  );
}

/** Returns the leading k×k block, times a factor. */
function leading({ cols, data }: Matrix, k: number, factor = 1): Matrix {
  const out = matrix(k, k);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) out.data[i * k + j] = factor * data[i * cols + j];
  return out;
}

/** Returns the powers of two up to the size of the training set, and that size. */
function batchSizes(samples: number): number[] {
  const out: number[] = [];
  for (let b = 1; b < samples; b *= 2) out.push(b);
  return [...out, samples];
}
