/** The measurements of the view Landscape. */
import { measureCurrent } from './landscape/current.js';
import { measurePotential } from './landscape/potential.js';
import { measureSlice } from './landscape/slice.js';
import type { Measurements } from './registry.js';

/** A plane of the loss, the potential with its current, and the measured circulation. */
export const landscapeMeasurements = {
  slice: measureSlice,
  potential: measurePotential,
  current: measureCurrent,
} satisfies Measurements;
