/** What a worker thread of `forget` does: the first task of a seed, or a group of branches from it. */
import type { Dataset } from '../../data/dataset.js';
import { readJson } from '../../jobs/json.js';
import type { ReportProgress } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { RunError } from '../../numeric/errors.js';
import { chooseProvider } from '../../numeric/linalg/index.js';
import { readModel } from '../../record/checkpoint.js';
import { branchGroup } from './branch.js';
import { type FirstFacts, type FirstFiles, firstTask } from './first.js';
import { readAxes } from './known.js';
import type { BranchGroup } from './measured.js';
import type { ForgetConfig } from './schema.js';
import { TaskSet } from './task-set.js';

interface JobHead {
  readonly config: ForgetConfig;
  readonly kernelBuild: KernelBuild;
  readonly seed: number;
  /** Where the first task of this seed is, or will be. */
  readonly files: FirstFiles;
}

export interface FirstJob extends JobHead {
  readonly kind: 'first';
}

export interface GroupJob extends JobHead {
  readonly kind: 'branches';
  readonly method: string;
  readonly constraints: number | null;
  /** One entry, NaN, where the method has no penalty. */
  readonly strengths: readonly number[];
}

export type ForgetJob = FirstJob | GroupJob;
export type ForgetResult = FirstFacts | BranchGroup;

export async function runForgetJob(job: ForgetJob, dataset: Dataset, report: ReportProgress): Promise<ForgetResult> {
  forceKernelBuild(job.kernelBuild);
  const { config, seed, files } = job;
  const start = performance.now();
  const la = await chooseProvider({ prefer: config.provider });
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
