/** The worker's side of a job: does it, and says how far it is and how it ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { ThermogradError } from '../numeric/errors.js';

/** What a worker says. */
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

/** Runs the job that the thread was started with; `run` answers with the name of the linear algebra that did it. */
export async function serveJob<J>(
  run: (job: J, progress: (done: number, total: number) => void) => Promise<string>,
): Promise<void> {
  try {
    const linearAlgebra = await run(workerData as J, (done, total) => say({ kind: 'progress', done, total }));
    say({ kind: 'done', linearAlgebra });
  } catch (error) {
    const { name, message, stack = '' } = error as Error;
    const code = error instanceof ThermogradError ? error.code : 'unexpected';
    say({ kind: 'error', tag: name, code, message, stack });
  }
}
