/** Entry of the worker threads of the controls: one cell on shared samples. */
import { runCell } from './controls-cell.js';
import { serveJobs } from './pool.js';

await serveJobs(runCell);
