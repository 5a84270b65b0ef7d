/** Entry of the worker threads of the study of real networks: one cell on shared samples. */
import { serveJobs } from '../../../jobs/pool.js';
import { runNetworkCell } from './cell.js';

await serveJobs(runNetworkCell);
