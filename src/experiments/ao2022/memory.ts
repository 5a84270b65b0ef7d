/** The memory and the disk that ao2022 needs, computed before it starts. */
import { type DiskPart, documents } from '../../jobs/disk.js';
import { type MemoryNeed, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { type AnyNetwork, isLayered, recordedBlock } from '../../model/any-network.js';
import { optimiserIn } from '../../runs/optimiser.js';
import type { Loaded } from '../../runs/prepare.js';
import type { AnyConfig } from '../../runs/schema.js';
import { PASS_BYTES } from '../../runs/surface.js';
import { completeOptimiser } from '../../train/optimisers/spec.js';
import { Trainer } from '../../train/trainer.js';
import { SPAN, spanOf } from './system.js';

/** n×n float64 arrays that the modes stage holds at its peak: eigenproblem, products, predictions. */
const ARRAYS = 14;
/** The same beside P: the directions as duals, and what the optimiser's own part of the circulation takes. */
const OWN = 6;
/** Bytes of the states of samples that a surface of layers keeps (`layeredSurface`). */
const STATES = 512 * 2 ** 20;

/** Order of the matrices, and whether the optimiser has a preconditioner. */
function orderOf(config: AnyConfig, network: AnyNetwork, steps: number) {
  const { size: P } = recordedBlock(network, config.record.layer);
  const span = spanOf(config, network, steps);
  const { type } = completeOptimiser(optimiserIn(config, steps));
  return { P, n: span ?? P, span, adaptive: type !== 'sgd' };
}

/** Estimates the peak in bytes: the data, and the larger of the two stages that hold matrices. */
export function ao2022Memory(config: AnyConfig, { dataset, network }: Loaded, steps: number): MemoryNeed {
  const { training, record } = config;
  const { P, n, span, adaptive } = orderOf(config, network, steps);
  const samples = dataset.train;
  const data = samples.values.byteLength + (dataset.test?.values.byteLength ?? 0);
  const passes = isLayered(network)
    ? PASS_BYTES + STATES + 8 * samples.count * SPAN
    : Trainer.memoryBytes({ spec: network, samples, ...training, recordLayer: record.layer });
  const arrays = ARRAYS + (adaptive && span === undefined ? OWN : 0);
  const matrices = 8 * arrays * n * n + (span === undefined ? 0 : 8 * P * (4 * span + 512) + 8 * steps * n);
  const parts = [
    { what: 'Node and the program', bytes: PROGRAM_BYTES + 2 * THREAD_BYTES, key: '' },
    { what: 'the data set', bytes: data, key: 'data.limit' },
    { what: 'the samples in kernel memory', bytes: passes + samples.values.byteLength, key: 'data.limit' },
    {
      what: span === undefined ? `the ${P}×${P} matrices of the layer` : `the ${span} directions of ${P} weights`,
      bytes: matrices,
      key: 'record.layer',
    },
  ];
  const [base, set, train, own] = parts.map((p) => p.bytes);
  return {
    peak: base + set + Math.max(train + 8 * 6 * n * n + (span === undefined ? 0 : 8 * 4 * span * P), own),
    parts,
  };
}

/** Numbers of a mode in each document: curvature, noise, measured and predicted variances. */
const OF_MODE = 9;
/** Numbers of the documents that do not depend on the layer: directions, chains of fits, landscape, circulations. */
const OTHERS = 12_000;

/**
 * States what the decomposition writes. How many modes are settled is known once they are measured: at most all, so that the
 * matrices of the decomposition are counted as large as H.
 */
export function ao2022Disk(config: AnyConfig, network: AnyNetwork, steps: number): DiskPart[] {
  const { P, n, span } = orderOf(config, network, steps);
  const basis = span === undefined ? 0 : 8 * 2 * span * P;
  return [
    { what: `H and C1, ${n}×${n}`, bytes: 8 * 2 * n * n + 8 * n, key: 'record.layer' },
    { what: 'the decomposition in its settled modes', bytes: 8 * 7 * n * n + 8 * n + basis, key: 'record.layer' },
    documents(OF_MODE * n + OTHERS, 4, 'record.layer'),
  ];
}
