/** The entry of the worker threads of ensembles of walkers. */
import { serveJobs } from '../pool.js';
import { runParts } from './jobs.js';

serveJobs({ run: runParts });
