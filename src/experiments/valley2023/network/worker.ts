/** The entry of the worker threads of the study of real networks: one cell on shared samples. */
import { doCell } from '../../../jobs/cells.js';
import { serveJobs } from '../../../jobs/pool.js';
import { NETWORK_STUDY } from './study.js';

serveJobs({ run: doCell(NETWORK_STUDY) });
