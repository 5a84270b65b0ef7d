/** Entry of the worker threads that move ensembles. */
import { runParts } from './ensemble-jobs.js';
import { serveJobs } from './pool.js';

await serveJobs(runParts);
