/**
 * Gradients of single samples from a surface, checked one by one, and the Fisher diagonals made of them. docs/theory [C2],
 * [S1].
 */
import { check, InputError } from '../numeric/errors.js';

/** Gives gradients of single samples of a surface of P = `size` weights, as plain or typed arrays. */
export interface SampleSurface {
  readonly size: number;
  /**
   * Gives the gradients of single samples' own losses (not of batches, not divided by the batch size), in pieces of whole rows
   * of P.
   */
  perSampleGradients?(w: Float64Array): Iterable<ArrayLike<number>>;
  /** Gives for each sample the model's probabilities of its C outcomes, and the gradient of −ln p of each outcome, C×P. */
  predictiveGradients?(w: Float64Array): Iterable<{
    readonly probabilities: ArrayLike<number>;
    readonly gradients: ArrayLike<number>;
  }>;
}

/** Largest deviation of a sum of probabilities from 1, and the same where all of them are float32 numbers. */
const SUM = 1e-6;
const SUM_FLOAT32 = 1e-4;

/**
 * Returns numbers as float64, the same array where it is one.
 * @param what - the subject of the error
 * @throws InputError that names the first number that is not finite
 */
export function finiteNumbers(values: ArrayLike<number>, what: string): Float64Array {
  const own = values instanceof Float64Array ? values : Float64Array.from(values);
  const bad = own.findIndex((v) => !Number.isFinite(v));
  check(bad < 0, 'not-finite', () => `${what} must consist of finite numbers; at weight ${bad} it is ${own[bad]}.`);
  return own;
}

/**
 * Generates the gradients of all samples one after another, as views.
 * @throws InputError for a surface without `perSampleGradients`, and for pieces that are not whole rows of finite numbers
 */
export function* gradientRows(surface: SampleSurface, w: Float64Array): Generator<Float64Array> {
  const { size } = surface;
  if (!surface.perSampleGradients)
    throw new InputError(
      'no-sample-gradients',
      'this method needs gradients of single samples; give the surface `perSampleGradients`.',
    );
  let count = 0;
  for (const piece of surface.perSampleGradients(w)) {
    check(
      typeof piece === 'object' && piece.length % size === 0,
      'sample-gradients',
      () =>
        `gradients of single samples come in pieces of whole rows of ${size} weights; ${typeof piece === 'object' ? `a piece has ${piece.length} numbers` : `got '${piece}' as a piece`}.`,
    );
    const numbers = piece instanceof Float64Array ? piece : Float64Array.from(piece);
    for (let at = 0; at < numbers.length; at += size)
      yield finiteNumbers(numbers.subarray(at, at + size), `the gradient of sample ${count++}`);
  }
  check(count > 0, 'sample-gradients', 'the surface gave no gradient of any sample.');
}

/**
 * Computes the mean over samples of g_j², length P, PER SAMPLE.
 * @throws InputError as `gradientRows`
 */
export function empiricalFisher(surface: SampleSurface, w: Float64Array): Float64Array {
  const out = new Float64Array(surface.size);
  let n = 0;
  for (const g of gradientRows(surface, w)) {
    for (let j = 0; j < out.length; j++) out[j] += g[j] * g[j];
    n++;
  }
  return out.map((v) => v / n);
}

/**
 * Computes the mean over samples of Σ_c p_c g_cj², length P, PER SAMPLE.
 * @throws InputError for a surface without `predictiveGradients`, gradients of another shape or not finite, and probabilities
 *   that are negative or do not sum to 1
 */
export function trueFisher(surface: SampleSurface, w: Float64Array): Float64Array {
  if (!surface.predictiveGradients)
    throw new InputError(
      'no-predictive-gradients',
      "the true Fisher matrix needs the gradients of all outcomes with the model's probabilities; give the surface `predictiveGradients`, or take 'ewc-empirical'.",
    );
  const { size } = surface;
  const out = new Float64Array(size);
  let n = 0;
  for (const { probabilities: p, gradients } of surface.predictiveGradients(w)) {
    check(
      gradients.length === p.length * size,
      'sample-gradients',
      () => `${p.length} outcomes of ${size} weights need ${p.length * size} numbers; got ${gradients.length}.`,
    );
    checkProbabilities(p, n);
    const numbers = gradients instanceof Float64Array ? gradients : Float64Array.from(gradients);
    for (let c = 0; c < p.length; c++) {
      const g = finiteNumbers(
        numbers.subarray(c * size, (c + 1) * size),
        `the gradient of outcome ${c} of sample ${n}`,
      );
      for (let j = 0; j < size; j++) out[j] += p[c] * g[j] ** 2;
    }
    n++;
  }
  check(n > 0, 'sample-gradients', 'the surface gave no gradient of any sample.');
  return out.map((v) => v / n);
}

function checkProbabilities(given: ArrayLike<number>, sample: number): void {
  const p = Array.from(given);
  const bad = p.findIndex((v) => !(v >= 0 && v < Number.POSITIVE_INFINITY));
  check(
    bad < 0,
    'probabilities',
    () => `the probabilities of sample ${sample} must be ≥ 0; that of outcome ${bad} is ${p[bad]}.`,
  );
  const sum = p.reduce((s, v) => s + v, 0);
  check(
    Math.abs(sum - 1) <= (p.every((v) => Math.fround(v) === v) ? SUM_FLOAT32 : SUM),
    'probabilities',
    () => `the probabilities of sample ${sample} must sum to 1; they sum to ${sum} (apply a softmax to logits first).`,
  );
}
