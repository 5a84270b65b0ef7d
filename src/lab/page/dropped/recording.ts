/** What the page and the worker of recordings say to each other. */
import type { DirectionDynamics } from '../../../analyse/trajectory/results.js';
import type { Parameter, TrainingFacts } from '../../../record/recording/table.js';

/** Opens a recording among files. */
export interface ToRecording {
  readonly files: ReadonlyMap<string, Blob>;
  readonly path: string;
  /** Pattern of the parameters that are measured, as of a shell; all without it. */
  readonly params?: string;
}

/** What a recording says of itself. */
export interface RecordingFacts {
  readonly format: string;
  /** Rows, and weights in a row. */
  readonly T: number;
  readonly P: number;
  readonly parameters: readonly Parameter[];
  /** Steps between rows, and who says so. */
  readonly every: number;
  readonly stepsFrom: 'files' | 'user' | 'rows';
  readonly training: TrainingFacts;
  readonly notes: readonly string[];
}

/** Variances along principal directions, descending, weight². */
export interface RecordingSpectrum {
  readonly variances: readonly number[];
  readonly resolution: number;
  readonly totalVariance: number;
}

export type FromRecording =
  | { readonly type: 'facts'; readonly facts: RecordingFacts }
  | { readonly type: 'working'; readonly what: string }
  | { readonly type: 'spectrum'; readonly spectrum: RecordingSpectrum }
  | { readonly type: 'dynamics'; readonly dynamics: readonly DirectionDynamics[]; readonly every: number }
  | { readonly type: 'error'; readonly sentence: string };
