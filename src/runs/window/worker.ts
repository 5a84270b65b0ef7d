/** The entry of the worker threads that measure a recorded window. */
import { serveJobs } from '../../jobs/pool.js';
import { runWindowJob } from './jobs.js';

serveJobs({ run: runWindowJob });
