/**
 * A ceiling cell: the learning rate at which divergence begins, from the initial weights and from a solution, against
 * the predictions from curvature. [V4], [R6].
 */
import { batchShare } from '../../../analyse/curvature/batch-curvature.js';
import { curvatureMoments } from '../../../analyse/curvature/curvature-moments.js';
import { hessianOperator } from '../../../analyse/curvature/network-hessian.js';
import { type ValleyDirections, valleyDirections } from '../../../analyse/landscape/valley-coordinates.js';
import type { Samples } from '../../../data/dataset.js';
import { batchPlan } from '../../../data/samplers.js';
import { firstSamples } from '../../../data/subset.js';
import { initialWeights } from '../../../model/network.js';
import { DivergedError } from '../../../numeric/errors.js';
import { scaled } from '../../../numeric/estimate.js';
import { embeddedLinearAlgebra } from '../../../numeric/linalg/index.js';
import { lanczos } from '../../../numeric/operators/lanczos.js';
import { type Key, randomKey } from '../../../numeric/random.js';
import { NetworkPasses } from '../../../surface/network/passes.js';
import { coupledCeiling, edgeOfStability, meanSquareCeiling } from '../../../theory/ceiling.js';
import { almostSureRate } from '../../../theory/valley/divergence.js';
import { Trainer } from '../../../train/trainer.js';
import type { NetworkStudyConfig } from './config.js';
import type { CeilingPrediction, CeilingResult, CeilingScan, Probe } from './measured.js';
import { chanceLoss, divergedAt, type ScanStart, unstableAt } from './thresholds.js';
import { trainToTarget } from './training.js';

/** Computes a ceiling cell. */
export function ceilingCell(
  config: NetworkStudyConfig,
  seed: number,
  train: Samples,
  report: (what: string, share: number) => void,
): Omit<CeilingResult, 'seconds' | 'cell' | 'format'> {
  const { ceiling, base } = config;
  const samples = firstSamples(train, ceiling.samples);
  const key = randomKey(seed);
  const classes = base.network.widths[base.network.widths.length - 1];
  report('training', 0);
  const starts = [
    ['initial', initialWeights(base.network, key.child('init'))],
    ['trained', trainToTarget(config, ceiling.trained, seed, train, (note, share) => report(note, share / 4)).weights],
  ] as const;
  const scans = starts.flatMap(([start, weights], s) =>
    scansFrom(config, start, weights, samples, classes, key.child('ceiling').child(start), (what, share) =>
      report(what, 0.25 + 0.375 * (s + share)),
    ),
  );
  return { kind: 'ceiling', seed, classes, scans };
}

function scansFrom(
  config: NetworkStudyConfig,
  start: CeilingScan['start'],
  weights: Float32Array,
  samples: Samples,
  classes: number,
  key: Key,
  report: (what: string, share: number) => void,
): CeilingScan[] {
  const { base, ceiling, measure } = config;
  const passes = new NetworkPasses({ spec: base.network, weights, samples });
  const found = lanczos(hessianOperator(passes), { count: measure.pairs, key, tolerance: 1e-3, maxSteps: 120 });
  const valley = valleyDirections(
    passes,
    found.pairs.map((p) => p.vector),
  );
  const { loss } = passes.gradient();
  return ceiling.batchSizes.map((batchSize, b) => {
    const share = batchShare(samples.count, { batchSize, sampling: 'shuffled' });
    const predicted = predictions(valley, share);
    const run = (learningRate: number): Probe => {
      report(`${start}, B ${batchSize}, eta ${learningRate.toPrecision(3)}`, b / ceiling.batchSizes.length);
      return probe(config, weights, samples, learningRate, batchSize, key.child(batchSize));
    };
    const { curvature, curvatureVariance } = valley.directions[0];
    return {
      start,
      batchSize,
      loss,
      curvature,
      variance: scaled(curvatureVariance, share),
      predicted,
      probes: scan(run, predicted, ceiling, { start, loss, chance: chanceLoss(classes) }),
    };
  });
}

/**
 * Computes the predicted ceilings.
 * @param share - factor from the per-sample (co)variances to those of one batch
 */
function predictions({ directions, samples }: ValleyDirections, share: number): CeilingPrediction {
  const laws = directions
    .map((d) => ({ curvature: d.curvature.value, variance: share * d.curvatureVariance.value }))
    .filter((d) => d.curvature > 0);
  const [top] = laws;
  const la = embeddedLinearAlgebra();
  const { mean, covariance } = curvatureMoments(la, samples, 2);
  return {
    edge: edgeOfStability(top.curvature),
    meanSquare: meanSquareCeiling(top),
    meanSquareLeast: Math.min(...laws.map(meanSquareCeiling)),
    almostSure: almostSureRate({ mean: top.curvature, variance: top.variance }),
    coupled: coupledCeiling(la, {
      hessian: mean,
      covariance: { ...covariance, data: covariance.data.map((v) => share * v) },
    }),
  };
}

/**
 * Scans learning rates upwards until a run diverges; then tries one between the last learning rate without and the
 * first with each kind of instability.
 */
function scan(
  run: (learningRate: number) => Probe,
  predicted: CeilingPrediction,
  { from, factor, most }: NetworkStudyConfig['ceiling'],
  at: ScanStart,
): Probe[] {
  const probes: Probe[] = [];
  let eta = from * Math.min(predicted.meanSquare, predicted.coupled);
  for (let n = 0; n < most; n++, eta *= factor) {
    probes.push(run(eta));
    if (divergedAt(probes[n], at)) break;
  }
  const between = [unstableAt, divergedAt].flatMap((bad) => {
    const k = probes.findIndex((p) => bad(p, at));
    return k > 0 ? [Math.sqrt(probes[k - 1].learningRate * probes[k].learningRate)] : [];
  });
  for (const middle of new Set(between)) probes.push(run(middle));
  return probes.sort((a, b) => a.learningRate - b.learningRate);
}

/** Takes `steps` steps from the weights of the start; every learning rate has the same batches. */
function probe(
  { base, ceiling }: NetworkStudyConfig,
  weights: Float32Array,
  samples: Samples,
  learningRate: number,
  batchSize: number,
  key: Key,
): Probe {
  const { steps, window } = ceiling;
  const trainer = new Trainer({ spec: base.network, samples, learningRate, batchSize });
  trainer.setWeights(weights);
  const plan = batchPlan({ count: samples.count, batchSize, sampling: 'shuffled', lastBatch: 'drop', key });
  let peak = 0;
  try {
    for (let done = 0, e = 0; done < steps; e++) {
      const { order } = plan.epoch(e);
      for (let b = 0; b < plan.batchesPerEpoch && done < steps; ) {
        const count = Math.min(window, plan.batchesPerEpoch - b, steps - done);
        const { loss } = trainer.steps(order.subarray(b * batchSize, (b + count) * batchSize), batchSize);
        peak = Math.max(peak, loss.reduce((a, v) => a + v, 0) / count);
        b += count;
        done += count;
      }
    }
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    return { learningRate, peak: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY };
  }
  return { learningRate, peak, end: trainer.evaluate().loss };
}
