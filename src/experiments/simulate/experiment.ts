/**
 * `thermograd simulate`: one landscape with its noise, by several methods. It reads a config and writes a folder:
 *
 *     simulation.json                    config, seeds, versions, machine, memory, seconds of each method
 *     adiabatic/ fokker-planck/ sgd/ langevin/     summary.json (moments with errors), arrays.npz (densities, paths, series)
 *     grid.npz                           centres of the cells, and the loss on them
 *     moments.json comparison.json report.html report.json figures/ tables/
 *
 * Each method is a stage: finished ones are kept, and `resume` continues after them.
 */
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { FOLDER_WANTS, InterruptedError, type RunOptions } from '../../jobs/context.js';
import { bytesIn, checkDisk } from '../../jobs/disk.js';
import { JobFolder } from '../../jobs/folder.js';
import { usableMemory } from '../../jobs/machine.js';
import { checkMemory } from '../../jobs/memory.js';
import { runJobs } from '../../jobs/pool.js';
import { type FolderKind, type RecordBase, readRecord } from '../../jobs/record.js';
import { factsOf, writeReport } from '../../jobs/report-folder.js';
import { forceKernelBuild } from '../../kernels/load.js';
import { InputError } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { writeWhole } from '../../record/files.js';
import { readJson, writeJson } from '../../record/json.js';
import { readNpz, writeNpz } from '../../record/npz.js';
import { gridOf } from '../../theory/fokker-planck/grid.js';
import { completeSimulation, type Setup, setupOf } from './config.js';
import { simulationFacts } from './facts.js';
import { gather } from './gather.js';
import { axisCentres, lossOnGrid } from './grid.js';
import { partsOf, SIMULATION_JOBS, type SimulationJob } from './jobs.js';
import {
  METHODS,
  type Method,
  type MethodResult,
  type MethodSummary,
  type NumberArray,
  type SimulationInput,
} from './measured.js';
import { type Plan, planOf } from './plan.js';
import { checkChosenLength, relaxationOf, withTimes } from './relaxation.js';
import type { PartialSimulationConfig, SimulationConfig } from './schema.js';
import { SAMPLES, type WalkerMethod, type WalkersPart } from './walkers.js';

/** Names a stage of a simulation: a method, or the report. */
export type Stage = Method | 'report';

/** Describes what the record of a simulation says of it, beside its stages. */
export interface SimulationHead {
  readonly configHash: string;
  readonly config: SimulationConfig;
  readonly memory: unknown;
}

/** Describes the content of simulation.json. */
export type SimulationRecord = RecordBase<Stage> & SimulationHead;

/** Says where the results of a simulation go and how it is run. */
export interface SimulationRequest extends RunOptions {
  /** Folder of the results; default `simulation-seed<seed>`. */
  readonly out?: string;
  readonly resume?: boolean;
  /** Called once everything is checked, before the first step. */
  readonly onStart?: (start: { readonly folder: string; readonly setup: Setup; readonly plan: Plan }) => void;
}

/** Holds the folder and the results of a simulation. */
export interface SimulationRun {
  readonly folder: string;
  readonly record: SimulationRecord;
  readonly methods: readonly MethodSummary[];
}

/**
 * Checks everything that can be checked without running, and returns the problem and its plan.
 * @throws InputError
 */
export function planSimulation(given: PartialSimulationConfig): { readonly setup: Setup; readonly plan: Plan } {
  is.given('planSimulation', { given }, { given: is.object });
  return planned(completeSimulation(given));
}

function planned(given: SimulationConfig): { readonly setup: Setup; readonly plan: Plan } {
  const first = setupOf(given);
  const plan = planOf(first);
  const walkers = given.methods.sgd !== undefined || given.methods.langevin !== undefined;
  if (first.time.mode !== 'stationary' || !walkers) return { setup: first, plan };
  const relaxing = relaxationOf(first);
  const config = withTimes(given, first, relaxing);
  const setup = setupOf(config);
  const full = planOf(setup);
  checkChosenLength(
    given,
    config,
    full.methods.reduce((n, m) => n + m.steps, 0),
  );
  if (typeof relaxing === 'string')
    return {
      setup,
      plan: { ...full, warnings: [...full.warnings, `the slowest relaxation is not known: ${relaxing}`] },
    };
  const { burnIn, length } = setup.time as Setup['time'] & { mode: 'stationary' };
  const relaxation = { time: relaxing.time, how: relaxing.how, left: relaxing.expected(burnIn, length) };
  return { setup, plan: { ...full, relaxation } };
}

const kindOf = (methods: readonly Method[]): FolderKind<Stage> => ({
  file: 'simulation.json',
  format: 'thermograd simulation',
  stages: [...methods, 'report'],
  what: 'a simulation',
});

/**
 * Runs the methods of a config and writes the report.
 * @throws InputError for a config that cannot be run, with nothing written; InterruptedError when stopped, with all
 * finished methods kept
 */
export async function simulate(
  given: PartialSimulationConfig,
  request: SimulationRequest = {},
): Promise<SimulationRun> {
  is.given('simulate', { given, request }, { given: is.object, request: is.shape(FOLDER_WANTS) });
  const asked = completeSimulation(given);
  const { setup, plan } = planned(asked);
  const { config } = setup;
  checkMemory(plan.memory, usableMemory());
  const path = request.out ?? `simulation-seed${config.seed}`;
  const methods = METHODS.filter((m) => config.methods[m] !== undefined);
  const fresh = !existsSync(path);
  const conditions = {
    resume: request.resume ?? false,
    differs: (before: SimulationHead) =>
      before.configHash === hashOf(asked)
        ? undefined
        : `the simulation in ${path} was begun with another config; leave it as it was, or choose another folder with --out.`,
  };
  JobFolder.check<Stage, SimulationHead>(kindOf(methods), path, conditions);
  checkDisk(plan.disk, path, bytesIn(path));
  const head = { configHash: hashOf(asked), config, memory: plan.memory };
  const folder = JobFolder.open<Stage, SimulationHead>(kindOf(methods), path, head, conditions);
  let ended = false;
  try {
    forceKernelBuild(folder.record.kernelBuild);
    request.onStart?.({ folder: path, setup, plan });
    for (const method of methods)
      await folder.stage(method, request, () => runMethod(folder, setup, plan, method, request));
    let summaries: readonly MethodSummary[] = [];
    await folder.stage('report', request, () => reportSimulation(folder, setup, plan, methods));
    summaries = methods.map((m) => readSummary(folder.path, m));
    return { folder: path, record: folder.record, methods: summaries };
  } catch (error) {
    ended = error instanceof InputError && fresh;
    throw error;
  } finally {
    folder.close();
    forceKernelBuild(undefined);
    // wrong input that only a method could detect leaves no folder
    if (ended) rmSync(path, { recursive: true, force: true });
  }
}

/** Returns a hash of all keys that determine the numbers. */
function hashOf({ workers: _, ...config }: SimulationConfig): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16);
}

type Folder = JobFolder<Stage, SimulationHead>;

async function runMethod(
  folder: Folder,
  setup: Setup,
  plan: Plan,
  method: Method,
  { signal, onProgress }: RunOptions,
): Promise<void> {
  const { config } = setup;
  const { timestep, walkers, what, steps } = plan.methods.find((m) => m.method === method)!;
  const jobs: SimulationJob[] = [];
  if (method === 'sgd' || method === 'langevin') {
    partsOf(walkers).forEach((p, part) => {
      jobs.push({ kind: 'walkers', part, method, timestep, ...p });
    });
    if (config.paths.count > 0)
      jobs.push({
        kind: 'paths',
        points: config.paths.points,
        method,
        timestep,
        first: 0,
        count: Math.min(config.paths.count, walkers),
      });
  } else jobs.push({ kind: 'grid', method });
  const parts: WalkersPart[] = [];
  let paths: { times: Float64Array; places: Float64Array } | undefined;
  let result: MethodResult | undefined;
  const shares = new Map<SimulationJob, number>();
  const progress = () => {
    let done = 0;
    for (const s of shares.values()) done += s;
    const share = done / jobs.length;
    const counted = steps > 0 ? { total: steps, unit: 'steps' } : { total: 100, unit: '%' };
    onProgress?.({ stage: method, done: Math.round(share * counted.total), ...counted, note: what });
  };
  progress();
  const shared = { config, kernelBuild: folder.record.kernelBuild };
  const finished = await runJobs(SIMULATION_JOBS, shared, jobs, {
    workers: config.workers,
    signal,
    onProgress(job, _, share) {
      shares.set(job, share);
      progress();
    },
    onDone(job, answer) {
      shares.set(job, 1);
      progress();
      if (answer.kind === 'walkers') parts[answer.part] = answer.result;
      else if (answer.kind === 'paths') paths = answer;
      else result = answer.result;
    },
  });
  if (!finished) throw new InterruptedError(folder.path);
  store(folder, result ?? walkersResult(setup, plan, method as WalkerMethod, what, parts, paths));
}

function walkersResult(
  setup: Setup,
  plan: Plan,
  method: WalkerMethod,
  what: string,
  parts: readonly WalkersPart[],
  paths: { times: Float64Array; places: Float64Array } | undefined,
): MethodResult {
  const { config, problem, sides } = setup;
  const { warnings, arrays, ...found } = gather(setup, parts, plan.relaxation);
  const { outside, diverged } = found;
  const label = method === 'sgd' ? 'SGD' : 'Langevin';
  const scheme = method === 'langevin' ? `, scheme ${config.methods.langevin!.scheme}` : '';
  const open = sides.some((s) => s.includes('open'));
  if (open && outside > OUTSIDE)
    throw new InputError(
      'grid-too-small',
      `the grid does not hold the mass: ${(100 * outside).toPrecision(2)} % of the positions of ${label}'s walkers lie outside it; widen the grid, or give it walls at its sides.`,
    );
  const size = problem.size;
  const times = paths?.times;
  return {
    summary: {
      method,
      label,
      how: `${what}${scheme}${setup.time.mode === 'stationary' ? `, each counted up to ${SAMPLES} times` : ''}`,
      ...found,
      facts: { ...(method === 'langevin' && { scheme: config.methods.langevin!.scheme }) },
      warnings: [
        ...warnings,
        ...(diverged > 0
          ? [`${(100 * diverged).toPrecision(2)} % of the walkers diverged; moments are of the others.`]
          : []),
        ...(outside > 1e-4 ? [`${(100 * outside).toPrecision(2)} % of the places lie outside the grid.`] : []),
      ],
    },
    arrays: {
      ...arrays,
      ...(paths &&
        times && {
          path_times: { shape: [times.length], data: times },
          paths: { shape: [paths.places.length / (times.length * size), times.length, size], data: paths.places },
        }),
    },
  };
}

/** Largest share of the walkers' positions outside the grid. */
const OUTSIDE = 0.02;

function store(folder: Folder, { summary, arrays }: MethodResult): void {
  writeWhole(
    folder.file(summary.method, 'arrays.npz'),
    writeNpz(Object.entries(arrays).map(([k, a]) => [k, { ...a, shape: [...a.shape] }] as const)),
  );
  writeJson(folder.file(summary.method, 'summary.json'), summary);
}

const readSummary = (path: string, method: Method): MethodSummary =>
  readJson<MethodSummary>(`${path}/${method}/summary.json`)!;

async function load(path: string, method: Method): Promise<MethodResult> {
  const { readWhole } = await import('../../record/files.js');
  const file = `${path}/${method}/arrays.npz`;
  const arrays = await readNpz(readWhole(file)!, file);
  return {
    summary: readSummary(path, method),
    arrays: Object.fromEntries(
      [...arrays].map(([k, a]): [string, NumberArray] => [k, { shape: a.shape, data: a.data as Float64Array }]),
    ),
  };
}

/**
 * Reads the results of a simulation: its record and, for each finished method, moments and arrays.
 * @throws InputError when the folder holds no simulation
 */
export async function readSimulation(
  path: string,
): Promise<{ readonly record: SimulationRecord; readonly methods: readonly MethodResult[] }> {
  is.given('readSimulation', { path }, { path: is.path });
  const record = readRecord<Stage, SimulationHead>(kindOf([]), path) as SimulationRecord;
  const done = METHODS.filter((m) => record.stages[m]?.status === 'done');
  return { record, methods: await Promise.all(done.map((m) => load(path, m))) };
}

async function reportSimulation(folder: Folder, setup: Setup, plan: Plan, methods: readonly Method[]): Promise<void> {
  const { renderSimulation } = await import('./page.js');
  const centres = axisCentres(setup);
  const loss = setup.problem.loss && lossOnGrid(setup, gridOf(setup.axes));
  writeWhole(
    folder.file('grid.npz'),
    writeNpz([
      ...setup.problem.names.map((name, k) => [name, { shape: [centres[k].length], data: centres[k] }] as const),
      ...(loss ? [['loss', { shape: [...centres].reverse().map((c) => c.length), data: loss }] as const] : []),
    ]),
  );
  const results = await Promise.all(methods.map((m) => load(folder.path, m)));
  const { record } = folder;
  const timings = Object.fromEntries(methods.map((m) => [m, record.stages[m].seconds]));
  const input: SimulationInput = {
    facts: simulationFacts(
      setup,
      plan,
      centres,
      loss,
      factsOf(
        record,
        {
          config: record.config,
          seeds: { seed: setup.config.seed, keys: 'key(seed)/simulate/<method>/start and /noise' },
        },
        { memory: plan.memory, timings },
      ),
    ),
    methods: results,
  };
  const report = renderSimulation(input);
  writeJson(
    folder.file('moments.json'),
    Object.fromEntries(
      results.map(({ summary: s }) => [
        s.method,
        { ...s.moments, ...(s.survival && { survival: s.survival }), ...(s.passage && { passage: s.passage }) },
      ]),
    ),
  );
  writeJson(folder.file('comparison.json'), report.comparison);
  writeReport(folder.path, report);
}
