/** The memory that the controls need, before they start. */
import type { Dataset } from '../../data/dataset.js';
import { type PoolMemory, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { layerNamed } from '../../model/network.js';
import { Trainer } from '../../train/trainer.js';
import type { ControlsConfig } from './config.js';

/**
 * The most P×P matrices of float64 that a cell holds at once: pieces of the windows, H, C, eigenvectors and a solver's
 * workspace.
 */
const MATRICES = 15;

/**
 * Estimates the memory of a worker. A cell keeps no trajectory on disk or in memory: 36 000 rows of 2500 weights (360
 * MB) are summed as they arrive.
 */
export function controlsMemory(config: ControlsConfig, dataset: Dataset): PoolMemory {
  const { network: spec, training, record } = config.base;
  const layer = layerNamed(spec, record.layer);
  const P = layer.inputs * layer.outputs;
  const { train } = dataset;
  const data = train.values.byteLength + (train.labels?.byteLength ?? 0);
  const trainer = Trainer.memoryBytes({ spec, samples: train, ...training, recordLayer: layer.name });
  return {
    base: PROGRAM_BYTES + 2 * data,
    worker: THREAD_BYTES + 25e6 + 2 * trainer + 8 * MATRICES * P * P,
  };
}
