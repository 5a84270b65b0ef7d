/**
 * Fluctuation-dissipation relations: tests of whether a run is stationary and fluctuates as its curvature and noise predict.
 * Yaida 2018; docs/theory [S9]. With v' = mu v − eta g, w' = w + v':
 *
 *     (1)  ⟨w·g⟩ = (1+mu)/(2 eta) ⟨|v|²⟩
 *     (2)  (1−mu)⟨|∇L|²⟩ + eta mu/(1+mu) ⟨∇Lᵀ H ∇L⟩ = (eta/2) ⟨Tr(H C2)⟩,   C2 = E[g gᵀ]: covariance PER BATCH plus ∇L ∇Lᵀ
 *
 * (1) follows from stationarity of |w|² and w·v alone: any loss, any sampling, if g is the minibatch gradient that made the
 * step. With ∇L in its place, white noise is needed too: in a shuffled epoch w(t) and the noise of later steps are correlated.
 * (2) is exact for a quadratic loss under white noise; for other losses it holds to O(eta²). Yaida's printed form
 * ⟨|∇L|²⟩ = (eta/2)⟨Tr(H C2)⟩ is the case mu = 0: with momentum the right side is larger by 1/(1−mu).
 */
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';

/** Gives both sides of a relation and their ratio, left over right, which is 1 if the relation holds. */
interface Relation {
  readonly left: Estimate;
  readonly right: Estimate;
  readonly ratio: Estimate;
  /** (ratio − 1) in standard errors. */
  readonly deviation: number;
}

/** Records the motion of a run, for relation (1). */
interface MotionSeries {
  /** w·g at each record (a step, or the mean over equal stretches of steps); the origin of w is any fixed point. */
  readonly weightsDotGradient: ArrayLike<number>;
  /** |v|² after the same steps; |w' − w|² is the same. */
  readonly velocitySquared: ArrayLike<number>;
  readonly learningRate: number;
  readonly momentum?: number;
  /** Contiguous blocks for the errors; default 20. */
  readonly blocks?: number;
}

/**
 * Tests relation (1). A ratio away from 1 says that the run is not stationary over the window: |w|² about the chosen origin
 * drifts by 2 eta (right − left)/(1−mu) per step, outwards where the ratio is below 1. docs/theory [S9].
 * @throws InputError for series of unequal lengths or with fewer records than blocks
 */
export function motionRelation(series: MotionSeries): Relation {
  const { learningRate: eta, momentum = 0 } = series;
  const factor = (1 + momentum) / (2 * eta);
  return relation(
    Float64Array.from(series.weightsDotGradient),
    Float64Array.from(series.velocitySquared, (v) => factor * v),
    series.blocks,
  );
}

/** Records the full gradient of a run and what the noise adds, for relation (2). */
interface GradientSeries {
  /** |∇L|² of the FULL gradient at each record. */
  readonly gradientSquared: ArrayLike<number>;
  /** Tr(H C2) at each record (or one number for a fixed H and C2). C2 PER BATCH. */
  readonly traceHessianMoment: ArrayLike<number> | number;
  /** ∇Lᵀ H ∇L at each record: the exact term of momentum. Without it that term, of order eta·h of the first, is left out. */
  readonly curvedGradient?: ArrayLike<number>;
  readonly learningRate: number;
  readonly momentum?: number;
  readonly blocks?: number;
}

/**
 * Tests relation (2), for batches drawn independently of one another only. docs/theory [S9].
 * @throws InputError for series of unequal lengths or with fewer records than blocks
 */
export function gradientRelation(series: GradientSeries): Relation {
  const { learningRate: eta, momentum: mu = 0, gradientSquared, traceHessianMoment: trace, curvedGradient } = series;
  const n = gradientSquared.length;
  check(
    curvedGradient === undefined || curvedGradient.length === n,
    'shape',
    () => `relation (2) needs as many ∇LᵀH∇L as |∇L|²; got ${curvedGradient?.length} and ${n}.`,
  );
  const left = Float64Array.from(
    { length: n },
    (_, t) => (1 - mu) * gradientSquared[t] + (curvedGradient ? ((eta * mu) / (1 + mu)) * curvedGradient[t] : 0),
  );
  const right =
    typeof trace === 'number'
      ? new Float64Array(n).fill((eta / 2) * trace)
      : Float64Array.from(trace, (v) => (eta / 2) * v);
  return relation(left, right, series.blocks);
}

/** Returns the ratio of means with a jackknife over blocks (fluctuations common to both sides cancel in the ratio). */
function relation(left: Float64Array, right: Float64Array, blocks = 20): Relation {
  const n = left.length;
  check(
    n === right.length,
    'shape',
    () => `both sides of a relation need the same records; got ${n} and ${right.length}.`,
  );
  check(
    Number.isInteger(blocks) && blocks >= 4 && n >= blocks,
    'too-short',
    () => `a relation with ${blocks} blocks (at least 4) needs at least as many records; got ${n}.`,
  );
  const [a, b] = [blockMeans(left, blocks), blockMeans(right, blocks)];
  const [sumA, sumB] = [a, b].map((m) => m.reduce((s, v) => s + v, 0));
  const how = `mean of ${n} records, error over ${blocks} blocks`;
  const side = (m: Float64Array, sum: number) => {
    const value = sum / blocks;
    const error = Math.sqrt(m.reduce((s, v) => s + (v - value) ** 2, 0) / (blocks * (blocks - 1)));
    return estimate(value, error, n, how);
  };
  const value = sumA / sumB;
  const left1 = a.map((v, k) => (sumA - v) / (sumB - b[k]));
  const centre = left1.reduce((s, v) => s + v, 0) / blocks;
  const error = Math.sqrt(((blocks - 1) / blocks) * left1.reduce((s, v) => s + (v - centre) ** 2, 0));
  const ratio = estimate(value, error, n, `ratio of means of ${n} records, jackknife over ${blocks} blocks`);
  return { left: side(a, sumA), right: side(b, sumB), ratio, deviation: (value - 1) / error };
}

function blockMeans(x: Float64Array, blocks: number): Float64Array {
  const out = new Float64Array(blocks);
  for (let b = 0; b < blocks; b++) {
    const [from, to] = [Math.floor((b * x.length) / blocks), Math.floor(((b + 1) * x.length) / blocks)];
    for (let t = from; t < to; t++) out[b] += x[t] / (to - from);
  }
  return out;
}
