/** Entry of the worker threads of the study of real networks: one cell on shared samples. */
import { serveJobs } from './pool.js';
import { runNetworkCell } from './valley-network-cell.js';

await serveJobs(runNetworkCell);
