/** The jobs of `forget`: the first task of a seed, or a group of branches from it. */
import type { Dataset } from '../../data/dataset.js';
import type { ReportProgress } from '../../jobs/pool.js';
import { RunError } from '../../numeric/errors.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import { readModel } from '../../record/checkpoint.js';
import { readJson } from '../../record/json.js';
import { branchGroup } from './branch.js';
import { type FirstFacts, type FirstFiles, firstTask } from './first.js';
import { readAxes } from './known.js';
import type { BranchGroup } from './measured.js';
import type { ForgetConfig } from './schema.js';
import { TaskSet } from './task-set.js';

/** Asks for the first task of a seed. */
interface FirstJob {
  readonly kind: 'first';
  readonly seed: number;
}

/** Asks for all branches of one method with one number of axes. */
export interface GroupJob {
  readonly kind: 'branches';
  readonly seed: number;
  readonly method: string;
  readonly constraints: number | null;
  /** Strengths; one entry, NaN, where the method has no penalty. */
  readonly strengths: readonly number[];
}

/** Describes a job. */
export type ForgetJob = FirstJob | GroupJob;
/** Holds the result of a job. */
export type ForgetResult = FirstFacts | BranchGroup;

/** Holds what all jobs are given. */
interface JobSetting {
  readonly config: ForgetConfig;
  readonly dataset: Dataset;
  readonly la: LinearAlgebra;
  /** Files of the first task of the job's seed. */
  readonly files: FirstFiles;
}

/** Does a job. The facts of a first task are written last: where its document exists, weights and axes are whole. */
export async function runForgetJob(
  job: ForgetJob,
  { config, dataset, la, files }: JobSetting,
  report: ReportProgress,
): Promise<ForgetResult> {
  const { seed } = job;
  const start = performance.now();
  const taskSet = new TaskSet(config, dataset, seed);
  const seconds = () => Math.round(performance.now() - start) / 1000;
  if (job.kind === 'first') return { ...(await firstTask(taskSet, la, files, report)), seconds: seconds() };
  const facts = readJson<FirstFacts>(files.facts);
  const weights = readModel(files.model, taskSet.spec(0));
  if (!facts || !weights)
    throw new RunError('no-first-task', `the first task of seed ${seed} is missing; start again in another folder.`);
  const { method, constraints, strengths } = job;
  const axes = await readAxes(files.axes);
  const group = await branchGroup({ taskSet, la, method, constraints, strengths, weights, facts, axes, report });
  return { ...group, seconds: seconds() };
}
