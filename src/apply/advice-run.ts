/** One short real run at a learning rate near a ceiling. */
import { hessianOperator } from '../analyse/curvature/network-hessian.js';
import type { Samples } from '../data/dataset.js';
import { batchPlan } from '../data/samplers.js';
import { pick } from '../data/tasks.js';
import type { NetworkSpec } from '../model/network.js';
import { DivergedError } from '../numeric/errors.js';
import { lanczos } from '../numeric/operators/lanczos.js';
import { randomKey } from '../numeric/random.js';
import { NetworkPasses } from '../surface/network/passes.js';
import { STEPS_PER_CALL, Trainer } from '../train/trainer.js';
import type { AdvicePoint } from './advice-facts.js';
import type { RunSeen } from './advice-verify.js';

/** Describes one run. */
export interface VerifyRequest {
  readonly spec: NetworkSpec;
  readonly samples: Samples;
  readonly weights: Float32Array;
  readonly setting: Pick<AdvicePoint, 'momentum' | 'batchSize' | 'sampling'>;
  readonly learningRate: number;
  readonly run: number;
  readonly epochs: number;
  /** Numbers of the samples on which the loss is evaluated. */
  readonly looked: Uint32Array;
  /** The run ends at the first evaluation above this loss; it goes on to the last epoch when absent. */
  readonly rim?: number;
  /** Fewest steps of a run, for which epochs are added; 0 when absent. */
  readonly leastSteps?: number;
  /** Whether the top curvature at the end is measured; true when absent. */
  readonly curved?: boolean;
  readonly seed: number;
  readonly report: (what: string, share: number) => void;
}

const LOOKS = 40;
/** Samples on which the curvature at the end is measured. */
const CURVED = 2000;

/** Returns evenly spaced sample numbers, at most `most`, the same for every run. */
export function spreadSamples(count: number, most = 5000): Uint32Array {
  const step = Math.ceil(count / most);
  return Uint32Array.from({ length: Math.floor((count - 1) / step) + 1 }, (_, k) => k * step);
}

/**
 * Returns the top curvature on some of the samples; NaN where it did not converge. Cost: some thirty Hessian products
 * on 2000 samples.
 */
export function topCurvatureOn(
  spec: NetworkSpec,
  samples: Samples,
  weights: Float32Array,
  looked: Uint32Array,
): number {
  const few = looked.filter((_, k) => k % Math.ceil(looked.length / CURVED) === 0);
  const passes = new NetworkPasses({ spec, weights, samples: pick(samples, few) });
  const { pairs } = lanczos(hessianOperator(passes), { count: 1, key: randomKey(0), tolerance: 0.01 });
  return pairs[0].value.converged ? pairs[0].value.value : Number.NaN;
}

/** What takes the steps of a run. */
export interface RateRunner {
  weights(): Float32Array;
  steps(order: Uint32Array, batchSize: number): unknown;
  evaluate(subset: Uint32Array): { readonly loss: number };
}

/** Makes one run, with velocity zero at the start and batches from a key of its own. */
export function tryRate(request: VerifyRequest): RunSeen {
  const { spec, samples, weights, setting, learningRate, looked, curved = true } = request;
  const { momentum, batchSize } = setting;
  const trainer = new Trainer({ spec, samples, learningRate, momentum, batchSize: Math.max(batchSize, 1) });
  trainer.setWeights(weights);
  const { after, ...seen } = runAtRate(trainer, request);
  const top = seen.finite && !seen.still && curved ? topCurvatureOn(spec, samples, after, looked) : Number.NaN;
  return { ...seen, top: Number.isFinite(top) ? top : null };
}

/** Makes one run with any optimiser that stands at `weights`; returns the weights where it ended beside what was seen. */
export function runAtRate(
  trainer: RateRunner,
  request: Omit<VerifyRequest, 'spec'>,
): RunSeen & { readonly after: Float32Array } {
  const { samples, weights, setting, learningRate, run, looked, seed, report } = request;
  const { rim = Number.POSITIVE_INFINITY, leastSteps = 0 } = request;
  const { batchSize, sampling } = setting;
  const key = randomKey(seed).child('advice').child('verify').child(run);
  const plan = batchPlan({ count: samples.count, batchSize, sampling, lastBatch: 'drop', key });
  const total = Math.max(request.epochs * plan.batchesPerEpoch, leastSteps);
  const epochs = Math.ceil(total / plan.batchesPerEpoch);
  const losses: number[] = [];
  let done = 0;
  let before = weights;
  let finite = true;
  let over = false;
  for (let e = 0; e < epochs && finite && !over; e++) {
    const { order } = plan.epoch(e);
    for (let b = 0; b < plan.batchesPerEpoch && done < total && finite && !over; ) {
      const due = Math.ceil(((losses.length + 1) * total) / LOOKS) - done;
      const count = Math.min(STEPS_PER_CALL, plan.batchesPerEpoch - b, Math.max(1, due));
      before = trainer.weights();
      try {
        trainer.steps(order.subarray(b * batchSize, (b + count) * batchSize), batchSize);
      } catch (error) {
        if (!(error instanceof DivergedError)) throw error;
        finite = false;
        break;
      }
      b += count;
      done += count;
      if (done * LOOKS < (losses.length + 1) * total) continue;
      const { loss } = trainer.evaluate(looked);
      finite = Number.isFinite(loss);
      if (finite) losses.push(loss);
      over = loss > rim;
      report(`learning rate ${learningRate.toPrecision(3)}`, done / total);
    }
  }
  const after = trainer.weights();
  const still = finite && after.every((w, i) => w === before[i]);
  return { learningRate, seed: run, losses, finite, still, top: null, after };
}
