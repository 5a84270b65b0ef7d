/**
 * `thermograd advise`: advice for a state of a network, in a folder that appears whole or not at all.
 *
 *     advice.json    the advice, every measured fact, the setting, seeds, versions, machine
 *     weights.safetensors   the weights at which it was measured
 *     report.html    the page; figures/*.svg, tables/*.csv
 *     theory.html    the statements of docs/theory that the page links to
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Advice, advise } from '../../apply/advice.js';
import type { AdviceFacts, AdvicePoint, Measured, WindowFacts } from '../../apply/advice-facts.js';
import type { MeasuredState } from '../../apply/advice-measure.js';
import { spreadSamples, topCurvatureOn } from '../../apply/advice-run.js';
import {
  fittedAt,
  judgeVerification,
  LADDER,
  nextToTry,
  type RunSeen,
  type Verification,
} from '../../apply/advice-verify.js';
import type { Dataset } from '../../data/dataset.js';
import { FOLDER_WANTS, InterruptedError, type RunOptions } from '../../jobs/context.js';
import { checkDisk, type DiskPart, documents, FILE_BYTES } from '../../jobs/disk.js';
import { allVersions, thisMachine, usableMemory, VERSION } from '../../jobs/machine.js';
import { checkMemory, type MemoryNeed, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { outputOf } from '../../jobs/outputs.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { checkFree, publish } from '../../jobs/publish.js';
import { factsOf, reportFiles } from '../../jobs/report-folder.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import type { KernelBuild } from '../../kernels/load.js';
import { parameterCount } from '../../model/network.js';
import { check, RunError } from '../../numeric/errors.js';
import { wholePower } from '../../numeric/power.js';
import * as is from '../../numeric/wants.js';
import { modelBytes } from '../../record/checkpoint.js';
import { THEORY_FILE } from '../../report/theory.js';
import { type JudgedState, judgeWeights } from '../../runs/expected.js';
import { networkTitle } from '../../runs/network.js';
import { loadFor, loadRun, withKernel } from '../../runs/prepare.js';
import type { AnyConfig, Config } from '../../runs/schema.js';
import { adviceConfig, pointOf, STATE_WANTS, type StateRequest, stateOf } from '../../runs/state.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { Trainer } from '../../train/trainer.js';
import { adviseAny } from './any.js';
import { anyAnnouncement, anyConfigOf, anyDisk, anyMemory } from './any-run.js';
import { type AdviceJob, type AdviceResult, type AdviceShared, runAdviceJob } from './jobs.js';

/** Names the state for which advice is wanted, and how it is measured. */
export interface AdviseRequest extends RunOptions, StateRequest {
  /** Share of the largest rate at which all runs stay that is advised; 1 by default. */
  readonly safety?: number;
  /** Directions in which batches are compared; 16 by default. */
  readonly directions?: number;
  /** Epochs of the window from which stationarity is judged; 3 by default. */
  readonly windowEpochs?: number;
  /** Whether short real runs are made, without which no rate is advised; true by default. */
  readonly verify?: boolean;
  /** Runs at each learning rate; 6 by default. */
  readonly runs?: number;
  /** Epochs of each; by default 2, or as many as 300 steps need, at most 10. */
  readonly verifyEpochs?: number;
  readonly out?: string;
  readonly force?: boolean;
  readonly workers?: number;
  readonly onStart?: (announcement: string, memory: MemoryNeed, disk: number) => void;
  /** Receives what the weights give on all training samples, before they are measured further. */
  readonly onJudged?: (judged: JudgedState) => void;
}

const ADVISE_WANTS = is.shape<AdviseRequest>({
  ...FOLDER_WANTS,
  ...STATE_WANTS,
  safety: is.maybe(is.finite),
  directions: is.maybe(is.number),
  windowEpochs: is.maybe(is.count),
  verify: is.maybe(is.flag),
  runs: is.maybe(is.count),
  verifyEpochs: is.maybe(is.count),
  force: is.maybe(is.flag),
  workers: is.maybe(is.whole),
  onJudged: is.maybe(is.func),
});

/** Holds the advice and the folder that it was written to. */
export interface AdviseResult {
  readonly folder: string;
  readonly advice: Advice;
  readonly facts: AdviceFacts;
  readonly verification: Verification | null;
}

/** The weights at which advice was measured, in the folder of the advice. */
const WEIGHTS = 'weights.safetensors';
const FILES = ['advice.json', WEIGHTS, 'report.html', THEORY_FILE, 'figures', 'tables'];

const JOB_KIND: JobKind<AdviceShared, AdviceJob, AdviceResult> = {
  worker: new URL('./worker.js', import.meta.url),
  run: runAdviceJob,
  name: (job) =>
    job.kind === 'verify' ? `the run at learning rate ${job.learningRate}` : `the ${job.kind} of the state`,
};

/**
 * Measures a state, gives advice and writes the report.
 * @throws InputError before anything starts; RunError when nothing can be advised; InterruptedError
 */
export async function adviseRun(request: AdviseRequest): Promise<AdviseResult> {
  is.given('adviseRun', { request }, { request: ADVISE_WANTS });
  const { safety = 1, directions = 16, windowEpochs = 3, runs = 6 } = request;
  checkNumbers({ safety, directions, windowEpochs, runs, verifyEpochs: request.verifyEpochs ?? 2 });
  const any = anyConfigOf(request.run, request.layers ?? []);
  if (any) return withKernel(any.kernel, (build) => adviseAnyRun(request, any, build));
  const config = adviceConfig(request);
  return withKernel(config.kernel, (build) => adviseWith(request, config, build));
}

async function adviseWith(request: AdviseRequest, config: Config, build: KernelBuild): Promise<AdviseResult> {
  const { safety = 1, directions = 16, windowEpochs = 3, runs = 6, verify = true, signal } = request;
  const folder = request.out ?? freeFolder(request.run === undefined ? 'advice' : join(request.run, 'advice'));
  if (request.out !== undefined) checkFree(folder, { force: request.force === true, files: FILES, what: 'advice' });
  const dataset = await loadFor(config, request);
  const memory = memoryNeed(config, dataset, directions);
  checkMemory(memory, usableMemory());
  const disk = checkDisk(diskNeed(config), folder);
  request.onStart?.(announcement(config, request), memory, disk);
  const stopped = async () => {
    await setImmediate();
    return signal?.aborted ?? false;
  };
  const note = (text: string) => request.onProgress?.({ stage: 'train', done: 0, unit: 'epochs', note: text });
  const state = await stateOf(request, config, dataset, note, stopped);
  if (!state) throw new InterruptedError(folder, false);
  const known = pointOf(config, dataset, state);
  const foreign = request.weights !== undefined;
  const { expected = {} } = request;
  const judged = judgeWeights(config.network, state.weights, dataset.train, expected, foreign);
  request.onJudged?.(judged);
  const shared: AdviceShared = {
    spec: config.network,
    samples: sharedSamples(dataset.train),
    weights: state.weights,
    ...(state.velocity && { velocity: state.velocity }),
    setting: known,
    seed: config.seed,
    directions,
    windowEpochs,
    provider: config.provider,
    kernelBuild: build,
  };
  const workers = request.workers ?? config.workers;
  const { measured, window, linearAlgebra } = await measureAll(shared, workers, request, folder);
  const { doubts } = judged;
  const point: AdvicePoint = {
    ...known,
    loss: measured.loss,
    errors: measured.errors,
    ...(doubts.length > 0 && { doubts }),
  };
  const facts: AdviceFacts = { point, noise: measured.noise, curvature: measured.curvature, window };
  if ('refused' in facts.noise && 'refused' in facts.curvature)
    throw new RunError(
      'no-advice',
      `there is no advice at this state: ${facts.noise.refused} And ${facts.curvature.refused}`,
    );
  const verification =
    verify && fittedAt(point)
      ? await verifyAll(shared, facts, { runs, epochs: request.verifyEpochs ?? 2, workers }, request, folder)
      : null;
  const advice = advise(facts, safety, verification);
  const run = factsOf(
    { versions: allVersions(), kernelBuild: build, linearAlgebra, machine: thisMachine() },
    { config },
    { data: dataset.provenance, seeds: { seed: config.seed, measurement: 'key(seed)/advice' } },
  );
  const { renderAdvice } = await import('./page.js');
  const title = `Advice on learning rate and batch size: ${config.data.set}, ${config.network.widths.join('-')}`;
  const kept = modelBytes(config.network, state.weights, { origin: state.origin });
  const outputs = { [WEIGHTS]: outputOf('advise', kept) };
  const report = renderAdvice({ title, advice, facts, verification, run, outputs });
  publish(folder, new Map<string, string | Uint8Array>([[WEIGHTS, kept], ...reportFiles(report, 'advice.json')]));
  return { folder, advice, facts, verification };
}

/** Does the same at the end of a run of layers, or of another optimiser. */
async function adviseAnyRun(request: AdviseRequest, config: AnyConfig, build: KernelBuild): Promise<AdviseResult> {
  const { safety = 1, directions = 16, runs = 6, verify = true, run } = request;
  const folder = request.out ?? freeFolder(join(run!, 'advice'));
  if (request.out !== undefined) checkFree(folder, { force: request.force === true, files: FILES, what: 'advice' });
  const { dataset, network } = await loadRun(config, request);
  const memory = anyMemory(config, network, dataset.train, directions);
  checkMemory(memory, usableMemory());
  request.onStart?.(anyAnnouncement(run!, network, config), memory, checkDisk(anyDisk(network), folder));
  const workers = request.workers ?? config.workers;
  const how = { run: run!, config, network, dataset, build, folder, directions, safety, verify, runs, workers };
  const epochs = request.verifyEpochs ?? 2;
  const result = await adviseAny({ ...how, epochs }, request);
  const { advice, facts, verification, weights, origin, linearAlgebra } = result;
  const { renderAdvice } = await import('./page.js');
  const kept = modelBytes(network, weights, { origin });
  const report = renderAdvice({
    title: `Advice on learning rate and batch size: ${config.data.set}, ${networkTitle(config)}`,
    advice,
    facts,
    verification,
    run: factsOf(
      { versions: allVersions(), kernelBuild: build, linearAlgebra, machine: thisMachine() },
      { config },
      { data: dataset.provenance, seeds: { seed: config.seed, measurement: 'key(seed)/advice' } },
    ),
    outputs: { [WEIGHTS]: outputOf('advise', kept) },
  });
  publish(folder, new Map<string, string | Uint8Array>([[WEIGHTS, kept], ...reportFiles(report, 'advice.json')]));
  return { folder, advice, facts, verification };
}

async function measureAll(shared: AdviceShared, workers: number, request: AdviseRequest, folder: string) {
  let measured: MeasuredState | undefined;
  let window: Measured<WindowFacts> | undefined;
  let linearAlgebra = '';
  const finished = await runJobs(JOB_KIND, shared, [{ kind: 'measure' }, { kind: 'window' }] as AdviceJob[], {
    workers,
    signal: request.signal,
    onProgress: (job, what, share) => {
      if (job.kind === 'measure')
        request.onProgress?.({ stage: 'measure', done: Math.round(100 * share), total: 100, unit: '%', note: what });
    },
    onDone: (_, result) => {
      if (result.kind === 'measure') [measured, linearAlgebra] = [result.state, result.linearAlgebra];
      else if (result.kind === 'window') window = result.window;
    },
  });
  if (!finished || !measured || !window) throw new InterruptedError(folder, false);
  return { measured, window, linearAlgebra };
}

/** A run of verification has at least this many steps, but by default no more than this many epochs. */
const [LEAST_STEPS, MOST_EPOCHS] = [300, 10];

/** Makes runs at one rate after the other, until the rates at which they leave are found. */
async function verifyAll(
  shared: AdviceShared,
  { point, noise, curvature }: AdviceFacts,
  how: { readonly runs: number; readonly epochs: number; readonly workers: number },
  { signal, onProgress }: AdviseRequest,
  folder: string,
): Promise<Verification> {
  const { spec, samples, weights } = shared;
  const looked = spreadSamples(point.samples);
  const perEpoch = Math.floor(point.samples / point.batchSize);
  const epochs = Math.max(how.epochs, Math.min(MOST_EPOCHS, Math.ceil(LEAST_STEPS / perEpoch)));
  const judge = new Trainer({ spec, samples, learningRate: 1, batchSize: 1 });
  judge.setWeights(weights);
  const base = {
    loss: judge.evaluate(looked).loss,
    constantLoss: point.constantLoss,
    trace: 'facts' in noise ? noise.facts.trace.value : 0,
    momentum: point.momentum,
    batchSize: point.batchSize,
  };
  const tried = new Map<number, RunSeen[]>();
  for (let rung = nextToTry(tried, base); rung !== undefined; rung = nextToTry(tried, base)) {
    const learningRate = point.learningRate * wholePower(LADDER.factor, rung);
    const jobs = Array.from(
      { length: how.runs },
      (_, run): AdviceJob => ({ kind: 'verify', learningRate, run, epochs, looked, curved: run === 0 }),
    );
    const seen: RunSeen[] = [];
    const note = `learning rate ${learningRate.toPrecision(3)}`;
    onProgress?.({ stage: 'verify', done: tried.size, unit: 'rates', note });
    const finished = await runJobs(JOB_KIND, shared, jobs, {
      workers: how.workers,
      signal,
      onDone: (_, result) => {
        if (result.kind === 'verify') seen.push(result.seen);
      },
    });
    if (!finished) throw new InterruptedError(folder, false);
    tried.set(rung, seen);
  }
  const top = topCurvatureOn(spec, samples, weights, looked);
  return judgeVerification({
    base,
    epochs,
    looked: looked.length,
    top: Number.isFinite(top) ? top : null,
    ceiling: 'facts' in curvature ? curvature.facts.ceiling.value : null,
    runs: [...tried.values()].flat(),
  });
}

function checkNumbers(n: Record<'safety' | 'directions' | 'windowEpochs' | 'runs' | 'verifyEpochs', number>): void {
  check(
    n.safety > 0 && n.safety <= 1,
    'bad-safety',
    `--safety is a share of the largest rate at which all runs stay, above 0 and at most 1; got ${n.safety}.`,
  );
  check(
    Number.isInteger(n.directions) && n.directions >= 1 && n.directions <= 40,
    'bad-directions',
    `--directions takes 1 to 40 (the ceiling is converged with 16 in what was tried); got ${n.directions}.`,
  );
  for (const [flag, value] of [
    ['--window', n.windowEpochs],
    ['--runs', n.runs],
    ['--verify-epochs', n.verifyEpochs],
  ] as const)
    check(Number.isInteger(value) && value >= 1, 'bad-count', `${flag} takes a whole number from 1; got ${value}.`);
}

/** Returns the first of path, path-2, path-3, … that does not exist. */
function freeFolder(path: string): string {
  for (let k = 1; ; k++) {
    const candidate = k === 1 ? path : `${path}-${k}`;
    if (!existsSync(candidate)) return candidate;
  }
}

function announcement({ network, data, training }: Config, { run, weights, at }: AdviseRequest): string {
  const where = run ?? weights ?? (at === 'init' ? 'the initial weights' : 'weights that are trained first');
  const { learningRate, batchSize, momentum, sampling } = training;
  return (
    `advice at ${where}: ${network.widths.join('-')} on ${data.set}, learning rate ${learningRate}, batches of ${batchSize} (${sampling})` +
    (momentum > 0 ? `, momentum ${momentum}` : '')
  );
}

/**
 * Estimates the memory: Node, the data, passes through the network with their states, and the curvature of every sample
 * in pairs of directions.
 */
function memoryNeed({ network: spec, training, data }: Config, dataset: Dataset, directions: number): MemoryNeed {
  const { train } = dataset;
  const pairs = (directions * (directions + 1)) / 2;
  const parts = [
    { what: `Node and thermograd ${VERSION}`, bytes: PROGRAM_BYTES + 2 * THREAD_BYTES, key: '' },
    { what: `the data set ${data.set}, shared by all threads`, bytes: 2 * train.values.byteLength, key: 'data.limit' },
    {
      what: 'training, with the samples in kernel memory',
      bytes: 3 * Trainer.memoryBytes({ spec, samples: train, ...training }),
      key: 'data.limit',
    },
    { what: 'passes through the network', bytes: NetworkPasses.memoryBytes(spec, train), key: 'data.limit' },
    {
      what: 'the curvature of every sample',
      bytes: 8 * train.count * pairs * 2 + 8 * 45 * pairs * pairs,
      key: '--directions',
    },
  ];
  return { peak: parts.reduce((s, p) => s + p.bytes, 0), parts };
}

/** Numbers of advice, in its document, on the page and in the tables: facts and runs at each rate. */
const NUMBERS = 4000;

/** States what advice writes. */
const diskNeed = ({ network }: Config): DiskPart[] => [
  { what: 'the weights', bytes: 4 * parameterCount(network) + 4 * FILE_BYTES, key: 'network.widths' },
  documents(NUMBERS, 3),
];
