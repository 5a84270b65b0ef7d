/** Made-up cells of `reproduce controls` over three seeds; all numbers differ from one another, so that none can stand for its neighbour. */
import type { PowerLaw } from '../../src/analyse/trajectory/results.js';
import type {
  BaseFacts,
  Basis,
  BranchResult,
  CellResult,
  Comparison,
  ControlsInput,
  FixedResult,
  FrozenGroup,
  FrozenResult,
  Regime,
  RegimeDirection,
  Sampling,
} from '../../src/experiments/controls/measured.js';
import { estimate } from '../../src/numeric/estimate.js';
import { syntheticReport } from './ivf2021-results.js';

export const SEEDS = [4, 7, 9];
export const MAIN = 6;
/** Deviation of a seed from the mean over seeds: −1, 0, 1. */
const off = (seed: number): number => SEEDS.indexOf(seed) - 1;
/** The same in other orders, so that regimes which are compared have not all in common seed by seed. */
const ORDERS = [
  [-1, 0, 1],
  [1, -1, 0],
  [0, 1, -1],
  [1, 0, -1],
  [-1, 1, 0],
  [0, -1, 1],
];
/** psi of each seed about its mean in a regime. */
export const deviations = (
  basis: Basis,
  branch: 'shuffled' | 'replaced' | 'momentum' = 'shuffled',
  epochs = MAIN,
): number[] => {
  const of = {
    'same-window': 0,
    'other-window': 1,
    hessian: 2,
    replicas: 3,
    surrogate: 4,
    'surrogate-other': 5,
    'random-walk': 2,
  };
  const shift = { shuffled: 0, replaced: 1, momentum: 2 }[branch] + (epochs === 2 ? 3 : epochs === 12 ? 4 : 0);
  return ORDERS[(of[basis] + shift) % 6].map((d) => 0.02 * d);
};

/** psi, its theory, gamma and the rank law of the main windows, as means over seeds; spread over seeds is 0.02. */
export const TRUTH: Record<Basis, { psi: number; theory: number; gamma: number; rank?: number; flat: number }> = {
  'same-window': { psi: 4.05, theory: 2.75, gamma: 1.44, rank: 2.61, flat: 0.71 },
  'other-window': { psi: 2.15, theory: 2.71, gamma: 1.43, flat: 0.72 },
  hessian: { psi: 2.45, theory: 2.88, gamma: 1.46, flat: 0.63 },
  replicas: { psi: 2.79, theory: 2.86, gamma: 1.47, flat: 0.643 },
  surrogate: { psi: 3.95, theory: 2.77, gamma: 1.42, rank: 2.57, flat: 0.73 },
  'surrogate-other': { psi: 2.05, theory: 2.72, gamma: 1.41, flat: 0.74 },
  'random-walk': { psi: 3.85, theory: 2.9, gamma: 1.4, rank: 2.02, flat: 1 },
};

const law = (exponent: number, intercept: number, range: readonly [number, number], r2 = 0.95): PowerLaw => ({
  exponent: estimate(exponent, 0.11, 12, 'made up'),
  intercept: estimate(intercept, 0.05, 12, 'made up'),
  range,
  points: 12,
  scatter: 0.2,
  r2,
});

const RESOLUTION = 1e-9;
const ranks = [1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 130];

/** Rank 1 is the drift, rank 40 stays open, rank 130 lies under ten resolutions: none of them is in a fit. */
function directions(psi: number, seed: number, k: number): RegimeDirection[] {
  return ranks.map((index, j) => {
    const F = 0.3 * index ** 0.7 * (1 + 0.01 * k);
    const h = 0.02 * F ** -2 * (1 + 0.05 * Math.sin(j + k + seed));
    return {
      index,
      variance:
        index === 130
          ? 9 * RESOLUTION
          : 1e-3 * F ** -psi * (1 + 0.1 * Math.sin(2 * j + k + seed)) * (index === 1 ? 30 : 1),
      flatness: index === 40 ? null : F,
      curvature: h,
      noise: 1e-3 * h ** 1.45 * (1 + 0.07 * Math.cos(j + seed)),
      predicted: 2e-3 * F ** -2.8 * (1 + 0.03 * j),
    };
  });
}

const BASES = Object.keys(TRUTH) as Basis[];

function regime(
  basis: Basis,
  epochs: number,
  seed: number,
  shift: number,
  branch: 'shuffled' | 'replaced' | 'momentum',
): Regime {
  const t = TRUTH[basis];
  const k = BASES.indexOf(basis);
  const psi = t.psi + shift + deviations(basis, branch, epochs)[SEEDS.indexOf(seed)];
  return {
    basis,
    epochs,
    steps: 60 * epochs,
    centreLoss: 1e-3 * (1 + k / 10),
    relation: law(-psi, -3 + k / 20, [0.5, 8], 0.9 + k / 100),
    // the last range cannot be fitted
    ranges: (
      [
        ['ranks 2–50', -0.1, 0.2],
        ['ranks 10–200', 0.14 + k / 50, 0.3],
        ['ranks 20–500', 7, 0.6],
      ] as const
    ).map(([label, away, error]) => ({
      label,
      fit: { exponent: estimate(-(psi + away), error, 11, 'made up'), points: 11 },
    })),
    predictedRelation: law(-(t.theory + shift / 10 + 0.01 * off(seed)), -2.7, [0.5, 8]),
    noiseLaw: law(t.gamma + shift / 20 + 0.005 * off(seed), -3 + k / 50, [3e-4, 0.05]),
    rankLaw: t.rank === undefined ? undefined : law(-(t.rank + 0.03 * off(seed)), -2, [20, 100]),
    flatShare: t.flat + 0.01 * off(seed),
    crossover: 2.2e-3,
    totalVariance: 0.01,
    resolution: RESOLUTION,
    directions: directions(psi, seed, k),
    // the first walk is that of the fits, the others lie on both sides of the mean psi
    ...(basis === 'random-walk' && {
      walks: {
        psi: [psi - 0.06, psi + 0.08, psi - 0.02],
        rank: [t.rank! + 0.03 * off(seed) - 0.04, t.rank! + 0.03 * off(seed), t.rank! + 0.03 * off(seed) + 0.04],
        isotropicRank: 1.93 + 0.01 * off(seed),
      },
    }),
  };
}

const head = (seed: number, cell: string, sampling: Sampling, momentum: number, learningRate: number) => ({
  format: 'thermograd controls cell' as const,
  seed,
  cell,
  sampling,
  momentum,
  learningRate,
  batchesPerEpoch: 60,
  seconds: 12,
});

/** Shift of psi of a branch; of the shortest and the longest window against the main one. */
export const SHIFT = { replaced: -0.13, momentum: 0.21, short: 0.55, long: -0.25 };

function branch(seed: number, sampling: Sampling, momentum: number): BranchResult {
  const own = (sampling === 'replaced' ? SHIFT.replaced : 0) + (momentum > 0 ? SHIFT.momentum : 0);
  const name = momentum > 0 ? 'momentum' : sampling;
  const windows =
    momentum === 0
      ? ([
          [2, SHIFT.short],
          [12, SHIFT.long],
        ] as const)
      : [];
  return {
    ...head(seed, `${sampling}-momentum${momentum}`, sampling, momentum, momentum === 0 ? 0.1 : 0.01),
    kind: 'branch',
    regimes: [
      ...windows.map(([epochs, shift]) => regime('same-window', epochs, seed, own + shift, name)),
      ...BASES.map((b) => regime(b, b.includes('other') ? MAIN / 2 : MAIN, seed, own, name)),
    ],
  };
}

/** Predicted over measured by comparison, as means over seeds: groups 1–5, 6–20, 21–60; spread over seeds is 2 %. */
export const RATIOS: Record<'replaced' | 'shuffled' | 'small', Record<Comparison, readonly number[]>> = {
  replaced: {
    raw: [0.93, 0.74, 0.015],
    drift: [0.96, 0.88, 0.81],
    replicas: [1.04, 1.08, 1.13],
    'noise-averaged': [1.05, 1.1, 1.16],
    'both-averaged': [1.06, 1.11, 1.17],
  },
  shuffled: {
    raw: [0.91, 0.61, 0.23],
    drift: [0.95, 0.86, 0.79],
    replicas: [1.02, 0.97, 0.55],
    'noise-averaged': [1.03, 0.98, 0.57],
    'both-averaged': [1.01, 0.99, 0.58],
  },
  small: {
    raw: [0.92, 0.5, 0.12],
    drift: [0.94, 0.84, 0.78],
    replicas: [1.07, 1.12, 0.89],
    'noise-averaged': [1.075, 1.125, 0.9],
    'both-averaged': [1.09, 1.14, 0.91],
  },
};
/** Ratios of fixed noise by group. */
export const FIXED = [1.12, 0.94, 1.08];
export const GROUPS = [
  [1, 5],
  [6, 20],
  [21, 60],
] as const;

function frozen(seed: number, kind: keyof typeof RATIOS): FrozenResult {
  const sampling = kind === 'replaced' ? 'replaced' : 'shuffled';
  const s = off(seed);
  const groups = GROUPS.map(([from, to], g): FrozenGroup => {
    const ratios = Object.fromEntries(
      Object.entries(RATIOS[kind]).map(([c, values]) => [
        c,
        { modes: values[g] * (1 + 0.02 * s), sums: values[g] * (1.1 + 0.03 * s) },
      ]),
    ) as unknown as FrozenGroup['ratios'];
    return {
      from,
      to,
      curvature: [2 / from + s / 100, 2 / to + s / 1000],
      ratios,
      noiseGain: 1.03 + g / 50 + 0.01 * s,
      curvatureGain: 1.01 + g / 60 + 0.01 * s,
      halves: 1.21 + g / 10 + 0.02 * s,
      noiseDecay: 1.31 + g / 20 + 0.02 * s,
      curvatureDecay: 1.11 + g / 30 + 0.02 * s,
    };
  });
  return {
    ...head(
      seed,
      kind === 'small' ? 'frozen-shuffled-small-eta' : `frozen-${sampling}`,
      sampling,
      0,
      kind === 'small' ? 0.02 : 0.1,
    ),
    kind: 'frozen',
    relaxEpochs: 8,
    epochs: 12,
    loss: { start: 2e-3 + 1e-4 * s, mean: 1.4e-3 + 1e-4 * s, end: 1e-3 + 1e-4 * s, trajectory: 1.5e-3 },
    groups,
    stiffest: 0.2 + 0.01 * s,
    noiseLaw: law(1.5, -3, [1e-3, 2]),
  };
}

const fixed = (seed: number): FixedResult => ({
  ...head(seed, 'fixed-shuffled', 'shuffled', 0, 0.1),
  kind: 'fixed',
  epochs: 12,
  groups: GROUPS.map(([from, to], g) => ({ from, to, ratio: { modes: FIXED[g] * (1 + 0.02 * off(seed)), sums: 9 } })),
});

export const syntheticCells = (seeds: readonly number[] = SEEDS): CellResult[] =>
  seeds.flatMap((seed) => [
    branch(seed, 'shuffled', 0),
    branch(seed, 'replaced', 0),
    frozen(seed, 'replaced'),
    frozen(seed, 'shuffled'),
    branch(seed, 'shuffled', 0.9),
    frozen(seed, 'small'),
    fixed(seed),
  ]);

export function syntheticControls(seeds: readonly number[] = SEEDS): ControlsInput {
  return {
    title: 'Controls of the inverse variance-flatness relation, made up',
    mainWindow: MAIN,
    bases: seeds.map(
      (seed, k): BaseFacts => ({
        seed,
        epochs: 60 + k,
        stopped: `epoch ${60 + k} was asked for`,
        loss: 1e-3 * (k + 1),
        errors: k,
      }),
    ),
    cells: syntheticCells(seeds),
    run: {
      ...syntheticReport().run,
      config: { epochs: 12, walks: 3, directions: 40, surrogateEpochs: 5, relaxEpochs: 8, points: 4 },
    },
  };
}
