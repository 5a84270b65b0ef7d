/**
 * `thermograd protect`: a penalty from a trained network and its data, in a file that appears whole or not at all, and then its page; a call
 * that finds the file that it would write without its page (standing.ts) adds the page.
 * docs/theory [C1], [C2].
 *
 * The anchor is always the weights that were given. A window that is trained for principal directions starts from them
 * and only gives the directions in which SGD moves; its last weights are not used.
 */
import { basename, join } from 'node:path';
import type { Constraint } from '../../apply/constraint.js';
import type { Samples } from '../../data/dataset.js';
import { pick } from '../../data/tasks.js';
import { FOLDER_WANTS, InterruptedError } from '../../jobs/context.js';
import { checkDisk } from '../../jobs/disk.js';
import { allVersions, thisMachine, usableMemory, VERSION } from '../../jobs/machine.js';
import { checkMemory } from '../../jobs/memory.js';
import { measure as digest } from '../../jobs/outputs.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { publish, removeAbandoned } from '../../jobs/publish.js';
import { factsOf, reportFiles } from '../../jobs/report-folder.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import type { KernelBuild } from '../../kernels/load.js';
import { type AnyNetwork, isLayered, networkWords } from '../../model/any-network.js';
import { check } from '../../numeric/errors.js';
import { randomKey } from '../../numeric/random.js';
import * as is from '../../numeric/wants.js';
import { writeWhole } from '../../record/files.js';
import { penaltyBytes } from '../../record/penalty.js';
import { checkLayers } from '../../runs/config.js';
import { judgeWeights } from '../../runs/expected.js';
import { optimiserIn, penaltyOf } from '../../runs/optimiser.js';
import { loadRun, withKernel } from '../../runs/prepare.js';
import type { AnyConfig } from '../../runs/schema.js';
import { anyConfigAt, finalState, foreignState, STATE_WANTS, type State } from '../../runs/state.js';
import { type ProtectJob, type ProtectOutcome, type ProtectShared, runProtectJob } from './job.js';
import type { ProtectResult } from './measured.js';
import { protectDisk, protectMemory } from './memory.js';
import { penaltyNamed } from './method.js';
import { firstLayer, heldLayers, type ProtectRequest, trainingOf, windowPlan, windowSource } from './plan.js';
import { checkAnchor, checkBytes, checkPlace, DOCUMENT, pageFolder } from './standing.js';

export type { ProtectResult } from './measured.js';
export type { ProtectRequest } from './plan.js';

const PROTECT_WANTS = is.shape<ProtectRequest>({
  ...FOLDER_WANTS,
  ...STATE_WANTS,
  method: is.maybe(is.text),
  axes: is.maybe(is.finite),
  held: is.maybe(is.either(is.oneOf('all'), is.listOf(is.text))),
  samples: is.maybe(is.finite),
  windowEpochs: is.maybe(is.finite),
  force: is.maybe(is.flag),
  onJudged: is.maybe(is.func),
});

const JOB_KIND: JobKind<ProtectShared, ProtectJob, ProtectOutcome> = {
  worker: new URL('./worker.js', import.meta.url),
  run: runProtectJob,
  name: () => 'the penalty',
};

/**
 * Measures a network, builds the penalty and writes the file, and its page into a folder beside it: `penalty-report` of penalty.npz.
 * @throws InputError before anything is measured; RunError when the method gives no penalty; InterruptedError
 */
export async function protectRun(request: ProtectRequest): Promise<ProtectResult & { readonly report: string }> {
  is.given('protectRun', { request }, { request: PROTECT_WANTS });
  const { run, samples, axes = 50, windowEpochs, out = 'penalty.npz' } = request;
  const unfinished = checkPlace(out, request.force === true);
  const constraint = penaltyNamed(request.method ?? 'ewc');
  for (const [flag, value] of Object.entries({ axes, samples, 'window-epochs': windowEpochs }))
    check(
      value === undefined || (Number.isInteger(value) && value >= 1),
      'bad-count',
      `--${flag} takes a whole number from 1; got ${value}.`,
    );
  check(
    (run === undefined) !== (request.weights === undefined),
    'bad-state',
    'a penalty belongs to one state of a network: name a finished run folder, or give --weights with its --config and --data.',
  );
  const config = configOf(request);
  checkLayers(config, request.weights);
  return withKernel(config.kernel, (build) =>
    protectWith(request, { constraint, config, axes, out, unfinished, build }),
  );
}

interface Asked {
  readonly constraint: Constraint;
  readonly config: AnyConfig;
  readonly axes: number;
  readonly out: string;
  /** Whether the file stands, and lacks its page. */
  readonly unfinished: boolean;
  readonly build: KernelBuild;
}

/** Returns the config of the request; weights alone are not recorded, so that no config needs to say which layer is. */
function configOf({ run, layers = [] }: ProtectRequest): AnyConfig {
  const what = 'a penalty at a run';
  if (run !== undefined) return anyConfigAt(run, layers, what);
  const stated = layers.some((l) => l?.record?.layer !== undefined || l?.record?.layers !== undefined);
  const given = [{ record: { layer: 'layer1' } }, ...layers];
  const config = anyConfigAt(run, given, what);
  return stated ? config : anyConfigAt(run, [...given, { record: { layer: firstLayer(config.network) } }], what);
}

/** Draws and writes the page; the library that draws is loaded here. */
async function writePage(result: ProtectResult, config: AnyConfig): Promise<string> {
  const { renderProtection } = await import('./page.js');
  const { linearAlgebra, kernelBuild, file } = result;
  const record = { versions: allVersions(), kernelBuild, linearAlgebra, machine: thisMachine() };
  const folder = pageFolder(file);
  // the page lies beside the file, wherever both are
  const report = renderProtection({ ...result, file: basename(file) }, factsOf(record, { config }));
  publish(folder, reportFiles(report, DOCUMENT));
  return join(folder, 'report.html');
}

async function protectWith(
  request: ProtectRequest,
  asked: Asked,
): Promise<ProtectResult & { readonly report: string }> {
  const { constraint, config, axes, out, unfinished, build } = asked;
  const { samples } = request;
  const source = windowSource(request, constraint);
  const {
    dataset: { train },
    network,
  } = await loadRun(config, request);
  const held = heldLayers(request, source, network);
  const decay = penaltyOf(config);
  const training = trainingOf(request, constraint, config, train);
  const window = windowPlan(request, source, config, train);
  const key = randomKey(config.seed).child('protect');
  const measured =
    samples === undefined || samples >= train.count
      ? train
      : pick(train, key.child('samples').stream().permutation(train.count).subarray(0, samples));
  const memory = await protectMemory({ network, decay, measured, train, held, axes, constraint, window });
  checkMemory(memory, usableMemory());
  const disk = checkDisk(protectDisk({ network, held, axes, constraint }), out);
  const { run, weights } = request;
  const state = run === undefined ? foreignState(weights!, network, config.layers) : finalState(run, network);
  const bad = state.weights.findIndex((w) => !Number.isFinite(w));
  check(bad < 0, 'not-finite', `${state.origin} are not all finite: number ${bad} of them is ${state.weights[bad]}.`);
  if (unfinished) await checkAnchor(out, state.weights);
  const words = announcement(network, config, constraint, held, measured);
  request.onStart?.(unfinished ? `${words}; ${out} stands already, and its page is added` : words, memory, disk);
  const judged = judgeWeights(network, state.weights, train, request.expected ?? {}, request.weights !== undefined);
  request.onJudged?.(judged);
  const shared: ProtectShared = {
    network,
    weights: state.weights,
    ...(state.velocity && config.training.momentum > 0 && { velocity: state.velocity }),
    ...(state.optimiser && { optimiser: state.optimiser }),
    decay,
    measured: sharedSamples(measured),
    ...(window?.kind === 'trained' && { train: sharedSamples(train) }),
    layers: held,
    axes,
    training,
    ...(window && { window }),
    seed: config.seed,
    provider: config.provider,
    kernelBuild: build,
  };
  const outcome = await measure(constraint.name, shared, request, out);
  const result = keep({ out, unfinished, constraint, config, state, shared, outcome, doubts: judged.doubts });
  return { ...result, report: await writePage(result, config) };
}

/**
 * Measures the network and builds the penalty in a worker thread.
 * @throws InterruptedError with nothing written
 */
async function measure(
  method: string,
  shared: ProtectShared,
  { signal, onProgress }: ProtectRequest,
  out: string,
): Promise<ProtectOutcome> {
  let outcome: ProtectOutcome | undefined;
  const finished = await runJobs(JOB_KIND, shared, [{ method }], {
    workers: 1,
    signal,
    onProgress: (_, note, share) =>
      onProgress?.({ stage: 'measure', done: Math.round(100 * share), total: 100, unit: '%', note }),
    onDone: (_, result) => {
      outcome = result;
    },
  });
  if (!finished || !outcome) throw new InterruptedError(out, false);
  return outcome;
}

interface Found {
  readonly out: string;
  readonly unfinished: boolean;
  readonly constraint: Constraint;
  readonly config: AnyConfig;
  readonly state: State;
  readonly shared: ProtectShared;
  readonly outcome: ProtectOutcome;
  readonly doubts: readonly string[];
}

/** Writes the file, unless it stands, and returns its properties. */
function keep({
  out,
  unfinished,
  constraint,
  config,
  state: { origin, parameters },
  shared,
  outcome,
  doubts,
}: Found): ProtectResult {
  const { penalty, unit, diagnostics, loss, errors, stiffest, window, linearAlgebra } = outcome;
  const { name: method, title, source } = constraint;
  const { learningRate, momentum } = config.training;
  const { network } = shared;
  const data = config.data.set;
  const strength = Number.isFinite(unit.strength) ? unit.strength : 1;
  const metadata = {
    format: 'thermograd penalty',
    thermograd: VERSION,
    method,
    title,
    strength: unit.how,
    origin,
    data: `${shared.measured.count} training samples of ${data}`,
    network: networkWords(network),
    layers: shared.layers.join(', '),
    seed: String(config.seed),
  };
  removeAbandoned(out);
  const bytes = penaltyBytes(out, penalty, strength, metadata, parameters);
  if (unfinished) checkBytes(out, bytes);
  else writeWhole(out, bytes);
  return {
    file: out,
    ...digestOf(out),
    method,
    title,
    source,
    origin,
    network: isLayered(network) ? networkWords(network) : network.widths,
    ...(config.optimiser && { optimiser: optimiserWords(config) }),
    data,
    samples: shared.measured.count,
    loss,
    errors,
    layers: diagnostics,
    strength,
    unit,
    learningRate,
    momentum,
    stiffest,
    largestStrength: largestOf(config) / stiffest,
    ...(window && { window: { ...window, trained: shared.window?.kind === 'trained' } }),
    ...(constraint.needsTraining && { training: shared.training.training! }),
    ...(doubts.length > 0 && { doubts }),
    seed: config.seed,
    thermograd: VERSION,
    linearAlgebra,
    kernelBuild: shared.kernelBuild,
  };
}

/** Returns the largest curvature at which explicit steps of SGD are stable; NaN for other optimisers. docs/theory [O1]. */
function largestOf({ optimiser, training: { learningRate, momentum } }: AnyConfig): number {
  const { type = 'sgd', nesterov = false } = (optimiser ?? {}) as { type?: string; nesterov?: boolean };
  if (type !== 'sgd') return Number.NaN;
  return (2 * (1 + momentum)) / ((nesterov ? 1 + 2 * momentum : 1) * learningRate);
}

/** Names the optimiser and its L2 penalty, which is part of the loss that is measured. */
function optimiserWords(config: AnyConfig): string {
  const { type, nesterov } = optimiserIn(config, 1) as { type: string; nesterov?: boolean };
  const decay = penaltyOf(config);
  return `${type}${nesterov ? ' with Nesterov’s momentum' : ''}${decay > 0 ? `, weight decay ${decay} in the loss` : ''}`;
}

function digestOf(out: string): Pick<ProtectResult, 'bytes' | 'sha256'> {
  const { bytes, sha256 } = digest(out);
  return { bytes, sha256 };
}

function announcement(
  network: AnyNetwork,
  { data }: AnyConfig,
  { name }: Constraint,
  held: readonly string[],
  { count }: Samples,
) {
  return `${name} on ${held.join(', ')} of ${networkWords(network)}, measured on ${count} training samples of ${data.set}`;
}
