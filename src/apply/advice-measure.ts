/** The measurements on which advice rests, at one state of one network. docs/theory [A1], [A2]. */
import { hardSampleDirections } from '../analyse/curvature/hard-samples.js';
import { hessianOperator } from '../analyse/curvature/network-hessian.js';
import { sampleCurvature } from '../analyse/curvature/sample-curvature.js';
import { curvatureNoiseScale, gradientNoiseScale } from '../analyse/noise/noise-scale.js';
import { twoBatchNoise } from '../analyse/noise/noise-two-batches.js';
import type { Samples } from '../data/dataset.js';
import type { NetworkSpec } from '../model/network.js';
import { RunError } from '../numeric/errors.js';
import type { LinearAlgebra } from '../numeric/linalg/index.js';
import { dot, lanczos } from '../numeric/operators/lanczos.js';
import { orthonormal } from '../numeric/orthonormal.js';
import { type Key, randomKey } from '../numeric/random.js';
import { NetworkPasses } from '../surface/network/passes.js';
import { Trainer } from '../train/trainer.js';
import { convergedVectors, curvatureFacts, eigenvectorsOf } from './advice-curvature.js';
import type { AdvicePoint, CurvatureFacts, Measured, NoiseFacts } from './advice-facts.js';
import { NO_SCALE, noiseFacts } from './advice-noise.js';

/** Names the state and says how it is measured. */
export interface MeasureRequest {
  readonly la: LinearAlgebra;
  readonly spec: NetworkSpec;
  readonly samples: Samples;
  readonly weights: Float32Array;
  readonly setting: Pick<AdvicePoint, 'learningRate' | 'momentum' | 'batchSize' | 'sampling'>;
  /**
   * Directions in which batches are compared: five eighths are top eigenvectors, the rest gradients of hard samples.
   */
  readonly directions: number;
  readonly seed: number;
  readonly report: (what: string, share: number) => void;
}

/** The loss above which `Trainer.steps` reports divergence. */
const LARGEST_LOSS = 1e30;

/** Holds what was measured at a state. */
export interface MeasuredState {
  readonly loss: number;
  /** Misclassified training samples; null for squared error. */
  readonly errors: number | null;
  readonly noise: Measured<NoiseFacts>;
  readonly curvature: Measured<CurvatureFacts>;
}

/**
 * Measures noise and curvature at a state. Cost on 784-50-50-10 over MNIST: half a minute of one core, most of it for
 * the thirty to fifty Hessian products of Lanczos.
 * @throws RunError when nothing can be advised: for weights or a loss that are not finite, and when no sample has a
 * gradient
 */
export function measureState(request: MeasureRequest): MeasuredState {
  const { spec, samples, weights, seed, report } = request;
  if (!weights.every(Number.isFinite))
    throw new RunError('no-advice', 'there is no advice at weights that are not finite numbers.');
  report('gradients', 0);
  const passes = new NetworkPasses({ spec, weights, samples });
  const { loss, gradient } = passes.gradient();
  if (!(loss <= LARGEST_LOSS))
    throw new RunError(
      'no-advice',
      `there is no advice at a training loss of ${loss}: training counts it as diverged. Start from other weights.`,
    );
  const squared = dot(gradient, gradient);
  const { trace } = gradientNoiseScale(passes);
  if (!(squared > 0 || trace.value > 0))
    throw new RunError(
      'no-advice',
      `there is no advice where every sample's gradient is exactly zero (training loss ${loss.toPrecision(4)}): no learning rate moves ` +
        'this network and none is too large. Most likely all hidden units are inactive; start from other weights.',
    );
  const key = randomKey(seed).child('advice');
  const noise = measureNoise(request, passes, gradient, key);
  const { errors } = trainerAt(request, 1).evaluate();
  return {
    loss,
    errors: spec.loss === 'cross-entropy' ? errors : null,
    noise,
    curvature: measureCurvature(request, passes, key),
  };
}

/** Makes a trainer at the state, for losses and gradients of batches. */
function trainerAt({ spec, samples, weights }: MeasureRequest, batchSize: number): Trainer {
  const trainer = new Trainer({ spec, samples, learningRate: 1, batchSize });
  trainer.setWeights(weights);
  return trainer;
}

function measureNoise(
  request: MeasureRequest,
  passes: NetworkPasses,
  gradient: Float64Array,
  key: Key,
): Measured<NoiseFacts> {
  const { samples, setting, report } = request;
  const squaredGradient = dot(gradient, gradient);
  if (squaredGradient === 0) return NO_SCALE;
  const { trace, simple, carriers } = gradientNoiseScale(passes);
  report('gradient noise along the curvature', 0.05);
  // a probe is a gradient and a Hessian product over all samples: eight of them at the size of MNIST, more where they are cheap
  const probes = Math.max(8, Math.min(64, Math.round(2e10 / (samples.count * passes.size))));
  const weighted = curvatureNoiseScale(passes, { probes, key });
  const curvedGradient = dot(gradient, hessianOperator(passes).apply(gradient));
  report('minibatches of two sizes', 0.2);
  const n = samples.count;
  const smallSize = Math.max(1, Math.min(setting.batchSize, Math.floor(n / 16)));
  const bigSize = Math.min(16 * smallSize, n);
  const trainer = trainerAt(request, smallSize);
  const draw = (size: number, count: number, name: string) =>
    Array.from({ length: count }, (_, k) => {
      const stream = key.child(name).child(k).stream();
      const { gradient: g } = trainer.gradient(Uint32Array.from({ length: size }, () => stream.integer(n)));
      return dot(g, g);
    });
  const counts = [128, 32] as const;
  const two =
    bigSize > smallSize
      ? twoBatchNoise({
          smallSize,
          bigSize,
          small: draw(smallSize, counts[0], 'small'),
          big: draw(bigSize, counts[1], 'big'),
        })
      : undefined;
  if (!two) return { refused: `a training set of ${n} samples is too small for minibatches of two sizes.` };
  const batches = { sizes: [smallSize, bigSize] as const, counts, two };
  return {
    facts: noiseFacts(n, { squaredGradient, trace, carriers, simple, weighted, curvedGradient }, batches),
  };
}

function measureCurvature(
  { la, setting, directions, report }: MeasureRequest,
  passes: NetworkPasses,
  key: Key,
): Measured<CurvatureFacts> {
  const operator = hessianOperator(passes);
  const eigenvectors = eigenvectorsOf(directions, passes.size);
  let products = 0;
  const counted = {
    size: operator.size,
    apply: (v: Float64Array) => {
      report('top of the Hessian', Math.min(0.75, 0.25 + 0.01 * products++));
      return operator.apply(v);
    },
  };
  const { pairs, opposite } = lanczos(counted, { count: eigenvectors, key, tolerance: 1e-3 });
  const converged = convergedVectors(pairs);
  if ('refused' in converged) return converged;
  report('hard samples', 0.76);
  const vectors = converged.facts;
  const hard = hardSampleDirections(passes, Math.max(0, directions - eigenvectors));
  const basis = orthonormal([...vectors, ...hard], 0.05);
  report('curvature of every sample', 0.8);
  const each = sampleCurvature(passes, basis);
  report('ceilings', 0.92);
  return {
    facts: curvatureFacts(la, setting, {
      pairs,
      opposite,
      eigenvectors: vectors.length,
      basis,
      each,
      ...(setting.momentum > 0 && { products: basis.map(operator.apply) }),
    }),
  };
}
