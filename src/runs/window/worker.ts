/** Entry of the worker threads of the measurement of a recorded window. */
import { serveJobs } from '../../jobs/pool.js';
import { runWindowJob } from './jobs.js';

serveJobs({ run: runWindowJob });
