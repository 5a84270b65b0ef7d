/** The memory that a run needs, part by part, computed before it starts. */
import { pcaMemory } from '../analyse/trajectory/pca.js';
import type { Dataset, Samples } from '../data/dataset.js';
import type { MemoryNeed, MemoryPart } from '../jobs/memory.js';
import { layerNamed } from '../model/network.js';
import { chunkRowsFor } from '../record/trajectory.js';
import { Trainer } from '../train/trainer.js';
import type { Config } from './schema.js';

/** Node itself with the program, measured: about 70 MB resident. */
const BASE = 80e6;

/**
 * Estimates the peak memory in bytes. Training holds the data, the trainer's copy of it, and one chunk of the window;
 * the analysis holds the data and what its eigenproblem needs (`pcaMemory`).
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

function bytesOf(samples: Samples): number {
  return samples.values.byteLength + (samples.labels?.byteLength ?? 0) + (samples.targets?.byteLength ?? 0);
}
