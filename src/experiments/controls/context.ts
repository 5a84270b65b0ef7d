/** The context of the cells of the controls. */
import type { Samples } from '../../data/dataset.js';
import type { AnyNetwork } from '../../model/any-network.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import type { Key } from '../../numeric/random.js';
import type { ControlsConfig } from './config.js';

/** Holds what every cell is given. */
export interface CellContext {
  readonly la: LinearAlgebra;
  readonly config: ControlsConfig;
  readonly network: AnyNetwork;
  readonly samples: Samples;
  readonly weights: Float32Array;
  readonly seed: number;
  /** key(seed)/controls/cell. */
  readonly key: Key;
  /** What is being done, and a rough share of the whole. */
  readonly report: (what: string, share: number) => void;
}
