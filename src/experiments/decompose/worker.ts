/** The entry of the worker thread that decomposes a linear system. */
import { serveJobs } from '../../jobs/pool.js';
import { DECOMPOSE_WORK } from './job.js';

serveJobs(DECOMPOSE_WORK);
