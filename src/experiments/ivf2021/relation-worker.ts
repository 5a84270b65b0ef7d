/** The entry of the worker thread that measures the relation under its controls. */
import { serveJobs } from '../../jobs/pool.js';
import { RELATION_WORK } from './relation-job.js';

serveJobs(RELATION_WORK);
