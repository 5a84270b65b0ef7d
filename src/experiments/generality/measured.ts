/** The documents that the runs of the grid leave. */
import type { NetworkName } from '../../model/layered/named.js';
import type { LossKind } from '../../model/network.js';
import type { RunFacts } from '../../report/input.js';
import type { LayerMeasured } from '../../runs/relation/layer.js';
import type { GeneralityConfig } from './config.js';

/** One layer of a run. */
export interface LayerResult {
  readonly layer: string;
  /** Kind of the layer, and shape of its weight. */
  readonly type: string;
  readonly shape: readonly number[];
  /** For adaptive optimisers: median over the weights of max(r, 1/r), r = √v at the end over √v at the beginning of the window. */
  readonly moved?: number;
  readonly measured?: LayerMeasured;
  /** Why there is nothing measured. */
  readonly failed?: string;
}

/** One run. */
export interface RunResult {
  readonly format: 'thermograd generality run';
  readonly set: string;
  readonly network: NetworkName;
  readonly optimiser: string;
  readonly loss: LossKind;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Epochs before the window, its steps, and whether the stopping rule was met. */
  readonly epochs: number;
  readonly windowSteps: number;
  readonly met: boolean;
  readonly trainLoss: number;
  readonly trainErrors: number;
  readonly layers: readonly LayerResult[];
  /** Why the run has no layers. */
  readonly failed?: string;
}

/** The input of the report. */
export interface GeneralityInput {
  readonly title: string;
  readonly config: GeneralityConfig;
  readonly runs: readonly RunResult[];
  /** Data sets that were left out because their files are not there. */
  readonly missing: readonly string[];
  readonly run: RunFacts;
}
