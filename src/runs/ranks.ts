/** The choice of principal directions for the flatness, the dynamics and the figures. */

import { check } from '../numeric/errors.js';
import { logSpaced } from '../numeric/spacing.js';
import type { Config } from './schema.js';

/** The planes in which the trajectory is drawn, by rank; those of ivf2021. */
export const PLANES: readonly (readonly [number, number])[] = [
  [1, 2],
  [49, 50],
];

const ascending = (ranks: Iterable<number>, last: number) =>
  [...new Set(ranks)].filter((i) => i >= 1 && i <= last).sort((a, b) => a - b);

/**
 * Returns the ranks whose valley width is measured, ascending: those of a list that was given, or log-spaced ones with
 * the profiled ones.
 */
export function flatnessRanks(analysis: Config['analysis'], last: number): number[] {
  const { directions, profiles } = analysis;
  if (directions === 'all') return Array.from({ length: last }, (_, k) => k + 1);
  const chosen = Array.isArray(directions) ? directions : logSpaced(last, directions);
  return ascending([...chosen, ...(Array.isArray(directions) ? [] : profiles)], last);
}

/**
 * Returns the ranks whose drift and diffusion are measured, ascending: 120 log-spaced ones, the profiled ones and those
 * of the planes.
 */
export function dynamicsRanks(analysis: Config['analysis'], last: number): number[] {
  return ascending([...logSpaced(last, 120), ...analysis.profiles, ...PLANES.flat()], last);
}

/**
 * Refuses a list with a rank above `last`.
 * @throws InputError
 */
export function checkRanks(directions: Config['analysis']['directions'], last: number, layer: string): void {
  const asked = Array.isArray(directions) ? Math.max(...directions) : 1;
  check(
    asked <= last,
    'no-such-direction',
    `analysis.directions asks for rank ${asked}; the recorded window of ${layer} has ${last} directions.`,
  );
}
