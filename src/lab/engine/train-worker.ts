/** Entry of the worker that trains. */
import type { ToTraining } from '../protocol.js';
import { letInOf, type WorkerScope, workerScope } from './scope.js';
import { TrainingHost } from './training-host.js';

const scope: WorkerScope = workerScope();
const host = new TrainingHost({
  post: (message, transfer) => scope.postMessage(message, transfer),
  clock: () => performance.now(),
  letIn: letInOf(),
});
scope.onmessage = ({ data }) => {
  void host.receive(data as ToTraining);
};
