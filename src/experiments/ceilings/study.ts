/**
 * The study of ceilings in cells: one for each state.
 *
 *     ceilings.json              settings, versions, machine, memory, seconds
 *     states/<name>.json         one document a state, whole or absent; <name>.safetensors its weights
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
import { writeModel } from '../../record/checkpoint.js';
import { loadFor } from '../../runs/prepare.js';
import { stateCell } from './cell.js';
import type { CeilingsConfig } from './config.js';
import type { StateCell } from './measured.js';

/** Names a stage. */
type CeilingsStage = 'states' | 'report';

/** Holds what is fixed when the study begins. */
interface CeilingsHead {
  readonly config: CeilingsConfig;
  /** Provenance of the data set. */
  readonly data: unknown;
  readonly memory: unknown;
}

/** Describes the content of ceilings.json. */
type CeilingsRecord = RecordBase<CeilingsStage> & CeilingsHead;
/** Describes an open, locked folder. */
export type CeilingsFolder = JobFolder<CeilingsStage, CeilingsHead>;

const KIND: FolderKind<CeilingsStage> = {
  file: 'ceilings.json',
  format: 'thermograd ceilings',
  stages: ['states', 'report'],
  what: 'a study of ceilings',
  bound: ['states'],
};

/** The folder of the study. */
export const CEILINGS_FOLDER = studyFolder<CeilingsStage, CeilingsHead>(KIND, ['the study of ceilings', 'was']);

/** Names a cell. */
interface CeilingsJob {
  /** Name of the state in `config.states`. */
  readonly state: string;
}

/** The training samples of the study, and where they come from. */
type CeilingsData = Pick<Dataset, 'train' | 'provenance'>;

/** The study of ceilings: how its record is read, and its cells are listed and computed. */
export const CEILINGS_STUDY: StudyKind<CeilingsRecord, CeilingsData, CeilingsJob, StateCell> = {
  worker: new URL('./worker.js', import.meta.url),
  stages: ['states'],
  read: CEILINGS_FOLDER.read,
  load: ({ config }) => loadFor(config.base),
  provenance: ({ provenance }) => provenance,
  provider: ({ config }) => config.base.provider,
  cells: ({ record: { config } }) =>
    config.states.map(({ name }) => ({ file: join('states', `${name}.json`), job: { state: name }, name })),
  damage: (document, { state }, { config }) =>
    otherThan(document, {
      format: 'thermograd ceilings state',
      spec: config.states.find(({ name }) => name === state),
    }),
  async run({ state }, { path, record, data }, report) {
    forceKernelBuild(record.kernelBuild);
    const { config } = record;
    const spec = config.states.find((s) => s.name === state)!;
    const la = await pinnedProvider(record, config.base.provider, path);
    const keep = (weights: Float32Array) =>
      writeModel(join(path, 'states', `${state}.safetensors`), spec.network, weights, { seed: String(spec.seed) });
    return stateCell({ la, config, spec, train: data.train, keep, report });
  },
};
