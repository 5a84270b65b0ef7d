/** The documents of the cells of `reproduce ceilings`, one for each state, and the input of its report. docs/theory [A2], [N6]. */
import type { VerifyBase } from '../../apply/advice-verify.js';
import type { Estimate } from '../../numeric/estimate.js';
import type { RunFacts } from '../../report/input.js';
import type { CeilingsConfig, StateSpec } from './config.js';

/** Records one short run. */
interface RunTried {
  readonly seed: number;
  /** Whether its loss was above the rim at an evaluation, or not finite, or no weight moved any more. */
  readonly left: boolean;
  /** Number of evaluations until it left, or all forty. */
  readonly looks: number;
  /** Largest loss seen; null where it was not finite. */
  readonly peak: number | null;
}

/** Records the runs at one learning rate. */
export interface RungTried {
  /** The rate is present·factor^rung. */
  readonly rung: number;
  readonly learningRate: number;
  readonly rim: number;
  readonly runs: readonly RunTried[];
}

/** Holds what is measured at a state for the rules of thumb, which are in rivals.ts. */
export interface StateMeasures {
  /** Largest eigenvalue of the Hessian. */
  readonly top: Estimate;
  /** The lowest Ritz value. */
  readonly lowest: Estimate;
  /** Mean-square ceiling along the top eigenvector, at the state's batch size, [V4]. */
  readonly alongTop: number;
  /** Mean-square ceiling in the span of top eigenvectors and hard samples, [A2]. */
  readonly coupled: Estimate;
  /** E|g_B|²/E[g_Bᵀ H_B g_B] at the state's batch size. */
  readonly sharpness: Estimate;
  /** Tr C1 and |g|² of the mean loss. */
  readonly trace: Estimate;
  readonly squaredGradient: number;
}

interface StateHead {
  readonly format: 'thermograd ceilings state';
  readonly spec: StateSpec;
  readonly seconds: number;
}

/** A state that was trained, measured and tried. */
export interface TriedState extends StateHead {
  readonly outcome: 'tried';
  readonly epochs: number;
  readonly steps: number;
  /** Misclassified training samples; null for squared error. */
  readonly errors: number | null;
  /** Loss over all training samples. */
  readonly loss: number;
  readonly base: VerifyBase;
  readonly measures: StateMeasures;
  readonly rungs: readonly RungTried[];
}

/** A setting that led to no state, with the reason. */
export interface NoState extends StateHead {
  readonly outcome: 'none';
  readonly why: string;
}

/** The document of a cell. */
export type StateCell = TriedState | NoState;

/** The input of the report. */
export interface CeilingsInput {
  readonly title: string;
  readonly config: CeilingsConfig;
  readonly cells: readonly StateCell[];
  readonly run: RunFacts;
}
