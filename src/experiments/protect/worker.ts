/** Entry of the worker thread of `thermograd protect`. */
import { serveJobs } from '../../jobs/pool.js';
import { runProtectJob } from './job.js';

await serveJobs(runProtectJob);
