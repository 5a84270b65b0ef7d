/** Entry of the worker threads of the valley model. */
import { serveJobs } from '../../jobs/pool.js';
import { runValleyJob } from './jobs.js';

serveJobs({ run: runValleyJob });
