/** What counts as trouble in a short run at a large learning rate. Networks leave a valley and settle in a flatter one: hence two words. */
import type { CeilingScan, Probe } from './measured.js';

/** From this share of it on a loss is that of chance: a network whose units are dead has it exactly. */
export const DEAD = 0.999;

/** ln K: the loss of a network that answers all K classes alike. */
export const chanceLoss = (classes: number): number => Math.log(classes);

/**
 * Unstable: the mean loss over some steps was once above ten times the loss of the solution started from, or, from the initial weights,
 * above twice chance. A run may come back from it, to a flatter place.
 */
export const unstableAt = ({ peak }: Probe, { start, loss, chance }: ScanStart): boolean =>
  !(peak <= (start === 'initial' ? 2 * chance : 10 * loss));

/** Diverged: not finite, once above ten times chance, or at the end no better than `DEAD` of chance: all units dead, or all forgotten. */
export const divergedAt = ({ peak, end }: Probe, { chance }: Pick<ScanStart, 'chance'>): boolean =>
  !(peak <= 10 * chance) || !(end < DEAD * chance);

/** Where a scan begins: which weights, their loss, and that of chance. */
export interface ScanStart extends Pick<CeilingScan, 'start' | 'loss'> {
  readonly chance: number;
}

interface Threshold {
  /** Geometric mean of the largest learning rate before trouble began and the first with it; NaN where there was none. */
  readonly value: number;
  /** Both. */
  readonly between: readonly [number, number];
}

/** The first trouble going up in learning rate. @param probes - in the order of learning rate */
export function threshold(probes: readonly Probe[], bad: (p: Probe) => boolean): Threshold {
  const k = probes.findIndex(bad);
  if (k <= 0) return { value: Number.NaN, between: [Number.NaN, probes[0]?.learningRate ?? Number.NaN] };
  const between = [probes[k - 1].learningRate, probes[k].learningRate] as const;
  return { value: Math.sqrt(between[0] * between[1]), between };
}
