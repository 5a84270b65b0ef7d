/**
 * A solution cell: training with one setting from the seed's initial weights, and measurements where the loss is the
 * target.
 */
import { batchShare } from '../../../analyse/curvature/batch-curvature.js';
import { hessianTrace } from '../../../analyse/curvature/hessian-trace.js';
import { hessianOperator } from '../../../analyse/curvature/network-hessian.js';
import { confidence, withScaledLogits } from '../../../analyse/landscape/confidence.js';
import { type MeasuredSolution, measureSolution } from '../../../analyse/landscape/network-solution.js';
import {
  anisotropy,
  curvatureChange,
  type ValleyDirection,
  valleyDirections,
} from '../../../analyse/landscape/valley-coordinates.js';
import { gradientNoiseScale } from '../../../analyse/noise/noise-scale.js';
import type { Dataset, Samples } from '../../../data/dataset.js';
import { firstSamples } from '../../../data/subset.js';
import type { NetworkSpec } from '../../../model/network.js';
import { estimate, scaled } from '../../../numeric/estimate.js';
import { dot, lanczos, normalVector } from '../../../numeric/operators/lanczos.js';
import { type Key, randomKey } from '../../../numeric/random.js';
import { mean } from '../../../numeric/statistics.js';
import { NetworkPasses } from '../../../surface/network/passes.js';
import { logarithmicSgdLoss, proportionalSgdLoss, sgdForce } from '../../../theory/valley/solution-loss.js';
import { Trainer } from '../../../train/trainer.js';
import type { NetworkStudyConfig } from './config.js';
import type {
  FloorSolution,
  NoiseSetting,
  SolutionConfidence,
  SolutionResult,
  TestResult,
  ValleyMeasures,
} from './measured.js';
import { type TrainedSolution, trainToTarget } from './training.js';

type Data = Pick<Dataset, 'train' | 'test'>;

/**
 * Computes a solution cell. Cost for 784-50-50-10 on MNIST: the training (2 to 20 s) and some 10 s for the
 * measurements.
 */
export function solutionCell(
  config: NetworkStudyConfig,
  setting: NoiseSetting,
  seed: number,
  data: Data,
  report: (what: string, share: number) => void,
): Omit<SolutionResult, 'seconds' | 'cell' | 'format'> {
  const trained = trainToTarget(config, setting, seed, data.train, (note, share) => report(note, 0.7 * share));
  const { outcome, stepsPerEpoch, epochs, steps, loss, errors, path, weights } = trained;
  const head = {
    kind: 'solution',
    seed,
    ...setting,
    outcome,
    stepsPerEpoch,
    epochs,
    steps,
    loss,
    errors,
    path,
  } as const;
  if (outcome !== 'reached') return head;
  const spec = config.base.network;
  // the same probes for all settings of a seed
  const key = randomKey(seed).child('valley-network');
  const samples = firstSamples(data.train, config.measure.samples);
  report('flatness', 0.7);
  const measured = measureSolution({ ...config.measure, spec, weights, samples, key });
  report('confidence', 0.88);
  const sure = confidenceOf(measured, config.measure.spread, data.test);
  report('valley', 0.9);
  const valley = valleyMeasures(measured, trained, setting, data.train.count, key);
  const test = data.test && { test: tested(spec, weights, data.test) };
  const floor = trained.floor && data.test && { floor: floorOf(spec, trained.floor, samples, data.test, key) };
  return { ...head, ...test, flatness: measured.flatness, confidence: sure, valley, ...floor };
}

function tested(spec: NetworkSpec, weights: Float32Array, test: Samples): TestResult {
  const trainer = new Trainer({ spec, samples: test, learningRate: 1, batchSize: 1 });
  trainer.setWeights(weights);
  const { loss, errors } = trainer.evaluate();
  return { loss, errors, count: test.count };
}

function confidenceOf({ passes }: MeasuredSolution, spread: number, test: Samples | undefined): SolutionConfidence {
  const found = confidence(passes, spread);
  const { temperature } = found.best;
  if (!test || !Number.isFinite(temperature)) return found;
  const { loss } = tested(passes.spec, withScaledLogits(passes.spec, passes.weights, 1 / temperature), test);
  return { ...found, testLoss: loss };
}

/** Number of random directions of the whole network. */
const RANDOM = 4;
/** Half the distance over which the change of curvatures is measured, as a share of the drift. */
const PART = 0.25;

function valleyMeasures(
  { passes, eigenvectors, flatness }: MeasuredSolution,
  { weights, before }: TrainedSolution,
  setting: NoiseSetting,
  population: number,
  key: Key,
): ValleyMeasures {
  const way = Float64Array.from(weights, (w, i) => w - before[i]);
  const driftLength = Math.sqrt(dot(way, way));
  const drift = unit(way);
  const random = Array.from({ length: RANDOM }, (_, i) =>
    unit(normalVector(passes.size, key.child('whole').child(i).stream())),
  );
  const { directions } = valleyDirections(passes, [...eigenvectors, drift, ...random]);
  const k = eigenvectors.length;
  const [across, along, others] = [directions.slice(0, k), directions[k], directions.slice(k + 1)];
  const change = curvatureChange(passes, eigenvectors, across, drift, PART * driftLength);
  const share = batchShare(population, { ...setting, sampling: 'shuffled' });
  const perBatch = across.map((d) => ({ curvature: d.curvature.value, noise: share * d.noise.value }));
  const { learningRate } = setting;
  return {
    across,
    drift: along,
    random: others,
    anisotropyDrift: anisotropy(across, along),
    anisotropyRandom: anisotropy(across, meanOfDirections(others)),
    driftLength,
    change,
    proportional: proportionalSgdLoss(learningRate, scaled(flatness.noiseTrace, share)),
    logarithmic: logarithmicSgdLoss(learningRate, perBatch),
    noiseForce: sgdForce(learningRate, perBatch, change.logSlopes),
    gradientForce: -along.slope.value,
  };
}

function unit(v: Float64Array): Float64Array {
  const size = Math.sqrt(dot(v, v));
  return v.map((x) => x / size);
}

/** Returns means over directions whose noise is correlated through the samples, so that errors are not divided. */
function meanOfDirections(all: readonly ValleyDirection[]): ValleyDirection {
  const over = (of: keyof ValleyDirection) =>
    estimate(
      mean(all.map((d) => d[of].value)),
      mean(all.map((d) => d[of].standardError)),
      all[0][of].n,
      `mean over ${all.length} directions`,
    );
  return {
    curvature: over('curvature'),
    slope: over('slope'),
    noise: over('noise'),
    curvatureVariance: over('curvatureVariance'),
  };
}

function floorOf(
  spec: NetworkSpec,
  { weights, epoch, loss }: NonNullable<TrainedSolution['floor']>,
  samples: Samples,
  test: Samples,
  key: Key,
): FloorSolution {
  const passes = new NetworkPasses({ spec, weights, samples });
  const top = lanczos(hessianOperator(passes), { count: 1, key: key.child('top'), tolerance: 1e-3 });
  return {
    epoch,
    loss,
    test: tested(spec, weights, test),
    trace: hessianTrace(passes).trace,
    noiseTrace: gradientNoiseScale(passes).trace,
    top: top.pairs[0].value,
  };
}
