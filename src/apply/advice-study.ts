/**
 * What `thermograd reproduce ceilings` measured on 50 states of networks on MNIST, as constants that `advise` quotes: how far the
 * numbers from curvature lay from the learning rates at which runs leave, and what a multiple of the present rate is worth.
 * docs/theory [A3], [N6]; docs/results/ceilings.md.
 */

/** The numbers of the study. */
export const CEILING_STUDY = {
  /** States at which the rate was found at which short runs leave. */
  states: 50,
  /** Smallest and largest ratio of that rate to the mean-square ceiling. */
  overCeiling: [0.29, 4.8],
  /** States at which all runs stay up to half of the ceiling; states at which they stay beyond all of it. */
  halfSafe: 41,
  beyond: 21,
  /** On judged states, the factor within which 95 % of new states are expected around a multiple of the present rate. */
  presentWithin: 7.3,
} as const;
