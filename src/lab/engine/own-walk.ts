/**
 * The null of a window: a walk that has the run's own noise and no landscape. Its steps are those that the optimiser would make of the
 * gradients of as many batches at fixed weights, with their mean taken away. docs/theory [N1], [O1].
 *
 * As in theory/optimisers/walk.ts, m' = b m + f xi, x' = x − eta P (a xi + c m'), xi = g − mean of g. The mean is known at the end only; the
 * walk is linear in g, so what the mean contributes, h_t P·mean with h the walk of a gradient that is always 1, is taken away then, and no
 * more rows are held than are used.
 */
import { batchPlan } from '../../data/samplers.js';
import { InputError } from '../../numeric/errors.js';
import { preconditionerOf } from '../../theory/optimisers/own-coordinates.js';
import type { Snapshot } from '../protocol.js';
import { formOf } from './measure-temperature.js';
import type { Bench, Report } from './registry.js';
import type { UsedRows } from './rows.js';

/** Most steps of a walk: each takes a gradient. */
const MOST_STEPS = 12_000;
/** Steps between reports. */
const TOGETHER = 20;

/**
 * Returns as many rows of a walk as are used of the window, as far apart.
 * @param centre - all weights, at which gradients are taken
 * @throws InputError for a window that is too long to be walked here
 */
export async function ownWalk(
  bench: Bench,
  snapshot: Snapshot,
  centre: Float64Array,
  { basis, P, firstStep }: UsedRows,
  report: Report,
): Promise<UsedRows> {
  const { dataset, block, key } = bench;
  const { batchSize, sampling } = snapshot;
  const T = (basis.rows - 1) * basis.every + 1;
  if (T > MOST_STEPS)
    throw new InputError(
      'long-walk',
      `a walk of ${T} steps takes more time than a page has; keep fewer epochs in the window.`,
    );
  const learner = bench.gradients();
  learner.setWeights(Float32Array.from(centre));
  const plan = batchPlan({
    count: dataset.train.count,
    batchSize,
    sampling,
    lastBatch: 'drop',
    key: key.child('walk').child('batches'),
  });
  const [{ offset }] = block.ranges;
  const form = formOf(snapshot);
  const { learningRate: eta, memory: b, fresh: f, own: a, held: c } = form;
  const scale = preconditionerIn(snapshot, form, offset, P);
  const data = new Float32Array(basis.rows * P);
  const [m, x, mean] = [new Float64Array(P), new Float64Array(P), new Float64Array(P)];
  const ones = new Float64Array(basis.rows);
  let [held, moved] = [0, 0];
  let order = new Uint32Array();
  for (let t = 0; t < T; t++) {
    const batch = t % plan.batchesPerEpoch;
    if (batch === 0) order = plan.epoch(t / plan.batchesPerEpoch).order as Uint32Array<ArrayBuffer>;
    const { gradient } = learner.gradient(order.subarray(batch * batchSize, (batch + 1) * batchSize));
    for (let i = 0; i < P; i++) {
      const g = gradient[offset + i];
      mean[i] += g / T;
      m[i] = b * m[i] + f * g;
      x[i] -= eta * (scale?.[i] ?? 1) * (a * g + c * m[i]);
    }
    held = b * held + f;
    moved -= eta * (a + c * held);
    if (t % basis.every === 0) {
      data.set(x, (t / basis.every) * P);
      ones[t / basis.every] = moved;
    }
    if (t % TOGETHER === 0) await report(t / T, 'gradients of the walk');
  }
  for (let k = 0; k < basis.rows; k++)
    for (let i = 0; i < P; i++) data[k * P + i] -= ones[k] * (scale?.[i] ?? 1) * mean[i];
  return { data, P, basis, firstStep };
}

/** Returns the diagonal of P in the layer; undefined for SGD. */
function preconditionerIn(
  { optimiser: { squares }, step }: Snapshot,
  form: ReturnType<typeof formOf>,
  offset: number,
  P: number,
): Float64Array | undefined {
  if (!form.adaptive || !squares) return undefined;
  return preconditionerOf(form, squares, Math.max(1, step)).subarray(offset, offset + P);
}
