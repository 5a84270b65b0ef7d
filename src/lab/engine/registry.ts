/** What a measurement of the live page is given, and the table of all measurements by kind. */
import type { Dataset } from '../../data/dataset.js';
import type { AnyNetwork } from '../../model/any-network.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import type { Key } from '../../numeric/random.js';
import type { Surface, SurfaceBlock } from '../../surface/surface.js';
import type { MeasureArguments, MeasureResults } from '../measures.js';
import type { LabState, MeasureKind, Snapshot } from '../protocol.js';

/** What stands behind a snapshot: it is the same for all measurements of a session. */
export interface Bench {
  readonly state: LabState;
  readonly dataset: Dataset;
  readonly network: AnyNetwork;
  /** The recorded layer. */
  readonly block: SurfaceBlock;
  /** The network over all training samples, with an L2 penalty (0 by default); it is made once and kept. */
  surface(penalty?: number): Surface;
  /** Gives gradients of the data over a few samples in float32; made once and kept. */
  gradients(): BatchGradients;
  readonly la: LinearAlgebra;
  /** Randomness of measurements; a measurement takes `key.child(kind)`. It follows from the seed alone. */
  readonly key: Key;
}

/** Mean gradients over listed samples at given weights. */
export interface BatchGradients {
  setWeights(flat: Float32Array): void;
  gradient(order: Uint32Array): { readonly gradient: Float64Array };
}

/** How a measurement tells of its progress; it resolves after messages were taken, and rejects where the measurement was cancelled. */
export type Report = (share: number, what: string, part?: unknown) => Promise<void>;

/** Measures one kind on a snapshot. It changes nothing of what it is given. */
export type Measure<K extends MeasureKind> = (
  bench: Bench,
  snapshot: Snapshot,
  args: MeasureArguments[K],
  report: Report,
) => Promise<MeasureResults[K]>;

/** The measurements that there are, by kind. */
export type Measurements = { readonly [K in MeasureKind]?: Measure<K> };

/** Kinds that need the rows of the window in their snapshot. */
export const NEEDS_ROWS: readonly MeasureKind[] = [
  'cloud',
  'spectrum',
  'displacement',
  'temperature',
  'flatness',
  'controls',
  'slice',
  'potential',
  'current',
];
