/** The entry of the worker threads of `forget`: the first task of a seed, or a group of branches from it. */
import { doCell } from '../../jobs/cells.js';
import { serveJobs } from '../../jobs/pool.js';
import { FORGET_STUDY } from './study.js';

serveJobs({ run: doCell(FORGET_STUDY) });
