/** The memory and the disk that `thermograd protect` needs, before it measures. */

import { pcaMemory } from '../../analyse/trajectory/pca.js';
import { layerBlocks } from '../../apply/blocks.js';
import type { Constraint } from '../../apply/constraint.js';
import { layeredTaskBytes } from '../../apply/layered-task.js';
import { iterationBytes } from '../../apply/modes.js';
import { DENSE } from '../../apply/network-task.js';
import { DENSE as LAYERED_DENSE } from '../../apply/surface-task.js';
import type { Samples } from '../../data/dataset.js';
import { type DiskPart, FILE_BYTES } from '../../jobs/disk.js';
import { VERSION } from '../../jobs/machine.js';
import { type MemoryNeed, type MemoryPart, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { type AnyNetwork, countOf, isLayered } from '../../model/any-network.js';
import { Trajectory } from '../../record/trajectory.js';
import { LineLoss } from '../../surface/network/line.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { evaluatorBytes } from '../../train/evaluator.js';
import { thinning } from './job.js';
import { type WindowPlan, windowTrainerBytes } from './window.js';

/** Says what is measured, and how. */
interface ProtectMemoryRequest {
  readonly network: AnyNetwork;
  /** lambda of an L2 penalty, with which the surface of layers measures perceptrons too. */
  readonly decay: number;
  readonly measured: Samples;
  readonly train: Samples;
  readonly held: readonly string[];
  readonly axes: number;
  readonly constraint: Constraint;
  readonly window: WindowPlan | undefined;
}

/** Number of square matrices in an eigenproblem. */
const MATRICES = 6;

/** Estimates the peak memory in bytes, part by part. */
export async function protectMemory(request: ProtectMemoryRequest): Promise<MemoryNeed> {
  const { network, decay, measured, train, held, axes, constraint, window } = request;
  const sizes = sizesOf(network, held);
  const perceptron = isLayered(network) || decay > 0 ? undefined : network;
  const dense = perceptron ? DENSE : LAYERED_DENSE;
  const trained = window?.kind === 'trained';
  const own = measured === train ? 1 : 2;
  const parts: MemoryPart[] = [
    { what: `Node and thermograd ${VERSION} in two threads`, bytes: PROGRAM_BYTES + THREAD_BYTES, key: '' },
    {
      what: 'the training samples',
      bytes: train.values.byteLength * (trained ? 2 : 1) + own * measured.values.byteLength,
      key: '--samples or --limit',
    },
    {
      what: 'the loss of the weights',
      bytes: evaluatorBytes(network, train),
      key: '--limit',
    },
    {
      what: 'passes through the network',
      bytes:
        (perceptron ? NetworkPasses.memoryBytes(perceptron, measured, 256 * 2 ** 20) : layeredTaskBytes(measured)) +
        evaluatorBytes(network, measured),
      key: '--samples',
    },
  ];
  if (constraint.takesAxes) {
    // kept, in the normal form, copied between threads, and in the file
    const kept = 4 * 8 * axes * sizes.reduce((a, b) => a + b, 0);
    parts.push({ what: `${axes} axes of each layer`, bytes: kept, key: '--axes or --layers' });
    const modes = sizes.map((n) => (n <= dense ? 8 * MATRICES * n * n : iterationBytes(n, axes) + 8 * axes * n));
    if (!constraint.needsWindow)
      parts.push({ what: 'eigenvectors of the Hessian', bytes: Math.max(...modes), key: '--axes or --layers' });
    const lines = perceptron ? held.map((name) => LineLoss.memoryBytes(perceptron, name, measured.count)) : [];
    if (perceptron)
      parts.push({ what: 'losses along lines', bytes: lines.reduce((a, b) => a + b, 0), key: '--samples' });
  } else parts.push({ what: 'the penalty', bytes: 4 * 8 * countOf(network), key: '--layers' });
  if (window) {
    const T =
      window.kind === 'recorded' ? (await Trajectory.open(window.windows[0].path)).T : rowsOf(window.steps, axes);
    const rows = trained ? 4 * T * countOf(network) : 0;
    const most = Math.max(...sizes.map((P) => pcaMemory({ T, P, kept: Math.min(axes, P, T - 1) })));
    const training = window.kind === 'trained' ? windowTrainerBytes(network, train, window) : 0;
    parts.push({
      what: `the window of ${T} rows and its principal directions`,
      bytes: rows + most + training,
      key: '--window-epochs or --layers',
    });
  }
  return { peak: parts.reduce((s, p) => s + p.bytes, 0), parts };
}

const rowsOf = (steps: number, axes: number) => Math.floor(steps / thinning(steps, axes));

/** Bytes of an array's name and shape in a file. */
const HEADER = 400;

/** States what the file holds: the anchor, and axes with their weights for each layer or a number for each weight. */
export function protectDisk({
  network,
  held,
  axes,
  constraint,
}: Pick<ProtectMemoryRequest, 'network' | 'held' | 'axes' | 'constraint'>): DiskPart[] {
  const P = countOf(network);
  const sizes = sizesOf(network, held);
  const arrays = 6 + 4 * held.length + 2 * layerBlocks(network).length;
  const file: DiskPart = {
    what: 'the anchor, names and shapes',
    bytes: 8 * P + HEADER * arrays + FILE_BYTES,
    key: '',
  };
  if (!constraint.takesAxes) return [file, { what: 'a number for each weight', bytes: 8 * P, key: '' }];
  // a plane of a vortex has two axes
  const rows = sizes.reduce((sum, size) => sum + Math.min(size, 2 * axes) * (size + 1), 0);
  return [file, { what: `${axes} axes of each layer`, bytes: 8 * rows, key: '--axes or --layers' }];
}

const sizesOf = (network: AnyNetwork, held: readonly string[]): number[] =>
  layerBlocks(network)
    .filter((b) => held.includes(b.name))
    .map((b) => b.size);
