/** Independent jobs in worker threads, for a folder that keeps each result as it comes; how much is behind is told by weight. */
import { InterruptedError, type Progress } from './context.js';
import { type JobKind, runJobs } from './pool.js';

export interface KeepOptions<Job, Result> {
  /** The folder, for who is told that it was stopped. */
  readonly folder: string;
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly stage: string;
  readonly unit: string;
  /** Units of a job; one by default. */
  readonly weight?: (job: Job) => number;
  /** Units that were kept before; none by default. */
  readonly known?: number;
  /** A job in a few words, for the progress. */
  readonly name: (job: Job) => string;
  readonly keep: (job: Job, result: Result) => void;
}

/** @throws InterruptedError when stopped, with all finished jobs kept */
export async function keepJobs<Shared, Job, Result>(
  kind: JobKind<Shared, Job, Result>,
  shared: Shared,
  jobs: readonly Job[],
  options: KeepOptions<Job, Result>,
): Promise<void> {
  const { folder, workers, signal, onProgress, stage, unit, weight = () => 1, known = 0, name, keep } = options;
  const total = jobs.reduce((n, job) => n + weight(job), known);
  const shares = new Map<Job, number>();
  let finished = known;
  const whole = await runJobs(kind, shared, jobs, {
    workers,
    signal,
    onProgress(job, what, share) {
      shares.set(job, share);
      let behind = finished;
      for (const [j, s] of shares) behind += s * weight(j);
      onProgress?.({ stage, done: Math.round(10 * behind) / 10, total, unit, note: `${name(job)}: ${what}` });
    },
    onDone(job, result) {
      shares.delete(job);
      finished += weight(job);
      keep(job, result);
    },
  });
  if (!whole) throw new InterruptedError(folder);
}
