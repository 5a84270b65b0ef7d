/** One state of the study: training, measurements, and runs at the rates of the ladder. The work of a worker thread. */

import { batchSharpness } from '../../analyse/noise/batch-sharpness.js';
import { nextRung } from '../../apply/advice-ladder.js';
import { measureState } from '../../apply/advice-measure.js';
import { spreadSamples, tryRate } from '../../apply/advice-run.js';
import { fittedAt, rimOf, type VerifyBase } from '../../apply/advice-verify.js';
import type { Samples } from '../../data/dataset.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import { wholePower } from '../../numeric/power.js';
import { randomKey } from '../../numeric/random.js';
import { constantLoss } from '../../runs/constant-loss.js';
import { Trainer } from '../../train/trainer.js';
import type { CeilingsConfig, StateSpec } from './config.js';
import type { RungTried, StateCell, StateMeasures } from './measured.js';
import { samplesOf, trainState } from './training.js';

/** Names a state and what its cell needs. */
interface StateRequest {
  readonly la: LinearAlgebra;
  readonly config: CeilingsConfig;
  readonly spec: StateSpec;
  readonly train: Samples;
  /** Receives the weights of the state before anything is measured. */
  readonly keep: (weights: Float32Array) => void;
  readonly report: (what: string, share: number) => void;
}

/** Computes a cell. */
export async function stateCell(request: StateRequest): Promise<StateCell> {
  const { config, spec, keep, report } = request;
  const start = performance.now();
  const head = { format: 'thermograd ceilings state', spec } as const;
  const seconds = () => Math.round(performance.now() - start) / 1000;
  const none = (why: string): StateCell => ({ ...head, outcome: 'none', why, seconds: seconds() });
  const samples = samplesOf(spec, request.train);
  const trained = await trainState(config.base, spec, samples, (note) => report(note, 0));
  if (typeof trained === 'string') return none(trained);
  const constant = constantLoss(samples);
  if (!fittedAt({ loss: trained.loss, constantLoss: constant }))
    return none(`the training loss ${trained.loss.toPrecision(3)} is above 0.9 of that of a constant output`);
  const { weights, epochs, steps, loss, errors } = trained;
  keep(weights);
  const measures = measured(request, samples, weights);
  if (typeof measures === 'string') return none(measures);
  const looked = spreadSamples(samples.count, config.run.looked);
  const base: VerifyBase = {
    loss: lossOn(spec, samples, weights, looked),
    constantLoss: constant,
    trace: measures.trace.value,
    momentum: spec.momentum,
    batchSize: spec.batchSize,
  };
  const rungs = triedRungs(request, samples, weights, looked, base);
  return {
    ...head,
    outcome: 'tried',
    epochs,
    steps,
    errors: spec.network.loss === 'cross-entropy' ? errors : null,
    loss,
    base,
    measures,
    rungs,
    seconds: seconds(),
  };
}

function lossOn(spec: StateSpec, samples: Samples, weights: Float32Array, looked: Uint32Array): number {
  const judge = new Trainer({ spec: spec.network, samples, learningRate: 1, batchSize: 1 });
  judge.setWeights(weights);
  return judge.evaluate(looked).loss;
}

const setting = ({ learningRate, momentum, batchSize }: StateSpec) =>
  ({ learningRate, momentum, batchSize, sampling: 'shuffled' }) as const;

/** Measures what the rules are made from; a sentence where there is no curvature. */
function measured({ la, config, spec, report }: StateRequest, samples: Samples, weights: Float32Array) {
  const { directions, batchSamples, batches } = config.measure;
  const { noise, curvature } = measureState({
    la,
    spec: spec.network,
    samples,
    weights,
    setting: setting(spec),
    directions,
    seed: spec.seed,
    report: (what, share) => report(what, 0.3 * share),
  });
  if ('refused' in curvature) return curvature.refused;
  if ('refused' in noise) return noise.refused;
  report('batch sharpness', 0.3);
  const { ratio } = batchSharpness({
    spec: spec.network,
    weights,
    samples,
    batchSize: spec.batchSize,
    batches: Math.min(batches[1], Math.max(batches[0], Math.ceil(batchSamples / spec.batchSize))),
    key: randomKey(spec.seed).child('ceilings').child('sharpness'),
  });
  const { top, lowest, alongTop, ceiling } = curvature.facts;
  const { trace, squaredGradient } = noise.facts;
  const out: StateMeasures = { top, lowest, alongTop, coupled: ceiling, sharpness: ratio, trace, squaredGradient };
  return out;
}

/** Makes the runs, rung by rung, until the bracket is found or the ladder ends. */
function triedRungs(
  { config, spec, report }: StateRequest,
  samples: Samples,
  weights: Float32Array,
  looked: Uint32Array,
  base: VerifyBase,
): RungTried[] {
  const { ladder, run } = config;
  const tried: RungTried[] = [];
  const seen = () =>
    tried.map(({ rung, runs }) => ({ rung, runs: runs.length, left: runs.filter((r) => r.left).length }));
  for (let rung = nextRung(seen(), ladder); rung !== undefined; rung = nextRung(seen(), ladder)) {
    const learningRate = spec.learningRate * wholePower(ladder.factor, rung);
    const rim = rimOf(learningRate, base);
    const runs = Array.from({ length: ladder.runs }, (_, seed) => {
      report(
        `learning rate ${learningRate.toPrecision(3)}, run ${seed + 1}`,
        Math.min(0.95, 0.4 + 0.06 * tried.length),
      );
      const { losses, finite, still } = tryRate({
        spec: spec.network,
        samples,
        weights,
        setting: setting(spec),
        learningRate,
        run: seed,
        epochs: run.epochs,
        leastSteps: run.steps,
        looked,
        rim,
        curved: false,
        seed: spec.seed,
        report: () => {},
      });
      const peak = finite ? Math.max(...losses) : null;
      return { seed, left: peak === null || peak > rim || still, looks: losses.length, peak };
    });
    tried.push({ rung, learningRate, rim, runs });
  }
  return tried.sort((a, b) => a.rung - b.rung);
}
