/**
 * The entry of the worker threads that measure flatness: each builds its meter once, then measures direction after
 * direction.
 */
import { serveJobs } from '../../jobs/pool.js';
import { FLATNESS_WORK } from './meter.js';

serveJobs(FLATNESS_WORK);
