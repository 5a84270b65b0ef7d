/**
 * The study of real networks in cells: for each seed one cell for each setting of the noise, and one for the ceiling.
 *
 *     network.json                    settings, versions, machine, memory, seconds
 *     seeds/seed<n>/<cell>.json       one document a cell, whole or absent
 */
import { join } from 'node:path';
import type { Dataset } from '../../../data/dataset.js';
import type { StudyKind } from '../../../jobs/cells.js';
import type { JobFolder } from '../../../jobs/folder.js';
import { otherThan } from '../../../jobs/identity.js';
import type { FolderKind, RecordBase } from '../../../jobs/record.js';
import { studyFolder } from '../../../jobs/study-folder.js';
import { forceKernelBuild } from '../../../kernels/load.js';
import { loadFor } from '../../../runs/prepare.js';
import { type NetworkJob, networkCells, runNetworkCell } from './cell.js';
import type { NetworkStudyConfig } from './config.js';
import type { NetworkCell } from './measured.js';

/** Holds what is fixed when the study begins. */
export interface NetworkStudyHead {
  readonly config: NetworkStudyConfig;
  seeds: number;
  /** Provenance of the data set. */
  readonly data: unknown;
  readonly memory: unknown;
}

/** Describes the content of network.json. */
export type NetworkStudyRecord = RecordBase<'cells'> & NetworkStudyHead;
/** Describes an open, locked folder. */
export type NetworkStudyFolder = JobFolder<'cells', NetworkStudyHead>;

const KIND: FolderKind<'cells'> = {
  file: 'network.json',
  format: 'thermograd valley-network',
  stages: ['cells'],
  what: 'a study of real networks',
};

/** The folder of the study of real networks. */
export const NETWORK_FOLDER = studyFolder<'cells', NetworkStudyHead>(KIND, ['the study', 'was']);

/** The document in the study's folder from which its report is made. */
export const NETWORK_INPUT = 'input.json';

/** Holds the training and test samples of the study. */
type NetworkData = Pick<Dataset, 'train' | 'test' | 'provenance'>;

/** The study of real networks: how its record is read, and its cells are listed and computed. */
export const NETWORK_STUDY: StudyKind<NetworkStudyRecord, NetworkData, NetworkJob, NetworkCell> = {
  worker: new URL('./worker.js', import.meta.url),
  stages: ['cells'],
  read: NETWORK_FOLDER.read,
  load: ({ config }) => loadFor(config.base),
  provenance: ({ provenance }) => provenance,
  cells: ({ record: { config, seeds } }) =>
    Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
      networkCells(config).map((cell) => ({
        file: join('seeds', `seed${seed}`, `${cell}.json`),
        job: { seed, cell },
        name: `seed ${seed}, ${cell}`,
      })),
    ),
  damage: (document, job) => otherThan(document, { format: 'thermograd valley-network cell', ...job }),
  run(job, { record, data }, report) {
    forceKernelBuild(record.kernelBuild);
    return runNetworkCell(job, record.config, data, report);
  },
};
