/**
 * Who takes the steps of a session: a `LayeredTrainer` on samples that are packed once. Where a slider needs another update rule or more
 * room, the trainer is made anew on the same samples and gets weights and state of the optimiser, so that no step is lost.
 */
import type { Samples } from '../../data/dataset.js';
import { type AnyNetwork, asLayered } from '../../model/any-network.js';
import { randomKey } from '../../numeric/random.js';
import { LayeredTrainer, type LayeredTrainerOptions, PackedSamples } from '../../train/layered-trainer.js';
import type { Learner } from '../../train/loop.js';
import { scheduleInSteps } from '../../train/optimisers/schedule.js';
import type { OptimiserSpec } from '../../train/optimisers/spec.js';
import { optimiserUpdate } from '../../train/optimisers/update.js';
import type { Settings } from './sliders.js';

/** What is the same for every trainer of a session. */
export interface LearnerRequest {
  readonly network: AnyNetwork;
  readonly samples: Samples;
  readonly layer: string;
  readonly seed: number;
  /** Batches of an epoch at the beginning, which a schedule in epochs is converted by. */
  readonly batchesPerEpoch: number;
}

/** A learner whose settings change between steps. */
export class SessionLearner implements Learner {
  private readonly packed: PackedSamples;
  private trainer: LayeredTrainer;

  constructor(
    private readonly request: LearnerRequest,
    private settings: Settings,
  ) {
    this.packed = new PackedSamples(request.samples);
    this.trainer = this.make(settings);
  }

  /** Returns the bytes of kernel memory that it takes. */
  static bytes(request: LearnerRequest, settings: Settings): number {
    return LayeredTrainer.memoryBytes({ ...optionsOf(request, settings), samples: request.samples });
  }

  /** The settings of the next step. */
  get present(): Settings {
    return this.settings;
  }

  /** Learning rate of the next step: that of the schedule, where there is one. */
  get learningRate(): number {
    return this.trainer.learningRate;
  }

  /** Changes the settings from the next step on; vectors that the new optimiser keeps and the old one does not begin at 0. */
  use(settings: Settings): void {
    const { trainer } = this;
    const [weights, states, taken] = [trainer.weights(), trainer.states(), trainer.stepsTaken];
    // first made, then given back: settings that are refused leave everything as it was
    const next = this.make(settings);
    trainer.release();
    this.trainer = next;
    this.settings = settings;
    next.setWeights(weights);
    this.setStates(states, taken);
  }

  weights(): Float32Array {
    return this.trainer.weights();
  }

  states(): Record<string, Float32Array> {
    return this.trainer.states();
  }

  /** Continues with these weights and this state after `taken` steps. */
  restore(weights: Float32Array, states: Readonly<Record<string, Float32Array>>, taken: number): void {
    this.trainer.setWeights(weights);
    this.setStates(states, taken);
  }

  steps(order: Uint32Array, batchSize: number): ReturnType<LayeredTrainer['steps']> {
    return this.trainer.steps(order, batchSize);
  }

  evaluate(subset: Uint32Array): ReturnType<LayeredTrainer['evaluate']> {
    return this.trainer.evaluate(subset);
  }

  private setStates(given: Readonly<Record<string, Float32Array>>, taken: number): void {
    const kept = Object.keys(this.trainer.states());
    const zero = () => new Float32Array(this.trainer.parameterCount);
    this.trainer.setStates(Object.fromEntries(kept.map((name) => [name, given[name] ?? zero()])), taken);
  }

  private make(settings: Settings): LayeredTrainer {
    return new LayeredTrainer({ ...optionsOf(this.request, settings), samples: this.packed });
  }
}

/** The optimiser with its schedule in steps. */
export function inSteps(optimiser: OptimiserSpec, batchesPerEpoch: number): OptimiserSpec {
  return optimiser.schedule
    ? { ...optimiser, schedule: scheduleInSteps(optimiser.schedule, batchesPerEpoch) }
    : optimiser;
}

function optionsOf(
  { network, layer, seed, batchesPerEpoch }: LearnerRequest,
  { optimiser, batchSize }: Settings,
): Omit<LayeredTrainerOptions, 'samples'> {
  return {
    spec: asLayered(network),
    learningRate: optimiser.learningRate,
    update: optimiserUpdate(inSteps(optimiser, batchesPerEpoch)),
    batchSize,
    recordLayers: [layer],
    key: randomKey(seed).child('dropout'),
  };
}
