/** The jobs of a simulation, in worker threads: parts of the walkers, their paths, and the densities. */

import type { JobKind, ReportProgress } from '../../jobs/pool.js';
import { forceKernelBuild, type KernelBuild } from '../../kernels/load.js';
import { setupOf } from './config.js';
import { adiabaticMethod } from './floor.js';
import { fokkerPlanckMethod } from './grid.js';
import type { MethodResult } from './measured.js';
import type { SimulationConfig } from './schema.js';
import { runPaths, runWalkers, type WalkersJob, type WalkersPart } from './walkers.js';

/** Holds what all jobs of a simulation share. */
interface SharedSimulation {
  readonly config: SimulationConfig;
  readonly kernelBuild: KernelBuild;
}

/** Describes one job. */
export type SimulationJob =
  | ({ readonly kind: 'walkers'; readonly part: number } & WalkersJob)
  | ({ readonly kind: 'paths'; readonly points: number } & WalkersJob)
  | { readonly kind: 'grid'; readonly method: 'fokker-planck' | 'adiabatic' };

/** Holds the result of one job. */
type SimulationAnswer =
  | { readonly kind: 'walkers'; readonly part: number; readonly result: WalkersPart }
  | { readonly kind: 'paths'; readonly times: Float64Array; readonly places: Float64Array }
  | { readonly kind: 'grid'; readonly result: MethodResult };

/** Does one job of a simulation. */
export function runSimulationJob(
  job: SimulationJob,
  shared: SharedSimulation,
  report: ReportProgress,
): SimulationAnswer {
  forceKernelBuild(shared.kernelBuild);
  const setup = setupOf(shared.config);
  const behind = (share: number) => report(job.method, share);
  if (job.kind === 'walkers') return { kind: 'walkers', part: job.part, result: runWalkers(setup, job, behind) };
  if (job.kind === 'paths') return { kind: 'paths', ...runPaths(setup, job, job.points) };
  const result = job.method === 'fokker-planck' ? fokkerPlanckMethod(setup, behind) : adiabaticMethod(setup, behind);
  return { kind: 'grid', result };
}

/** The jobs of a simulation: their work, and the module from which a thread loads it. */
export const SIMULATION_JOBS: JobKind<SharedSimulation, SimulationJob, SimulationAnswer> = {
  worker: new URL('./worker.js', import.meta.url),
  name: (job) => job.method,
  run: runSimulationJob,
};

/** The number of walkers of a part is a multiple of this, except for the last one: the lanes of the kernel. */
const LANES = 128;
const PARTS = 16;

/**
 * Divides an ensemble into parts, which do not depend on the number of threads. Their number is even where possible.
 */
export function partsOf(walkers: number): { first: number; count: number }[] {
  const blocks = Math.ceil(walkers / LANES);
  // at least two parts, so that halves can be compared also for few walkers
  const size = blocks < 2 ? Math.ceil(walkers / 2) : Math.ceil(blocks / PARTS) * LANES;
  return Array.from({ length: Math.ceil(walkers / size) }, (_, k) => ({
    first: k * size,
    count: Math.min(size, walkers - k * size),
  }));
}
