/** The entry of the worker threads of advice on any network and optimiser. */
import { serveJobs } from '../../jobs/pool.js';
import { ANY_WORK } from './any-jobs.js';

serveJobs(ANY_WORK);
