/**
 * Independent jobs in worker threads. There is one protocol for all of them: a thread is started with what its jobs share,
 * prepares itself once, then does one job after another, reports how far each is, and answers with the result.
 */
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { InputError, RunError, ThermogradError } from '../numeric/errors.js';

/** Reports what is being done, and which share of the job is behind. */
export type ReportProgress = (what: string, share: number) => void;

/** The work itself, the same for a worker thread and for this one. Jobs, results and what all jobs share are plain data. */
export interface Work<Shared, Job, Result, State = Shared> {
  /**
   * Builds, once in each thread, what its jobs need beside themselves. Without it a job is given `shared` as it is, and every job
   * has a fresh thread, whose memory goes back when the job is done.
   */
  readonly prepare?: (shared: Shared) => State | Promise<State>;
  run(job: Job, state: State, report: ReportProgress): Result | Promise<Result>;
}

/** A kind of job: its work, and where a thread finds it. */
export interface JobKind<Shared, Job, Result, State = Shared> extends Work<Shared, Job, Result, State> {
  /** URL of the compiled module of the worker, whose whole content is `serveJobs` of the same work. */
  readonly worker: URL;
  /** A job in a few words, for messages. */
  name(job: Job): string;
}

export interface PoolOptions<Job, Result> {
  /** Threads at a time; 0: one per core. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((job: Job, what: string, share: number) => void) | undefined;
  /** Called once per finished job, in whatever order they finish. */
  readonly onDone: (job: Job, result: Result) => void;
}

/** What a thread says. */
type Message<Result> =
  | { readonly kind: 'progress'; readonly what: string; readonly share: number }
  | { readonly kind: 'done'; readonly result: Result }
  | {
      readonly kind: 'error';
      /** Whether the thread failed before it was given a job. */
      readonly preparing: boolean;
      readonly tag: string;
      readonly code: string;
      readonly message: string;
      readonly stack: string;
    };

/**
 * Does all jobs, `workers` at a time; each result is handed on as soon as it is there. Bytes in `shared` that lie in a
 * SharedArrayBuffer are not copied. The error of one job among several names the job.
 * @returns false when `signal` stopped it; jobs under way are then given up
 */
export async function runJobs<Shared, Job, Result, State = Shared>(
  kind: JobKind<Shared, Job, Result, State>,
  shared: Shared,
  jobs: readonly Job[],
  options: PoolOptions<Job, Result>,
): Promise<boolean> {
  const { workers, signal, onProgress, onDone } = options;
  const report = (job: Job) => (what: string, share: number) => onProgress?.(job, what, share);
  // Run from TypeScript sources (tests) there are no compiled workers to start.
  if (import.meta.url.endsWith('.ts')) {
    const state = await stateOf(kind, shared);
    for (const job of jobs) {
      if (signal?.aborted) return false;
      onDone(job, await kind.run(job, state, report(job)));
    }
    return true;
  }
  const waiting = [...jobs];
  const failed: unknown[] = [];
  const named = (job: Job) => (jobs.length > 1 ? kind.name(job) : undefined);
  const lane = async () => {
    let thread: Thread<Job, Result> | undefined;
    try {
      for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
        if (signal?.aborted || failed.length > 0) return;
        thread ??= new Thread<Job, Result>(kind.worker, shared, signal);
        const answer = await thread.does(job, kind.name(job), named(job), report(job));
        if (answer) onDone(job, answer.result);
        if (!kind.prepare) {
          await thread.end();
          thread = undefined;
        }
      }
    } catch (error) {
      failed.push(error);
    } finally {
      await thread?.end();
    }
  };
  const lanes = Math.max(1, Math.min(workers || availableParallelism(), jobs.length));
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failed.length > 0) throw failed[0];
  return !signal?.aborted;
}

/** This side of one worker thread. */
class Thread<Job, Result> {
  private readonly worker: Worker;
  private readonly stop = () => void this.worker.terminate();

  constructor(
    url: URL,
    shared: unknown,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.worker = new Worker(url, { workerData: shared, execArgv: [] });
    signal?.addEventListener('abort', this.stop);
  }

  /** @param named - the job's name where its errors are to carry it. @returns nothing when the signal stopped it */
  does(
    job: Job,
    name: string,
    named: string | undefined,
    report: ReportProgress,
  ): Promise<{ result: Result } | undefined> {
    const { worker, signal } = this;
    return new Promise<{ result: Result } | undefined>((resolve, reject) => {
      worker.removeAllListeners();
      worker.on('message', (message: Message<Result>) => {
        if (message.kind === 'progress') report(message.what, message.share);
        else if (message.kind === 'done') resolve({ result: message.result });
        else reject(errorOf(message, message.preparing ? undefined : named));
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        if (signal?.aborted) resolve(undefined);
        else
          reject(
            new RunError(
              'worker-ended',
              `the worker thread of ${name} ended early, most likely for want of memory; try --workers 1.`,
            ),
          );
      });
      worker.postMessage(job);
    });
  }

  async end(): Promise<void> {
    this.signal?.removeEventListener('abort', this.stop);
    this.worker.removeAllListeners();
    await this.worker.terminate();
  }
}

function errorOf<Result>(
  { tag, code, message, stack }: Message<Result> & { kind: 'error' },
  named: string | undefined,
): Error {
  const text = named === undefined ? message : `${named}: ${message}`;
  if (tag === 'InputError') return new InputError(code, text);
  if (code !== 'unexpected') return new RunError(code, text);
  return Object.assign(new Error(text), { stack });
}

const stateOf = <Shared, Job, Result, State>(
  { prepare }: Work<Shared, Job, Result, State>,
  shared: Shared,
): State | Promise<State> => (prepare ? prepare(shared) : (shared as unknown as State));

/** The worker's side: prepares the thread, then does job after job. */
export function serveJobs<Shared, Job, Result, State = Shared>(work: Work<Shared, Job, Result, State>): void {
  const port = parentPort!;
  const say = (message: Message<Result>) => port.postMessage(message);
  const fail = (error: unknown, preparing: boolean) => {
    const { name, message, stack = '' } = error as Error;
    const code = error instanceof ThermogradError ? error.code : 'unexpected';
    say({ kind: 'error', preparing, tag: name, code, message, stack });
  };
  let state: State | Promise<State> | undefined;
  port.on('message', async (job: Job) => {
    try {
      state ??= stateOf(work, workerData as Shared);
      state = await state;
    } catch (error) {
      fail(error, true);
      return;
    }
    try {
      const result = await work.run(job, state, (what, share) => say({ kind: 'progress', what, share }));
      say({ kind: 'done', result });
    } catch (error) {
      fail(error, false);
    }
  });
}
