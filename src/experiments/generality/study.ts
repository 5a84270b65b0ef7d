/**
 * The study of generality in cells: one for each run.
 *
 *     generality.json       settings, versions, machine, memory, seconds of each stage
 *     runs/<name>.json      one document a run, whole or absent
 */
import { join } from 'node:path';
import type { Dataset } from '../../data/dataset.js';
import type { StudyKind } from '../../jobs/cells.js';
import type { JobFolder } from '../../jobs/folder.js';
import { otherThan } from '../../jobs/identity.js';
import { pinnedProvider } from '../../jobs/provider.js';
import type { FolderKind, RecordBase } from '../../jobs/record.js';
import { studyFolder } from '../../jobs/study-folder.js';
import { forceKernelBuild } from '../../kernels/load.js';
import { type DatasetRequest, loadDataset } from '../../runs/datasets.js';
import { gridCell } from './cell.js';
import { type GeneralityConfig, type GridRun, gridRuns, setName } from './config.js';
import type { RunResult } from './measured.js';

/** Names a stage. */
type GeneralityStage = 'runs' | 'report';

/** Holds what is fixed when the study begins. */
interface GeneralityHead {
  readonly config: GeneralityConfig;
  seeds: number;
  /** Data sets of the preset whose files are not on this machine. */
  readonly missing: readonly string[];
  /** Provenance of each data set. */
  readonly data: unknown;
  readonly memory: unknown;
}

/** Describes the content of generality.json. */
type GeneralityRecord = RecordBase<GeneralityStage> & GeneralityHead;
/** Describes an open, locked folder. */
export type GeneralityFolder = JobFolder<GeneralityStage, GeneralityHead>;

const KIND: FolderKind<GeneralityStage> = {
  file: 'generality.json',
  format: 'thermograd generality',
  stages: ['runs', 'report'],
  what: 'a study of generality',
  bound: ['runs'],
};

/** The folder of the study. */
export const GENERALITY_FOLDER = studyFolder<GeneralityStage, GeneralityHead>(KIND, ['the study of generality', 'was']);

/** The data of the study: training samples by set. */
export type GridData = Readonly<Record<string, Dataset>>;

/** Loads the data of a grid. */
export async function loadSets({ sets, limit }: Pick<GeneralityConfig, 'sets' | 'limit'>): Promise<GridData> {
  const out: Record<string, Dataset> = {};
  for (const set of sets) {
    const { test: _, ...rest } = await loadDataset(set as DatasetRequest, { limit });
    out[set] = rest;
  }
  return out;
}

/** Returns the provenance of each set. */
export const provenanceOf = (data: GridData): unknown =>
  Object.fromEntries(Object.entries(data).map(([set, { provenance }]) => [set, provenance]));

/** Names the document of a run. */
const fileOf = ({ set, network, optimiser, loss, setting, seed }: GridRun, { settings }: GeneralityConfig): string => {
  const { batchSize, factor } = settings[setting];
  const kind = loss === 'cross-entropy' ? '' : '-squared';
  return join('runs', `${setName(set)}-${network}-${optimiser}${kind}-b${batchSize}-x${factor}-seed${seed}.json`);
};

/** What a run costs, in units of one of the perceptron. */
const WEIGHT: Readonly<Record<GridRun['network'], number>> = { mlp: 1, lenet5: 6, 'cnn-small': 12, resnet8: 30 };

/** The study: how its record is read, and its cells are listed and computed. */
export const GENERALITY_STUDY: StudyKind<GeneralityRecord, GridData, GridRun, RunResult> = {
  worker: new URL('./worker.js', import.meta.url),
  stages: ['runs'],
  read: GENERALITY_FOLDER.read,
  load: ({ config }) => loadSets(config),
  provenance: provenanceOf,
  provider: () => 'auto',
  cells: ({ record: { config, seeds } }) =>
    gridRuns(config, seeds).map((run) => {
      const file = fileOf(run, config);
      return { file, job: run, name: file.slice('runs/'.length, -'.json'.length), weight: WEIGHT[run.network] };
    }),
  damage: (document, { set, network, optimiser, loss, seed }) =>
    otherThan(document, { format: 'thermograd generality run', set, network, optimiser, loss, seed }),
  async run(run, { path, record, data }, report) {
    forceKernelBuild(record.kernelBuild);
    const la = await pinnedProvider(record, 'auto', path);
    return gridCell({ run, config: record.config, dataset: data[run.set], la, report });
  },
};
