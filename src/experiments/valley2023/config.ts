/** The two presets of the model part of `reproduce valley2023`. docs/theory §6. */
import type { BatchNoise, FreezingNoise } from './measured.js';

/** Names a preset. */
export type ValleyPreset = 'quick' | 'standard';

/** Says with how many walkers and samples a number is measured. Errors are over seeds. */
export interface Walk {
  /** Walkers of each seed. */
  readonly walkers: number;
  /** Samples of each. */
  readonly looks: number;
}

/** Describes the complete config of the model part. */
export interface ValleyConfig {
  readonly preset: ValleyPreset;
  /** Independent ensembles. */
  readonly seeds: number;
  /** lambda(x) = sharp (flat/sharp)^x on 0 ≤ x ≤ 1: ln F is a straight line. nat/weight². */
  readonly valley: { readonly sharp: number; readonly flat: number };
  readonly potential: {
    /** D_x, weight² per eta·step. */
    readonly diffusions: readonly number[];
    readonly anisotropies: readonly number[];
    /** Cells along and across; halved for the error. */
    readonly cells: readonly [number, number];
    /** Anisotropies at which Langevin walkers are compared with the grid, at the smallest D_x. */
    readonly walkerAnisotropies: readonly number[];
    readonly walk: Walk;
    /** Eq. 11: L0 = stiffness (x − lowest)²/2. */
    readonly tilted: { readonly stiffness: number; readonly lowest: number; readonly anisotropies: readonly number[] };
  };
  readonly densities: {
    readonly stiffness: number;
    readonly lowest: number;
    readonly diffusion: number;
    readonly anisotropy: number;
    readonly bins: number;
    /** Cells along a bin, and across. */
    readonly cells: readonly [number, number];
    /** The first is that of the four methods. */
    readonly learningRates: readonly number[];
    readonly walk: Walk;
  };
  readonly convergence: {
    readonly learningRate: number;
    readonly target: number;
    /** C_yy per batch in the middle of the valley, for the three additive or state-dependent kinds. */
    readonly strengths: readonly number[];
    /** Standard deviations of the batch curvature over its mean; fixed C_yy in the middle. */
    readonly curvature: { readonly spreads: readonly number[]; readonly strength: number };
    /** eta·C_yy in the middle at which the learning rate is varied. */
    readonly equal: { readonly temperature: number; readonly learningRates: readonly number[] };
    readonly walkers: number;
    /** Most steps of a walker. */
    readonly most: number;
    /** Steps of the walkers that test whether SGD diverges. */
    readonly stay: number;
    /** |x| or |y| beyond which a walker has diverged: its loss is then hundreds of times any earlier one. */
    readonly bound: number;
  };
  readonly phase: {
    readonly noise: { readonly from: number; readonly to: number; readonly count: number };
    readonly rates: { readonly from: number; readonly to: number; readonly count: number };
    /** Standard deviation of the location of a batch's minimum, weight. */
    readonly locationNoise: number;
    readonly steps: number;
    readonly walkers: number;
    readonly bound: number;
  };
  readonly freezing: {
    /** Height of the barrier at the start and at the end, nat; eta·steps of training; pieces in which the barrier is constant. */
    readonly barrier: readonly [number, number];
    readonly end: number;
    readonly pieces: number;
    /** u = x − skew (√(1 + x²) − 1) maps the symmetric double well (u² − 1)² to a sharp and a flat valley. */
    readonly skew: number;
    readonly diffusions: readonly number[];
    readonly noises: readonly FreezingNoise[];
    /** Decay of D in 'sharper': D e^{−tilt u}. */
    readonly tilt: number;
    readonly timestep: number;
    readonly walkers: number;
    readonly cells: number;
    /** Barriers in units of D for escape times. */
    readonly escapes: readonly number[];
    readonly escapeWalkers: number;
  };
  readonly circulation: {
    readonly strengths: readonly number[];
    readonly reach: number;
    readonly cells: number;
    /** Bins of the walkers' histogram along each axis. */
    readonly bins: number;
    readonly timestep: number;
    readonly walk: Walk;
  };
}

/** The kinds of noise that do not change the curvature. */
export const ADDITIVE: readonly Exclude<BatchNoise, 'curvature'>[] = ['constant', 'hessian', 'location'];

const STANDARD: ValleyConfig = {
  preset: 'standard',
  seeds: 4,
  valley: { sharp: 10, flat: 1 },
  potential: {
    diffusions: [0.001, 0.005, 0.02, 0.1],
    anisotropies: [0.5, 1, 2, 4, 8],
    cells: [120, 160],
    walkerAnisotropies: [1, 2, 4],
    walk: { walkers: 1024, looks: 40 },
    tilted: { stiffness: 0.02, lowest: 0.35, anisotropies: [0.5, 2, 4] },
  },
  densities: {
    stiffness: 0.2,
    lowest: 0.35,
    diffusion: 0.004,
    anisotropy: 4,
    bins: 60,
    cells: [3, 161],
    learningRates: [0.01, 0.05, 0.1, 0.15, 0.18, 0.19],
    walk: { walkers: 2048, looks: 12 },
  },
  convergence: {
    learningRate: 0.02,
    target: 0.9,
    strengths: [0.25, 0.5, 1, 2, 4, 8],
    curvature: { spreads: [0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 14, 20, 30, 45, 70], strength: 0.5 },
    equal: { temperature: 0.02, learningRates: [0.01, 0.02, 0.04, 0.08, 0.12] },
    walkers: 256,
    most: 100_000,
    stay: 4000,
    bound: 30,
  },
  phase: {
    noise: { from: 0, to: 5, count: 40 },
    rates: { from: 0.005, to: 1, count: 40 },
    locationNoise: 0.3,
    steps: 4000,
    walkers: 128,
    bound: 30,
  },
  freezing: {
    barrier: [0.5, 2],
    end: 80,
    pieces: 80,
    skew: 0.7,
    diffusions: [0.1, 0.14, 0.2, 0.26, 0.32, 0.4, 0.5],
    noises: ['additive', 'sharper'],
    tilt: 0.4,
    timestep: 0.005,
    walkers: 512,
    cells: 400,
    escapes: [2, 3, 4, 5, 6],
    escapeWalkers: 512,
  },
  circulation: {
    strengths: [0, 0.5, 1.5],
    reach: 3,
    cells: 150,
    bins: 30,
    timestep: 0.01,
    walk: { walkers: 2048, looks: 20 },
  },
};

const QUICK: ValleyConfig = {
  ...STANDARD,
  preset: 'quick',
  seeds: 2,
  potential: {
    ...STANDARD.potential,
    diffusions: [0.001, 0.02],
    anisotropies: [1, 4],
    cells: [40, 64],
    walkerAnisotropies: [4],
    walk: { walkers: 256, looks: 8 },
    tilted: { ...STANDARD.potential.tilted, anisotropies: [2] },
  },
  densities: {
    ...STANDARD.densities,
    bins: 30,
    cells: [2, 61],
    learningRates: [0.05, 0.15],
    walk: { walkers: 512, looks: 4 },
  },
  convergence: {
    ...STANDARD.convergence,
    strengths: [2, 8],
    curvature: { spreads: [0.5, 2, 4, 20], strength: 1 },
    equal: { temperature: 0.08, learningRates: [0.02, 0.08] },
    walkers: 128,
    most: 10_000,
    stay: 1000,
  },
  phase: {
    ...STANDARD.phase,
    noise: { from: 0, to: 5, count: 12 },
    rates: { from: 0.005, to: 1, count: 12 },
    steps: 1500,
    walkers: 64,
  },
  freezing: {
    ...STANDARD.freezing,
    end: 20,
    pieces: 20,
    diffusions: [0.15, 0.3, 0.5],
    noises: ['additive'],
    walkers: 256,
    cells: 160,
    escapes: [2, 4],
    escapeWalkers: 128,
  },
  circulation: { ...STANDARD.circulation, strengths: [0, 1.5], cells: 60, bins: 20, walk: { walkers: 512, looks: 6 } },
};

/** Returns the config of a preset. */
export const valleyConfig = (preset: ValleyPreset): ValleyConfig => (preset === 'quick' ? QUICK : STANDARD);
