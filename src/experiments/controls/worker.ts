/** Entry of the worker threads of the controls: one cell on shared samples. */

import { serveJobs } from '../../jobs/pool.js';
import { runCell } from './cell.js';

await serveJobs(runCell);
