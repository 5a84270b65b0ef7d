/** The memory and the disk that ao2022 needs, computed before it starts. */
import type { Dataset } from '../../data/dataset.js';
import { type DiskPart, documents } from '../../jobs/disk.js';
import { type MemoryNeed, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { layerNamed } from '../../model/network.js';
import type { Config } from '../../runs/schema.js';
import { Trainer } from '../../train/trainer.js';

/** P×P float64 arrays that the modes stage holds at its peak: eigenproblem, products, predictions. */
const ARRAYS = 14;

/** Estimates the peak in bytes: the data, and the larger of the two stages that hold P×P matrices. */
export function ao2022Memory(config: Config, dataset: Dataset): MemoryNeed {
  const { network: spec, training, record } = config;
  const layer = layerNamed(spec, record.layer);
  const P = layer.inputs * layer.outputs;
  const samples = dataset.train;
  const data = samples.values.byteLength + (dataset.test?.values.byteLength ?? 0);
  const trainer = Trainer.memoryBytes({ spec, samples, ...training, recordLayer: record.layer });
  const parts = [
    { what: 'Node and the program', bytes: PROGRAM_BYTES + 2 * THREAD_BYTES, key: '' },
    { what: 'the data set', bytes: data, key: 'data.limit' },
    { what: 'the samples in kernel memory', bytes: trainer + samples.values.byteLength, key: 'data.limit' },
    { what: `the ${P}×${P} matrices of the layer`, bytes: 8 * ARRAYS * P * P, key: 'record.layer' },
  ];
  const [base, set, train, matrices] = parts.map((p) => p.bytes);
  return { peak: base + set + Math.max(train + 8 * 6 * P * P, matrices), parts };
}

/** Numbers of a mode in each document: curvature, noise, measured and predicted variances. */
const OF_MODE = 9;
/** Numbers of the documents that do not depend on the layer: directions, chains of fits, landscape, circulations. */
const OTHERS = 12_000;

/**
 * States what the decomposition writes. How many modes are settled is known once they are measured: at most all, so that the
 * matrices of the decomposition are counted as large as H.
 */
export function ao2022Disk({ network, record }: Config): DiskPart[] {
  const { inputs, outputs } = layerNamed(network, record.layer);
  const P = inputs * outputs;
  return [
    { what: `H and C1, ${P}×${P}`, bytes: 8 * 2 * P * P + 8 * P, key: 'record.layer' },
    { what: 'the decomposition in its settled modes', bytes: 8 * 7 * P * P + 8 * P, key: 'record.layer' },
    documents(OF_MODE * P + OTHERS, 4, 'record.layer'),
  ];
}
