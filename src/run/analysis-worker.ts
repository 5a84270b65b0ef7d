/** Entry of the worker thread that does the jobs of analysis-jobs.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { ThermogradError } from '../numeric/errors.js';
import { type Job, runJob } from './analysis-jobs.js';

/** What the worker says. */
export type Message =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'done'; readonly linearAlgebra: string }
  | {
      readonly kind: 'error';
      readonly tag: string;
      readonly code: string;
      readonly message: string;
      readonly stack: string;
    };

const say = (message: Message) => parentPort!.postMessage(message);

try {
  const linearAlgebra = await runJob(workerData as Job, (done, total) => say({ kind: 'progress', done, total }));
  say({ kind: 'done', linearAlgebra });
} catch (error) {
  const { name, message, stack = '' } = error as Error;
  const code = error instanceof ThermogradError ? error.code : 'unexpected';
  say({ kind: 'error', tag: name, code, message, stack });
}
