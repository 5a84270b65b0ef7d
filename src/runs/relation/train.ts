/** The training of one run of a grid: to its stopping rule, then the windows of all layers. */

import type { Rows } from '../../analyse/trajectory/window-rows.js';
import type { Samples } from '../../data/dataset.js';
import { type BatchPlan, type BatchRequest, batchPlan } from '../../data/samplers.js';
import type { RecordedBlock } from '../../model/any-network.js';
import type { LayeredSpec } from '../../model/layered/spec.js';
import type { Key } from '../../numeric/random.js';

/** What takes the steps; `LayeredTrainer` as a rule. */
export interface GridLearner {
  setWeights(flat: Float32Array): void;
  weights(): Float32Array;
  states(): Record<string, Float32Array>;
  setStates(states: Readonly<Record<string, Float32Array>>, taken: number): void;
  readonly stepsTaken: number;
  steps(order: Uint32Array, batchSize: number): { readonly recorded: Float32Array | undefined };
  evaluate(): { readonly loss: number; readonly errors: number };
  /** Mean loss and gradient over the listed samples, length P. */
  gradient(subset?: Uint32Array): { readonly loss: number; readonly gradient: Float64Array };
  release(): void;
}

/** Makes a learner that returns the weights of these layers after every step. */
export type MakeLearner = (recordLayers: readonly string[]) => GridLearner;

/** Says how a run is trained. */
export interface TrainRequest {
  readonly spec: LayeredSpec;
  readonly samples: Samples;
  readonly make: MakeLearner;
  readonly initial: Float32Array;
  readonly batchSize: number;
  readonly maxEpochs: number;
  /** Steps of the window at least; whole epochs are recorded. */
  readonly windowSteps: number;
  readonly key: Key;
  readonly report: (what: string) => void;
}

/** Holds where a run stands when its window begins, and what it takes to take the same steps again. */
export interface Trained {
  readonly plan: BatchPlan;
  /** Epochs before the window, and those of the window. */
  readonly epochs: number;
  readonly windowEpochs: number;
  /** Whether the stopping rule was met. */
  readonly met: boolean;
  readonly loss: number;
  readonly errors: number;
  readonly weights: Float32Array;
  readonly states: Readonly<Record<string, Float32Array>>;
  readonly steps: number;
}

/** Steps of one call. */
const CALL = 200;
/** Mean squared-error loss at which training stops; a constant answer has about 0.45 for ten classes. */
export const LEAST_SQUARED_ERROR = 0.01;

/** Trains until no training sample is misclassified, or the squared error is small, or the epochs are used up. */
export async function trainToWindow(request: TrainRequest): Promise<Trained> {
  const { spec, samples, make, initial, batchSize, maxEpochs, windowSteps, key, report } = request;
  const plan = batchPlan({ count: samples.count, batchSize, sampling: 'shuffled', lastBatch: 'drop', key });
  const learner = make([]);
  learner.setWeights(initial);
  let epochs = 0;
  let state = learner.evaluate();
  const met = () => (spec.loss === 'cross-entropy' ? state.errors === 0 : state.loss <= LEAST_SQUARED_ERROR);
  while (!met() && epochs < maxEpochs) {
    for (const order of callsOf(plan, epochs, batchSize)) learner.steps(order, batchSize);
    epochs++;
    state = learner.evaluate();
    report(`epoch ${epochs}, loss ${state.loss.toPrecision(3)}`);
    // lets an interruption be noticed
    await Promise.resolve();
  }
  const out: Trained = {
    plan,
    epochs,
    windowEpochs: Math.max(2, Math.ceil(windowSteps / plan.batchesPerEpoch)),
    met: met(),
    loss: state.loss,
    errors: state.errors,
    weights: learner.weights(),
    states: learner.states(),
    steps: learner.stepsTaken,
  };
  learner.release();
  return out;
}

/** Lists the batches of an epoch in pieces of at most 200 steps. */
function* callsOf(plan: BatchPlan, epoch: number, batchSize: number): Generator<Uint32Array> {
  const { order } = plan.epoch(epoch);
  const whole = plan.batchesPerEpoch * batchSize;
  for (let at = 0; at < whole; at += CALL * batchSize) yield order.subarray(at, Math.min(whole, at + CALL * batchSize));
}

/** Holds the windows of some layers and where the run ends. */
export interface Windows {
  readonly rows: ReadonlyMap<string, Rows>;
  /** Weights after the window, and what the optimiser keeps. */
  readonly last: Float32Array;
  readonly states: Readonly<Record<string, Float32Array>>;
}

/**
 * Takes the steps of the window, and keeps the weights of these layers after each. The same steps are taken each time it is called.
 */
export function windowsOf(request: TrainRequest, trained: Trained, layers: readonly RecordedBlock[]): Windows {
  const { make, batchSize } = request;
  const { plan, windowEpochs, epochs } = trained;
  const learner = make(layers.map((l) => l.name));
  learner.setWeights(trained.weights);
  learner.setStates(trained.states, trained.steps);
  const T = windowEpochs * plan.batchesPerEpoch;
  const rows = new Map(layers.map(({ name, size }) => [name, { data: new Float32Array(T * size), P: size }]));
  const width = layers.reduce((sum, l) => sum + l.size, 0);
  let step = 0;
  for (let e = 0; e < windowEpochs; e++)
    for (const order of callsOf(plan, epochs + e, batchSize)) {
      const recorded = learner.steps(order, batchSize).recorded!;
      for (let r = 0; r < order.length / batchSize; r++) {
        let at = r * width;
        for (const { name, size } of layers) {
          rows.get(name)!.data.set(recorded.subarray(at, at + size), step * size);
          at += size;
        }
        step++;
      }
    }
  const out = { rows, last: learner.weights(), states: learner.states() };
  learner.release();
  return out;
}

/**
 * Returns the gradients of as many batches as the window has steps, drawn anew, at fixed weights, by layer.
 * @param learner - with the fixed weights set
 */
export function gradientRows(
  learner: Pick<GridLearner, 'gradient'>,
  { plan, windowEpochs }: Pick<Trained, 'windowEpochs'> & { readonly plan: Pick<BatchPlan, 'batchesPerEpoch'> },
  layers: readonly RecordedBlock[],
  {
    sampling = 'shuffled',
    lastBatch = 'drop',
    ...drawn
  }: Pick<BatchRequest, 'batchSize' | 'key' | 'count'> & Partial<Pick<BatchRequest, 'sampling' | 'lastBatch'>>,
): ReadonlyMap<string, Rows> {
  const { batchSize } = drawn;
  const again = batchPlan({ ...drawn, sampling, lastBatch });
  const T = windowEpochs * plan.batchesPerEpoch;
  const rows = new Map(layers.map(({ name, size }) => [name, { data: new Float32Array(T * size), P: size }]));
  for (let t = 0; t < T; t++) {
    const b = t % plan.batchesPerEpoch;
    const { order } = again.epoch((t - b) / plan.batchesPerEpoch);
    const { gradient } = learner.gradient(order.subarray(b * batchSize, (b + 1) * batchSize));
    for (const { name, offset, size } of layers)
      rows.get(name)!.data.set(gradient.subarray(offset, offset + size), t * size);
  }
  return rows;
}
