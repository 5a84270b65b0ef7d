/** The entry of the worker threads of `reproduce ceilings`: one state. */
import { doCell } from '../../jobs/cells.js';
import { serveJobs } from '../../jobs/pool.js';
import { CEILINGS_STUDY } from './study.js';

serveJobs({ run: doCell(CEILINGS_STUDY) });
