/**
 * Advice at the end of a run of any network and optimiser: the stages of experiment.ts, measured on the surface of the network in the
 * optimiser's own coordinates (docs/theory [O1]), with runs of that optimiser.
 */
import { join } from 'node:path';
import { type Advice, advise } from '../../apply/advice.js';
import type { AdviceFacts, AdviceOptimiser, AdvicePoint, Measured, WindowFacts } from '../../apply/advice-facts.js';
import type { OptimiserMeasured } from '../../apply/advice-optimiser.js';
import { spreadSamples } from '../../apply/advice-run.js';
import {
  fittedAt,
  judgeVerification,
  LADDER,
  nextToTry,
  type RunSeen,
  type Verification,
} from '../../apply/advice-verify.js';
import type { Dataset } from '../../data/dataset.js';
import { InterruptedError, type RunOptions } from '../../jobs/context.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import type { KernelBuild } from '../../kernels/load.js';
import { type AnyNetwork, asLayered } from '../../model/any-network.js';
import { RunError } from '../../numeric/errors.js';
import { wholePower } from '../../numeric/power.js';
import { randomKey } from '../../numeric/random.js';
import { readCheckpoint } from '../../record/checkpoint.js';
import { constantLoss } from '../../runs/constant-loss.js';
import { optimiserIn } from '../../runs/optimiser.js';
import type { AnyConfig } from '../../runs/schema.js';
import { CHECKPOINT, finalWeights } from '../../runs/train.js';
import { effectiveRate, type LinearForm, linearForm } from '../../theory/optimisers/linear-form.js';
import { LayeredTrainer } from '../../train/layered-trainer.js';
import type { Cursor } from '../../train/loop.js';
import { CONSTANT, rateAt } from '../../train/optimisers/schedule.js';
import type { OptimiserSpec } from '../../train/optimisers/spec.js';
import { ANY_WORK, type AnyJob, type AnyResult, type AnyShared } from './any-jobs.js';
import { MEASURED } from './any-run.js';

/** The state of a run, and how it is measured. */
export interface AnyState {
  readonly run: string;
  readonly config: AnyConfig;
  readonly network: AnyNetwork;
  readonly dataset: Dataset;
  readonly build: KernelBuild;
  readonly directions: number;
  readonly safety: number;
  readonly verify: boolean;
  readonly runs: number;
  readonly epochs: number;
  readonly workers: number;
  readonly folder: string;
}

/** A run of verification has at least this many steps, but by default no more than this many epochs. */
const [LEAST_STEPS, MOST_EPOCHS] = [300, 10];

const KIND: JobKind<AnyShared, AnyJob, AnyResult, Parameters<typeof ANY_WORK.run>[1]> = {
  ...ANY_WORK,
  worker: new URL('./any-worker.js', import.meta.url),
  name: (job) => (job.kind === 'verify' ? `the run at learning rate ${job.learningRate}` : 'the state'),
};

/** What the stages give. */
export interface AnyAdvice {
  readonly advice: Advice;
  readonly facts: AdviceFacts;
  readonly verification: Verification | null;
  readonly weights: Float32Array;
  readonly origin: string;
  readonly linearAlgebra: string;
}

/**
 * Measures the state, makes the runs and gives the advice.
 * @throws RunError when nothing can be advised; InterruptedError
 */
export async function adviseAny(state: AnyState, options: RunOptions): Promise<AnyAdvice> {
  const { run, config, network, dataset } = state;
  const { training, seed, provider } = config;
  const weights = finalWeights(run, network);
  const kept = readCheckpoint<Cursor>(join(run, CHECKPOINT), network);
  const origin = `the last weights of the run in ${run}`;
  const perEpoch = Math.max(1, Math.floor(dataset.train.count / training.batchSize));
  const optimiser = optimiserAt(config, perEpoch, kept?.state.step ?? 0);
  const form = linearForm(optimiser);
  const squares = form.adaptive ? kept?.optimiser?.squares : undefined;
  const momentum = 1 - form.learningRate / effectiveRate(form);
  const setting = { momentum, batchSize: training.batchSize, sampling: training.sampling as AdvicePoint['sampling'] };
  const shared: AnyShared = {
    network,
    samples: sharedSamples(dataset.train),
    weights,
    optimiser,
    ...(squares && { squares }),
    steps: kept?.state.step ?? 1,
    setting,
    seed,
    directions: state.directions,
    measured: Math.min(MEASURED, dataset.train.count),
    provider,
    kernelBuild: state.build,
  };
  const { measured, linearAlgebra, ...rest } = await measureState(shared, state, options);
  // evaluates alone: no mask of a dropout is drawn
  const judge = new LayeredTrainer({
    spec: asLayered(network),
    samples: dataset.train,
    learningRate: 1,
    batchSize: 1,
    key: randomKey(seed).child('dropout'),
  });
  judge.setWeights(weights);
  const { errors } = judge.evaluate();
  const point: AdvicePoint = {
    learningRate: form.learningRate,
    ...setting,
    optimiser: optimiserWords(form, measured),
    samples: dataset.train.count,
    parameters: weights.length,
    loss: measured.loss,
    errors: Number.isNaN(errors) ? null : errors,
    constantLoss: constantLoss(dataset.train),
    origin,
  };
  const window: Measured<WindowFacts> = {
    refused: `the motion relation is that of SGD with momentum, and this run was trained by ${optimiser.type}.`,
  };
  const facts: AdviceFacts = { point, noise: measured.noise, curvature: measured.curvature, window };
  if ('refused' in facts.noise && 'refused' in facts.curvature)
    throw new RunError(
      'no-advice',
      `there is no advice at this state: ${facts.noise.refused} And ${facts.curvature.refused}`,
    );
  const looked = spreadSamples(dataset.train.count);
  const loss = judge.evaluate(looked).loss;
  judge.release();
  const verification =
    state.verify && fittedAt(point)
      ? await verifyState(shared, facts, { ...state, ...rest, looked, loss }, options)
      : null;
  return { advice: advise(facts, state.safety, verification), facts, verification, weights, origin, linearAlgebra };
}

async function measureState(shared: AnyShared, { folder }: AnyState, { signal, onProgress }: RunOptions) {
  let found: Extract<AnyResult, { kind: 'measure' }> | undefined;
  onProgress?.({ stage: 'measure', done: 0, total: 100, unit: '%', note: 'curvature and noise' });
  const finished = await runJobs(KIND, shared, [{ kind: 'measure' }] as AnyJob[], {
    workers: 1,
    signal,
    onDone: (_, result) => {
      if (result.kind === 'measure') found = result;
    },
  });
  if (!finished || !found) throw new InterruptedError(folder, false);
  return found;
}

/** What the runs of verification need beside what all jobs share. */
interface VerifyHow extends Pick<AnyState, 'runs' | 'epochs' | 'workers' | 'folder'> {
  readonly squares?: Float32Array;
  readonly looked: Uint32Array;
  /** Loss over the samples that are looked at. */
  readonly loss: number;
}

/** Makes runs at one rate after the other, until the rates at which they leave are found. */
async function verifyState(
  shared: AnyShared,
  { point, noise, curvature }: AdviceFacts,
  { runs, workers, folder, squares, looked, loss, ...how }: VerifyHow,
  { signal, onProgress }: RunOptions,
): Promise<Verification> {
  const perEpoch = Math.floor(point.samples / point.batchSize);
  const epochs = Math.max(how.epochs, Math.min(MOST_EPOCHS, Math.ceil(LEAST_STEPS / perEpoch)));
  const base = {
    loss,
    constantLoss: point.constantLoss,
    trace: 'facts' in noise ? noise.facts.trace.value : 0,
    momentum: point.momentum,
    batchSize: point.batchSize,
  };
  const tried = new Map<number, RunSeen[]>();
  for (let rung = nextToTry(tried, base); rung !== undefined; rung = nextToTry(tried, base)) {
    const learningRate = point.learningRate * wholePower(LADDER.factor, rung);
    const jobs = Array.from(
      { length: runs },
      (_, run): AnyJob => ({ kind: 'verify', learningRate, run, epochs, looked, ...(squares && { squares }) }),
    );
    const seen: RunSeen[] = [];
    onProgress?.({
      stage: 'verify',
      done: tried.size,
      unit: 'rates',
      note: `learning rate ${learningRate.toPrecision(3)}`,
    });
    const finished = await runJobs(KIND, shared, jobs, {
      workers,
      signal,
      onDone: (_, result) => {
        if (result.kind === 'verify') seen.push(result.seen);
      },
    });
    if (!finished) throw new InterruptedError(folder, false);
    tried.set(rung, seen);
  }
  return judgeVerification({
    base,
    epochs,
    looked: looked.length,
    top: null,
    ceiling: 'facts' in curvature ? curvature.facts.ceiling.value : null,
    runs: [...tried.values()].flat(),
  });
}

/** Names an optimiser and its edge for sentences. */
function optimiserWords(
  { optimiser: o, penalty }: LinearForm,
  { squaresFrom: squares, silent }: Pick<OptimiserMeasured, 'squaresFrom' | 'silent'>,
): AdviceOptimiser {
  const settings =
    o.type === 'sgd'
      ? [o.nesterov ? `Nesterov's momentum ${o.momentum}` : o.momentum > 0 ? `momentum ${o.momentum}` : '']
      : o.type === 'rmsprop'
        ? [`alpha ${o.alpha}`, o.momentum > 0 ? `momentum ${o.momentum}` : '']
        : [`beta1 ${o.beta1}`, `beta2 ${o.beta2}`];
  const decay = o.decoupled && o.weightDecay > 0 ? [`decoupled decay ${o.weightDecay}`] : [];
  const clip = Number.isFinite(o.clipNorm) ? [`gradients clipped to ${o.clipNorm}`] : [];
  const edge =
    o.type === 'adam' || o.type === 'adamw'
      ? '2(1+β₁)/((1−β₁)α)'
      : o.nesterov
        ? '2(1+μ)/((1+2μ)α)'
        : o.momentum > 0
          ? '2(1+μ)/α'
          : '2/α';
  return {
    words: [o.type, ...settings.filter((s) => s !== ''), ...decay, ...clip].join(', '),
    edge,
    squares,
    silent,
    penalty,
  };
}

/**
 * Returns the optimiser of a run as it was after so many steps: its schedule has ended at the rate that it had then, or at the rate of the
 * run where that was 0.
 */
function optimiserAt(config: AnyConfig, perEpoch: number, steps: number): OptimiserSpec {
  const { schedule = CONSTANT, ...optimiser } = optimiserIn(config, perEpoch);
  const { learningRate } = optimiser;
  return { ...optimiser, learningRate: rateAt(schedule, learningRate, steps) || learningRate };
}
