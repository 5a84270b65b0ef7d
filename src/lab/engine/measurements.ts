/** All measurements of the live page. */
import type { Measurements } from './registry.js';

/** Every measurement by its kind. */
export const measurements: Measurements = {};
