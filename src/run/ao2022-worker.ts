/** Entry of the worker thread that does the jobs of ao2022-jobs.ts. */
import { runAo2022Job } from './ao2022-jobs.js';
import { serveJob } from './serve-job.js';

await serveJob(runAo2022Job);
