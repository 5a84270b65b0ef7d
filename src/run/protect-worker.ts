/** Entry of the worker thread of `thermograd protect`. */
import { serveJobs } from './pool.js';
import { runProtectJob } from './protect-job.js';

await serveJobs(runProtectJob);
