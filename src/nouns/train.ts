/** Trains networks from a config, over one seed or several: `await train(config, { seeds: 10 })`. In Node, since it keeps what it does in a folder. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Analysis, TrainingCurves } from '../analyse/trajectory/results.js';
import { reproduceIvf2021 } from '../experiments/ivf2021/experiment.js';
import { reproduceIvf2021Seeds } from '../experiments/ivf2021/seeds/experiment.js';
import { readResults } from '../experiments/ivf2021/stages.js';
import { RUN_OPTIONS_WANTS, type RunOptions } from '../jobs/context.js';
import { counted } from '../numeric/counted.js';
import { check } from '../numeric/errors.js';
import { estimate, meanOf, negated } from '../numeric/estimate.js';
import * as is from '../numeric/wants.js';
import type { Finding } from '../report/finding.js';
import { formatNumber } from '../report/format.js';
import { completeRunConfig } from '../runs/config.js';
import { networkIn, RUN, readRecord } from '../runs/folder.js';
import { CONFIG_WANTS, trainRun } from '../runs/run.js';
import type { PartialConfig } from '../runs/schema.js';
import { finalWeights, historyIn } from '../runs/train.js';
import { Measured } from './measured.js';
import { Shown, shortened } from './shown.js';

/** Sets how many networks are trained, what is measured, and where it is kept. Nothing is needed. */
export interface TrainOptions extends RunOptions {
  /** Number of seeds, from that of the config on; 1 by default. */
  readonly seeds?: number;
  /**
   * Measure the trained networks as `thermograd reproduce ivf2021` does: principal directions, widths, the relation of both, a report.
   * True by default; false trains alone.
   */
  readonly measure?: boolean;
  /** Folder of everything; a name by preset and seed in the working folder by default. */
  readonly out?: string;
  /** Continue what is in the folder. */
  readonly resume?: boolean;
}

const OPTIONS_WANTS = is.shape<TrainOptions>({
  ...RUN_OPTIONS_WANTS,
  seeds: is.maybe(is.count),
  measure: is.maybe(is.flag),
  out: is.maybe(is.path),
  resume: is.maybe(is.flag),
});

/** Holds one trained network. */
export interface TrainedRun {
  readonly seed: number;
  /** Its run folder, with the recorded window and the weights. */
  readonly folder: string;
  readonly epochs: number;
  /** Loss over all training samples at the end, nat. */
  readonly loss: number;
  /** Share of wrong answers over the test samples; NaN without any. */
  readonly testError: number;
  readonly curves: TrainingCurves;
  /** psi of sigma² ∝ F^−psi; absent where nothing was measured. */
  readonly exponent?: Measured;
  readonly analysis?: Analysis;
}

/** Holds trained networks, with means over the seeds. */
export class TrainResult extends Shown {
  readonly folder: string;
  readonly runs: readonly TrainedRun[];
  /** Means over the seeds with their standard errors √(s²/n); of one seed without an error. */
  readonly loss: Measured;
  readonly testError: Measured;
  /** psi: the mean over the seeds, or of one seed the fit with the error of the fit; absent where nothing was measured. */
  readonly exponent?: Measured;
  /** The analysis of the first seed, for figures. */
  readonly analysis?: Analysis;
  /** Claims and verdicts over all seeds; empty where nothing was measured. */
  readonly findings: readonly Finding[];

  constructor(folder: string, runs: readonly TrainedRun[], findings: readonly Finding[]) {
    super();
    this.folder = folder;
    this.runs = runs;
    this.findings = findings;
    const over = (of: (r: TrainedRun) => number) =>
      new Measured(
        runs.length === 1
          ? estimate(of(runs[0]), Number.NaN, 1, 'one seed, so without an error', true)
          : meanOf(runs.map(of), `mean over ${counted(runs.length, 'seed')}`),
      );
    this.loss = over((r) => r.loss);
    this.testError = over((r) => r.testError);
    const [first] = runs;
    if (first.exponent) this.exponent = runs.length > 1 ? over((r) => r.exponent!.value) : first.exponent;
    if (first.analysis) this.analysis = first.analysis;
  }

  /** Reads the final weights of a seed, flat; of the first one by default. */
  weights(seed = this.runs[0].seed): Float32Array {
    is.given('train.weights', { seed }, { seed: is.whole });
    const run = this.runs.find((r) => r.seed === seed);
    check(
      run !== undefined,
      'no-such-seed',
      () => `train.weights: seed ${seed} was not trained; there are ${this.runs.map((r) => r.seed).join(', ')}.`,
    );
    return finalWeights(run.folder, networkIn(readRecord(run.folder)));
  }

  toString(): string {
    const psi = this.exponent !== undefined;
    const rows = this.runs.map((r) => [
      String(r.seed),
      String(r.epochs),
      formatNumber(r.loss),
      formatNumber(r.testError),
      ...(psi ? [String(r.exponent)] : []),
    ]);
    const means = `loss ${this.loss}, test error ${this.testError}${psi ? `, exponent psi ${this.exponent}` : ''}`;
    return `${counted(this.runs.length, 'network')} in ${this.folder}: ${means}\n${shortened(['seed', 'epochs', 'loss', 'test error', ...(psi ? ['psi'] : [])], rows)}`;
  }
}

/**
 * Trains networks from a config with the keys of run.json, of which all have defaults. Costs one run a seed.
 * @throws InputError for a config that is wrong and a folder in use; DivergedError, RunError, InterruptedError with all work kept
 */
export async function train(
  config: PartialConfig | readonly PartialConfig[] = {},
  options: TrainOptions = {},
): Promise<TrainResult> {
  is.given('train', { config, options }, { config: CONFIG_WANTS, options: OPTIONS_WANTS });
  const { seeds = 1, measure = true, ...request } = options;
  const layers = Array.isArray(config) ? (config as readonly PartialConfig[]) : [config as PartialConfig];
  const { seed: first, preset } = completeRunConfig(...layers);
  if (seeds === 1) {
    const { folder } = await (measure ? reproduceIvf2021 : trainRun)(layers, request);
    return new TrainResult(folder, [runIn(folder, first, measure)], measure ? readResults(folder).findings : []);
  }
  if (measure) {
    const { folder, findings } = await reproduceIvf2021Seeds(layers, { ...request, seeds });
    return new TrainResult(folder, runsIn(folder, first, seeds, true), findings);
  }
  const folder = options.out ?? `train-${preset}-seeds`;
  const { onProgress, resume = false, ...rest } = request;
  for (let k = 0; k < seeds; k++) {
    const out = join(folder, `seed${first + k}`);
    const words = `seed ${first + k} (${k + 1} of ${seeds})`;
    await trainRun([...layers, { seed: first + k }], {
      ...rest,
      out,
      resume: resume && existsSync(join(out, RUN.file)),
      ...(onProgress && { onProgress: (p) => onProgress({ ...p, stage: `${words} ${p.stage}` }) }),
    });
  }
  return new TrainResult(folder, runsIn(folder, first, seeds, false), []);
}

const runsIn = (folder: string, first: number, seeds: number, measured: boolean): TrainedRun[] =>
  Array.from({ length: seeds }, (_, k) => runIn(join(folder, `seed${first + k}`), first + k, measured));

function runIn(folder: string, seed: number, measured: boolean): TrainedRun {
  const curves = historyIn(folder);
  // an epoch in which nothing was evaluated has no number
  const last = (xs: readonly number[]) => xs.findLast((x) => Number.isFinite(x)) ?? Number.NaN;
  const run = {
    seed,
    folder,
    epochs: curves.epoch.length,
    loss: last(curves.trainLoss),
    testError: 1 - last(curves.testAccuracy),
    curves,
  };
  if (!measured) return run;
  const { analysis } = readResults(folder);
  return { ...run, analysis, exponent: new Measured(negated(analysis.scaling.varianceFlatness.exponent)) };
}
