/**
 * The results of the stages of the model part of `reproduce valley2023`, one document each, and the input of its
 * report. docs/theory §6.
 *
 * All valleys are L(x, y) = L0(x) + lambda(x) y²/2 with 0 ≤ x ≤ 1 from the sharp to the flat end; F = 1/√lambda. Time is in eta·steps
 * unless a name says steps.
 */
import type { Estimate } from '../../numeric/estimate.js';

/** Names a method. Errors of the grid are estimated by halving it; errors of walkers are over seeds. */
export type Method = 'fokker-planck' | 'langevin';

/**
 * Holds slopes of −ln P against ln F. By eq. 7 it is 1 − kappa on the floor; for the marginal −kappa, which is derived
 * here.
 */
export interface PotentialSlopes {
  readonly method: Method;
  readonly floor: Estimate;
  readonly marginal: Estimate;
}

/** Holds one pair (D_x, kappa) in the valley with a level floor, L0 = 0. */
export interface PotentialCase {
  /** Delta = D_x. */
  readonly diffusion: number;
  /** kappa = D_y/D_x. */
  readonly anisotropy: number;
  /** What adiabatic elimination leaves out of the diffusion along the valley, over D_x; its largest value in the valley [V2]. */
  readonly separation: number;
  readonly slopes: readonly PotentialSlopes[];
  /** −ln P of the Fokker-Planck solution, zero at the first point. */
  readonly curve: {
    readonly x: readonly number[];
    readonly logFlatness: readonly number[];
    readonly floor: readonly number[];
    readonly marginal: readonly number[];
  };
}

/** Holds the fit of eq. 11 on a floor with a loss: −D_y ln P(x, 0) = a·L0 + b·D_y·ln F + constant. */
export interface TiltedCase {
  readonly diffusion: number;
  readonly anisotropy: number;
  readonly separation: number;
  /** a, predicted kappa: 1 from the loss, kappa − 1 from the second term of eq. 11. */
  readonly lossCoefficient: Estimate;
  /** b, predicted 1 − kappa. */
  readonly flatnessCoefficient: Estimate;
}

/** Holds the result of the stage `potential`. */
export interface PotentialResult {
  readonly ends: { readonly sharp: number; readonly flat: number };
  readonly cases: readonly PotentialCase[];
  readonly tilted: readonly TiltedCase[];
}

/** Names a method that gives a density. */
export type DensitySource = 'sgd' | 'langevin' | 'fokker-planck' | 'adiabatic';

/** Holds the densities of one method on common bins; each has integral 1. */
export interface DensityOf {
  readonly source: DensitySource;
  readonly marginal: readonly number[];
  readonly floor: readonly number[];
}

/** Holds the total-variation distance to the Fokker-Planck solution, ½ Σ |p − q|. */
export interface Distance {
  readonly source: DensitySource;
  readonly which: 'marginal' | 'floor';
  /** Walkers: mean over seeds. */
  readonly distance: Estimate;
  /** The distance that counting noise alone causes for as many independent visits; 0 for computed densities. */
  readonly counting: number;
}

/**
 * Holds the SGD map at one learning rate; the gradient noise is chosen so that the continuous theory is the same at
 * each.
 */
export interface FiniteStepRow {
  readonly learningRate: number;
  /** eta·lambda at the sharp end; the map is stable below 2. */
  readonly sharpest: number;
  /** ⟨y²⟩ over eta C/(2 lambda), mean over the bins weighted by visits: 2/(2 − eta lambda) by [V3], 1 in continuous time. */
  readonly varianceRatio: Estimate;
  readonly predictedRatio: number;
  /** Mean of x; of the continuous theory and of the one with finite steps. */
  readonly meanX: Estimate;
  readonly continuousX: number;
  readonly finiteStepX: number;
  /** Total-variation distance of the marginal to the two theories, and that of counting noise alone. */
  readonly toContinuous: Estimate;
  readonly toFiniteStep: Estimate;
  readonly counting: number;
}

/** Holds the result of the stage `densities`. */
export interface DensitiesResult {
  readonly diffusion: number;
  readonly anisotropy: number;
  /** Learning rate of the SGD map that is compared with the other three methods. */
  readonly learningRate: number;
  /** Edges of the bins. */
  readonly edges: readonly number[];
  readonly densities: readonly DensityOf[];
  readonly distances: readonly Distance[];
  readonly steps: readonly FiniteStepRow[];
  /** Lowest point of the loss on the floor, where a density need not have its maximum. */
  readonly lowest: number;
}

/**
 * Names how batches differ. The gradient of a batch's loss ½ lambda y² − √C n y across the valley has at y = 0 the
 * variance
 *   constant C = c², hessian C = c² lambda, location C = c² lambda² (the location of the batch's minimum);
 * curvature: lambda(1 + s n') instead of lambda, with a fixed noise of location.
 */
export type BatchNoise = 'constant' | 'hessian' | 'location' | 'curvature';

/** The kinds of noise in words, for the report. */
export const NOISE_NAMES: Readonly<Record<BatchNoise, string>> = {
  constant: 'constant noise (additive)',
  hessian: 'noise like the Hessian',
  location: 'place of the minimum',
  curvature: 'curvature from batch to batch',
};

/** Holds walkers from the sharp end until they reach the flat one. */
export interface ConvergenceRow {
  readonly noise: BatchNoise;
  /** C_yy of one batch in the middle of the valley, nat²/weight²; for curvature s. */
  readonly strength: number;
  readonly learningRate: number;
  /** Mean number of steps of those that arrived; over seeds. */
  readonly steps: Estimate;
  readonly arrived: number;
  /** Share that diverges between reflecting ends in a fixed number of steps. */
  readonly diverged: Estimate;
  /** Steps that the effective drift of [V3] takes; NaN where it is infinite. */
  readonly driftSteps: number;
  /** Steps by the mean first passage of the Fokker-Planck equation along the floor, in continuous time; NaN where it has none. */
  readonly passageSteps: number;
  /** At the sharp end E(1 − eta l)² of [V4]: from 1 on ⟨y²⟩ is infinite there. */
  readonly growth: number;
}

/** Holds the result of the stage `convergence`. */
export interface ConvergenceResult {
  /** x at which a walker has arrived. */
  readonly target: number;
  readonly most: number;
  readonly rows: readonly ConvergenceRow[];
  /** Different eta at equal eta·C; times in eta·steps. */
  readonly equalTemperature: readonly {
    readonly learningRate: number;
    readonly strength: number;
    readonly time: Estimate;
    readonly driftTime: number;
  }[];
  /** Strengths of curvature noise at which the sharp end is unstable: in the mean square, almost surely; likewise the flat end. */
  readonly critical: {
    readonly sharpMeanSquare: number;
    readonly sharpAlmostSure: number;
    readonly flatMeanSquare: number;
    readonly flatAlmostSure: number;
  };
}

/** Holds the result of the stage `phase`. */
export interface PhaseResult {
  /** Standard deviation of the batch curvature over its mean, a column each. */
  readonly noise: readonly number[];
  /** Learning rates, a row each. */
  readonly rates: readonly number[];
  readonly steps: number;
  readonly walkers: number;
  readonly locationNoise: number;
  /** Row by row: (ln F − ln F_sharp)/(ln F_flat − ln F_sharp), mean of the walkers that did not diverge; NaN where all did. */
  readonly flatness: readonly number[];
  /** Row by row: share of walkers that diverged. */
  readonly diverged: readonly number[];
  /** Learning rates by column. Lines of [V4] with the curvature of the sharp and of the flat end. */
  readonly lines: Readonly<Record<PhaseLine, readonly number[]>>;
  /** By column: learning rate at which the first walker diverges, and half of them; NaN where that is beyond the diagram. */
  readonly first: readonly number[];
  readonly half: readonly number[];
}

/** Names a line of [V4] in the phase diagram. */
export type PhaseLine = 'sharpMeanSquare' | 'sharpAlmostSure' | 'flatMeanSquare' | 'flatAlmostSure';

/** The lines in words, for the report. */
export const LINE_NAMES: Readonly<Record<PhaseLine, string>> = {
  sharpMeanSquare: 'sharp end, mean square',
  sharpAlmostSure: 'sharp end, almost sure',
  flatMeanSquare: 'flat end, mean square',
  flatAlmostSure: 'flat end, almost sure',
};

/**
 * Names the noise between two valleys. additive: the same in both; sharper: more in the sharp one, like gradient noise
 * that grows with the curvature.
 */
export type FreezingNoise = 'additive' | 'sharper';

/** Holds the freezing of walkers for one noise and one diffusion. */
export interface FreezingRow {
  readonly noise: FreezingNoise;
  readonly diffusion: number;
  /** Time from which a walker's valley predicts its last one with correlation 1/e: walkers, two-state theory. */
  readonly freezingTime: Estimate;
  readonly predictedTime: number;
  /** Share in the flat valley at the end: walkers, two-state theory, Fokker-Planck equation. */
  readonly final: Estimate;
  readonly predictedFinal: number;
  readonly fokkerPlanckFinal: number;
  readonly curve: {
    readonly time: readonly number[];
    readonly walkers: readonly number[];
    readonly predicted: readonly number[];
    readonly fokkerPlanck: readonly number[];
  };
}

/** Holds the escape from the sharp valley at one fixed barrier. */
export interface EscapeRow {
  readonly diffusion: number;
  /** Barrier over D. */
  readonly barrier: number;
  /** Mean time to the other minimum: walkers, exact quadrature, Fokker-Planck equation with an absorbing end, Kramers. */
  readonly walkers: Estimate;
  readonly exact: number;
  readonly fokkerPlanck: number;
  readonly kramers: number;
}

/** Holds the result of the stage `freezing`. */
export interface FreezingResult {
  readonly end: number;
  readonly barrier: readonly [number, number];
  /** Ratio of the widths of the two valleys. */
  readonly widths: number;
  readonly rows: readonly FreezingRow[];
  readonly escapes: readonly EscapeRow[];
}

/** Holds the results for one strength of the rotational force. */
export interface CirculationRow {
  /** Strength l of the circulating force. */
  readonly strength: number;
  /** Distance of the densities to e^{−Phi}/Z. */
  readonly fokkerPlanck: Estimate;
  readonly langevin: Estimate;
  readonly counting: number;
  /** Mean rotation ⟨x f_y − y f_x⟩ of walkers, the same of the current of the grid, and 2 pi l/Z. */
  readonly rotation: Estimate;
  readonly gridRotation: Estimate;
  readonly predictedRotation: number;
  /** Largest difference of the current of the grid to l·J/Z over the largest current; NaN at l = 0. */
  readonly currentError: Estimate;
}

/** Holds the result of the stage `circulation`. */
export interface CirculationResult {
  readonly rows: readonly CirculationRow[];
  /** The field at the largest l on a coarse grid, for the figure. */
  readonly field: {
    readonly strength: number;
    readonly x: readonly number[];
    readonly y: readonly number[];
    /** Row by row in y: density of the grid, current of the grid, current of theory. */
    readonly density: readonly number[];
    readonly currentX: readonly number[];
    readonly currentY: readonly number[];
    readonly exactX: readonly number[];
    readonly exactY: readonly number[];
  };
}

/** Holds the results of all stages of the model part. */
export interface ValleyModelResults {
  readonly potential: PotentialResult;
  readonly densities: DensitiesResult;
  readonly convergence: ConvergenceResult;
  readonly phase: PhaseResult;
  readonly freezing: FreezingResult;
  readonly circulation: CirculationResult;
}
