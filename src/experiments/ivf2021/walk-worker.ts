/** The entry of the worker threads that measure the noise of the layer and draw walks with it. */
import { serveJobs } from '../../jobs/pool.js';
import { WALK_WORK } from './walk-jobs.js';

serveJobs(WALK_WORK);
