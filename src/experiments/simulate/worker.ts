/** The entry of the worker threads of `thermograd simulate`. */
import { serveJobs } from '../../jobs/pool.js';
import { runSimulationJob } from './jobs.js';

serveJobs({ run: runSimulationJob });
