/** Entry of the worker thread that does the jobs of analysis-jobs.ts. */
import { runJob } from './analysis-jobs.js';
import { serveJob } from './serve-job.js';

await serveJob(runJob);
