/**
 * The controls as a study in cells: for each seed the base network, then one cell for each control from its weights.
 *
 *     controls.json                     settings, versions, machine, memory, seconds of each stage
 *     seeds/seed<n>/base.safetensors    the trained network, base.json its facts
 *     seeds/seed<n>/<cell>.json         one document a cell, whole or absent
 */
import { join } from 'node:path';
import type { Dataset, Samples } from '../../data/dataset.js';
import type { StudyKind } from '../../jobs/cells.js';
import type { JobFolder } from '../../jobs/folder.js';
import { otherThan } from '../../jobs/identity.js';
import { pinnedProvider } from '../../jobs/provider.js';
import type { FolderKind, RecordBase } from '../../jobs/record.js';
import { studyFolder } from '../../jobs/study-folder.js';
import { forceKernelBuild } from '../../kernels/load.js';
import type { AnyNetwork } from '../../model/any-network.js';
import { RunError } from '../../numeric/errors.js';
import { loadRun } from '../../runs/prepare.js';
import { readBase, trainBase } from './base.js';
import { runCell } from './cell.js';
import type { ControlsConfig } from './config.js';
import type { BaseFacts, CellResult } from './measured.js';

/** Names a stage. */
type ControlsStage = 'bases' | 'cells' | 'report';

/** Holds what is fixed when the study begins. */
interface ControlsHead {
  readonly config: ControlsConfig;
  seeds: number;
  /** Provenance of the data set. */
  readonly data: unknown;
  readonly memory: unknown;
}

/** Describes the content of controls.json. */
type ControlsRecord = RecordBase<ControlsStage> & ControlsHead;
/** Describes an open, locked folder. */
export type ControlsFolder = JobFolder<ControlsStage, ControlsHead>;

const KIND: FolderKind<ControlsStage> = {
  file: 'controls.json',
  format: 'thermograd controls',
  stages: ['bases', 'cells', 'report'],
  what: 'a study of controls',
  bound: ['bases', 'cells'],
};

/** The folder of the controls. */
export const CONTROLS_FOLDER = studyFolder<ControlsStage, ControlsHead>(KIND, ['the controls', 'were']);

/** Returns the path of a file of a seed inside the folder. */
const seedFile = (seed: number, name: string): string => join('seeds', `seed${seed}`, name);

/** Describes a cell of the study: a control of a seed, or its base network. */
type ControlsJob = { readonly seed: number; readonly cell: string } | { readonly seed: number };

const baseFiles = (path: string, seed: number) => ({
  model: join(path, seedFile(seed, 'base.safetensors')),
  facts: join(path, seedFile(seed, 'base.json')),
});

/** What all cells of a study share. */
export interface ControlsData {
  readonly train: Samples;
  readonly network: AnyNetwork;
  readonly provenance: Dataset['provenance'];
}

/** The study of the controls: how its record is read, and its cells are listed and computed. */
export const CONTROLS_STUDY: StudyKind<ControlsRecord, ControlsData, ControlsJob, BaseFacts | CellResult> = {
  worker: new URL('./worker.js', import.meta.url),
  stages: ['bases', 'cells'],
  read: CONTROLS_FOLDER.read,
  async load({ config }) {
    const { dataset, network } = await loadRun(config.base);
    return { train: dataset.train, network, provenance: dataset.provenance };
  },
  provenance: ({ provenance }) => provenance,
  provider: ({ config }) => config.base.provider,
  cells({ record: { config, seeds } }, stage) {
    const all = Array.from({ length: seeds }, (_, seed) => seed);
    return stage === 'bases'
      ? all.map((seed) => ({ file: seedFile(seed, 'base.json'), job: { seed }, name: `base of seed ${seed}` }))
      : all.flatMap((seed) =>
          config.cells.map(({ name }) => ({
            file: seedFile(seed, `${name}.json`),
            job: { seed, cell: name },
            name: `seed ${seed}, ${name}`,
            needs: ['base.json', 'base.safetensors'].map((needed) => seedFile(seed, needed)),
          })),
        );
  },
  damage: (document, job) =>
    otherThan(document, { ...('cell' in job && { format: 'thermograd controls cell' }), ...job }),
  async run(job, { path, record, data }, report) {
    forceKernelBuild(record.kernelBuild);
    const { config } = record;
    const { seed } = job;
    const files = baseFiles(path, seed);
    if (!('cell' in job)) return trainBase(config.base, seed, data, files.model, (note) => report(note, 0));
    const base = readBase(data.network, files.model, files.facts);
    if (!base)
      throw new RunError('no-base', `the base network of seed ${seed} is missing in ${path}; do its cell first.`);
    const la = await pinnedProvider(record, config.base.provider, path);
    return runCell(
      { la, config, network: data.network, seed, cell: job.cell, weights: base.weights, samples: data.train },
      report,
    );
  },
};
