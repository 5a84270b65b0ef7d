/**
 * `forget`: one task after another with constraints against forgetting, compared under equal conditions. docs/theory
 * §7.
 *
 *     first         train the first task of every seed, record its window, measure what constraints need
 *     strengths     every method at every strength, at the largest N_c; beyond the grid where the best lies at its end
 *     constraints   methods with axes at every other N_c, at the strength that validation chose for them
 *     report        findings, figures, tables
 */
import type { Dataset } from '../../data/dataset.js';
import { FOLDER_WANTS, type RunOptions } from '../../jobs/context.js';
import { checkContinued } from '../../jobs/continued.js';
import { bytesIn, checkDisk } from '../../jobs/disk.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { secondsOf } from '../../jobs/record.js';
import { factsOf, writeReport } from '../../jobs/report-folder.js';
import { sharedSamples } from '../../jobs/shared-samples.js';
import {
  cancelled,
  cellStage,
  type Instead,
  prepared,
  WHERE_WANTS,
  type Where,
  type WhereRequest,
  whereFor,
} from '../../jobs/where.js';
import { networkWords } from '../../model/any-network.js';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { readJson } from '../../record/json.js';
import type { Finding } from '../../report/finding.js';
import { optimiserIn, penaltyOf } from '../../runs/optimiser.js';
import { completeOptimiser } from '../../train/optimisers/spec.js';
import { type ForgetBudget, forgetBudget, forgetDisk } from './budget.js';
import { asBegun, checkAgainstData, completeForget, withLayers } from './config.js';
import type { FirstFacts } from './first.js';
import { type ForgetFolder, firstFiles, forgetIn, openForget } from './folder.js';
import { type ForgetInput, outputsOf } from './measured.js';
import type { ForgetConfig, PartialForget } from './schema.js';
import { FORGET_STUDY, loadForget, mainOf, readGroups, seedsOf } from './study.js';
import { TaskSet } from './task-set.js';

/** Says where an experiment goes and how it is run. */
export interface ForgetRequest extends RunOptions, WhereRequest {
  /** Folder; forget-<preset> by default. */
  readonly out?: string;
  readonly resume?: boolean;
  /** Called before the first step with a sentence on folder and budget. */
  readonly onStart?: (announcement: string) => void;
}

/** Holds the results and their folder. */
export interface ForgetRun {
  readonly folder: string;
  readonly findings: readonly Finding[];
  /** Which method is best where, in sentences. */
  readonly outcome: readonly string[];
  /** How outputs compete, in words. */
  readonly outputs: string;
  /** What was done in place of that, where the request asked for something else. */
  readonly instead?: Instead;
}

interface Context {
  readonly folder: ForgetFolder;
  readonly config: ForgetConfig;
  readonly dataset: Dataset;
  readonly options: RunOptions;
  readonly where: Where;
}

/**
 * Runs the cells that are missing and writes the report. The same config gives the same numbers on any number of
 * workers.
 * @param layers - layers of the config, later ones overriding; on resume they override the folder's own config
 * @throws InputError for a wrong config, and for a folder that cannot be used; InterruptedError when stopped, with all
 * finished documents kept
 */
export async function forget(
  layers: readonly (PartialForget | undefined)[] = [],
  request: ForgetRequest = {},
): Promise<ForgetRun> {
  is.given(
    'forget',
    { layers, request },
    { layers: is.listOf(is.maybe(is.object)), request: is.shape({ ...FOLDER_WANTS, ...WHERE_WANTS }) },
  );
  const { resume = false, onStart, ...options } = request;
  const path = request.out ?? `forget-${layers.reduce<string>((p, l) => l?.preset ?? p, 'standard')}`;
  if (request.cancel) return { ...NOTHING, folder: path, instead: await cancelled(path) };
  const before = resume ? forgetIn(path) : undefined;
  check(
    !resume || before !== undefined,
    'no-run',
    `there is no experiment on forgetting in ${path} to resume; leave --resume out to begin one, or name its folder with --out.`,
  );
  const asked = completeForget(before && asBegun(before.config), ...layers);
  const dataset = await loadForget(asked);
  const config = withLayers(asked, dataset);
  checkAgainstData(config, dataset);
  const budget = forgetBudget(config, dataset);
  const where = await whereFor({ ...request, workers: config.workers }, budget, {
    who: 'this experiment',
    advice: 'use fewer --workers, fewer --constraints or a smaller network.',
  });
  const head = { config, data: dataset.provenance, budget };
  if (resume) await checkContinued(FORGET_STUDY, path, request.on);
  const disk = checkDisk(forgetDisk(config, dataset, budget), path, bytesIn(path));
  const folder = openForget(path, head, resume, request.takeOver);
  try {
    onStart?.(announcement(path, config, budget, where, disk));
    const context: Context = { folder, config, dataset: shared(dataset), options, where };
    await pinnedProvider(folder.record, config.provider, path);
    folder.save();
    if (request.prepare) return { ...NOTHING, folder: path, instead: prepared(FORGET_STUDY, folder) };
    for (const stage of ['first', 'strengths', 'constraints'] as const) await branchStage(context, stage);
    let report: Omit<ForgetRun, 'folder'> | undefined;
    folder.record.stages.report.status = 'waiting';
    await folder.stage('report', options, async () => {
      report = await reportForget(context);
    });
    return { folder: path, ...report! };
  } finally {
    folder.close();
  }
}

/** What a run has that did something else. */
const NOTHING: Omit<ForgetRun, 'folder'> = { findings: [], outcome: [], outputs: '' };

function announcement(path: string, config: ForgetConfig, budget: ForgetBudget, where: Where, disk: number): string {
  const minutes = budget.seconds / 60 / (where.workers || 1);
  return (
    `folder ${path}: ${config.protocol} on ${config.data.set}, ${config.head}; ${config.seeds} seeds, ${budget.branches} branches${config.extend > 0 ? ' and those beyond the grid' : ''}, ${where.said(disk)}, ` +
    `about ${minutes < 1 ? `${Math.ceil(60 * minutes)} s` : `${Math.ceil(minutes)} min`} on free cores`
  );
}

const shared = (dataset: Dataset): Dataset => ({
  ...dataset,
  train: sharedSamples(dataset.train),
  ...(dataset.test && { test: sharedSamples(dataset.test) }),
});

/** Computes the cells of a stage that are missing. */
function branchStage({ folder, dataset, options, where }: Context, stage: 'first' | 'strengths' | 'constraints') {
  return cellStage(FORGET_STUDY, folder, { path: folder.path, record: folder.record, data: dataset }, stage, {
    request: options,
    where,
    unit: stage === 'first' ? 'seeds' : 'branches',
    ...(stage === 'first' && { title: 'task 1' }),
  });
}

/** Says what is trained, and how, where it is not a perceptron under SGD. */
function settingOf(config: ForgetConfig, taskSet: TaskSet): Pick<ForgetInput, 'setting'> {
  const { optimiser, training } = config;
  if (optimiser === undefined && 'hidden' in config.network) return {};
  const { type, nesterov, weightDecay } = completeOptimiser(optimiserIn(config, 1));
  const decay = penaltyOf(config);
  const how = [
    type === 'sgd' && training.momentum > 0 ? `momentum ${training.momentum}${nesterov ? ' (Nesterov)' : ''}` : '',
    decay > 0 ? `L2 penalty ${decay}` : weightDecay > 0 ? `decoupled weight decay ${weightDecay}` : '',
  ].filter((words) => words !== '');
  return {
    setting: {
      network: `${'name' in config.network ? `${config.network.name}, ` : ''}${networkWords(taskSet.spec(0))}`,
      optimiser: [type, ...how].join(', '),
      learningRate: training.learningRate,
      inGradient: type !== 'sgd',
      decay,
    },
  };
}

async function reportForget({ folder, config, dataset }: Context): Promise<Omit<ForgetRun, 'folder'>> {
  // rendering loads large packages, which only this stage needs
  const { renderForget } = await import('./page.js');
  const { path, record } = folder;
  const groups = (['strengths', 'constraints'] as const).flatMap((stage) =>
    readGroups(folder, FORGET_STUDY.cells(folder, stage)),
  );
  const firsts = seedsOf(config).flatMap((seed) => readJson<FirstFacts>(firstFiles(path, seed).facts) ?? []);
  const taskSet = new TaskSet(config, dataset, 0);
  const input: ForgetInput = {
    title: `Learning without forgetting: ${config.protocol} on ${config.data.set}, ${config.seeds} ${config.seeds === 1 ? 'seed' : 'seeds'}`,
    protocol: config.protocol,
    head: config.head,
    tasks: Array.from({ length: taskSet.count }, (_, t) => taskSet.task(t).name),
    samples: { training: taskSet.task(0).train.count, validation: taskSet.task(0).validation.count },
    constraints: mainOf(config),
    absolute: config.absolute,
    epochs: config.training.epochs,
    several: config.several,
    ...settingOf(config, taskSet),
    seeds: firsts,
    groups,
    methods: firsts[0]?.methods ?? {},
    run: factsOf(
      record,
      { config, seeds: { count: config.seeds, everything: 'key(seed)/forget' } },
      { data: record.data, timings: secondsOf(record.stages) },
    ),
  };
  const report = renderForget(input);
  writeReport(path, report);
  return { findings: report.findings, outcome: report.outcome, outputs: outputsOf(config.head) };
}
