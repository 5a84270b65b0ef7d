/** The numbers of one layer measured as a linear Langevin system: its setting, its modes, its decomposition, its energies. */

/** Describes a heavy ball v' = momentum·v − rate·g, y' = y + v'. */
export interface Ball {
  readonly rate: number;
  readonly momentum: number;
  /** Whether the gradient is looked at ahead of the ball. */
  readonly nesterov: boolean;
}

/**
 * Holds the constants of a window of steps. Modes are those of A = P^(1/2) (H + penalty) P^(1/2) in the optimiser's own coordinates
 * y = P^(−1/2) w, which are the weights for SGD. docs/theory [S1], [O1].
 */
export interface LayerSetting {
  /** Steps of the window. */
  readonly T: number;
  /** N, B and M: samples, batch size, batches per epoch. */
  readonly samples: number;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly sampling: 'shuffled' | 'replaced';
  /** eta, the rate at which slow motion follows the gradient: rate/(1 − momentum) of the heavy ball. */
  readonly learningRate: number;
  /** The heavy ball that moves as an optimiser with momentum does; absent without momentum. */
  readonly ball?: Ball;
  /** epsilon = eta²/(2B), with D = C1 and F = eta·H. */
  readonly noiseStrength: number;
  readonly centreLoss: number;
}

/** The predictions of the variance, from the simplest to the most complete. docs/theory [S1]–[S4]. */
export const REGIMES = ['continuous', 'discrete', 'shuffled', 'window'] as const;

/** Names a prediction of the variance. */
export type Regime = (typeof REGIMES)[number];

/**
 * Holds numbers along the eigenvectors of H, by descending curvature; P entries each. NaN or Infinity where there is
 * none.
 */
export interface HessianModes {
  readonly curvature: number[];
  /** v_iᵀ C1 v_i, PER SAMPLE. */
  readonly noise: number[];
  /** Variance over the window, and the part of it that principal direction 1 (the drift) does not hold. */
  readonly measured: number[];
  readonly withoutDrift: number[];
  readonly predicted: Readonly<Record<Regime, number[]>>;
}

/** Counts the modes of each subspace. */
export interface Subspaces {
  /** Curvatures below this are rounding of H: P·2^−52·h_max × `ROUNDINGS`. */
  readonly rounding: number;
  /** Modes above it. */
  readonly resolved: number;
  /** Modes that relax at least `RELAXATIONS` times within the window: eta·h·T ≥ RELAXATIONS. */
  readonly settled: number;
  /** Smallest curvature of the settled modes. */
  readonly settledCurvature: number;
  /** Modes below −rounding, rows of the layer's weight whose unit never fires, and the exact null space of H. */
  readonly negative: number;
  readonly flat: number;
}

/** Holds scalars of U, Q, S, A on a subspace. docs/theory [D1]–[D7]. */
export interface DecompositionFacts {
  readonly dimension: number;
  /** ‖[H, C1]‖/(‖H‖·‖C1‖), Frobenius norms, of the whole layer, the resolved and the settled subspace. */
  readonly commutator: { readonly layer: number; readonly resolved: number; readonly settled: number };
  /** ‖Q‖²/(‖D‖² + ‖Q‖²), Frobenius: the share of the current-carrying part in D + Q = F·U⁻¹. */
  readonly qShare: { readonly resolved: number; readonly settled: number };
  /** ‖A‖/‖S‖, Frobenius. */
  readonly transverse: number;
  readonly condition: { readonly diffusion: number; readonly w: number };
  readonly residual: number;
  /** Per step, units of k_B. */
  readonly entropyProductionRate: number;
  /** Per step; descending. */
  readonly cycleFrequencies: number[];
  readonly vortices: readonly { readonly q: number; readonly share: number; readonly circulation: number }[];
  readonly warnings: readonly string[];
}

/** Holds energies and widths along one principal direction: the energy picture of ao2022 (their figure 1). */
export interface EnergyRow {
  readonly index: number;
  readonly variance: number;
  /** The variance exceeds 10 times the resolution of the recording. */
  readonly resolved: boolean;
  /** h_i = p_iᵀ H p_i and p_iᵀ C1 p_i (per sample). */
  readonly curvature: number;
  readonly noise: number;
  /** Width F of the loss (at e·L₀) where the run measured it, else null. */
  readonly flatness: number | null;
  /** Width at which the quadratic loss reaches e·L₀; NaN for h ≤ 0. */
  readonly quadraticFlatness: number;
  /** ½·h_i·σ_i²: mean energy of the quadratic loss in this direction, units of the loss. */
  readonly lossEnergy: number;
  /** Width at which the potential reaches epsilon, 2√2·σ: of U = epsilon·Σ⁻¹ from the measured Σ, and from H and C1 alone. */
  readonly potentialWidth: number;
  readonly predictedWidth: number;
  /** Variance predicted along p_i: epsilon·p_iᵀU⁻¹p_i on the resolved modes; and by the run's own sampling in its window. */
  readonly boltzmannVariance: number;
  readonly windowVariance: number;
  /** Share of p_i inside the settled modes, 0…1. */
  readonly settledShare: number;
}

/** The multiple of the rounding level that a curvature must exceed to count as resolved. */
export const ROUNDINGS = 1000;

/** The number of relaxation times within the window from which a mode counts as settled. */
export const RELAXATIONS = 10;
