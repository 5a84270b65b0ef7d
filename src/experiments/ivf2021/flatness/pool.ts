/** Worker threads that measure flatness side by side; every answer is the same on any number of them. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { sharedSamples } from '../../../jobs/shared-samples.js';
import { InputError, RunError } from '../../../numeric/errors.js';
import { type Answer, type Centre, type MeterRequest, type Task, taskRunner } from './jobs.js';
import type { Message } from './worker.js';

/**
 * Does all tasks, in whatever order they finish.
 * @param workers - threads; 0 for one per core
 * @param onAnswer - called once per finished task
 * @returns what the meters found at their common centre; undefined when `signal` stopped the work
 */
export async function measureAll(
  request: MeterRequest,
  tasks: readonly Task[],
  workers: number,
  onAnswer: (answer: Answer) => void,
  signal?: AbortSignal,
): Promise<Centre | undefined> {
  // Run from TypeScript sources (tests) there are no compiled workers to start.
  if (import.meta.url.endsWith('.ts')) {
    const runner = taskRunner(request);
    for (const task of tasks) onAnswer(runner.run(task));
    return runner.centre;
  }
  const size = Math.max(1, Math.min(workers || availableParallelism(), tasks.length));
  const workerData = { ...request, samples: sharedSamples(request.samples) };
  const pool = Array.from(
    { length: size },
    () => new Worker(new URL('./worker.js', import.meta.url), { workerData, execArgv: [] }),
  );
  let next = 0;
  let centre: Centre | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      let busy = size;
      const stop = () => resolve();
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop, { once: true });
      for (const worker of pool) {
        worker.on('message', (message: Message) => {
          if (message.kind === 'error') {
            reject(
              message.tag === 'InputError'
                ? new InputError(message.code, message.message)
                : new RunError(message.code, message.message),
            );
            return;
          }
          if (message.kind === 'ready') centre = message.centre;
          else onAnswer(message.answer);
          if (next < tasks.length) worker.postMessage(tasks[next++]);
          else if (--busy === 0) resolve();
        });
        worker.on('error', reject);
        worker.on('exit', () =>
          reject(
            new RunError(
              'worker-ended',
              'a worker thread of the flatness stage ended early, most likely for want of memory; try --workers 1.',
            ),
          ),
        );
      }
    });
  } finally {
    for (const worker of pool) worker.removeAllListeners('exit');
    await Promise.all(pool.map((worker) => worker.terminate()));
  }
  return signal?.aborted ? undefined : centre;
}
