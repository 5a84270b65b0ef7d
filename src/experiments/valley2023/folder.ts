/**
 * The folder of one `reproduce valley2023`: valley2023.json holds the settings and which stages are done.
 *
 *     valley2023.json                 settings, versions, machine, status and seconds of each stage
 *     <stage>.json <stage>.npz        of the model part: potential, densities, convergence, phase, freezing, circulation
 *     parts/<stage>/<n>.json          finished jobs of an unfinished stage
 *     network/                        the study of real networks: a folder of its own
 *     report.html report.json findings.json figures/ tables/
 */

import { JobFolder } from '../../jobs/folder.js';
import { type FolderKind, type RecordBase, readRecord, recordIn } from '../../jobs/record.js';
import { sameData } from '../../numeric/json.js';
import type { ValleyConfig } from './config.js';
import { MODEL_STAGE_NAMES, type ModelStageName } from './jobs.js';

/** Names a stage. */
type ValleyStage = ModelStageName | 'report';

/** Holds the settings that a folder is begun with. */
interface ValleyHead {
  /** Config of the model part. */
  config: ValleyConfig;
}

/** Describes the content of valley2023.json. */
export type ValleyRecord = RecordBase<ValleyStage> & ValleyHead;
/** Describes an open, locked folder. */
export type ValleyFolder = JobFolder<ValleyStage, ValleyHead>;

const KIND: FolderKind<ValleyStage> = {
  file: 'valley2023.json',
  format: 'thermograd valley2023',
  stages: [...MODEL_STAGE_NAMES, 'report'],
  what: 'a reproduction of valley2023',
};

const optionsFor = (path: string, config: ValleyConfig, resume: boolean) => ({
  resume,
  differs: (before: ValleyRecord) =>
    MODEL_STAGE_NAMES.every((name) => before.stages[name].status === 'waiting') || sameData(before.config, config)
      ? undefined
      : `the reproduction of valley2023 in ${path} was begun with other settings (preset ${before.config.preset}, ${before.config.seeds} seeds); leave them as they were, or choose another folder with --out.`,
});

/**
 * Refuses a folder that cannot be used, before anything is loaded.
 * @throws InputError
 */
export const checkValley = (path: string, config: ValleyConfig, resume: boolean): void =>
  JobFolder.check<ValleyStage, ValleyHead>(KIND, path, optionsFor(path, config, resume));

/**
 * Opens the folder to continue it, or begins it. Settings of a model that was not begun may change.
 * @throws InputError when it holds other results, or a reproduction although `resume` is false, or one with other
 * settings
 */
export function openValley(path: string, config: ValleyConfig, resume: boolean, takeOver = false): ValleyFolder {
  const options = { ...optionsFor(path, config, resume), takeOver };
  const folder = JobFolder.open<ValleyStage, ValleyHead>(KIND, path, { config }, options);
  folder.record.config = config;
  folder.save();
  return folder;
}

/**
 * Reads the record of a folder; undefined where there is none.
 * @throws InputError when this version cannot read it
 */
export const valleyIn = (path: string): ValleyRecord | undefined => recordIn<ValleyStage, ValleyHead>(KIND, path);

/**
 * Reads the record of a folder.
 * @throws InputError when there is none
 */
export const readValley = (path: string): ValleyRecord => readRecord<ValleyStage, ValleyHead>(KIND, path);
