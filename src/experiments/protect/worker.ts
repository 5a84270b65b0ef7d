/** The entry of the worker threads of `thermograd protect`. */
import { serveJobs } from '../../jobs/pool.js';
import { runProtectJob } from './job.js';

serveJobs({ run: runProtectJob });
