/**
 * The folder of one `forget`: forget.json holds the settings and which stages are done.
 *
 *     seeds/seed<n>/task1.safetensors axes.npz first.json     the first task of a seed, measurements for constraints
 *     seeds/seed<n>/<method>[-<N_c>].json                      all strengths of a method, at the N_c of the comparison
 *     seeds/seed<n>/<method>[-<N_c>]-at-<strength>.json        one strength: at another N_c, or beyond the grid
 *     report.html report.json findings.json figures/ tables/
 *
 * Every document is written whole when it is finished, and is not computed again.
 */
import { join } from 'node:path';
import { JobFolder } from '../../jobs/folder.js';
import { type FolderKind, type RecordBase, readRecord, recordIn } from '../../jobs/record.js';
import { shown } from '../../numeric/errors.js';
import { sameData } from '../../numeric/json.js';
import { firstDifference } from '../../runs/config.js';
import type { FirstFiles } from './first.js';
import type { ForgetConfig } from './schema.js';

/** Names a stage. */
type ForgetStage = 'first' | 'strengths' | 'constraints' | 'report';

/** Holds what is fixed when the experiment begins. */
interface ForgetHead {
  config: ForgetConfig;
  /** Provenance of the data set. */
  readonly data: unknown;
  readonly budget: unknown;
}

/** Describes the content of forget.json. */
export type ForgetRecord = RecordBase<ForgetStage> & ForgetHead;
/** Describes an open, locked folder. */
export type ForgetFolder = JobFolder<ForgetStage, ForgetHead>;

const KIND: FolderKind<ForgetStage> = {
  file: 'forget.json',
  format: 'thermograd forget',
  stages: ['first', 'strengths', 'constraints', 'report'],
  what: 'an experiment on forgetting',
};

/**
 * Opens the folder to continue it, or begins it. On resume the config may differ in `workers`, and may have more seeds:
 * then no stage counts as done.
 * @throws InputError for a folder that cannot be used, and for other settings or data
 */
export function openForget(path: string, head: ForgetHead, resume: boolean, takeOver = false): ForgetFolder {
  const folder: ForgetFolder = JobFolder.open<ForgetStage, ForgetHead>(KIND, path, head, {
    resume,
    takeOver,
    differs: (before) => differenceOf(path, before, head),
  });
  const { record } = folder;
  if (head.config.seeds > record.config.seeds) for (const s of KIND.stages) record.stages[s].status = 'waiting';
  record.config = head.config;
  folder.save();
  return folder;
}

function differenceOf(path: string, before: ForgetHead, head: ForgetHead): string | undefined {
  const seeds = Math.max(before.config.seeds, head.config.seeds);
  const found = firstDifference({ ...before.config, seeds }, { ...head.config, seeds });
  if (found)
    return `the experiment in ${path} was begun with ${found.key} = ${shown(found.was)}, and this asks for ${shown(found.is)}; leave it as it was, or choose another folder with --out.`;
  if (head.config.seeds < before.config.seeds)
    return `the experiment in ${path} has ${before.config.seeds} seeds; it cannot be continued with fewer (${head.config.seeds}).`;
  if (!sameData(before.data, head.data))
    return `the data set '${head.config.data.set}' is not the one that the experiment in ${path} was begun with; choose another folder with --out.`;
  return undefined;
}

/**
 * Reads the record of a folder; undefined where there is none.
 * @throws InputError when this version cannot read it
 */
export const forgetIn = (path: string): ForgetRecord | undefined => recordIn<ForgetStage, ForgetHead>(KIND, path);

/**
 * Reads the record of a folder.
 * @throws InputError when there is none
 */
export const readForget = (path: string): ForgetRecord => readRecord<ForgetStage, ForgetHead>(KIND, path);

/** Returns the folder of a seed, relative to that of the experiment. */
export const seedFolder = (seed: number): string => join('seeds', `seed${seed}`);

/** Returns the files of the first task of a seed. */
export const firstFiles = (path: string, seed: number): FirstFiles => ({
  model: join(path, seedFolder(seed), 'task1.safetensors'),
  axes: join(path, seedFolder(seed), 'axes.npz'),
  facts: join(path, seedFolder(seed), 'first.json'),
});

/**
 * Returns the document of a group of branches, relative to the folder of the experiment.
 * @param strength - for a document that holds one strength only
 */
export function groupFile(seed: number, method: string, constraints: number | null, strength?: number): string {
  const axes = constraints === null ? '' : `-${constraints}`;
  const at = strength === undefined ? '' : `-at-${strength}`;
  return join(seedFolder(seed), `${method}${axes}${at}.json`);
}
