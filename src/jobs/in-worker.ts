/** Does a job in a worker thread, so that Ctrl-C is heard while a matrix is diagonalised, and its memory is given back after. */
import { Worker } from 'node:worker_threads';
import { type Job, runJob } from '../experiments/ivf2021/jobs.js';
import { InputError, RunError } from '../numeric/errors.js';
import type { Message } from './serve-job.js';

/** What a job needs: the compiled module of its worker, beside this one, and the same work for this thread. */
export interface Workshop<J> {
  readonly worker: string;
  run(job: J, progress: (done: number, total: number) => void): Promise<string>;
}

/** A job of the analysis of a window. */
export const inWorker = (job: Job, progress: (done: number, total: number) => void, signal?: AbortSignal) =>
  doInWorker({ worker: '../experiments/ivf2021/worker.js', run: runJob }, job, progress, signal);

/** @returns name of the linear algebra; undefined when `signal` stopped it, which leaves no half-written file */
export async function doInWorker<J extends { readonly job: string }>(
  workshop: Workshop<J>,
  job: J,
  progress: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<string | undefined> {
  // Run from TypeScript sources (tests) there is no compiled worker to start.
  if (import.meta.url.endsWith('.ts')) return workshop.run(job, progress);
  const worker = new Worker(new URL(workshop.worker, import.meta.url), { workerData: job, execArgv: [] });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop);
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      worker.on('message', (message: Message) => {
        if (message.kind === 'progress') progress(message.done, message.total);
        else if (message.kind === 'done') resolve(message.linearAlgebra);
        else reject(errorOf(message));
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        if (signal?.aborted) resolve(undefined);
        else
          reject(
            new RunError(
              'worker-ended',
              `the worker thread of the ${job.job} stage ended early, most likely for want of memory.`,
            ),
          );
      });
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

function errorOf({ tag, code, message, stack }: Message & { kind: 'error' }): Error {
  if (tag === 'InputError') return new InputError(code, message);
  if (code !== 'unexpected') return new RunError(code, message);
  return Object.assign(new Error(message), { stack });
}
