/** Entry of the worker that measures. */
import type { ToMeasuring } from '../protocol.js';
import { MeasuringHost } from './measuring-host.js';
import { letInOf, workerScope } from './scope.js';

const scope = workerScope();
const host = new MeasuringHost({ post: (message) => scope.postMessage(message), letIn: letInOf() });
scope.onmessage = ({ data }) => host.receive(data as ToMeasuring);
