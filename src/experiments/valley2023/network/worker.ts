/** Entry of the worker threads of the study of real networks. */
import { serveJobs } from '../../../jobs/pool.js';
import { runNetworkCell } from './cell.js';

serveJobs({ run: runNetworkCell });
