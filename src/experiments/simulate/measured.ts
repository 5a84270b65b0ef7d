/** The results of the methods of `thermograd simulate`: numbers in a document, densities and paths as arrays. */
import type { Estimate } from '../../numeric/estimate.js';
import type { Json, RunFacts } from '../../report/input.js';

/** The methods, in the order in which they run. */
export const METHODS = ['adiabatic', 'fokker-planck', 'sgd', 'langevin'] as const;
/** Names a method. */
export type Method = (typeof METHODS)[number];

/** Holds an array, row-major. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Holds means and covariances, each with its error; where walkers are absorbed, of those that remain. */
export interface MomentEstimates {
  readonly mean: readonly Estimate[];
  /** xx, or xx, xy, yy. */
  readonly covariance: readonly Estimate[];
  /** Mean loss, where the landscape has one. */
  readonly loss?: Estimate;
}

/** Holds one quantity by all methods that have it. */
export interface MomentRow {
  readonly name: string;
  readonly values: Readonly<Partial<Record<Method, Estimate>>>;
}

/** Numbers in the order of `MomentEstimates`. */
export interface MomentNumbers {
  readonly mean: readonly number[];
  readonly covariance: readonly number[];
  readonly loss?: number;
}

/** Holds the results of a method that are single numbers. */
export interface MethodSummary {
  readonly method: Method;
  /** Its name in tables and legends. */
  readonly label: string;
  /** What was computed, with its steps, in one sentence. */
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
  /**
   * Total variation that counting noise alone causes, for the marginals by name and for the joint density; 0 for a
   * computed density.
   */
  readonly noiseFloor: Readonly<Record<string, number>>;
  /** Numbers of this method alone, for the report. */
  readonly facts: Readonly<Record<string, Json>>;
  readonly warnings: readonly string[];
}

/**
 * Holds a method's summary and its arrays:
 *
 *     density [ny, nx] or [nx]      marginal_x [nx]  marginal_y [ny]  floor [nx] (density on y = 0, normalised along x)
 *     current_x, current_y          probability current at the cells
 *     paths [paths, points, size] with path_times [points]
 *     times [T], mean and mean_error [T, size], covariance [T, 1 or 3], survival and survival_error [T]
 *     snapshot_times [S], snapshots [S, ny, nx]
 *     exit_times [walkers that were absorbed]
 *
 * In a transient run all are for the last time, except the series.
 */
export interface MethodResult {
  readonly summary: MethodSummary;
  readonly arrays: Readonly<Record<string, NumberArray>>;
}

/** States the problem for the report. */
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
  /** Momentum of SGD, where it has one. */
  readonly momentum?: number;
  /** Period of x, where it is periodic. */
  readonly period?: number;
  /** Learning rate times the largest curvature on the grid. */
  readonly stepRate?: number;
  /** The interpretation of noise that depends on the place, where it is not Itô's. */
  readonly interpreted?: string;
  /** The slowest relaxation, in units of time, and how it was obtained. */
  readonly relaxation?: { readonly time: number; readonly how: string };
  /** Units of the numbers, where they are not those of the config. */
  readonly scales?: {
    readonly length: number;
    readonly time: number;
    readonly loss: number;
    readonly at: readonly number[];
  };
  /** Formulas and numbers that state the problem, as names and values. */
  readonly statement: readonly (readonly [string, string])[];
  readonly warnings: readonly string[];
  readonly run: RunFacts;
}

/** Holds everything that the report of a simulation is made from. */
export interface SimulationInput {
  readonly facts: SimulationFacts;
  readonly methods: readonly MethodResult[];
}

/** Returns an array of a method by name, where it has one. */
export const arrayOf = (r: MethodResult, name: string): Float64Array | undefined => r.arrays[name]?.data;
