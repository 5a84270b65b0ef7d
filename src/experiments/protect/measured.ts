/** What is known of a penalty once it is written. */
import type { BlockDiagnostics, UnitStrength } from '../../apply/constraint.js';
import type { TaskTraining } from '../../apply/task.js';
import type { KernelBuild } from '../../kernels/load.js';
import type { WindowSeen } from './job.js';

/** Holds the penalty's properties and the file it was written to. */
export interface ProtectResult {
  readonly file: string;
  readonly bytes: number;
  /** Of the whole file, as sha256sum gives it. */
  readonly sha256: string;
  readonly method: string;
  readonly title: string;
  readonly source: string;
  /** Where the weights came from. */
  readonly origin: string;
  /** Widths of a multilayer perceptron; another network in words. */
  readonly network: readonly number[] | string;
  /** The optimiser that the training or the config names; absent for SGD with `momentum`. */
  readonly optimiser?: string;
  readonly data: string;
  readonly samples: number;
  readonly loss: number;
  /** Samples that the weights classify wrongly; NaN without classes. */
  readonly errors: number;
  readonly layers: readonly BlockDiagnostics[];
  /** The strength in the file: the natural one, or 1 where there is none. */
  readonly strength: number;
  readonly unit: UnitStrength;
  readonly learningRate: number;
  readonly momentum: number;
  readonly stiffest: number;
  /**
   * Explicit steps of SGD at that learning rate are stable below this strength, 2(1 + mu)/(eta·stiffest), and with Nesterov's momentum below
   * 2(1 + mu)/((1 + 2 mu)·eta·stiffest); NaN for optimisers that divide by the size of the gradient, whose steps stay bounded at any strength.
   */
  readonly largestStrength: number;
  readonly window?: WindowSeen & { readonly trained: boolean };
  /** The training that methods of the stationary state assume. */
  readonly training?: TaskTraining;
  /** Why the weights are probably not read as they were trained, where something suggests it. */
  readonly doubts?: readonly string[];
  readonly seed: number;
  readonly thermograd: string;
  readonly linearAlgebra: string;
  readonly kernelBuild: KernelBuild;
}
