/** Independent jobs in worker threads, a fresh thread for each, so that its memory goes back when it is done. */
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { InputError, RunError, ThermogradError } from '../numeric/errors.js';

/** Says what is being done and which share of the job is behind. */
export type Tell = (what: string, share: number) => void;

/** The same work for a worker thread and for this one. Jobs, results and what all jobs share are plain data. */
export interface JobKind<Shared, Job, Result> {
  /** URL of the compiled module of the worker, whose whole content is `serveJobs(run)`. */
  readonly worker: URL;
  run(job: Job, shared: Shared, tell: Tell): Result | Promise<Result>;
  /** A job in a few words, for messages. */
  name(job: Job): string;
}

export interface PoolOptions<Job, Result> {
  /** Threads at a time; 0: one per core. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (job: Job, what: string, share: number) => void;
  /** Called once per finished job, in whatever order they finish. */
  readonly onDone: (job: Job, result: Result) => void;
}

type Message<Result> =
  | { readonly kind: 'progress'; readonly what: string; readonly share: number }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'error'; readonly tag: string; readonly code: string; readonly message: string };

/**
 * Does all jobs, `workers` at a time; each result is handed on as soon as it is there. Bytes in `shared` that lie in a
 * SharedArrayBuffer are not copied.
 * @returns false when `signal` stopped it; jobs under way are then given up
 */
export async function runJobs<Shared, Job, Result>(
  kind: JobKind<Shared, Job, Result>,
  shared: Shared,
  jobs: readonly Job[],
  options: PoolOptions<Job, Result>,
): Promise<boolean> {
  const { workers, signal, onProgress, onDone } = options;
  // Run from TypeScript sources (tests) there are no compiled workers to start.
  if (import.meta.url.endsWith('.ts')) {
    for (const job of jobs) {
      if (signal?.aborted) return false;
      onDone(job, await kind.run(job, shared, (what, share) => onProgress?.(job, what, share)));
    }
    return true;
  }
  const waiting = [...jobs];
  const failed: unknown[] = [];
  const lane = async () => {
    for (
      let job = waiting.shift();
      job !== undefined && !signal?.aborted && failed.length === 0;
      job = waiting.shift()
    ) {
      const own = job;
      try {
        const answer = await inThread(kind, own, shared, signal, (what, share) => onProgress?.(own, what, share));
        if (answer) onDone(own, answer.result);
      } catch (error) {
        failed.push(error);
      }
    }
  };
  const lanes = Math.max(1, Math.min(workers || availableParallelism(), jobs.length));
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failed.length > 0) throw failed[0];
  return !signal?.aborted;
}

async function inThread<Shared, Job, Result>(
  kind: JobKind<Shared, Job, Result>,
  job: Job,
  shared: Shared,
  signal: AbortSignal | undefined,
  tell: Tell,
): Promise<{ result: Result } | undefined> {
  const worker = new Worker(kind.worker, { workerData: { job, shared }, execArgv: [] });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop);
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', (message: Message<Result>) => {
        if (message.kind === 'progress') tell(message.what, message.share);
        else if (message.kind === 'done') resolve({ result: message.result });
        else {
          const text = `${kind.name(job)}: ${message.message}`;
          reject(message.tag === 'InputError' ? new InputError(message.code, text) : new RunError(message.code, text));
        }
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        if (signal?.aborted) resolve(undefined);
        else
          reject(
            new RunError(
              'worker-ended',
              `the worker thread of ${kind.name(job)} ended early, most likely for want of memory; try --workers 1.`,
            ),
          );
      });
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

/** The worker's side: does the job that the thread was started with. */
export async function serveJobs<Shared, Job, Result>(run: JobKind<Shared, Job, Result>['run']): Promise<void> {
  const say = (message: Message<Result>) => parentPort!.postMessage(message);
  const { job, shared } = workerData as { readonly job: Job; readonly shared: Shared };
  try {
    const result = await run(job, shared, (what, share) => say({ kind: 'progress', what, share }));
    say({ kind: 'done', result });
  } catch (error) {
    const { name, message } = error as Error;
    say({ kind: 'error', tag: name, code: error instanceof ThermogradError ? error.code : 'unexpected', message });
  }
}
