/** What a sweep needs: memory, disk, and time on free cores. */
import type { Samples } from '../../data/dataset.js';
import { type DiskPart, FILE_BYTES, NUMBER_BYTES, REPORT_BYTES } from '../../jobs/disk.js';
import { type PoolMemory, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { networkOf } from '../../runs/network.js';
import { sweptExperiment } from '../swept.js';
import { cellBase, trainConfig } from './config.js';
import { costOf } from './cost.js';
import { dataKey } from './data.js';
import { cellCount, pointCount, pointsOf } from './design.js';
import { withPoint } from './keys.js';
import type { Sweep, SweepConfig } from './schema.js';
import type { SweepData } from './sets.js';

/** Bytes of a cell while the report is made: its document, its rows. */
const CELL_BYTES = 6000;
/** Numbers of a document for each thing that is measured, and beside them. */
const [OF_MEASURE, OF_CELL] = [12, 40];

const bytesOf = ({ values, labels, targets }: Samples): number =>
  values.byteLength + (labels?.byteLength ?? 0) + (targets?.byteLength ?? 0);

/** What the cells of a sweep cost. */
export interface SweepCost {
  /** Seconds of a cell on one core, for every point, or evenly spaced ones where there are very many; empty where nothing is known. */
  readonly seconds: readonly number[];
  /** Bytes of the largest cell beside the program and its data. */
  readonly bytes: number;
}

/** Points whose cost is estimated; among more, so many are taken at equal distances. */
const ESTIMATED = 400;

/** Estimates the cost of the cells at the points of a sweep, by that of single ones. */
export async function sweepCost(config: SweepConfig, data: SweepData): Promise<SweepCost> {
  const { axes, experiment, measure, until } = config;
  const at = pointsOf(config);
  const base = cellBase(config);
  if (experiment !== 'train') {
    const swept = await sweptExperiment(experiment);
    const first = withPoint(base, axes, at(0));
    return { seconds: [], bytes: await swept.memory(swept.seeded ? { ...first, seed: 0 } : first) };
  }
  const points = pointCount(config);
  const costs = Array.from({ length: Math.min(points, ESTIMATED) }, (_, k, count = Math.min(points, ESTIMATED)) => {
    const cell = trainConfig(base, axes, at(Math.floor((k * points) / count)), 0);
    const dataset = data[dataKey(cell)];
    const network = networkOf(cell, dataset);
    return costOf({ config: cell, dataset, network, measures: measure, ...(until && { until }) });
  });
  return {
    seconds: costs.map(({ seconds }) => Number(seconds.toPrecision(3))),
    bytes: Math.max(...costs.map(({ bytes }) => bytes)),
  };
}

/** Returns the estimated seconds of a cell at a point; undefined where nothing is known. */
export function secondsAt({ seconds }: SweepCost, point: number, points: number): number | undefined {
  return seconds[Math.floor((point * seconds.length) / points)];
}

/** Returns the estimated seconds of all cells on one core; undefined where nothing is known. */
export function secondsOfAll({ config, seeds }: Sweep, { seconds }: SweepCost): number | undefined {
  if (seconds.length === 0) return undefined;
  return (seconds.reduce((sum, s) => sum + s, 0) / seconds.length) * pointCount(config) * seeds.length;
}

/** Estimates the memory: the data, and for each worker its cell. */
export function sweepMemory(sweep: Sweep, data: SweepData, { bytes }: SweepCost): PoolMemory {
  const held = Object.values(data).reduce((sum, d) => sum + bytesOf(d.train) + (d.test ? bytesOf(d.test) : 0), 0);
  return { base: PROGRAM_BYTES + 2 * held + CELL_BYTES * cellCount(sweep), worker: THREAD_BYTES + bytes };
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
