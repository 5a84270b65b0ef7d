/**
 * The experiment of ao2022 on the recorded layer of a run of ivf2021, stage by stage; stages that are done are skipped.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { DirectionFlatness } from '../../analyse/trajectory/results.js';
import { batchPlan } from '../../data/samplers.js';
import { InterruptedError, type RunOptions } from '../../jobs/context.js';
import { bytesIn, bytesOf, checkDisk } from '../../jobs/disk.js';
import { usableMemory } from '../../jobs/machine.js';
import { checkMemory, type MemoryNeed, oneAfterAnother } from '../../jobs/memory.js';
import { verifyOutputs } from '../../jobs/outputs.js';
import { type JobKind, runJobs } from '../../jobs/pool.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { secondsOf } from '../../jobs/record.js';
import { factsOf, writeReport } from '../../jobs/report-folder.js';
import { forceKernelBuild } from '../../kernels/load.js';
import { check } from '../../numeric/errors.js';
import { randomKey } from '../../numeric/random.js';
import { shellWord } from '../../numeric/shell-word.js';
import { thinToLogSpaced } from '../../numeric/spacing.js';
import * as is from '../../numeric/wants.js';
import { readJson, readPart, writeJson } from '../../record/json.js';
import type { Finding } from '../../report/finding.js';
import { completeRunConfig } from '../../runs/config.js';
import { type RunRecord, readRecord } from '../../runs/folder.js';
import { networkTitle } from '../../runs/network.js';
import { type Loaded, loadRun, type Prepared, planRun } from '../../runs/prepare.js';
import type { RunRequest } from '../../runs/run.js';
import type { AnyConfig, PartialConfig } from '../../runs/schema.js';
import { TRAJECTORY } from '../../runs/train.js';
import { ARRAYS, centreWeights } from '../../runs/window/stages.js';
import { batchFactor, type ModesOutput } from '../../theory/layer/modes.js';
import { ao2022Findings } from './findings.js';
import { correlationTimes, groupRatios, scalingChain, temperatures, widthComparison } from './fits.js';
import { type Ao2022Folder, type Ao2022Record, checkAo2022, openAo2022, readAo2022 } from './folder.js';
import { type Ao2022Job, FILES, type MatricesResult, runAo2022Job } from './jobs.js';
import type { Ao2022Results, Ao2022Setting, LandscapeRow, TrajectoryTests } from './measured.js';
import { ao2022Disk, ao2022Memory } from './memory.js';
import { type Inputs, readInputs, settingOf } from './setting.js';
import { spanOf, systemFacts, systemOf } from './system.js';

/** Names the run to measure and the folder of the results. */
export interface Ao2022Request extends RunOptions {
  /** A run of ivf2021 to measure; without it one is made in `out`/run. */
  readonly run?: string;
  /** Folder of the results; by default `ao2022` inside the run given, else `ao2022-<preset>-seed<seed>`. */
  readonly out?: string;
  readonly resume?: boolean;
  /** Called before the training of a run that is made first, and before the measurement. */
  readonly onTraining?: (prepared: Prepared) => void;
  readonly onStart?: (start: {
    readonly folder: string;
    readonly run: string;
    readonly memory: MemoryNeed;
    readonly disk: number;
  }) => void;
}

/** Holds the results and their folder. */
export interface Ao2022Result {
  readonly folder: string;
  readonly record: Ao2022Record;
}

const [RESULTS, FINDINGS] = ['results.json', 'findings.json'];
/** Most directions along which single minibatches are measured. */
const LANDSCAPE_DIRECTIONS = 120;

/** Steps above which a circulation gets an error: 20 blocks of at least 4 (`circulation`). */
const LEAST_STEPS = 80;

/** Makes the run that is measured, or completes it. */
type MakeRun = (layers: readonly PartialConfig[], request: RunRequest) => Promise<unknown>;

/**
 * Does all stages.
 * @param makeRun - makes the run where none is given, and completes one that was stopped
 * @throws InputError for a run that the theory does not describe, too little memory, and a folder that cannot be used;
 * InterruptedError
 */
export async function measureAo2022(
  config: PartialConfig | readonly PartialConfig[],
  makeRun: MakeRun,
  request: Ao2022Request,
): Promise<Ao2022Result> {
  const { run, out } = await finishedRun(Array.isArray(config) ? config : [config], makeRun, request);
  const record = readRecord(run);
  verifyOutputs(run, record.outputs);
  const settings = record.config;
  forceKernelBuild(record.kernelBuild);
  const { dataset, network } = await loadRun(settings, request);
  const { batchesPerEpoch } = batchPlan({ count: dataset.train.count, ...settings.training, key: randomKey(0) });
  const steps = batchesPerEpoch * settings.record.windowEpochs;
  check(
    steps > LEAST_STEPS,
    'window-too-short',
    `the window of the run in ${run} has ${steps} steps; its circulation needs more than ${LEAST_STEPS}: measure a run with a longer window.`,
  );
  const inputs = readInputs(run);
  await centreWeights(settings, network, run);
  const memory = ao2022Memory(settings, { dataset, network }, steps);
  checkMemory(memory, usableMemory());
  const disk = checkDisk(ao2022Disk(settings, network, steps), out, run === join(out, RUN_FOLDER) ? 0 : bytesIn(out));
  const head = {
    run: relative(out, run),
    configHash: record.configHash,
    seed: settings.seed,
    memory,
  };
  const folder = openAo2022(out, head, request.resume ?? false);
  try {
    request.onStart?.({ folder: out, run, memory, disk });
    await measure({ folder, options: request, inputs }, run, record, { dataset, network });
    return { folder: out, record: folder.record };
  } finally {
    folder.close();
    forceKernelBuild(undefined);
  }
}

/** The run that is made where none is given, inside the folder of the results. */
const RUN_FOLDER = 'run';

/**
 * Returns the completed run to measure and the folder of the results. What would be refused after the run is refused before it is
 * made or completed.
 */
async function finishedRun(
  layers: readonly PartialConfig[],
  makeRun: MakeRun,
  request: Ao2022Request,
): Promise<{ run: string; out: string }> {
  const { run: given, resume = false } = request;
  if (given !== undefined) {
    const { config, stages } = readRecord(given);
    const out = request.out ?? join(given, 'ao2022');
    checkPhysics(config, `the run in ${given}`);
    checkAo2022(out, resume);
    const done = Object.values(stages).every((s) => s.status === 'done');
    if (!done) await makeRun([], { ...optionsOf(request), out: given, resume: true });
    return { run: given, out };
  }
  const { preset, seed } = completeRunConfig(...layers);
  const out = request.out ?? `ao2022-${preset}-seed${seed}`;
  const run = join(out, RUN_FOLDER);
  const there = existsSync(join(run, 'run.json'));
  check(
    resume || !there,
    'run-exists',
    `the folder ${out} holds a run already; continue it with --resume, or choose another folder with --out.`,
  );
  checkAo2022(out, resume);
  const all = there ? [readRecord(run).config as PartialConfig, ...layers] : layers;
  const config = completeRunConfig(...all);
  checkPhysics(config, 'the run that is asked for');
  const { disk, network, steps } = await planRun(all, {}, LEAST_STEPS + 1);
  const own = ao2022Disk(config, network, steps);
  checkDisk([...disk, ...own], out, bytesIn(out));
  await makeRun(layers, {
    ...optionsOf(request),
    out: run,
    resume: there,
    // the folder holds both
    onStart: (prepared) =>
      request.onTraining?.({
        ...prepared,
        memory: oneAfterAnother(prepared.memory),
        disk: prepared.disk + bytesOf(own),
      }),
  });
  return { run, out };
}

const optionsOf = ({ onProgress, signal, checkpointSeconds }: Ao2022Request): RunOptions => ({
  ...(onProgress && { onProgress }),
  ...(signal && { signal }),
  ...(checkpointSeconds !== undefined && { checkpointSeconds }),
});

/**
 * Refuses runs that the theory of ao2022 does not describe.
 * @throws InputError
 */
function checkPhysics({ training }: AnyConfig, run: string): void {
  check(
    training.sampling !== 'cyclic',
    'cyclic',
    `${run} takes the same batches in the same order in every epoch: that is a periodic force, not a noise with a covariance; measure a run with sampling shuffled or replaced.`,
  );
}

/** The content of modes.json. */
type ModesDocument = Omit<ModesOutput, 'basis' | 'curvatures' | 'noise' | 'parts' | 'turning'> &
  Pick<Ao2022Results, 'simulated' | 'walkCorrelation' | 'ownCirculation'>;

interface Context {
  readonly folder: Ao2022Folder;
  readonly options: RunOptions;
  readonly inputs: Inputs;
}

const JOBS: JobKind<undefined, Ao2022Job, void> = {
  worker: new URL('./worker.js', import.meta.url),
  run: runAo2022Job,
  name: ({ job }) => `the ${job} stage`,
};

async function measure(context: Context, from: string, run: RunRecord, { dataset, network }: Loaded): Promise<void> {
  const { folder, options, inputs } = context;
  const { config } = run;
  const { kind: provider } = await pinnedProvider(folder.record, config.provider, folder.path);
  const common = { out: folder.path, provider, kernelBuild: run.kernelBuild };
  const arrays = join(from, ARRAYS);
  const does = async (job: Ao2022Job) => {
    options.onProgress?.({ stage: job.job, done: 0, unit: '%' });
    const finished = await runJobs(JOBS, undefined, [job], {
      workers: 1,
      signal: options.signal,
      onProgress: (_, note, share) =>
        options.onProgress?.({ stage: job.job, done: Math.round(100 * share), total: 100, unit: '%', note }),
      onDone: () => {},
    });
    if (!finished) throw new InterruptedError(folder.path);
  };
  const system = systemOf(config, network, from, inputs.curves, inputs.pca.T);
  const span = spanOf(config, network, inputs.pca.T);
  const { penalty, decay, root } = system;
  const inY = { ...(root && { root }), ...(span !== undefined && { span }) };
  const where = { network, samples: dataset.train, layer: config.record.layer, penalty };
  await folder.stage('matrices', options, async () => {
    const weights = await centreWeights(config, network, from);
    await does({ job: 'matrices', ...common, ...where, decay, ...inY, arrays, weights });
  });
  const matrices = readPart<MatricesResult>(folder.file(FILES.matrices), ['loss', 'gradientNorm']);
  const whole = settingOf(config, dataset, inputs, matrices, system, systemFacts(config, system, span));
  const { curves: _, ...setting } = whole;
  const measured = inputs.flatness.directions.filter((d: DirectionFlatness) => d.index <= (span ?? d.index));
  await folder.stage('modes', options, () => {
    const flatness = measured.map((d) => [d.index, d.flatness] as const);
    const { pca } = inputs;
    return does({ job: 'modes', ...common, setting, arrays, pca, flatness, decay, ...inY, seed: config.seed });
  });
  await folder.stage('trajectory', options, () =>
    does({ job: 'trajectory', ...common, setting, arrays, trajectory: join(from, TRAJECTORY), ...(root && { root }) }),
  );
  await folder.stage('landscape', options, async () => {
    const { energy } = readPart<ModesDocument>(folder.file(FILES.modes), ['energy']);
    const usable = energy.filter((e) => e.resolved);
    const keep = new Set(
      thinToLogSpaced(
        usable.map((e) => e.index),
        setting.P,
        LANDSCAPE_DIRECTIONS,
      ),
    );
    const scale = batchFactor('window', setting);
    const rows = usable
      .filter((e) => keep.has(e.index))
      .map(({ index, flatness, variance, noise }) => ({ index, flatness, variance, noise: scale * noise }));
    const weights = await centreWeights(config, network, from);
    const { batchSize } = setting;
    await does({
      job: 'landscape',
      ...common,
      ...where,
      weights,
      setting,
      arrays,
      rows,
      batchSize,
      seed: config.seed,
    });
  });
  await folder.stage('fits', options, async () => fits(folder, whole, inputs, config.seed));
  await folder.stage('report', options, () => reportAo2022(folder.path));
}

function fits(folder: Ao2022Folder, setting: Ao2022Setting, inputs: Inputs, seed: number): void {
  const modes = readPart<ModesDocument>(folder.file(FILES.modes), ['energy', 'modes', 'subspaces']);
  const trajectory = readJson<TrajectoryTests>(folder.file(FILES.trajectory));
  const landscape = readJson<LandscapeRow[]>(folder.file(FILES.landscape));
  const key = randomKey(seed).child('ao2022').child('fits');
  const chain = {
    setting,
    energy: modes.energy,
    dynamics: inputs.dynamics.dynamics,
    key,
    ...(landscape && { landscape }),
  };
  const results: Ao2022Results = {
    setting,
    ...modes,
    ...groupRatios(modes.modes, modes.subspaces.settled, key.child('groups')),
    widths: widthComparison(modes, key.child('widths')),
    chain: scalingChain(chain),
    temperature: temperatures(chain),
    correlationTime: correlationTimes(chain),
    ...(landscape && { landscape }),
    ...(trajectory && { trajectory }),
  };
  writeJson(folder.file(RESULTS), results);
  writeJson(folder.file(FINDINGS), ao2022Findings(results));
}

/**
 * Reads the results and findings of a folder.
 * @throws InputError when there are none yet
 */
export function readAo2022Results(out: string): { readonly results: Ao2022Results; readonly findings: Finding[] } {
  is.given('readAo2022Results', { out }, { out: is.path });
  const results = readJson<Ao2022Results>(join(out, RESULTS));
  const findings = readJson<Finding[]>(join(out, FINDINGS));
  check(
    results !== undefined && findings !== undefined,
    'not-analysed',
    `there is no finished reproduction of ao2022 in ${out}; run thermograd reproduce ao2022 --resume --out ${shellWord(out)}.`,
  );
  return { results, findings };
}

/** Writes the report again from the documents in the folder. */
async function reportAo2022(out: string): Promise<void> {
  // drawing brings large packages along, which only this stage needs
  const { renderAo2022 } = await import('./page.js');
  const record = readAo2022(out);
  const run = readRecord(join(out, record.run));
  const title = `Stochastic decomposition of SGD: ${networkTitle(run.config)} on ${run.config.data.set}, ${run.config.record.layer}`;
  const { config, seeds, data, stages } = run;
  const facts = factsOf(
    record,
    { config, seeds },
    { timings: { run: secondsOf(stages), decomposition: secondsOf(record.stages) }, data },
  );
  writeReport(out, renderAo2022({ title, ...readAo2022Results(out), run: facts }));
}
