/** One cell of the controls, from the base weights to its JSON document: the work of a worker thread. */
import type { Samples } from '../../data/dataset.js';
import type { AnyNetwork } from '../../model/any-network.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import { randomKey } from '../../numeric/random.js';
import { branchCell } from './branch.js';
import type { ControlsConfig } from './config.js';
import type { CellContext } from './context.js';
import { fixedCell } from './fixed.js';
import { frozenCell } from './frozen.js';
import type { CellResult } from './measured.js';

/** Describes one cell. */
interface CellJob {
  readonly config: ControlsConfig;
  readonly network: AnyNetwork;
  readonly seed: number;
  /** Name of the cell in `config.cells`. */
  readonly cell: string;
  /** The trained base network. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly la: LinearAlgebra;
}

/** Computes one cell. */
export async function runCell(job: CellJob, report: CellContext['report']): Promise<CellResult> {
  const { la, config, network, seed, weights, samples } = job;
  const cell = config.cells.find((c) => c.name === job.cell)!;
  const key = randomKey(seed).child('controls').child(cell.name);
  const start = performance.now();
  const context: CellContext = { la, config, network, samples, weights, seed, key, report };
  const result =
    cell.kind === 'branch'
      ? await branchCell(context, cell)
      : cell.kind === 'frozen'
        ? await frozenCell(context, cell)
        : fixedCell(context, cell);
  return { ...result, seconds: Math.round(performance.now() - start) / 1000 } as CellResult;
}
