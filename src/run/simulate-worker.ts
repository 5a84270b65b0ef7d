/** Worker thread of a simulation. */
import { serveJobs } from './pool.js';
import { simulationTrade } from './simulate-jobs.js';

await serveJobs(simulationTrade.run);
