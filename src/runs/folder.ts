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
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StageRecord } from '../jobs/context.js';
import { lockFolder } from '../jobs/lock.js';
import { allVersions, type Machine, thisMachine, VERSION, type Versions } from '../jobs/machine.js';
import { check, InputError, RunError } from '../numeric/errors.js';
import { makeFolders, readWhole, writeWhole } from '../record/files.js';
import { type Config, firstDifference } from './config.js';

/** Version of the folder's layout; a folder with a higher one was made by a newer thermograd. */
export const FOLDER_VERSION = 1;

export const STAGES = ['load', 'train', 'pca', 'dynamics', 'flatness', 'fits', 'report'] as const;
export type StageName = (typeof STAGES)[number];

/** What run.json holds. */
export interface RunRecord {
  readonly format: 'thermograd run';
  readonly folderVersion: number;
  readonly thermograd: string;
  readonly config: Config;
  readonly configHash: string;
  readonly seeds: Readonly<Record<string, unknown>>;
  versions: Versions;
  machine: Machine;
  /** Builds that computed the numbers. */
  kernelBuild: string;
  linearAlgebra: string | null;
  /** What the data set says of itself: files, sizes, checksums. */
  data: unknown;
  /** Bytes needed, part by part, as stated before the start. */
  memory: unknown;
  readonly stages: Record<StageName, StageRecord>;
}

/** What a run is begun with. */
export type RunHead = Pick<RunRecord, 'config' | 'configHash' | 'seeds' | 'kernelBuild' | 'data' | 'memory'>;

export class RunFolder {
  private constructor(
    readonly path: string,
    readonly record: RunRecord,
    private readonly release: () => void,
  ) {}

  /**
   * Makes a new run folder and locks it. Its first run.json is complete: a run killed after it can be resumed.
   * @throws InputError when a run is there already
   */
  static create(path: string, head: RunHead, loadSeconds: number): RunFolder {
    makeFolders(path);
    const release = lockFolder(path);
    try {
      check(
        !existsSync(join(path, 'run.json')),
        'run-exists',
        `the folder ${path} holds a run already; continue it with --resume, or choose another folder with --out.`,
      );
      sweep(path);
      const stages = Object.fromEntries(
        STAGES.map((s) => [s, { status: 'waiting', seconds: 0 }]),
      ) as RunRecord['stages'];
      stages.load = { status: 'done', seconds: loadSeconds };
      const record: RunRecord = {
        format: 'thermograd run',
        folderVersion: FOLDER_VERSION,
        thermograd: VERSION,
        ...head,
        linearAlgebra: null,
        versions: allVersions(),
        machine: thisMachine(),
        stages,
      };
      const folder = new RunFolder(path, record, release);
      folder.save();
      return folder;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Opens and locks a folder with a run in it. @throws InputError when there is none or it is of another version */
  static open(path: string): RunFolder {
    readRecord(path); // refuses before anything is touched
    const release = lockFolder(path);
    try {
      sweep(path);
      return new RunFolder(path, readRecord(path), release); // read again: another process may have worked until now
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Path of a file inside. */
  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  save(): void {
    this.writeJson('run.json', this.record);
  }

  /** Writes a JSON document whole; numbers that are not finite become null. */
  writeJson(name: string, value: unknown): void {
    writeWhole(this.file(name), `${JSON.stringify(value, null, 1)}\n`);
  }

  /** A JSON document, or undefined where there is none. */
  readJson<T>(name: string): T | undefined {
    const bytes = readWhole(this.file(name));
    if (!bytes) return undefined;
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as T;
    } catch (error) {
      throw new RunError('bad-file', `${this.file(name)} is not readable as JSON: ${(error as Error).message}.`);
    }
  }

  /** Releases the lock. */
  close(): void {
    this.release();
  }
}

/** run.json of a folder, checked for format and version; takes no lock. */
export function readRecord(path: string): RunRecord {
  const file = join(path, 'run.json');
  const bytes = readWhole(file);
  if (!bytes) throw new InputError('no-run', `there is no run in ${path}: it has no run.json.`);
  let record: RunRecord;
  try {
    record = JSON.parse(new TextDecoder().decode(bytes)) as RunRecord;
  } catch (error) {
    throw new InputError('bad-run', `${file} is not readable as JSON: ${(error as Error).message}.`);
  }
  check(record.format === 'thermograd run', 'bad-run', `${file} was not written by thermograd.`);
  check(
    record.folderVersion === FOLDER_VERSION,
    'other-version',
    `the run in ${path} has folder version ${record.folderVersion}, written by thermograd ${record.thermograd}; this is ${VERSION}, ` +
      `which reads version ${FOLDER_VERSION}. Use thermograd ${record.thermograd} for it, or start a new run in another folder.`,
  );
  return record;
}

/** Refuses to continue a run under another config; names the first key that differs. */
export function checkSameConfig(record: RunRecord, asked: Config, path: string): void {
  const difference = firstDifference(record.config, JSON.parse(JSON.stringify(asked)));
  check(
    difference === undefined,
    'config-changed',
    () =>
      `--resume continues the run in ${path} as it was begun, but config key '${difference!.key}' was ` +
      `${JSON.stringify(difference!.was)} and is now ${JSON.stringify(difference!.is)}; leave it as it was, or start a new run with --out.`,
  );
}

/** Removes temporary files that a killed process left. Called under the lock. */
function sweep(path: string): void {
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.tmp') && !name.startsWith('lock.')) rmSync(join(path, name), { force: true });
  }
}
