/**
 * The null of a window: a walk that has the run's own noise and no landscape. Its steps are those that the optimiser would make of the
 * gradients of as many batches at fixed weights, with their mean taken away. docs/theory [N1], [O1].
 */
import { batchPlan } from '../../data/samplers.js';
import { InputError } from '../../numeric/errors.js';
import { preconditionerOf } from '../../theory/optimisers/own-coordinates.js';
import { walkOf } from '../../theory/optimisers/walk.js';
import type { Snapshot } from '../protocol.js';
import { formOf } from './measure-temperature.js';
import type { Bench, Report } from './registry.js';

/** Most numbers of a walk, 160 MB, and most of its steps. */
const [MOST_NUMBERS, MOST_STEPS] = [40e6, 12_000];
/** Steps between reports. */
const TOGETHER = 20;

/**
 * Returns the rows of a walk as long as the window, one after each step, T×P row-major.
 * @param centre - all weights, at which gradients are taken
 * @throws InputError for a window that is too long to be walked here
 */
export async function ownWalk(
  bench: Bench,
  snapshot: Snapshot,
  centre: Float64Array,
  report: Report,
): Promise<Float32Array> {
  const { dataset, block, key } = bench;
  const P = block.size;
  const { every, batchSize, sampling } = snapshot;
  const T = (snapshot.rows.length / P - 1) * every + 1;
  if (T > MOST_STEPS || T * P > MOST_NUMBERS)
    throw new InputError(
      'long-walk',
      `a walk of ${T} steps of ${P} weights takes more memory and time than a page has; keep fewer epochs, or record a smaller layer.`,
    );
  const samples = dataset.train;
  const learner = bench.gradients();
  learner.setWeights(Float32Array.from(centre));
  const plan = batchPlan({
    count: samples.count,
    batchSize,
    sampling,
    lastBatch: 'drop',
    key: key.child('walk').child('batches'),
  });
  const data = new Float32Array(T * P);
  const [{ offset }] = block.ranges;
  let order = new Uint32Array();
  for (let t = 0; t < T; t++) {
    const b = t % plan.batchesPerEpoch;
    if (b === 0) order = plan.epoch(t / plan.batchesPerEpoch).order as Uint32Array<ArrayBuffer>;
    const { gradient } = learner.gradient(order.subarray(b * batchSize, (b + 1) * batchSize));
    data.set(gradient.subarray(offset, offset + P), t * P);
    if (t % TOGETHER === 0) await report(t / T, 'gradients of the walk');
  }
  const form = formOf(snapshot);
  const { squares } = snapshot.optimiser;
  const preconditioner =
    form.adaptive && squares
      ? preconditionerOf(form, squares, Math.max(1, snapshot.step)).subarray(offset, offset + P)
      : undefined;
  walkOf({ data, P }, form, preconditioner);
  return data;
}

/** Returns the steps of a walk that a window of the same shape records: each `every`-th, the last one among them. */
export function recordedOf(walk: Float32Array, P: number, every: number): Float32Array {
  if (every === 1) return walk;
  const T = walk.length / P;
  const count = Math.floor((T - 1) / every) + 1;
  const rows = new Float32Array(count * P);
  for (let k = 0; k < count; k++) {
    const from = (T - 1 - (count - 1 - k) * every) * P;
    rows.set(walk.subarray(from, from + P), k * P);
  }
  return rows;
}
