/** What a sweep needs: memory, disk, and time on free cores. */
import type { Samples } from '../../data/dataset.js';
import { type DiskPart, FILE_BYTES, NUMBER_BYTES, REPORT_BYTES } from '../../jobs/disk.js';
import { type PoolMemory, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { trainerBytes } from '../../runs/learner.js';
import { cellCount, pointCount } from './design.js';
import type { Sweep } from './schema.js';
import type { Fitted, SweepData } from './sets.js';

/** What measurements take beside the trainer: passes over blocks of samples, measured. */
const PASSES = 300e6;
/** Bytes of a cell while the report is made: its document, its rows. */
const CELL_BYTES = 6000;
/** Numbers of a document for each thing that is measured, and beside them. */
const [OF_MEASURE, OF_CELL] = [12, 40];

const bytesOf = ({ values, labels, targets }: Samples): number =>
  values.byteLength + (labels?.byteLength ?? 0) + (targets?.byteLength ?? 0);

/** Estimates the memory: the data, and for each worker a trainer and the measurements. */
export function sweepMemory(sweep: Sweep, data: SweepData, kinds: readonly Fitted[]): PoolMemory {
  const held = Object.values(data).reduce((sum, d) => sum + bytesOf(d.train) + (d.test ? bytesOf(d.test) : 0), 0);
  const trainer = Math.max(
    0,
    ...kinds.map(({ config, dataset, network, batchesPerEpoch }) =>
      trainerBytes(network, dataset.train, undefined, config, batchesPerEpoch),
    ),
  );
  return { base: PROGRAM_BYTES + 2 * held + CELL_BYTES * cellCount(sweep), worker: THREAD_BYTES + PASSES + trainer };
}

/** Estimates what is written. */
export function sweepDisk(sweep: Sweep): DiskPart[] {
  const { measure, axes } = sweep.config;
  const numbers = OF_CELL + axes.length + OF_MEASURE * measure.length;
  const cells = cellCount(sweep);
  return [
    {
      what: 'the documents of the cells',
      bytes: cells * (FILE_BYTES + NUMBER_BYTES * numbers),
      key: 'fewer points or seeds',
    },
    {
      what: 'tables and report',
      bytes: REPORT_BYTES + NUMBER_BYTES * numbers * (cells + pointCount(sweep.config)),
      key: 'fewer points or seeds',
    },
  ];
}
