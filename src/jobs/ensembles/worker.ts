/** Entry of the worker threads that move ensembles. */

import { serveJobs } from '../pool.js';
import { runParts } from './jobs.js';

await serveJobs(runParts);
