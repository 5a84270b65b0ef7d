/**
 * The study of a sweep in cells: one for each point and seed.
 *
 *     sweep.json                    the complete sweep, its seeds, versions, machine, memory
 *     cells/<thousands>/<index>.json    one document a cell, whole or absent
 */
import type { StudyKind } from '../../jobs/cells.js';
import { JobFolder } from '../../jobs/folder.js';
import { pinnedProvider } from '../../jobs/provider.js';
import { type FolderKind, type RecordBase, readRecord, recordIn } from '../../jobs/record.js';
import { forceKernelBuild } from '../../kernels/load.js';
import { sameData } from '../../numeric/json.js';
import type { ProviderChoice } from '../../numeric/linalg/provider.js';
import { networkOf } from '../../runs/network.js';
import type { Scalar } from './axes.js';
import { sweepCell } from './cell.js';
import { cellBase, trainConfig } from './config.js';
import { checkRecord, damageOfCell } from './damage.js';
import { dataKey } from './data.js';
import { cellAt, cellCount, labelled, type Point, pointCount, pointsOf } from './design.js';
import { withPoint } from './keys.js';
import type { SweepCell } from './measured.js';
import { type SweepCost, secondsAt } from './memory.js';
import { otherCell } from './other.js';
import type { Sweep, SweepConfig } from './schema.js';
import { loadSweep, provenanceOf, type SweepData } from './sets.js';

/** Names a stage. */
export type SweepStage = 'cells' | 'report';

/** Holds what is fixed when a sweep begins; the seeds may grow. */
export interface SweepHead {
  readonly config: SweepConfig;
  seeds: readonly number[];
  /** Provenance of each data set. */
  readonly data: unknown;
  readonly memory: unknown;
  /** Estimates, for whoever distributes the cells; no number depends on them. */
  readonly cost: SweepCost;
}

/** Describes the content of sweep.json. */
export type SweepRecord = RecordBase<SweepStage> & SweepHead;
/** Describes an open, locked folder. */
export type SweepFolder = JobFolder<SweepStage, SweepHead>;

const KIND: FolderKind<SweepStage> = {
  file: 'sweep.json',
  format: 'thermograd sweep',
  stages: ['cells', 'report'],
  what: 'a sweep',
  bound: ['cells'],
};

const differs =
  (path: string, config: SweepConfig, data?: unknown) =>
  (before: SweepHead): string | undefined => {
    if (!sameData(cellsOf(before.config), cellsOf(config)))
      return `the sweep in ${path} was begun with another ${changed(before.config, config)}; leave it as it was, or choose another folder with --out.`;
    if (data !== undefined && !sameData(before.data, data))
      return `the sweep in ${path} was begun with other data; choose another folder with --out.`;
    return undefined;
  };

/** Returns what determines the cells: figures, laws and notes may change, since they are made of the documents. */
const cellsOf = ({ figures: _, laws: __, notes: ___, name: ____, ...cells }: SweepConfig) => cells;

/** Names the first key in which two sweeps differ. */
const changed = (a: SweepConfig, b: SweepConfig): string => {
  const keys = Object.keys(cellsOf(a)) as (keyof ReturnType<typeof cellsOf>)[];
  return keys.find((key) => !sameData(a[key], b[key])) ?? 'config';
};

/** The folder of a sweep. */
export const SWEEP_FOLDER = {
  /** Reads the record of a folder; undefined where there is none. */
  recordIn(path: string): SweepRecord | undefined {
    const record = recordIn<SweepStage, SweepHead>(KIND, path);
    if (record !== undefined) checkRecord(record, path);
    return record;
  },
  /** Reads the record of a folder. @throws InputError when there is none */
  read(path: string): SweepRecord {
    const record = readRecord<SweepStage, SweepHead>(KIND, path);
    checkRecord(record, path);
    return record;
  },
  /** Refuses a folder that cannot be used, before the data are loaded. @throws InputError */
  check(path: string, config: SweepConfig, resume: boolean): void {
    JobFolder.check<SweepStage, SweepHead>(KIND, path, { resume, differs: differs(path, config) });
  },
  /** Opens the folder to continue it, or begins it; there may be more seeds than before. @throws InputError */
  open(path: string, head: SweepHead, resume: boolean, takeOver = false): SweepFolder {
    const conditions = { resume, takeOver, differs: differs(path, head.config, head.data) };
    const folder = JobFolder.open<SweepStage, SweepHead>(KIND, path, head, conditions);
    const { record } = folder;
    record.seeds = joined(record.seeds, head.seeds);
    Object.assign(record.config, {
      figures: head.config.figures,
      laws: head.config.laws,
      notes: head.config.notes,
      name: head.config.name,
    });
    // documents show what is done; every stage looks for what is missing
    for (const stage of KIND.stages) record.stages[stage].status = 'waiting';
    folder.save();
    return folder;
  },
};

/** Appends seeds that are not there yet. */
export const joined = (before: readonly number[], more: readonly number[]): number[] => {
  const there = new Set(before);
  return [...before, ...more.filter((seed) => !there.has(seed))];
};

/** Returns the choice of linear algebra of a sweep. */
export const providerOf = ({ config }: Pick<SweepHead, 'config'>): ProviderChoice =>
  (config.base.provider as ProviderChoice | undefined) ?? 'auto';

/** One cell to be computed: its number, its seed and its point. */
export interface SweepJob {
  readonly index: number;
  readonly seed: number;
  readonly point: Point;
}

/** Cells in a folder of the disk. */
const GROUP = 1000;

/** Names the document of a cell. */
export const fileOf = (index: number): string =>
  `cells/${String(Math.floor(index / GROUP)).padStart(4, '0')}/${index}.json`;

/** Describes a cell in a few words. */
const nameOf = (index: number, values: Record<string, Scalar>, seed: number): string =>
  `cell ${index} (${[...Object.entries(values).map(([key, value]) => `${key.replace(/^.*\./, '')} ${value}`), `seed ${seed}`].join(', ')})`;

/** The study: how its record is read, and its cells are listed and computed. */
export const SWEEP_STUDY: StudyKind<SweepRecord, SweepData, SweepJob, SweepCell> = {
  worker: new URL('./worker.js', import.meta.url),
  stages: ['cells'],
  keepsThreads: true,
  read: SWEEP_FOLDER.read,
  load: ({ config }) => loadSweep(config),
  provenance: provenanceOf,
  provider: providerOf,
  seconds: ({ config, cost }, { index }) => {
    const points = pointCount(config);
    return secondsAt(cost, index % points, points);
  },
  cells({ record: { config, seeds } }) {
    const sweep: Sweep = { config, seeds };
    const at = pointsOf(config);
    return Array.from({ length: cellCount(sweep) }, (_, index) => {
      const { seed, point } = cellAt(sweep, index);
      const job = { index, seed, point: at(point) };
      return { file: fileOf(index), job, name: nameOf(index, labelled(config.axes, job.point), seed) };
    });
  },
  damage: (document, { index, seed, point }, { config: { axes } }) =>
    damageOfCell(document, { index, seed, point: labelled(axes, point) }),
  async run({ index, seed, point }, { path, record, data }, report) {
    forceKernelBuild(record.kernelBuild);
    const { config } = record;
    const { axes, measure, until, experiment } = config;
    const la = await pinnedProvider(record, providerOf(record), path);
    if (experiment !== 'train') {
      const own = withPoint(cellBase(config), axes, point);
      const pinned = { kernel: record.kernelBuild, provider: la.kind === 'embedded' ? 'embedded' : providerOf(record) };
      return otherCell({
        index,
        point: labelled(axes, point),
        seed,
        experiment,
        config: own,
        pinned,
        measure,
        path,
        report,
      });
    }
    const cell = trainConfig(cellBase(config), axes, point, seed);
    const dataset = data[dataKey(cell)];
    const network = networkOf(cell, dataset);
    return sweepCell({
      index,
      point: labelled(axes, point),
      config: cell,
      dataset,
      network,
      measures: measure,
      ...(until && { until }),
      la,
      report,
    });
  },
};
