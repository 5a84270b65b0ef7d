/** Entry of the worker threads of `forget`. */
import { runForgetJob } from './forget-job.js';
import { serveJobs } from './pool.js';

await serveJobs(runForgetJob);
