/** The entry of the worker threads of `reproduce generality`: one run of the grid. */
import { doCell } from '../../jobs/cells.js';
import { serveJobs } from '../../jobs/pool.js';
import { GENERALITY_STUDY } from './study.js';

serveJobs({ run: doCell(GENERALITY_STUDY) });
