/**
 * The folder of one `reproduce ao2022`: ao2022.json holds the settings and which stages are done.
 *
 *     ao2022.json            run that was measured, settings, status and seconds of each stage
 *     hessian.npy gradient-covariance.npy gradient.npy     H, C1 (per sample) and ∇L of the layer, float64
 *     decomposition/         basis (settled modes × weights), curvatures, C1 in it, and sigma, u, q, s, a in it
 *     modes.json trajectory.json landscape.json results.json findings.json
 *     report.html report.json figures/ tables/
 */
import { JobFolder } from '../../jobs/folder.js';
import { type FolderKind, type RecordBase, readRecord } from '../../jobs/record.js';

/** Names a stage. */
export type Ao2022Stage = 'matrices' | 'modes' | 'trajectory' | 'landscape' | 'fits' | 'report';

/** Holds what is fixed when the measurement begins. */
export interface Ao2022Head {
  /** Folder of the run that is measured, relative to this folder, and the hash of its config. */
  readonly run: string;
  readonly configHash: string;
  readonly seed: number;
  readonly memory: unknown;
}

/** Describes the content of ao2022.json. */
export type Ao2022Record = RecordBase<Ao2022Stage> & Ao2022Head;
/** Describes an open, locked folder. */
export type Ao2022Folder = JobFolder<Ao2022Stage, Ao2022Head>;

const KIND: FolderKind<Ao2022Stage> = {
  file: 'ao2022.json',
  format: 'thermograd ao2022',
  stages: ['matrices', 'modes', 'trajectory', 'landscape', 'fits', 'report'],
  what: 'a reproduction of ao2022',
};

/**
 * Refuses a folder that cannot be used, before a run is made for it.
 * @throws InputError
 */
export const checkAo2022 = (path: string, resume: boolean): void =>
  JobFolder.check<Ao2022Stage, Ao2022Head>(KIND, path, { resume });

/**
 * Opens the folder to continue it, or begins it.
 * @throws InputError when it holds another measurement, or one although `resume` is false
 */
export const openAo2022 = (path: string, head: Ao2022Head, resume: boolean): Ao2022Folder =>
  JobFolder.open<Ao2022Stage, Ao2022Head>(KIND, path, head, {
    resume,
    differs: (before) =>
      before.configHash === head.configHash
        ? undefined
        : `the folder ${path} measures another run (${before.run}); choose another folder with --out.`,
  });

/**
 * Reads the record of a folder.
 * @throws InputError when there is none
 */
export const readAo2022 = (path: string): Ao2022Record => readRecord<Ao2022Stage, Ao2022Head>(KIND, path);
