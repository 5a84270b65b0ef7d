/** Entry of the worker threads of `thermograd advise`. */
import { runAdviceJob } from './advise-jobs.js';
import { serveJobs } from './pool.js';

await serveJobs(runAdviceJob);
