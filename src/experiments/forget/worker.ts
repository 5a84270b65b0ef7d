/** Entry of the worker threads of `forget`. */
import { serveJobs } from '../../jobs/pool.js';
import { runForgetJob } from './job.js';

serveJobs({ run: runForgetJob });
