/** Further training for a window: the kernels of perceptrons for SGD with momentum, the plan of layers for all else. */
import type { Samples } from '../../data/dataset.js';
import type { Sampling } from '../../data/samplers.js';
import { type AnyNetwork, asLayered, isLayered } from '../../model/any-network.js';
import type { NetworkSpec } from '../../model/network.js';
import { randomKey } from '../../numeric/random.js';
import type { State } from '../../runs/state.js';
import { LayeredTrainer, type LayeredTrainerOptions } from '../../train/layered-trainer.js';
import type { OptimiserSpec } from '../../train/optimisers/spec.js';
import { optimiserUpdate } from '../../train/optimisers/update.js';
import { Trainer } from '../../train/trainer.js';
import type { WindowTrainer } from '../../train/window.js';
/** Names the source of principal directions. */
export type WindowPlan =
  /** The trajectories of a finished run, one for each recorded layer. */
  | { readonly kind: 'recorded'; readonly windows: readonly { readonly layer: string; readonly path: string }[] }
  /** Further training from the weights, with every layer recorded. */
  | {
      readonly kind: 'trained';
      readonly epochs: number;
      readonly steps: number;
      readonly learningRate: number;
      readonly momentum: number;
      readonly batchSize: number;
      readonly sampling: Sampling;
      /** Another optimiser than SGD with that momentum. */
      readonly optimiser?: OptimiserSpec;
    };

type Trained = Extract<WindowPlan, { kind: 'trained' }>;

/** Where further training starts. */
interface Start {
  readonly weights: Float32Array;
  readonly velocity?: Float32Array;
  readonly optimiser?: State['optimiser'];
  readonly seed: number;
}

/** Makes a trainer at the weights, with what its optimiser kept where that is known. */
export function windowTrainer(
  network: AnyNetwork,
  samples: Samples,
  plan: Trained,
  { weights, velocity, optimiser, seed }: Start,
): WindowTrainer & Pick<Trainer, 'evaluate'> {
  const perceptron = plain(network, plan);
  if (perceptron) {
    const trainer = new Trainer({ spec: perceptron, samples, ...plan });
    trainer.setWeights(weights);
    if (velocity && plan.momentum > 0) trainer.setVelocity(velocity);
    return trainer;
  }
  const trainer = new LayeredTrainer(layered(network, samples, plan, seed));
  trainer.setWeights(weights);
  const vectors = optimiser?.vectors ?? {};
  const same = Object.keys(trainer.states()).every((name) => vectors[name] !== undefined);
  if (optimiser && same) {
    const kept = Object.keys(trainer.states()).map((name) => [name, vectors[name]]);
    trainer.setStates(Object.fromEntries(kept), optimiser.steps);
  }
  return trainer;
}

/** Returns the bytes of kernel memory that it takes. */
export function windowTrainerBytes(network: AnyNetwork, samples: Samples, plan: Trained): number {
  const perceptron = plain(network, plan);
  return perceptron
    ? Trainer.memoryBytes({ ...plan, spec: perceptron, samples })
    : LayeredTrainer.memoryBytes(layered(network, samples, plan, 0));
}

const plain = (network: AnyNetwork, { optimiser }: Trained): NetworkSpec | undefined =>
  isLayered(network) || optimiser ? undefined : network;

function layered(network: AnyNetwork, samples: Samples, plan: Trained, seed: number): LayeredTrainerOptions {
  const { learningRate, momentum, batchSize, optimiser } = plan;
  return {
    spec: asLayered(network),
    samples,
    learningRate,
    momentum,
    ...(optimiser && { update: optimiserUpdate(optimiser) }),
    batchSize,
    key: randomKey(seed).child('protect').child('dropout'),
  };
}
