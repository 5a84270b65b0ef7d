/** Advice on a finished run whose network is one of layers, or which another optimiser trained. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Samples } from '../../data/dataset.js';
import { type DiskPart, documents, FILE_BYTES } from '../../jobs/disk.js';
import { type MemoryNeed, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { verifyOutputs } from '../../jobs/outputs.js';
import { type AnyNetwork, asLayered, countOf, networkWords } from '../../model/any-network.js';
import { check, shown } from '../../numeric/errors.js';
import { shellWord } from '../../numeric/shell-word.js';
import { completeRunConfig, firstDifference } from '../../runs/config.js';
import { readRecord } from '../../runs/folder.js';
import type { AnyConfig, PartialConfig } from '../../runs/schema.js';
import { CHECKPOINT, MODEL } from '../../runs/train.js';
import { LayeredTrainer } from '../../train/layered-trainer.js';

/** Returns the config of a run in a folder where advice for any network and optimiser is needed; undefined for others. */
export function anyConfigOf(
  run: string | undefined,
  layers: readonly (PartialConfig | undefined)[],
): AnyConfig | undefined {
  if (run === undefined) return undefined;
  const record = readRecord(run);
  if ('widths' in record.config.network && record.config.optimiser === undefined) return undefined;
  check(
    existsSync(join(run, MODEL)),
    'not-trained',
    () =>
      `the run in ${run} is not trained to the end; continue it with thermograd train --resume --out ${shellWord(run)}.`,
  );
  verifyOutputs(run, record.outputs, [MODEL, CHECKPOINT]);
  const asked = layers.some((layer) => layer?.training?.learningRate !== undefined);
  const { learningRate: _, ...rateless } = (record.config.optimiser ?? {}) as Record<string, unknown>;
  const was = asked && record.config.optimiser ? { ...record.config, optimiser: rateless } : record.config;
  const config = completeRunConfig(was as PartialConfig, ...layers);
  const { data, network } = record.config;
  const other = firstDifference({ data, network }, { data: config.data, network: config.network });
  check(
    other === undefined,
    'config-changed',
    () =>
      `the run in ${run} has ${other!.key} ${shown(other!.was)}, and ${shown(other!.is)} is asked for; advice on a run can change learning rate, batch size and sampling, not the data or the network.`,
  );
  check(
    config.training.sampling !== 'cyclic',
    'cyclic',
    'advice needs batches that are drawn anew: cyclic ones are the same in every epoch; set --sampling shuffled.',
  );
  return config;
}

/** Says for what advice is given. */
export function anyAnnouncement(run: string, network: AnyNetwork, config: AnyConfig): string {
  const { training, data, optimiser } = config;
  return `advice at ${run}: ${networkWords(network)} on ${data.set}, ${optimiser?.type ?? 'sgd'}, learning rate ${training.learningRate}, batches of ${training.batchSize} (${training.sampling})`;
}

/** Bytes that the float64 passes of a surface take at most, and what they keep between requests. */
export const SURFACE_BYTES = { programBytes: 256 * 2 ** 20, cacheBytes: 128 * 2 ** 20 };
/** Vectors of P numbers that an eigenproblem keeps. */
const VECTORS = 120;
/** Samples over which curvature and noise are measured at most: a minute or two of one core for LeNet-5. */
export const MEASURED = 1000;

/** Estimates the memory: Node, the data, trainers in two threads, passes, and vectors of the curvature. */
export function anyMemory(config: AnyConfig, network: AnyNetwork, train: Samples, directions: number): MemoryNeed {
  const trainer = LayeredTrainer.memoryBytes({
    spec: asLayered(network),
    samples: train,
    learningRate: 1,
    batchSize: config.training.batchSize,
  });
  const pairs = (directions * (directions + 1)) / 2;
  const parts = [
    { what: 'Node and thermograd', bytes: PROGRAM_BYTES + 2 * THREAD_BYTES, key: '' },
    {
      what: `the data set ${config.data.set}, shared by all threads`,
      bytes: 2 * train.values.byteLength,
      key: 'data.limit',
    },
    { what: 'training, with the samples in kernel memory', bytes: 3 * trainer, key: 'data.limit' },
    {
      what: 'passes through the network',
      bytes: SURFACE_BYTES.programBytes + SURFACE_BYTES.cacheBytes,
      key: 'network',
    },
    { what: 'vectors of the curvature', bytes: 8 * countOf(network) * VECTORS, key: 'network' },
    {
      what: 'the curvature of every sample',
      bytes: 8 * MEASURED * pairs * 2 + 8 * 45 * pairs * pairs,
      key: '--directions',
    },
  ];
  return { peak: parts.reduce((s, p) => s + p.bytes, 0), parts };
}

/** Numbers of advice, in its document, on the page and in the tables: facts and runs at each rate. */
const NUMBERS = 4000;

/** States what advice writes. */
export const anyDisk = (network: AnyNetwork): DiskPart[] => [
  { what: 'the weights', bytes: 4 * countOf(network) + 4 * FILE_BYTES, key: 'network' },
  documents(NUMBERS, 3),
];
