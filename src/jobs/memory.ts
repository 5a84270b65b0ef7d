/** The memory a run needs, computed before it starts, part by part. */
import { availableParallelism } from 'node:os';
import { pcaMemory } from '../analyse/trajectory/pca.js';
import type { Dataset, Samples } from '../data/dataset.js';
import { layerNamed } from '../model/network.js';
import { check } from '../numeric/errors.js';
import { chunkRowsFor } from '../record/trajectory.js';
import type { Config } from '../runs/config.js';
import { Trainer } from '../train/trainer.js';
import { usableMemory } from './machine.js';

export interface MemoryPart {
  readonly what: string;
  readonly bytes: number;
  /** The config key that makes it smaller. */
  readonly key: string;
}

export interface MemoryNeed {
  /** Bytes at the worst moment: the base and the larger of training and analysis. */
  readonly peak: number;
  readonly parts: readonly MemoryPart[];
}

/** Node itself with the program, measured: about 70 MB resident. */
const BASE = 80e6;

/**
 * Estimates the peak. Training holds the data, the trainer's copy of it, and one chunk of the window; the analysis holds
 * the data and what its eigenproblem needs (`pcaMemory`).
 */
export function memoryNeed(config: Config, dataset: Dataset, steps: number): MemoryNeed {
  const { network: spec, training, record } = config;
  const layer = layerNamed(spec, record.layer);
  const size = layer.inputs * layer.outputs;
  const n = Math.min(size, steps);
  const trainer = Trainer.memoryBytes({ spec, samples: dataset.train, ...training, recordLayer: record.layer });
  const tester = dataset.test ? Trainer.memoryBytes({ spec, samples: dataset.test, learningRate: 1, batchSize: 1 }) : 0;
  const parts: MemoryPart[] = [
    { what: 'Node and the program', bytes: BASE, key: '' },
    {
      what: 'the data set',
      bytes: bytesOf(dataset.train) + (dataset.test ? bytesOf(dataset.test) : 0),
      key: 'data.limit',
    },
    { what: 'training, with the samples in kernel memory', bytes: trainer + tester, key: 'data.limit' },
    { what: 'one chunk of the window', bytes: 4 * size * chunkRowsFor(size), key: 'record.layer' },
    {
      what: `the eigenproblem of a ${n}×${n} matrix and its directions`,
      bytes: pcaMemory({ T: steps, P: size }),
      key: steps < size ? 'record.windowEpochs' : 'record.layer',
    },
  ];
  const [base, data, train, chunk, analysis] = parts.map((p) => p.bytes);
  return { peak: base + data + chunk + Math.max(train, analysis), parts };
}

/** Refuses a run that does not fit, and says what to change. */
export function checkMemory(need: MemoryNeed, available: number): void {
  const largest = need.parts.slice(1).reduce((a, b) => (b.bytes > a.bytes ? b : a));
  check(
    need.peak <= available,
    'not-enough-memory',
    () =>
      `this run needs about ${gigabytes(need.peak)} of memory, and this machine gives ${gigabytes(available)}; the largest part is ` +
      `${largest.what} (${gigabytes(largest.bytes)}): lower it with ${largest.key}.`,
  );
}

export function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}

function bytesOf(samples: Samples): number {
  return samples.values.byteLength + (samples.labels?.byteLength ?? 0) + (samples.targets?.byteLength ?? 0);
}

/** Bytes of the program and the data, and of each worker beside them. */
export interface PoolMemory {
  readonly base: number;
  readonly worker: number;
}

/**
 * Workers at a time, one per core where none are asked for, as far as memory goes; and the bytes that they need.
 * @param who - what is run, for the refusal: `the controls`
 * @param most - bytes that workers chosen here may take in all; those asked for may take what the machine gives
 * @throws InputError when the machine gives less
 */
export function poolSize(
  { base, worker }: PoolMemory,
  asked: number | undefined,
  { who, most = usableMemory(), advice }: { readonly who: string; readonly most?: number; readonly advice: string },
): { workers: number; need: number } {
  const fitting = Math.floor((Math.min(usableMemory(), most) - base) / worker);
  const workers = Math.max(1, asked || Math.min(availableParallelism(), fitting));
  const need = base + workers * worker;
  check(
    need <= usableMemory(),
    'not-enough-memory',
    `${who} ${who.endsWith('s') ? 'need' : 'needs'} about ${gigabytes(need)} of memory with ${workers} workers, and this machine gives ${gigabytes(usableMemory())}; ${advice}`,
  );
  return { workers, need };
}
