/** Cells in worker threads, a fresh thread for each, so that its memory goes back when it is done. */
import { Worker } from 'node:worker_threads';
import type { Samples } from '../data/dataset.js';
import { InputError, RunError } from '../numeric/errors.js';
import type { CellResult } from '../report/controls-results.js';
import { type CellJob, runCell } from './controls-cell.js';
import type { CellMessage } from './controls-worker.js';

export interface PoolOptions {
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (job: CellJob, what: string, share: number) => void;
  readonly onDone: (job: CellJob, result: CellResult) => void;
}

/** Does all jobs, `workers` at a time; each result is handed on as soon as it is there. @returns false when `signal` stopped it */
export async function runCells(jobs: readonly CellJob[], samples: Samples, options: PoolOptions): Promise<boolean> {
  const { workers, signal, onProgress, onDone } = options;
  // Run from TypeScript sources (tests) there are no compiled workers to start.
  if (import.meta.url.endsWith('.ts')) {
    for (const job of jobs) {
      if (signal?.aborted) return false;
      onDone(job, await runCell(job, samples, (what, share) => onProgress(job, what, share)));
    }
    return true;
  }
  const waiting = [...jobs];
  const failed: unknown[] = [];
  const lane = async () => {
    for (let job = waiting.shift(); job && !signal?.aborted && failed.length === 0; job = waiting.shift()) {
      const own = job;
      try {
        const result = await inThread(own, samples, signal, (what, share) => onProgress(own, what, share));
        if (result) onDone(own, result);
      } catch (error) {
        failed.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(workers, jobs.length)) }, lane));
  if (failed.length > 0) throw failed[0];
  return !signal?.aborted;
}

async function inThread(
  job: CellJob,
  samples: Samples,
  signal: AbortSignal | undefined,
  progress: (what: string, share: number) => void,
): Promise<CellResult | undefined> {
  const worker = new Worker(new URL('./controls-worker.js', import.meta.url), { workerData: { job, samples } });
  const stop = () => void worker.terminate();
  signal?.addEventListener('abort', stop);
  try {
    return await new Promise<CellResult | undefined>((resolve, reject) => {
      worker.on('message', (message: CellMessage) => {
        if (message.kind === 'progress') progress(message.what, message.share);
        else if (message.kind === 'done') resolve(message.result);
        else {
          const { code } = message;
          const text = `cell ${job.cell} of seed ${job.seed}: ${message.message}`;
          reject(message.tag === 'InputError' ? new InputError(code, text) : new RunError(code, text));
        }
      });
      worker.on('error', reject);
      worker.on('exit', () => {
        if (signal?.aborted) resolve(undefined);
        else
          reject(
            new RunError(
              'worker-ended',
              `the worker thread of cell ${job.cell} ended early, most likely for want of memory; try --workers 1.`,
            ),
          );
      });
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}
