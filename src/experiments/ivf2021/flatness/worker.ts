/** Entry of the worker threads that measure flatness: builds its meter, then answers one task at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import { ThermogradError } from '../../../numeric/errors.js';
import { type Answer, type Centre, type MeterRequest, type Task, taskRunner } from './jobs.js';

/** What the worker says. */
export type Message =
  | { readonly kind: 'ready'; readonly centre: Centre }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'error'; readonly tag: string; readonly code: string; readonly message: string };

const port = parentPort!;
const say = (message: Message) => port.postMessage(message);
const fail = (error: unknown) => {
  const { name, message } = error as Error;
  say({ kind: 'error', tag: name, code: error instanceof ThermogradError ? error.code : 'unexpected', message });
};

try {
  const runner = taskRunner(workerData as MeterRequest);
  port.on('message', (task: Task) => {
    try {
      say({ kind: 'answer', answer: runner.run(task) });
    } catch (error) {
      fail(error);
    }
  });
  say({ kind: 'ready', centre: runner.centre });
} catch (error) {
  fail(error);
}
