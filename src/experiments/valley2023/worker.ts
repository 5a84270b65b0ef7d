/** The entry of the worker threads of the valley model: one job of a stage. */
import { doCell } from '../../jobs/cells.js';
import { serveJobs } from '../../jobs/pool.js';
import { VALLEY_STUDY } from './study.js';

serveJobs({ run: doCell(VALLEY_STUDY) });
