/** Entry of the worker threads of `reproduce controls`. */
import { serveJobs } from '../../jobs/pool.js';
import { runCell } from './cell.js';

serveJobs({ run: runCell });
