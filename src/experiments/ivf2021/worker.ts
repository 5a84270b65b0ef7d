/** Entry of the worker thread that does the jobs of analysis-jobs.ts. */

import { serveJob } from '../../jobs/serve-job.js';
import { runJob } from './jobs.js';

await serveJob(runJob);
