/**
 * `forget`: one task after another with constraints against forgetting, on equal terms. docs/theory §7.
 *
 *     first         train the first task of every seed, record its window, measure what constraints need
 *     strengths     every method at every strength, at the largest N_c; beyond the grid where the best lies at its end
 *     constraints   methods with axes at every other N_c, at the strength that validation chose for them
 *     report        findings, figures, tables
 */
import { join } from 'node:path';
import { constraintNamed } from '../../apply/constraints/table.js';
import type { Dataset } from '../../data/dataset.js';
import { type RunOptions, runStage } from '../../jobs/context.js';
import { readJson, writeJson } from '../../jobs/json.js';
import { keepJobs } from '../../jobs/kept-jobs.js';
import { gigabytes, poolSize } from '../../jobs/memory.js';
import type { JobKind } from '../../jobs/pool.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import { kernelBuild } from '../../kernels/load.js';
import { check } from '../../numeric/errors.js';
import { chooseProvider } from '../../numeric/linalg/index.js';
import { writeWhole } from '../../record/files.js';
import type { Finding } from '../../report/finding.js';
import type { Json } from '../../report/input.js';
import { type DatasetRequest, loadDataset } from '../../runs/datasets.js';
import { type ForgetBudget, forgetBudget } from './budget.js';
import { checkAgainstData, completeForget, type ForgetConfig, type PartialForget } from './config.js';
import type { FirstFacts } from './first.js';
import { type ForgetFolder, firstFiles, groupFile, openForget, recordIn } from './folder.js';
import { type FirstJob, type ForgetJob, type ForgetResult, type GroupJob, runForgetJob } from './job.js';
import type { BranchGroup, ForgetInput } from './measured.js';
import { chosen, placeOf, settingsOf } from './summary.js';
import { TaskSet } from './task-set.js';

export interface ForgetRequest extends RunOptions {
  /** forget-<preset> by default. */
  readonly out?: string;
  readonly resume?: boolean;
  /** Said before the first step: folder, budget. */
  readonly onStart?: (announcement: string) => void;
}

export interface ForgetRun {
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** Which method wins where, in sentences. */
  readonly outcome: readonly string[];
}

interface Context {
  readonly folder: ForgetFolder;
  readonly config: ForgetConfig;
  readonly dataset: Dataset;
  readonly options: RunOptions;
  readonly workers: number;
}

/**
 * Runs what is missing of the experiment and writes its report. The same config gives the same numbers on any number of workers.
 * @param layers - what was asked, later ones winning; on resume they lie over what the folder was begun with
 * @throws InputError for a config that makes no sense; InterruptedError when stopped, with all finished documents kept
 */
export async function forget(
  layers: readonly (PartialForget | undefined)[] = [],
  request: ForgetRequest = {},
): Promise<ForgetRun> {
  const { resume = false, onStart, ...options } = request;
  const path = request.out ?? `forget-${layers.reduce<string>((p, l) => l?.preset ?? p, 'standard')}`;
  const before = resume ? recordIn(path) : undefined;
  check(
    !resume || before !== undefined,
    'no-run',
    `there is no experiment on forgetting in ${path} to resume; leave --resume out to begin one, or name its folder with --out.`,
  );
  const config = completeForget(before?.config as PartialForget | undefined, ...layers);
  const { set, teacher, limit, classes } = config.data;
  const dataset = await loadDataset((set === 'teacher' ? { teacher: teacher! } : set) as DatasetRequest, {
    ...(limit !== undefined && { limit }),
    ...(classes !== undefined && { classes }),
  });
  checkAgainstData(config, dataset);
  const budget = forgetBudget(config, dataset);
  const { workers, need } = poolSize(budget, config.workers, {
    who: 'this experiment',
    advice: 'use fewer --workers, fewer --constraints or a smaller network.',
  });
  const head = { config, kernelBuild: kernelBuild(), data: dataset.provenance, budget };
  const folder = openForget(path, head, resume);
  try {
    onStart?.(announcement(path, config, budget, workers, need));
    const context: Context = { folder, config, dataset: shared(dataset), options, workers };
    await settleProvider(folder, config);
    await runStage(context, 'first', () => firstStage(context));
    await runStage(context, 'strengths', async () => {
      let what = 'strengths';
      for (const round of strengthRounds(context)) {
        await groupStage(context, what, round);
        what = 'strengths beyond the grid';
      }
    });
    const strengths = [...strengthRounds(context)].flat();
    const groups = readGroups(strengths);
    const others = constraintJobs(context, groups);
    await runStage(context, 'constraints', () => groupStage(context, 'constraints', others));
    const all = [...groups, ...readGroups(others)];
    let report: Omit<ForgetRun, 'folder'> | undefined;
    await runStage(context, 'report', async () => {
      report = await writeReport(context, all);
    });
    return { folder: path, ...(report ?? (await writeReport(context, all))) };
  } finally {
    folder.close();
  }
}

/** All attempts at one comparison take the same linear algebra: providers differ in the last bits. @throws InputError */
async function settleProvider({ record, path }: ForgetFolder, { provider }: ForgetConfig): Promise<void> {
  const { name } = await chooseProvider({ prefer: provider });
  const before = record.linearAlgebra;
  check(
    before === null || before === name,
    'other-provider',
    `the experiment in ${path} was begun with the linear algebra '${before}', and this machine now gives '${name}'; make that one available again, or begin anew with --out.`,
  );
  record.linearAlgebra = name;
}

function announcement(path: string, config: ForgetConfig, budget: ForgetBudget, workers: number, need: number): string {
  const minutes = budget.seconds / 60 / workers;
  return (
    `folder ${path}: ${config.protocol} on ${config.data.set}, ${config.head}; ${config.seeds} seeds, ${budget.branches} branches${config.extend > 0 ? ' and those beyond the grid' : ''}, ${workers} at a time; ` +
    `about ${minutes < 1 ? `${Math.ceil(60 * minutes)} s` : `${Math.ceil(minutes)} min`} on free cores, ${gigabytes(need)} of memory`
  );
}

const shared = (dataset: Dataset): Dataset => ({
  ...dataset,
  train: sharedSamples(dataset.train),
  ...(dataset.test && { test: sharedSamples(dataset.test) }),
});

const JOB_KIND: JobKind<Dataset, ForgetJob, ForgetResult> = {
  worker: new URL('./worker.js', import.meta.url),
  run: runForgetJob,
  name: (job) =>
    job.kind === 'first'
      ? `the first task of seed ${job.seed}`
      : `${job.method}${job.constraints === null ? '' : ` with ${job.constraints} axes`}, seed ${job.seed}`,
};

/** Jobs of one kind, each result kept; the progress counts `weight` of each. */
function work<Job extends ForgetJob>(
  { folder, dataset, options, workers }: Context,
  stage: string,
  jobs: readonly Job[],
  {
    unit,
    weight,
    done,
  }: { unit: string; weight: (job: Job) => number; done: (job: Job, result: ForgetResult) => void },
): Promise<void> {
  return keepJobs<Dataset, Job, ForgetResult>(JOB_KIND, dataset, jobs, {
    folder: folder.path,
    workers,
    signal: options.signal,
    onProgress: options.onProgress,
    stage,
    unit,
    weight,
    name: JOB_KIND.name,
    keep(job, result) {
      done(job, result);
      folder.save();
    },
  });
}

const seedsOf = ({ config }: Context): number[] => Array.from({ length: config.seeds }, (_, seed) => seed);

const jobHead = ({ folder, config }: Context, seed: number) => ({
  config,
  kernelBuild: folder.record.kernelBuild as ForgetJob['kernelBuild'],
  seed,
  files: firstFiles(folder.path, seed),
});

async function firstStage(context: Context): Promise<void> {
  const jobs = seedsOf(context)
    .map((seed): FirstJob => ({ ...jobHead(context, seed), kind: 'first' }))
    .filter(({ files }) => readJson(files.facts) === undefined);
  await work(context, 'task 1', jobs, {
    unit: 'seeds',
    weight: () => 1,
    // the facts come last: where they stand, weights and axes are whole
    done: (job, result) => writeJson(job.files.facts, result),
  });
}

const penalises = (method: string): boolean => constraintNamed(method).kind === 'penalty';
const mainOf = ({ constraints }: ForgetConfig): number => Math.max(...constraints);

/**
 * The grid, then for every method whose best strength lies at an end of what was tried one strength beyond it, at most
 * `config.extend` times. A round is made of the documents of those before it, which must be there when it is asked for; so that
 * one resumed with more seeds chooses as one begun with them.
 */
function* strengthRounds(context: Context): Generator<[GroupJob, string][]> {
  let jobs = gridJobs(context);
  const groups: BranchGroup[] = [];
  for (let round = 0; jobs.length > 0; round++) {
    yield jobs;
    if (round === context.config.extend) return;
    groups.push(...readGroups(jobs));
    jobs = beyondJobs(context, groups);
  }
}

function beyondJobs(context: Context, groups: readonly BranchGroup[]): [GroupJob, string][] {
  const { config, folder } = context;
  const settings = settingsOf({ groups, seeds: [] });
  const { strengths } = config;
  return config.methods.filter(penalises).flatMap((method) => {
    const best = chosen(settings, method, mainOf(config));
    const place = best && placeOf(best, settings);
    if (!best || (place !== 'strongest' && place !== 'weakest')) return [];
    const [inner, outer] = place === 'strongest' ? strengths.slice(-2) : strengths.slice(0, 2).reverse();
    // rounded, since it stands in names of documents
    const next = Number(((best.multiple * outer) / inner).toPrecision(6));
    return seedsOf(context).map((seed): [GroupJob, string] => [
      { ...jobHead(context, seed), kind: 'branches', method, constraints: best.constraints, strengths: [next] },
      groupFile(folder.path, seed, method, best.constraints, next),
    ]);
  });
}

/** Every method at every strength, at the largest N_c. Those that need most time first. */
function gridJobs(context: Context): [GroupJob, string][] {
  const { config, folder } = context;
  const order = [...config.methods].sort(
    (a, b) => Number(constraintNamed(b).takesAxes) - Number(constraintNamed(a).takesAxes),
  );
  return order.flatMap((method) =>
    seedsOf(context).map((seed): [GroupJob, string] => {
      const constraints = constraintNamed(method).takesAxes ? mainOf(config) : null;
      const strengths = penalises(method) ? config.strengths : [Number.NaN];
      return [
        { ...jobHead(context, seed), kind: 'branches', method, constraints, strengths },
        groupFile(folder.path, seed, method, constraints),
      ];
    }),
  );
}

/** Methods with axes at every other N_c, at the strength that validation chose over all seeds. */
function constraintJobs(context: Context, groups: readonly BranchGroup[]): [GroupJob, string][] {
  const { config, folder } = context;
  const main = mainOf(config);
  const settings = settingsOf({ groups, seeds: [] });
  return config.methods
    .filter((m) => constraintNamed(m).takesAxes)
    .flatMap((method) => {
      const best = chosen(settings, method, main);
      if (!best) return [];
      return config.constraints
        .filter((n) => n !== main)
        .flatMap((constraints) =>
          seedsOf(context).map((seed): [GroupJob, string] => [
            { ...jobHead(context, seed), kind: 'branches', method, constraints, strengths: [best.multiple] },
            groupFile(folder.path, seed, method, constraints, best.multiple),
          ]),
        );
    });
}

async function groupStage(context: Context, stage: string, all: readonly [GroupJob, string][]): Promise<void> {
  const places = new Map(all);
  const jobs = all.filter(([, file]) => readJson(file) === undefined).map(([job]) => job);
  await work(context, stage, jobs, {
    unit: 'branches',
    weight: (job) => job.strengths.length,
    done: (job, result) => writeJson(places.get(job)!, result),
  });
}

const readGroups = (all: readonly [GroupJob, string][]): BranchGroup[] =>
  all.flatMap(([, file]) => readJson<BranchGroup>(file) ?? []);

async function writeReport(context: Context, groups: readonly BranchGroup[]): Promise<Omit<ForgetRun, 'folder'>> {
  // drawing brings large packages along, which only this stage needs
  const { renderForget } = await import('./render.js');
  const { folder, config, dataset } = context;
  const { path, record } = folder;
  const firsts = seedsOf(context).flatMap((seed) => readJson<FirstFacts>(firstFiles(path, seed).facts) ?? []);
  const taskSet = new TaskSet(config, dataset, 0);
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value ?? null)) as Json;
  const input: ForgetInput = {
    title: `Learning without forgetting: ${config.protocol} on ${config.data.set}, ${config.seeds} ${config.seeds === 1 ? 'seed' : 'seeds'}`,
    protocol: config.protocol,
    head: config.head,
    tasks: Array.from({ length: taskSet.count }, (_, t) => taskSet.task(t).name),
    constraints: mainOf(config),
    absolute: config.absolute,
    epochs: config.training.epochs,
    several: config.several,
    seeds: firsts,
    groups,
    methods: firsts[0]?.methods ?? {},
    run: {
      config: plain(config),
      seeds: { count: config.seeds, everything: 'key(seed)/forget' },
      versions: plain(record.versions),
      kernel: record.kernelBuild,
      linearAlgebra: record.linearAlgebra,
      machine: plain(record.machine),
      data: plain(record.data),
      timings: Object.fromEntries(
        Object.entries(record.stages).flatMap(([s, r]) => (r.seconds > 0 ? [[s, r.seconds]] : [])),
      ),
    },
  };
  const { findings, outcome, html, figures, tables, json } = renderForget(input);
  for (const [name, svg] of Object.entries(figures)) writeWhole(join(path, 'figures', `${name}.svg`), svg);
  for (const [name, text] of Object.entries(tables)) writeWhole(join(path, 'tables', name), text);
  writeJson(join(path, 'findings.json'), findings);
  writeWhole(join(path, 'report.json'), json);
  writeWhole(join(path, 'report.html'), html);
  return { findings, outcome };
}
