/** Entry of the worker thread that does the jobs of ao2022-jobs.ts. */

import { serveJob } from '../../jobs/serve-job.js';
import { runAo2022Job } from './jobs.js';

await serveJob(runAo2022Job);
