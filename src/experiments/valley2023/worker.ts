/** Entry of the worker threads of the valley model: one job of a stage. */
import { serveJobs } from '../../jobs/pool.js';
import { runValleyJob } from './jobs.js';

await serveJobs(runValleyJob);
