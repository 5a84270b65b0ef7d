/**
 * A run folder: run.json holds the config and what was done; the other files hold the numbers.
 *
 *     run.json               config, seeds, versions, machine, status and seconds of each stage
 *     history.json           curves, one entry per epoch
 *     checkpoint.safetensors all state of training; model.safetensors the final weights
 *     trajectory.zarr/       the recorded window (record/trajectory)
 *     pca.zarr/              variances and principal directions
 *     analysis.json findings.json report.html figures/ tables/
 *     lock                   while a process works here
 */
import { join } from 'node:path';
import { JobFolder } from '../jobs/folder.js';
import { type FolderKind, type RecordBase, readRecord as readRecordOf } from '../jobs/record.js';
import type { AnyNetwork } from '../model/any-network.js';
import { check, shown } from '../numeric/errors.js';
import { sameData } from '../numeric/json.js';
import * as is from '../numeric/wants.js';
import { configHash, firstDifference } from './config.js';
import { type AnyConfig, layeredSchema, schema } from './schema.js';

/** The stages of a run, in order. */
const STAGES = ['load', 'train', 'pca', 'dynamics', 'flatness', 'walk', 'fits', 'report'] as const;
/** Names a stage of a run. */
export type StageName = (typeof STAGES)[number];

/** Holds what is fixed when a run begins. */
export interface RunHead {
  readonly config: AnyConfig;
  /** The network with what followed from the data, where the config does not state it whole. */
  readonly network?: AnyNetwork;
  readonly configHash: string;
  readonly seeds: Readonly<Record<string, unknown>>;
  /** Provenance of the data set: files, sizes, checksums. */
  readonly data: unknown;
  /** Bytes needed, part by part, as stated before the start. */
  readonly memory: unknown;
}

/** Describes the content of run.json. */
export type RunRecord = RecordBase<StageName> & RunHead;
/** Describes an open, locked run folder. */
export type RunFolder = JobFolder<StageName, RunHead>;

/** The kind of folder that a run writes. */
export const RUN: FolderKind<StageName> = {
  file: 'run.json',
  format: 'thermograd run',
  stages: STAGES,
  what: 'a run',
  // the stages after training read its files, and any version may measure them
  bound: ['train'],
};

/**
 * Reads run.json of a folder, checked for format and version, without a lock.
 * @throws InputError when there is none that this version can read
 */
export function readRecord(path: string): RunRecord {
  is.given('readRecord', { path }, { path: is.path });
  const record = readRecordOf<StageName, RunHead>(RUN, path);
  const layered = record.config?.network && !('widths' in record.config.network);
  const config = (layered ? layeredSchema : schema).safeParse(record.config);
  check(
    config.success,
    'bad-run',
    () =>
      `${join(path, RUN.file)} is damaged: its config is not one of a run (${config.error?.issues[0].path.join('.') || 'missing'}); restore it from a copy, or start again in another folder.`,
  );
  check(
    configHash(record.config) === record.configHash,
    'bad-run',
    () =>
      `${join(path, RUN.file)} is damaged: its config is not the one that the run was made with (its hash differs); restore it from a copy, or start again in another folder.`,
  );
  return record;
}

/**
 * Opens and locks the folder of a run.
 * @throws InputError when there is none that this version can read, and while another process holds the lock
 */
export const openRun = (path: string): RunFolder => JobFolder.reopen<StageName, RunHead>(RUN, path);

/** Says why a run cannot be continued under this config, with the first key that differs; undefined when it can. */
export function differenceOf(record: Pick<RunHead, 'config'>, asked: AnyConfig, path: string): string | undefined {
  if (sameData(record.config, asked)) return undefined;
  const difference = firstDifference(record.config, JSON.parse(JSON.stringify(asked)));
  return (
    difference &&
    `--resume continues the run in ${path} as it was begun, but config key '${difference.key}' was ` +
      `${shown(difference.was)} and is now ${shown(difference.is)}; leave it as it was, or start a new run with --out.`
  );
}

/**
 * Returns the network of a run.
 * @throws InputError for a record of a network that is not whole
 */
export function networkIn({ config, network }: Pick<RunHead, 'config' | 'network'>): AnyNetwork {
  if ('widths' in config.network) return config.network;
  check(network !== undefined, 'bad-run', 'run.json is damaged: it does not say what its network is.');
  return network;
}
