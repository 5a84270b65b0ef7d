/** Entry of the worker threads of the controls: one cell after another, on shared samples. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Samples } from '../data/dataset.js';
import { ThermogradError } from '../numeric/errors.js';
import type { CellResult } from '../report/controls-results.js';
import { type CellJob, runCell } from './controls-cell.js';

/** What the worker says. */
export type CellMessage =
  | { readonly kind: 'progress'; readonly what: string; readonly share: number }
  | { readonly kind: 'done'; readonly result: CellResult }
  | { readonly kind: 'error'; readonly tag: string; readonly code: string; readonly message: string };

const port = parentPort!;
const say = (message: CellMessage) => port.postMessage(message);
const { job, samples } = workerData as { readonly job: CellJob; readonly samples: Samples };
try {
  const result = await runCell(job, samples, (what, share) => say({ kind: 'progress', what, share }));
  say({ kind: 'done', result });
} catch (error) {
  const { name, message } = error as Error;
  say({ kind: 'error', tag: name, code: error instanceof ThermogradError ? error.code : 'unexpected', message });
}
