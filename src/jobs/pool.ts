/**
 * Independent jobs in worker threads. All use one protocol: a thread is started with the data that its jobs share,
 * prepares once, then does one job after another, reports the progress of each, and returns its result.
 */
import { availableParallelism } from 'node:os';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { InputError, RunError, ThermogradError } from '../numeric/errors.js';

/** Reports what is being done, and which share of the job is done. */
export type ReportProgress = (what: string, share: number) => void;

/**
 * Defines the work itself, the same in a worker thread and in this one. Jobs, results and shared data are plain data.
 */
export interface Work<Shared, Job, Result, State = Shared> {
  /**
   * Builds, once in each thread, the state that its jobs need. Without it a job is given `shared` itself, and every job
   * has a new thread, whose memory is freed when the job is done.
   */
  readonly prepare?: (shared: Shared) => State | Promise<State>;
  run(job: Job, state: State, report: ReportProgress): Result | Promise<Result>;
}

/** Defines a kind of job: its work, and the module from which a thread loads it. */
export interface JobKind<Shared, Job, Result, State = Shared> extends Work<Shared, Job, Result, State> {
  /** URL of the compiled module of the worker, whose whole content is `serveJobs` of the same work. */
  readonly worker: URL;
  /** Short description of a job, for messages. */
  name(job: Job): string;
}

/** Says how jobs are spread over threads, and who receives their results. */
interface PoolOptions<Job, Result> {
  /** Threads at a time; 0: one per core. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((job: Job, what: string, share: number) => void) | undefined;
  /** Called once for each finished job, in the order in which they finish. */
  readonly onDone: (job: Job, result: Result) => void;
}

/** A message of a thread. */
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
 * Does all jobs, `workers` at a time, and passes each result to `onDone` as soon as it is there. Bytes of `shared` in a
 * SharedArrayBuffer are not copied. The error of one job among several names the job.
 * @returns false when `signal` stopped it; unfinished jobs are then abandoned
 * @throws the first error of a job, and RunError (`worker-ended`) when a thread ends early
 */
export async function runJobs<Shared, Job, Result, State = Shared>(
  kind: JobKind<Shared, Job, Result, State>,
  shared: Shared,
  jobs: readonly Job[],
  options: PoolOptions<Job, Result>,
): Promise<boolean> {
  const { workers, signal, onProgress, onDone } = options;
  const report = (job: Job) => (what: string, share: number) => onProgress?.(job, what, share);
  // When run from TypeScript sources (tests) there are no compiled workers to start.
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
        const answer = await thread.does(job, { name: kind.name(job), named: named(job), report: report(job) });
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

/** The job under way in a thread: its name, and what is called when the thread says something or ends. */
interface Pending<Result> {
  readonly name: string;
  /** The name that errors of the job begin with, if any. */
  readonly named: string | undefined;
  readonly report: ReportProgress;
  readonly resolve: (answer: { result: Result } | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** The main thread's side of one worker thread. */
class Thread<Job, Result> {
  private readonly worker: Worker;
  private pending: Pending<Result> | undefined;
  private ended = false;
  private readonly stop = () => void this.worker.terminate();

  constructor(
    url: URL,
    shared: unknown,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.worker = new Worker(url, { workerData: shared, execArgv: [] });
    signal?.addEventListener('abort', this.stop);
    this.worker.on('message', (message: Message<Result>) => {
      if (!this.pending) return;
      const { named, report, resolve, reject } = this.pending;
      if (message.kind === 'progress') report(message.what, message.share);
      else if (message.kind === 'done') resolve({ result: message.result });
      else reject(errorOf(message, message.preparing ? undefined : named));
    });
    this.worker.on('error', (error) => this.pending?.reject(error));
    this.worker.on('exit', () => {
      this.ended = true;
      this.settleEnd();
    });
  }

  /** Does one job. @returns undefined when the signal stopped it */
  does(job: Job, about: Pick<Pending<Result>, 'name' | 'named' | 'report'>): Promise<{ result: Result } | undefined> {
    return new Promise((resolve, reject) => {
      this.pending = { ...about, resolve, reject };
      if (this.ended) this.settleEnd();
      else this.worker.postMessage(job);
    });
  }

  /** Settles the job under way when the thread has ended; one that is settled already stays as it is. */
  private settleEnd(): void {
    if (!this.pending) return;
    const { name, resolve, reject } = this.pending;
    if (this.signal?.aborted) resolve(undefined);
    else
      reject(
        new RunError(
          'worker-ended',
          `the worker thread of ${name} ended early, most likely for lack of memory; try --workers 1.`,
        ),
      );
  }

  async end(): Promise<void> {
    this.signal?.removeEventListener('abort', this.stop);
    this.pending = undefined;
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

/** Runs in a worker thread: prepares it, then does one job after another. */
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
