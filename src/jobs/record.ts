/** The record of a folder of results: its settings, versions, machine, and which stages are done. */
import { join } from 'node:path';
import { type KernelBuild, kernelBuild } from '../kernels/load.js';
import { check, InputError, shown } from '../numeric/errors.js';
import { readJson } from '../record/json.js';
import { isTree } from './config-keys.js';
import { allVersions, type Machine, thisMachine, VERSION, type Versions } from './machine.js';
import { type Outputs, refuseLinks } from './outputs.js';

/** The version of the layout of folders; a folder with another one was made by another thermograd. */
const FOLDER_VERSION = 2;

/** Holds the state of one stage. */
export interface StageRecord {
  status: 'waiting' | 'running' | 'done' | 'failed' | 'interrupted';
  /** Wall-clock seconds spent, over all attempts. */
  seconds: number;
  /** Why it failed, or anything worth keeping. */
  note?: string;
}

/** Defines a kind of folder; the experiment provides it. */
export interface FolderKind<Name extends string> {
  /** Name of the record's file, e.g. `ao2022.json`. */
  readonly file: string;
  readonly format: string;
  readonly stages: readonly Name[];
  /** Short description of its contents: `a reproduction of ao2022`. */
  readonly what: string;
  /**
   * Stages whose numbers depend on the last bits of this version: once they are done, another version may continue.
   * Default: all stages.
   */
  readonly bound?: readonly Name[];
}

/** Holds what every record contains beside the head of the experiment. */
export interface RecordBase<Name extends string> {
  readonly format: string;
  readonly folderVersion: number;
  readonly thermograd: string;
  /** Build of the kernels that computes the numbers; every attempt uses the same. */
  readonly kernelBuild: KernelBuild;
  /** Linear algebra that computes the numbers, once it is chosen; every attempt uses the same. */
  linearAlgebra: string | null;
  readonly versions: Versions;
  readonly machine: Machine;
  readonly stages: Record<Name, StageRecord>;
  /** Files, bytes and digests of what the stages wrote (`outputs.ts`); absent in folders of earlier builds. */
  outputs?: Outputs;
}

/** Makes a new record, in which no stage is done. */
export function newRecord<Name extends string, Head extends object>(
  kind: FolderKind<Name>,
  head: Head,
): RecordBase<Name> & Head {
  const stages = Object.fromEntries(kind.stages.map((s) => [s, { status: 'waiting', seconds: 0 }]));
  return {
    format: kind.format,
    folderVersion: FOLDER_VERSION,
    thermograd: VERSION,
    ...head,
    kernelBuild: kernelBuild(),
    linearAlgebra: null,
    versions: allVersions(),
    machine: thisMachine(),
    stages: stages as Record<Name, StageRecord>,
  };
}

/**
 * Reads the record of a folder, without a lock; undefined where there is none.
 * @throws InputError when this version cannot read it
 */
export function recordIn<Name extends string, Head extends object>(
  kind: FolderKind<Name>,
  path: string,
): (RecordBase<Name> & Head) | undefined {
  const file = join(path, kind.file);
  let record: (RecordBase<Name> & Head) | undefined;
  try {
    record = readJson<RecordBase<Name> & Head>(file);
  } catch (error) {
    throw new InputError('bad-run', (error as Error).message);
  }
  if (record === undefined) return undefined;
  check(record?.format === kind.format, 'bad-run', `${file} was not written by thermograd.`);
  refuseLinks(path);
  check(
    record.folderVersion === FOLDER_VERSION,
    'other-version',
    `${kind.what} in ${path} has folder version ${shown(record.folderVersion)}, written by thermograd ${record.thermograd}; this is ${VERSION}, ` +
      `which reads version ${FOLDER_VERSION}. Use thermograd ${record.thermograd} for it, or start again in another folder.`,
  );
  const damage = damageOf(record);
  check(
    damage === undefined,
    'bad-run',
    () => `${file} is damaged: ${damage}; restore it from a copy, or start again in another folder.`,
  );
  return record;
}

const STATUS = ['waiting', 'running', 'done', 'failed', 'interrupted'];

/** Says which part of a record is not as every record has it. */
function damageOf({ thermograd, stages, outputs, kernelBuild, linearAlgebra }: RecordBase<string>): string | undefined {
  if (typeof thermograd !== 'string') return 'it names no version of thermograd';
  if (!isTree(stages)) return 'it has no stages';
  for (const [name, stage] of Object.entries(stages))
    if (!isTree(stage) || !STATUS.includes(stage.status) || typeof stage.seconds !== 'number')
      return `its stage ${name.slice(0, 40)} has no status or no seconds`;
  if (kernelBuild !== 'fma' && kernelBuild !== 'simd') return 'it names no kernel build';
  if (linearAlgebra !== null && typeof linearAlgebra !== 'string') return 'it names no linear algebra';
  const badOutput = (o: unknown) =>
    !isTree(o) || typeof o.sha256 !== 'string' || !Number.isInteger(o.files) || !Number.isInteger(o.bytes);
  if (outputs !== undefined && (!isTree(outputs) || Object.values(outputs).some(badOutput)))
    return 'its list of outputs is not readable';
  return undefined;
}

/**
 * Reads the record of a folder, without a lock.
 * @throws InputError when there is none, or none that this version can read
 */
export function readRecord<Name extends string, Head extends object>(
  kind: FolderKind<Name>,
  path: string,
): RecordBase<Name> & Head {
  const record = recordIn<Name, Head>(kind, path);
  check(
    record !== undefined,
    'no-run',
    `there is no ${kind.what.replace(/^an? /, '')} in ${path}: it has no ${kind.file}.`,
  );
  return record;
}

/**
 * Refuses to continue what another version began, unless all stages that depend on its last bits are done.
 * @throws InputError
 */
export function checkVersion<Name extends string>(
  kind: FolderKind<Name>,
  path: string,
  { thermograd, stages }: RecordBase<Name>,
): void {
  const open = (kind.bound ?? kind.stages).filter((s) => stages[s]?.status !== 'done');
  check(
    thermograd === VERSION || open.length === 0,
    'other-version',
    () =>
      `${kind.what} in ${path} was begun by thermograd ${thermograd} and is not done (${open[0]}); this is ${VERSION}, which may differ in ` +
      `the last bits. Continue it with thermograd ${thermograd}, or start again in another folder with --out.`,
  );
}

/**
 * Returns the seconds of each stage that took any, over all attempts; without the stage `report`, in which they are
 * asked for: only a report that is drawn again would have some, and a page does not depend on that.
 */
export const secondsOf = (stages: Readonly<Record<string, StageRecord>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(stages).flatMap(([name, s]) => (s.seconds > 0 && name !== 'report' ? [[name, s.seconds]] : [])),
  );
