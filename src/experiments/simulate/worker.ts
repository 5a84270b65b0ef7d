/** Worker thread of a simulation. */
import { serveJobs } from '../../jobs/pool.js';
import { simulationTrade } from './jobs.js';

await serveJobs(simulationTrade.run);
