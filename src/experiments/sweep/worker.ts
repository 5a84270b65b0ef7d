/** The entry of the worker threads of `thermograd sweep`: one cell. */
import { doCell } from '../../jobs/cells.js';
import { serveJobs } from '../../jobs/pool.js';
import { SWEEP_STUDY } from './study.js';

serveJobs({ run: doCell(SWEEP_STUDY) });
