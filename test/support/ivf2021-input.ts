/** Made-up input of ivf2021's findings in which every claim holds, made to be bent one number at a time. */
import type {
  DirectionDynamics,
  DirectionFlatness,
  NoWalk,
  OverDraws,
  PowerLaw,
  WalkForm,
  WalkNull,
} from '../../src/analyse/trajectory/results.js';
import type { Ivf2021Input } from '../../src/experiments/ivf2021/facts.js';
import { ivf2021Findings, ivf2021FindingsOver } from '../../src/experiments/ivf2021/findings.js';
import { estimate } from '../../src/numeric/estimate.js';
import { randomKey } from '../../src/numeric/random.js';
import type { Finding } from '../../src/report/finding.js';

export interface Fit {
  value?: number;
  error?: number;
  points?: number;
  range?: readonly [number, number];
  r2?: number;
  converged?: boolean;
  scatter?: number;
}

/** A fit of y ~ x^−value. */
export const fit = ({
  value = 4,
  error = 0.01,
  points = 100,
  range = [0.5, 20],
  r2 = 0.99,
  converged = true,
  scatter = 0.1,
}: Fit = {}): PowerLaw => ({
  exponent: estimate(-value, error, points, 'made up', converged),
  intercept: estimate(-3, 0.01, points, 'made up'),
  range,
  points,
  scatter,
  r2,
});

/** A row of a table of fit ranges; ranges of rank that begin at 20 have a voice for gamma too. */
export const row = (label: string, value: number, error = 0.01, points = 30, more: Fit = {}) => ({
  label,
  fit: fit({ value, error, points, range: [20, 1250], ...more }),
  leastSquares: -1,
  inverseLeastSquares: -1,
});

export const draws = (mean: number, deviation: number): OverDraws => ({ mean, deviation, draws: 8 });

/** A form of the walk from which the made-up run differs. */
export const form = (change: Partial<WalkForm> = {}): WalkForm => ({
  sampling: 'replaced',
  variances: { index: [1, 10, 100], value: [0.3, 0.01, 1e-4] },
  gamma: draws(2, 0.05),
  share: draws(0.6, 0.05),
  first: draws(1.5, 0.1),
  median: draws(0.8, 0.02),
  ...change,
});

/** A walk of which all claims about the made-up run hold. */
export const walkNull = (change: Partial<WalkNull> = {}): WalkNull => ({
  samples: 60_000,
  stepVariance: 4e-8,
  directions: 35,
  alongWeights: 0.01,
  ranks: [20, 1250],
  gamma: 2.5,
  forms: [form(), form({ sampling: 'shuffled', gamma: draws(2.1, 0.05), share: draws(0.55, 0.05) })],
  ...change,
});

export function direction(index: number, change: Partial<DirectionFlatness> = {}): DirectionFlatness {
  const flatness = 1 + index / 10;
  return {
    index,
    variance: 1 / index ** 2,
    left: -flatness / 2,
    right: flatness / 2,
    flatness,
    open: null,
    slope: 0,
    curvature: 1,
    quadraticRatio: 1,
    asymmetry: 0,
    evaluations: 10,
    ...change,
  };
}

export const follow = (index: number, alpha: number, error = 0.03, cos = 0.8, converged = true): DirectionDynamics => ({
  index,
  cosWithWeights: cos,
  driftVelocity: estimate(4.36e-5, 2.1e-7, 100, 'made up'),
  msdExponent: estimate(alpha, error, 10, 'lags 1 … 100, jackknife', converged),
  correlationTime: estimate(10, 1, 100, 'made up'),
  msd: { lag: [1], value: [1] },
});

export const upTo = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, k) => make(k + 1));

type Change = { [K in keyof Omit<Ivf2021Input, 'walk'>]?: Partial<Ivf2021Input[K]> } & { walk?: WalkNull | NoWalk };

export function input(change: Change = {}): Ivf2021Input {
  const variances = upTo(100, (i) => i ** -2);
  return {
    key: randomKey(1),
    dynamics: (change.dynamics as DirectionDynamics[]) ?? [follow(1, 2), ...upTo(20, (k) => follow(8 + 2 * k, 1))],
    pca: {
      T: 12_000,
      P: 10_000,
      via: 'covariance',
      variances,
      resolution: 1e-9,
      totalVariance: 1.2,
      residual: 0,
      ...change.pca,
    },
    flatness: {
      centre: 'mean',
      centreLoss: 4.83e-5,
      samples: 60_000,
      factor: Math.E,
      relativeTolerance: 1e-4,
      directions: upTo(80, (i) => direction(i)),
      profiles: [],
      ...change.flatness,
    },
    scaling: {
      varianceFlatness: fit(),
      varianceFlatnessRanges: [row('ranks 2–50', 4), row('ranks 50–1000', 4)],
      rankLaw: fit({ value: 2.5, range: [20, 1250] }),
      rankLawRanges: [row('ranks 20–200', 2.5), row('ranks 20–500', 2.5)],
      explained: { index: [], fraction: [], randomWalk: [] },
      ...change.scaling,
    },
    walk: change.walk ?? walkNull(),
  };
}

const named = (all: readonly Finding[], id: string): Finding => all.find((f) => f.id === `ivf.${id}`)!;

export const find = (id: string, change: Change = {}): Finding => named(ivf2021Findings(input(change)), id);

/** The finding over several made-up seeds. */
export const findOver = (id: string, changes: readonly Change[]): Finding =>
  named(ivf2021FindingsOver(changes.map(input)), id);
