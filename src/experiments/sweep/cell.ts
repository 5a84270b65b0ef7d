/** One cell of a sweep: a training to its end, and what is measured there. The work of a worker thread. */
import { countOf } from '../../model/any-network.js';
import { check, ThermogradError } from '../../numeric/errors.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import { networkTitle } from '../../runs/network.js';
import { optimiserIn } from '../../runs/optimiser.js';
import type { Loaded } from '../../runs/prepare.js';
import type { AnyConfig } from '../../runs/schema.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import { rateOf } from '../../train/optimisers/schedule.js';
import { completeOptimiser } from '../../train/optimisers/spec.js';
import { packedOf } from './data.js';
import type { AxisValue, Measured, SweepCell, Until } from './measured.js';
import { Bench } from './measures/bench.js';
import { type MeasureRequest, measureNamed } from './measures/registry.js';
import { type TrainedCell, trainCell } from './training.js';

/** Says what a cell trains and measures. */
export interface CellRequest extends Loaded {
  readonly index: number;
  readonly point: Readonly<Record<string, AxisValue>>;
  /** Complete (`completeRunConfig`), with the seed of the cell. */
  readonly config: AnyConfig;
  /** The stopping rule of the config where it is undefined. */
  readonly until?: Until | undefined;
  /** Complete (`completeMeasures`). */
  readonly measures: readonly MeasureRequest[];
  readonly la: LinearAlgebra;
  readonly report: (what: string, share: number) => void;
}

/** Share of a cell that its training takes, for progress. */
const TRAINING = 0.7;

/**
 * Computes a cell. A training that diverges and a measure that cannot be had leave a document that says so.
 * @throws InputError for a config that cannot be trained
 */
export async function sweepCell(request: CellRequest): Promise<SweepCell> {
  const start = performance.now();
  const { index, point, config, until, measures, la, network, dataset, report } = request;
  checkUntil(until);
  const packed = () => packedOf(dataset.train);
  const trained = trainCell({
    config,
    until,
    network,
    dataset,
    packed,
    divergeFactor: (measures.find((m) => m.name === 'divergence')?.options.factor as number) ?? 10,
    looking: measures.some((m) => m.name === 'time'),
    report: (what, share) => report(what, TRAINING * Math.min(1, share)),
  });
  const bench = new Bench({ config, network, dataset, trained, la, packed, report: (what) => report(what, TRAINING) });
  const measured: Record<string, Measured> = {};
  for (const [k, { name, options }] of measures.entries()) {
    report(name, TRAINING + ((1 - TRAINING) * k) / measures.length);
    const own = name === 'time' && until && 'loss' in until ? { loss: until.loss, ...options } : options;
    Object.assign(measured, await measure(bench, name, own));
  }
  await bench.close();
  return {
    format: 'thermograd sweep cell',
    index,
    point,
    seed: config.seed,
    config: runOf(request, trained),
    steps: trained.steps,
    epochs: trained.epochs,
    ended: trained.ended,
    reason: trained.reason,
    measured,
    seconds: Math.round(performance.now() - start) / 1000,
  };
}

/** Measures; where that is impossible every column says why. */
async function measure(
  bench: Bench,
  name: string,
  options: Readonly<Record<string, unknown>>,
): Promise<Record<string, Measured>> {
  const kind = measureNamed(name);
  const none = (why: string) => Object.fromEntries(Object.keys(kind.columns).map((column) => [column, { why }]));
  const { ended, reason } = bench.trained;
  if (ended === 'diverged' && !kind.afterDivergence) return none(`training diverged: ${reason}.`);
  try {
    const found = await kind.measure(bench, { ...options });
    const [n, all] = [bench.countOf(options.samples as number | undefined), bench.train.count];
    const part = kind.ofSamples && n < all ? `; over the first ${n} of ${all} training samples` : '';
    return Object.fromEntries(Object.keys(kind.columns).map((column) => [column, plain(found[column], part)]));
  } catch (error) {
    // a mistake of the program or too little memory too: the other measures are worth keeping
    return none(error instanceof ThermogradError ? error.message : `measuring failed: ${String(error)}`);
  }
}

/** Turns a value that is no finite number into a reason; the method of others says over which part of the samples they are. */
function plain(m: Measured | undefined, part: string): Measured {
  if (m === undefined) return { why: 'not measured.' };
  if ('why' in m) return m;
  if (Number.isFinite(m.value)) return { ...m, method: m.method + part };
  return { why: `no finite value: ${m.method}.` };
}

function checkUntil(until: Until | undefined): void {
  if (until === undefined) return;
  const whole = (n: number) => Number.isInteger(n) && n >= 1;
  const ok =
    'epochs' in until
      ? whole(until.epochs)
      : 'steps' in until
        ? whole(until.steps)
        : until.loss > 0 && whole(until.within);
  check(
    ok,
    'bad-until',
    () =>
      `until takes {epochs}, {steps} or {loss, within: steps}, whole numbers from 1 on and a positive loss; got ${JSON.stringify(until)}.`,
  );
}

function runOf({ config, network, dataset }: CellRequest, { plan }: TrainedCell): SweepCell['config'] {
  const optimiser = optimiserIn(config, plan.batchesPerEpoch);
  const { schedule, learningRate, type } = completeOptimiser(optimiser);
  const { batchSize, sampling } = config.training;
  return {
    eta: rateOf(schedule, learningRate, 0),
    B: batchSize,
    mu: linearForm(optimiser).memory,
    N: dataset.train.count,
    parameters: countOf(network),
    network: networkTitle(config),
    optimiser: type,
    data: config.data.set,
    sampling,
    stepsPerEpoch: plan.batchesPerEpoch,
  };
}
