/**
 * Instability and divergence in a short run at a large learning rate. They are distinguished because networks can leave
 * a valley and settle in a flatter one.
 */
import type { CeilingScan, Probe } from './measured.js';

/**
 * The share of the chance loss from which a loss counts as chance: a network whose units are all inactive has exactly
 * that loss.
 */
export const DEAD = 0.999;

/** Returns ln K, the loss of a network with equal probabilities for all K classes. */
export const chanceLoss = (classes: number): number => Math.log(classes);

/**
 * Says whether a run was unstable: the mean loss over some steps was once above ten times the loss of the solution it
 * started from or, from the initial weights, above twice chance. A run may recover and settle in a flatter valley.
 */
export const unstableAt = ({ peak }: Probe, { start, loss, chance }: ScanStart): boolean =>
  !(peak <= (start === 'initial' ? 2 * chance : 10 * loss));

/**
 * Says whether a run diverged: its loss was not finite, once above ten times chance, or at the end at least `DEAD` of
 * chance, with all units inactive or everything forgotten.
 */
export const divergedAt = ({ peak, end }: Probe, { chance }: Pick<ScanStart, 'chance'>): boolean =>
  !(peak <= 10 * chance) || !(end < DEAD * chance);

/** Describes the start of a scan: which weights, their loss, and that of chance. */
export interface ScanStart extends Pick<CeilingScan, 'start' | 'loss'> {
  readonly chance: number;
}

/** Holds the learning rate at which an instability begins. */
interface Threshold {
  /**
   * Geometric mean of the largest learning rate before the first instability and the first with it; NaN where there was
   * none.
   */
  readonly value: number;
  /** These two learning rates. */
  readonly between: readonly [number, number];
}

/**
 * Finds the first instability with increasing learning rate.
 * @param probes - in the order of learning rate
 */
export function threshold(probes: readonly Probe[], bad: (p: Probe) => boolean): Threshold {
  const k = probes.findIndex(bad);
  if (k <= 0) return { value: Number.NaN, between: [Number.NaN, probes[0]?.learningRate ?? Number.NaN] };
  const between = [probes[k - 1].learningRate, probes[k].learningRate] as const;
  return { value: Math.sqrt(between[0] * between[1]), between };
}
