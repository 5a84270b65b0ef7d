/** The entry of the worker threads of `reproduce controls`: the base network of a seed, or one cell from it. */
import { doCell } from '../../jobs/cells.js';
import { serveJobs } from '../../jobs/pool.js';
import { CONTROLS_STUDY } from './study.js';

serveJobs({ run: doCell(CONTROLS_STUDY) });
