/** The entry of the worker thread that analyses a recording. */
import { serveJobs } from '../../jobs/pool.js';
import { RECORDING_WORK } from './job.js';

serveJobs(RECORDING_WORK);
