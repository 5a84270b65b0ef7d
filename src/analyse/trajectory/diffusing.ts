/** The directions whose diffusion is judged: principal directions 10 to 100. docs/theory [P5]. */
import type { DirectionDynamics } from './results.js';

/** Says whether the motion along the direction of this rank is judged. */
export const isDiffusing = (index: number): boolean => index >= 10 && index <= 100;

/** Returns those of the directions that are judged and have an exponent, by rank. */
export const diffusing = (dynamics: readonly DirectionDynamics[]): DirectionDynamics[] =>
  dynamics
    .filter((d) => isDiffusing(d.index) && Number.isFinite(d.msdExponent.value))
    .sort((a, b) => a.index - b.index);
