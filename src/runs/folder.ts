/**
 * A run folder: run.json says what was asked and what was done; beside it stand the numbers.
 *
 *     run.json               config, seeds, versions, machine, status and seconds of each stage
 *     history.json           curves, one entry per epoch
 *     checkpoint.safetensors all state of training; model.safetensors the final weights
 *     trajectory.zarr/       the recorded window (record/trajectory)
 *     pca.zarr/              variances and principal directions
 *     analysis.json findings.json report.html figures/ tables/
 *     lock                   while a process works here
 */
import { JobFolder } from '../jobs/folder.js';
import { type FolderKind, type RecordBase, readRecord as readRecordOf } from '../jobs/record.js';
import { sameData } from '../numeric/json.js';
import { type Config, firstDifference } from './config.js';

export const STAGES = ['load', 'train', 'pca', 'dynamics', 'flatness', 'fits', 'report'] as const;
export type StageName = (typeof STAGES)[number];

/** What a run is begun with. */
export interface RunHead {
  readonly config: Config;
  readonly configHash: string;
  readonly seeds: Readonly<Record<string, unknown>>;
  /** What the data set says of itself: files, sizes, checksums. */
  readonly data: unknown;
  /** Bytes needed, part by part, as stated before the start. */
  readonly memory: unknown;
}

/** What run.json holds. */
export type RunRecord = RecordBase<StageName> & RunHead;
export type RunFolder = JobFolder<StageName, RunHead>;

export const RUN: FolderKind<StageName> = {
  file: 'run.json',
  format: 'thermograd run',
  stages: STAGES,
  what: 'a run',
  // what follows training reads its files, and any version may measure them
  bound: ['train'],
};

/** run.json of a folder, checked for format and version; takes no lock. @throws InputError */
export const readRecord = (path: string): RunRecord => readRecordOf<StageName, RunHead>(RUN, path);

/** Opens and locks a folder with a run in it. @throws InputError when there is none or it is of another version */
export const openRun = (path: string): RunFolder => JobFolder.reopen<StageName, RunHead>(RUN, path);

/** Why a run cannot be continued under this config: names the first key that differs. */
export function differenceOf(record: RunHead, asked: Config, path: string): string | undefined {
  if (sameData(record.config, asked)) return undefined;
  const difference = firstDifference(record.config, JSON.parse(JSON.stringify(asked)));
  return (
    difference &&
    `--resume continues the run in ${path} as it was begun, but config key '${difference.key}' was ` +
      `${JSON.stringify(difference.was)} and is now ${JSON.stringify(difference.is)}; leave it as it was, or start a new run with --out.`
  );
}
