/** Entry of the worker threads of the valley model: one job of a stage. */
import { serveJobs } from './pool.js';
import { runValleyJob } from './valley-jobs.js';

await serveJobs(runValleyJob);
