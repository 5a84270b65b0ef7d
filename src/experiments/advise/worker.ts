/** The entry of the worker threads of `thermograd advise`. */
import { serveJobs } from '../../jobs/pool.js';
import { runAdviceJob } from './jobs.js';

serveJobs({ run: runAdviceJob });
