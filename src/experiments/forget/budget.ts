/** The memory, disk and time of `forget`, estimated before it starts. */

import { layerBlocks } from '../../apply/blocks.js';
import type { Constraint } from '../../apply/constraint.js';
import { constraintNamed } from '../../apply/constraints/table.js';
import { layeredTaskBytes } from '../../apply/layered-task.js';
import { DENSE } from '../../apply/network-task.js';
import { DENSE as LAYERED_DENSE } from '../../apply/surface-task.js';
import type { Dataset } from '../../data/dataset.js';
import { taskOf } from '../../data/tasks.js';
import { type DiskPart, documents, FILE_BYTES } from '../../jobs/disk.js';
import { type AnyNetwork, asLayered, countOf, isLayered } from '../../model/any-network.js';
import { resolveLayers } from '../../model/layered/resolve.js';
import { randomKey } from '../../numeric/random.js';
import { penaltyOf } from '../../runs/optimiser.js';
import { protocolOf } from './config.js';
import { specFor } from './network.js';
import type { ForgetConfig } from './schema.js';
import { taskTrainerBytes } from './trainer.js';

/** States the memory and time of an experiment. */
export interface ForgetBudget {
  /** Bytes of the program with the data, and of each worker in addition. */
  readonly base: number;
  readonly worker: number;
  readonly branches: number;
  /** Processor seconds, a rough estimate for a core like that on which the constants were measured. */
  readonly seconds: number;
}

/**
 * Measured on one core (AMD Zen 4): multiply-adds a second in a training step, in an evaluation, bytes of axes a
 * second.
 */
const [STEP, EVALUATION, AXES] = [3.5e10, 1.5e10, 2.2e10];
/** Multiply-adds a second of the products between rows of a window. */
const PRODUCTS = 2e10;
/** Share of inputs that are not zero in images of digits. */
const FILLED = 0.25;
/** Passes over the measured samples that the statistics of a first task take, most of them Hessian-vector products. */
const PASSES = 500;
/** The same for each axis of the constraint at a later task that others follow; methods without axes take about ten. */
const PASSES_PER_AXIS = 7;
/** Seconds that a worker thread takes to start and to read what it needs. */
const THREAD = 0.25;

/** How much longer a pass over samples takes on the surface of layers, in float64. */
const SURFACE = 4;
/** Passes of the statistics of one layer there: the iteration for its directions, and the widths along them. */
const PASSES_OF_LAYER = (axes: number): number => 2 * (2 * axes + 60) + 15 * axes;

/** Returns the multiply-adds of a forward pass of one sample; a first dense layer skips inputs that are zero. */
function multiplications(spec: AnyNetwork): number {
  return resolveLayers(asLayered(spec)).reduce((sum, { type, index, parameters: [weight], outputShape: [, h, w] }) => {
    if (type === 'conv') return sum + h * w * weight.size;
    if (type !== 'dense') return sum;
    return sum + weight.size * (index === 0 ? FILLED : 1);
  }, 0);
}

/** Adds up the numbers that the layers of a perceptron make of a sample. */
const widthsOf = (spec: AnyNetwork): number => (isLayered(spec) ? 0 : spec.widths.slice(1).reduce((a, b) => a + b, 0));

/** Estimates the memory and time of an experiment. */
export function forgetBudget(config: ForgetConfig, dataset: Dataset): ForgetBudget {
  const { training, head, network, constraints, strengths, methods, seeds, statistics } = config;
  const protocol = protocolOf(config);
  const task = taskOf(dataset, protocol, 0, { head, validationShare: training.validationShare, key: randomKey(0) });
  const spec = specFor(network, task);
  const layers = layerBlocks(spec);
  const P = layers.reduce((n, l) => n + l.size, 0);
  const perSample = multiplications(spec);
  const flops = (samples: number) => 2 * samples * perSample;
  const onSurface = isLayered(spec) || penaltyOf(config) > 0;
  const slower = onSurface ? SURFACE : 1;
  const later = protocol.tasks.length - 1;
  const steps = Math.floor(task.train.count / training.batchSize);
  const most = Math.max(...constraints);
  const axesBytes = (n: number) => 8 * layers.reduce((s, l) => s + Math.min(n, l.size) * l.size, 0);
  const measured = Math.min(task.train.count, statistics.samples);
  const statisticsSeconds = (passes: number) => (slower * passes * 3 * flops(measured)) / EVALUATION;
  const rows = Math.floor((steps * training.windowEpochs) / training.windowEvery);
  const windowSeconds = (2 * rows * rows * P) / PRODUCTS;
  // steps on batches of earlier tasks in turn with those of the newest one
  const inTurn = (kind: Constraint['kind']) => (kind === 'joint' || kind === 'replay' ? (later + 3) / 2 : 1);
  // a penalty grows by its axes with every earlier task, and is measured again in every branch
  const remembered = (later + 1) / 2;
  const branch = (axes: number, { kind, needsWindow }: Pick<Constraint, 'kind' | 'needsWindow'>) =>
    later *
      training.epochs *
      (steps * inTurn(kind) * ((3 * flops(training.batchSize)) / STEP + (remembered * axesBytes(axes)) / AXES) +
        ((later + 1) * flops(task.test.count)) / EVALUATION) +
    (kind === 'penalty' ? later - 1 : 0) *
      (statisticsSeconds(Math.max(10, PASSES_PER_AXIS * axes)) + (needsWindow ? windowSeconds : 0));
  let [branches, seconds] = [0, THREAD];
  for (const name of methods) {
    const constraint = constraintNamed(name);
    const { kind, takesAxes } = constraint;
    const count = kind === 'penalty' ? strengths.length : 1;
    branches += count;
    seconds += THREAD + count * branch(takesAxes ? most : 0, constraint);
    if (!takesAxes) continue;
    for (const n of constraints)
      if (n !== most) [branches, seconds] = [branches + 1, seconds + THREAD + branch(n, constraint)];
  }
  const firstSeconds =
    ((training.firstEpochs + training.windowEpochs + later * training.epochs) * steps * 3 * flops(training.batchSize)) /
      STEP +
    statisticsSeconds(onSurface ? layers.length * PASSES_OF_LAYER(most) : PASSES) +
    windowSeconds;
  const samples = dataset.train.values.byteLength + (dataset.test?.values.byteLength ?? 0);
  // a trainer for every later task, whose memory is freed some time after its use
  const trainer = { network: spec, samples: task.train, config, batchSize: training.batchSize, key: randomKey(0) };
  const kernels = (2 + later) * taskTrainerBytes(trainer);
  const own =
    (later + 1) * (task.train.values.byteLength + task.validation.values.byteLength + task.test.values.byteLength);
  const dense = Math.max(0, ...layers.map((l) => l.size).filter((n) => n <= (onSurface ? LAYERED_DENSE : DENSE)));
  const statisticsBytes =
    5 * rows * P +
    8 * rows * rows +
    6 * 8 * dense * dense +
    (onSurface ? layeredTaskBytes(task.train) : 16 * measured * widthsOf(spec));
  const penalties = (2 + 4 * later) * axesBytes(most);
  return {
    base: 200e6 + 2 * samples,
    // the statistics of later tasks are measured while earlier penalties are in memory
    worker: 120e6 + own + kernels + (later > 1 ? statisticsBytes + penalties : Math.max(statisticsBytes, penalties)),
    branches: branches * seeds,
    seconds: seeds * (seconds + firstSeconds),
  };
}

/** Points of a profile; numbers of a branch beside profiles and curve, most of them motion along groups of directions. */
const [POINTS, OF_BRANCH] = [41, 120];

/** States what an experiment writes: weights and axes of each seed's first task, and a document for each group of branches. */
export function forgetDisk(config: ForgetConfig, dataset: Dataset, { branches }: ForgetBudget): DiskPart[] {
  const { training, head, network, constraints, statistics, methods, seeds, extend } = config;
  const protocol = protocolOf(config);
  const task = taskOf(dataset, protocol, 0, { head, validationShare: training.validationShare, key: randomKey(0) });
  const spec = specFor(network, task);
  const most = Math.max(...constraints);
  // principal, stiffest and the planes of vortices, with their values; all directions in the layer that is reported
  const axes = layerBlocks(spec).reduce((sum, { name, size }) => {
    const kept = name === statistics.layer || statistics.layer === '' ? [statistics.modes, ...statistics.profiles] : [];
    return sum + 8 * (size + 1) * (2 * Math.min(size, Math.max(most, ...kept)) + Math.min(size, 2 * most));
  }, 0);
  const tasks = protocol.tasks.length;
  const epochs = training.firstEpochs + training.windowEpochs + (tasks - 1) * training.epochs;
  const numbers = 2 * POINTS * statistics.profiles.length + (2 + tasks) * epochs + tasks * tasks + OF_BRANCH;
  const all = branches + seeds * extend * methods.length;
  return [
    {
      what: `the axes of the first task of ${seeds} seeds`,
      bytes: seeds * axes,
      key: 'statistics.modes or constraints',
    },
    {
      what: 'the weights of the first tasks, and the files of all branches',
      bytes: seeds * (4 * countOf(spec) + 4 * FILE_BYTES) + all * FILE_BYTES,
      key: 'seeds',
    },
    documents((all + seeds) * numbers, 3, 'methods or strengths'),
  ];
}
