/**
 * Which samples a minibatch takes. The order is always stated, because it determines the correlations of SGD's noise.
 *
 * Over steps k, with C the covariance of one minibatch gradient, C1 that of one sample's, and M = N/B batches in an
 * epoch (docs/theory [S3]):
 *
 * - `replaced`: every sample is drawn independently; ⟨xi_k xi_{k+h}ᵀ⟩ = C δ_h0, C = C1/B: white noise.
 * - `shuffled`: a new permutation each epoch; two batches of one epoch correlate by −1/(M−1), and the noise of a whole
 *   epoch sums to zero: ⟨xi_k xi_{k+h}ᵀ⟩ = C [δ_h0 − 1_{1≤|h|<M} (M−|h|)/(M(M−1))], C = C1/B·(N−B)/(N−1).
 * - `cyclic`: the same batches in the same order in every epoch; a periodic force, not noise.
 */
import { check } from '../numeric/errors.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';

/** Names the order in which samples are drawn. */
export type Sampling = 'shuffled' | 'replaced' | 'cyclic';
/**
 * Says what happens to the N mod B samples that do not fill a batch: they are left out of this epoch, or form a smaller
 * last batch.
 */
export type LastBatch = 'drop' | 'keep';

/** All values of `Sampling`. */
const SAMPLINGS: readonly Sampling[] = ['shuffled', 'replaced', 'cyclic'];
/** All values of `LastBatch`. */
const LAST_BATCHES: readonly LastBatch[] = ['drop', 'keep'];

/** Says which batches `batchPlan` lays out. */
export interface BatchRequest {
  /** Training samples, N. */
  readonly count: number;
  /** B, 1 … N. */
  readonly batchSize: number;
  readonly sampling: Sampling;
  readonly lastBatch: LastBatch;
  readonly key: Key;
}

/** Says what a {@link BatchRequest} needs. */
export const BATCH_REQUEST_WANTS = is.shape<BatchRequest>({
  count: is.number,
  batchSize: is.number,
  sampling: is.text,
  lastBatch: is.text,
  key: is.key,
});

/**
 * Lists the batches of one epoch: batch k is the next `sizes[k]` entries of `order`. No batch extends into the next
 * epoch.
 */
export interface Epoch {
  /** Sample indices, length samplesPerEpoch. */
  readonly order: Uint32Array;
  /** Length batchesPerEpoch; all B, but the last is N mod B where an incomplete batch is kept. */
  readonly sizes: Uint32Array;
}

/** Gives the batches of any epoch. */
export interface BatchPlan {
  readonly batchesPerEpoch: number;
  readonly samplesPerEpoch: number;
  /**
   * Epoch e = 0, 1, …, computed from the key alone: the same at each call, in any order of calls, so that a resumed run
   * needs no state of a generator. New arrays each time. Cost O(N).
   */
  epoch(e: number): Epoch;
}

/**
 * Lays out the batches of every epoch.
 *
 * - `drop`: ⌊N/B⌋ batches; `shuffled` leaves out other samples each epoch, `cyclic` always the last N mod B.
 * - `keep`: ⌈N/B⌉ batches, the last smaller (its mean gradient gives each of its samples more weight, so the noise is not
 *   that of equal batches).
 *
 * `replaced` has full batches only, ⌊N/B⌋ or ⌈N/B⌉ of them.
 * @throws InputError for a count, batch size, name or epoch out of its range
 */
export function batchPlan(request: BatchRequest): BatchPlan {
  is.given('batchPlan', { request }, { request: BATCH_REQUEST_WANTS });
  const { count, batchSize, sampling, lastBatch, key } = request;
  check(
    Number.isInteger(count) && count >= 1 && count < 2 ** 32,
    'bad-count',
    () => `batches need a positive number of samples (below 2^32); got ${count}.`,
  );
  check(
    Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= count,
    'bad-batch-size',
    () => `the batch size must be an integer from 1 to the ${count} training samples; got ${batchSize}.`,
  );
  check(
    SAMPLINGS.includes(sampling),
    'bad-sampling',
    () => `sampling is one of ${SAMPLINGS.join(', ')}; got ${sampling}.`,
  );
  check(
    LAST_BATCHES.includes(lastBatch),
    'bad-last-batch',
    () => `the last incomplete batch is one of ${LAST_BATCHES.join(', ')}; got ${lastBatch}.`,
  );
  const batchesPerEpoch = lastBatch === 'drop' ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  const full = batchesPerEpoch * batchSize;
  const samplesPerEpoch = sampling === 'replaced' ? full : Math.min(count, full);
  const draw = (e: number): Uint32Array => {
    const stream = key.child(e).stream();
    if (sampling === 'shuffled') return stream.permutation(count).slice(0, samplesPerEpoch);
    const order = new Uint32Array(samplesPerEpoch);
    for (let i = 0; i < samplesPerEpoch; i++) order[i] = sampling === 'replaced' ? stream.integer(count) : i;
    return order;
  };
  return {
    batchesPerEpoch,
    samplesPerEpoch,
    epoch(e) {
      check(Number.isSafeInteger(e) && e >= 0, 'bad-epoch', () => `epochs count from 0; got ${e}.`);
      const sizes = new Uint32Array(batchesPerEpoch).fill(batchSize);
      sizes[batchesPerEpoch - 1] -= full - samplesPerEpoch;
      return { order: draw(e), sizes };
    },
  };
}
