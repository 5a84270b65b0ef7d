/** The memory and the disk that a run needs, part by part, computed before it starts. */
import { availableParallelism } from 'node:os';
import { pcaMemory } from '../analyse/trajectory/pca.js';
import type { Dataset, Samples } from '../data/dataset.js';
import { type DiskPart, documents, FILE_BYTES } from '../jobs/disk.js';
import { type MemoryNeed, type MemoryPart, PROGRAM_BYTES, THREAD_BYTES } from '../jobs/memory.js';
import { type AnyNetwork, countOf, isLayered, recordedBlock } from '../model/any-network.js';
import { completeOptimiser, type OptimiserSpec } from '../train/optimisers/spec.js';
import { OPTIMISERS } from '../train/optimisers/table.js';
import { eachLayer, layersIn } from './layers.js';
import { trainerBytes } from './learner.js';
import { dynamicsRanks, flatnessRanks } from './ranks.js';
import type { AnyConfig } from './schema.js';
import { PASS_BYTES } from './surface.js';
import { chunkRowsOf, hasWindowStart } from './window-writers.js';

/** The data of a run and its network. */
interface OfRun {
  readonly dataset: Dataset;
  readonly network: AnyNetwork;
}

/**
 * Estimates the peak memory in bytes. Training holds the data, the trainer's copy of it, and one chunk of every window;
 * the analysis holds the data and what its eigenproblem needs (`pcaMemory`), of one recorded layer after the other.
 */
export const memoryNeed = (config: AnyConfig, run: OfRun, steps: number): MemoryNeed =>
  eachLayer(config)
    .map((own) => needOfLayer(own, run, steps))
    .reduce((most, need) => (need.peak > most.peak ? need : most));

function needOfLayer(config: AnyConfig, { dataset, network }: OfRun, steps: number): MemoryNeed {
  const { record } = config;
  const { size } = recordedBlock(network, record.layer);
  const n = Math.min(size, steps);
  const perEpoch = steps / record.windowEpochs;
  const trainer = trainerBytes(network, dataset.train, dataset.test, config, perEpoch);
  const parts: MemoryPart[] = [
    {
      what: 'Node, the program and its threads',
      bytes: PROGRAM_BYTES + THREAD_BYTES * (config.workers || availableParallelism()),
      key: 'workers',
    },
    {
      what: 'the data set',
      bytes: bytesOf(dataset.train) + (dataset.test ? bytesOf(dataset.test) : 0),
      key: 'data.limit',
    },
    { what: 'training, with the samples in kernel memory', bytes: trainer, key: 'data.limit' },
    {
      what: 'one chunk of every window, and what every step has: loss, correct answers, motion along the directions',
      bytes:
        8 * sizesOf(config, network) * chunkRowsOf({ network, config }) +
        steps * (12 + 16 * dynamicsRanks(config.analysis, n).length),
      key: 'record.windowEpochs or record.layer',
    },
    {
      what: `the eigenproblem of a ${n}×${n} matrix and its directions`,
      bytes: pcaMemory({ T: steps, P: size }),
      key: steps < size ? 'record.windowEpochs' : 'record.layer',
    },
    { what: 'walks with the noise of the run', bytes: walkBytes(config, size, steps), key: 'record.layer' },
  ];
  if (isLayered(network))
    parts.push({
      what: 'losses along directions in float64, in every thread',
      bytes: (config.workers || availableParallelism()) * (PASS_BYTES + bytesOf(dataset.train)),
      key: 'workers',
    });
  // beyond the budget the relation is not measured
  const rows = 16 * steps * size;
  if (hasWindowStart({ network, config }) && rows <= config.analysis.memoryBudget)
    parts.push({
      what: 'the relation under its controls, with the rows of the window and of its walk',
      bytes: rows + pcaMemory({ T: steps, P: size }) + PASS_BYTES,
      key: 'record.windowEpochs or record.layer',
    });
  const [base, data, chunk] = [parts[0].bytes, parts[1].bytes, parts[3].bytes];
  return { peak: base + data + chunk + Math.max(...[parts[2], ...parts.slice(4)].map((p) => p.bytes)), parts };
}

/** Weights of all recorded layers. */
const sizesOf = (config: AnyConfig, network: AnyNetwork): number =>
  layersIn(config).reduce((sum, layer) => sum + recordedBlock(network, layer).size, 0);

function bytesOf(samples: Samples): number {
  return samples.values.byteLength + (samples.labels?.byteLength ?? 0) + (samples.targets?.byteLength ?? 0);
}

/**
 * Estimates the memory of the stage that draws the null: two threads, each with up to 1000 modes of up to 1500 directions,
 * their product and its eigenproblem, twice, as what a draw leaves is collected late; before it the covariance itself. Where that is
 * over the budget no walk is drawn.
 */
function walkBytes({ analysis }: AnyConfig, size: number, steps: number): number {
  if (24 * size ** 2 > analysis.memoryBudget) return 0;
  const [directions, modes] = [Math.min(1500, size), Math.min(1000, steps)];
  const draws = 2 * 2 * 8 * (modes * directions + 4 * directions ** 2);
  return Math.max(draws, 8 * 4 * size ** 2);
}

/** Points of a drawn path, planes, and numbers of a point. */
const PATHS = 3000 * 2 * 3;
/** Numbers that the documents hold of a direction whose motion is measured, and of one whose width is: most are lags and points. */
const [MOTION, WIDTH] = [90, 20];
/** Numbers of the documents that do not depend on the settings: profiles, walks, fits. */
const OTHERS = 6000;

/**
 * States what the analysis of a window writes: each number stands in the document of its stage, in analysis.json, in the
 * report and in a table.
 */
export function analysisDisk(config: AnyConfig, network: AnyNetwork, steps: number): DiskPart {
  const { training, record, analysis } = config;
  const epochs = training.stop.rule === 'epochs' ? training.stop.epochs + record.windowEpochs : training.maxEpochs;
  const numbers = layersIn(config).map((layer) => {
    const ranks = Math.min(recordedBlock(network, layer).size, steps);
    return (
      2 * ranks +
      MOTION * dynamicsRanks(analysis, ranks).length +
      WIDTH * flatnessRanks(analysis, ranks).length +
      PATHS * Math.min(1, steps / 3000) +
      5 * Math.min(epochs, training.maxEpochs) +
      OTHERS
    );
  });
  return documents(
    numbers.reduce((sum, n) => sum + n, 0),
    4,
    'analysis.directions',
  );
}

/** Numbers of a chunk of the principal directions (`writeArrays`). */
const CHUNK = 1e6;

/**
 * States what a run writes: the windows, the principal directions, weights with a checkpoint, documents and the report.
 */
export function diskNeed(config: AnyConfig, network: AnyNetwork, steps: number): DiskPart[] {
  const size = sizesOf(config, network);
  const rows = chunkRowsOf({ network, config });
  const windows = layersIn(config).length;
  // a chunk more: the last one is not filled, or is written again beside itself
  const chunks = Math.ceil(steps / rows) + 1;
  return [
    {
      what: windows === 1 ? 'the recorded window' : `the recorded windows of ${windows} layers`,
      // weights, and loss, correct answers and step of every step, in whole chunks
      bytes: ((4 * size + 12 * windows) * rows + 4 * windows * FILE_BYTES) * chunks,
      key: 'record.windowEpochs or record.layer',
    },
    directionsDisk(config, network, steps),
    {
      what: 'weights and checkpoints, each beside its predecessor',
      bytes: weightsBytes(config, network),
      key: 'network',
    },
    analysisDisk(config, network, steps),
  ];
}

/** Bytes of the weights at the end, of a checkpoint beside its predecessor, and of that of the beginning of the window where it is kept. */
function weightsBytes(config: AnyConfig, network: AnyNetwork): number {
  const { optimiser } = config;
  const spec = optimiser && completeOptimiser(optimiser as unknown as OptimiserSpec);
  const kept = spec ? OPTIMISERS[spec.type].vectors(spec).length : 1;
  const checkpoints = hasWindowStart({ network, config }) ? 3 : 2;
  return 4 * (1 + checkpoints * (1 + kept)) * countOf(network);
}

/** States what the principal component analysis of every window writes as arrays. */
export function directionsDisk(config: AnyConfig, network: AnyNetwork, steps: number): DiskPart {
  const bytes = layersIn(config).reduce((sum, layer) => {
    const { size } = recordedBlock(network, layer);
    const ranks = Math.min(size, steps - 1);
    return sum + 8 * ((ranks + 3) * size + ranks + Math.max(CHUNK, size));
  }, 0);
  return { what: 'the principal directions', bytes, key: 'record.layer' };
}
