/** The memory and the disk that the controls need, before they start. */
import { type DiskPart, documents, FILE_BYTES } from '../../jobs/disk.js';
import { type PoolMemory, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { type AnyNetwork, countOf, isLayered, recordedBlock } from '../../model/any-network.js';
import { trainerBytes } from '../../runs/learner.js';
import type { Loaded } from '../../runs/prepare.js';
import { PASS_BYTES } from '../../runs/surface.js';
import { Trainer } from '../../train/trainer.js';
import type { ControlsConfig } from './config.js';

/**
 * The most P×P matrices of float64 that a cell holds at once: pieces of the windows, H, C, eigenvectors and a solver's
 * workspace.
 */
const MATRICES = 17;

/**
 * Estimates the memory of a worker. A cell keeps no trajectory on disk or in memory: 36 000 rows of 2500 weights (360
 * MB) are summed as they arrive.
 */
export function controlsMemory(config: ControlsConfig, { dataset, network }: Loaded): PoolMemory {
  const { training, record } = config.base;
  const { name, size: P } = recordedBlock(network, record.layer);
  const { train } = dataset;
  const data = train.values.byteLength + (train.labels?.byteLength ?? 0);
  const plain = !isLayered(network) && config.base.optimiser === undefined;
  const trainer = plain
    ? Trainer.memoryBytes({ spec: network, samples: train, ...training, recordLayer: name })
    : trainerBytes(network, train, undefined, config.base, Math.floor(train.count / training.batchSize));
  // what a surface takes: its passes, its samples, the states that it keeps
  const surface = plain ? 0 : PASS_BYTES + STATES + 8 * train.count * (train.size + 2 * config.directions);
  return {
    base: PROGRAM_BYTES + 2 * data,
    worker: THREAD_BYTES + 45e6 + 2 * trainer + 8 * MATRICES * P * P + surface,
  };
}

/** Bytes of the states of samples that a surface of layers keeps (`layeredSurface`). */
const STATES = 512 * 2 ** 20;

/** Regimes of a branch beside those of its windows: other halves, the Hessian basis, replicas, surrogates, walks. */
const REGIMES = 8;
/** Numbers of a direction in a regime, and of what is fitted there: values, errors, how they were obtained. */
const [OF_DIRECTION, OF_REGIME] = [6, 160];
/** Numbers of a cell that is no branch. */
const OTHER_CELL = 200;

/** States what the controls write: a network and a document a cell for each seed, and all of it in report and tables. */
export function controlsDisk(config: ControlsConfig, network: AnyNetwork, seeds: number): DiskPart[] {
  const P = countOf(network);
  const numbers = config.cells.reduce(
    (sum, cell) =>
      sum +
      (cell.kind === 'branch'
        ? (cell.windows.length + REGIMES) * (OF_DIRECTION * config.directions + OF_REGIME)
        : OTHER_CELL),
    0,
  );
  return [
    {
      what: 'the base networks, and the files of the cells',
      bytes: seeds * (4 * P + FILE_BYTES * (3 + config.cells.length)),
      key: '--seeds',
    },
    documents(seeds * numbers, 3, '--seeds'),
  ];
}
