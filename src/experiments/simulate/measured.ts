/** What the methods of `thermograd simulate` leave: numbers in a document, densities and paths as arrays. */
import type { Estimate } from '../../numeric/estimate.js';
import type { Json, RunFacts } from '../../report/input.js';

export const METHODS = ['adiabatic', 'fokker-planck', 'sgd', 'langevin'] as const;
export type Method = (typeof METHODS)[number];

export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Means and covariances, each with its error; of what is left, where something is absorbed. */
export interface MomentEstimates {
  readonly mean: readonly Estimate[];
  /** xx, or xx, xy, yy. */
  readonly covariance: readonly Estimate[];
  /** Mean loss, where the landscape has one. */
  readonly loss?: Estimate;
}

export interface MethodSummary {
  readonly method: Method;
  /** As it is called in tables and legends. */
  readonly label: string;
  /** One sentence: what was computed, with its steps. */
  readonly how: string;
  readonly moments: MomentEstimates;
  /** Share of the probability outside the grid. */
  readonly outside: number;
  /** Share of the walkers that left the bound. */
  readonly diverged: number;
  /** Probability that is left at the end of a transient run with absorbing sides. */
  readonly survival?: Estimate;
  /** Mean time until absorption, in the run's unit of time. */
  readonly passage?: Estimate;
  /** Total variation that counting noise alone makes, of the marginals by name and of the joint density; 0 of what is computed. */
  readonly noiseFloor: Readonly<Record<string, number>>;
  /** Numbers that belong to one method, in words for the report. */
  readonly facts: Readonly<Record<string, Json>>;
  readonly warnings: readonly string[];
}

/**
 * A method's summary with its arrays:
 *
 *     density [ny, nx] or [nx]      marginal_x [nx]  marginal_y [ny]  floor [nx] (density on y = 0, normalised along x)
 *     current_x, current_y          probability current at the cells
 *     paths [paths, points, size] with path_times [points]
 *     times [T], mean and mean_error [T, size], covariance [T, 1 or 3], survival and survival_error [T]
 *     snapshot_times [S], snapshots [S, ny, nx]
 *     exit_times [walkers that were absorbed]
 *
 * All of the last time in a transient run, but for the series.
 */
export interface MethodResult {
  readonly summary: MethodSummary;
  readonly arrays: Readonly<Record<string, NumberArray>>;
}

export interface SimulationFacts {
  readonly title: string;
  readonly mode: 'stationary' | 'transient';
  readonly names: readonly string[];
  /** Centres of the cells along each axis. */
  readonly centres: readonly Float64Array[];
  /** L at the cells, [ny, nx] or [nx], where the landscape has one. */
  readonly loss?: Float64Array;
  readonly hasValley: boolean;
  readonly absorbing: boolean;
  /** One step of SGD in units of time. */
  readonly timePerStep: number;
  /** Units that the numbers are in, where they are not those of the config. */
  readonly scales?: {
    readonly length: number;
    readonly time: number;
    readonly loss: number;
    readonly at: readonly number[];
  };
  /** Formulas and numbers that state the problem, for people. */
  readonly statement: readonly (readonly [string, string])[];
  readonly warnings: readonly string[];
  readonly run: RunFacts;
}

export interface SimulationInput {
  readonly facts: SimulationFacts;
  readonly methods: readonly MethodResult[];
}

export const arrayOf = (r: MethodResult, name: string): Float64Array | undefined => r.arrays[name]?.data;
