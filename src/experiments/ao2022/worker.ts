/** The entry of the worker threads of `reproduce ao2022`. */
import { serveJobs } from '../../jobs/pool.js';
import { runAo2022Job } from './jobs.js';

serveJobs({ run: runAo2022Job });
