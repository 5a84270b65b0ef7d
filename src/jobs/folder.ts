/**
 * A folder of results whose record says what was asked and which stages are done: begun, locked, continued.
 *
 * The record is one JSON document, complete from the first moment: a process killed after it leaves a folder to resume.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../numeric/errors.js';
import { makeFolders } from '../record/files.js';
import type { StageRecord } from './context.js';
import { readJson, writeJson } from './json.js';
import { lockFolder } from './lock.js';
import { allVersions, type Machine, thisMachine, VERSION, type Versions } from './machine.js';

/** What kind of folder: data of the command that owns it. */
export interface FolderKind<Name extends string> {
  /** Name of the record's file, e.g. `ao2022.json`. */
  readonly file: string;
  readonly format: string;
  readonly stages: readonly Name[];
  /** What stands in it, in a few words: `a reproduction of ao2022`. */
  readonly what: string;
}

/** What the record holds beside the head that the command gives. */
export interface RecordBase<Name extends string> {
  readonly format: string;
  readonly folderVersion: 1;
  readonly thermograd: string;
  readonly versions: Versions;
  readonly machine: Machine;
  linearAlgebra: string | null;
  readonly stages: Record<Name, StageRecord>;
}

export interface OpenOptions<Head> {
  /** Go on with what stands there; without it a folder that holds a record is refused. */
  readonly resume: boolean;
  /** What keeps the record there from being continued with this head, as a sentence; nothing where all is as before. */
  readonly differs?: (before: Head) => string | undefined;
}

/** What must not differ for any two attempts at the same numbers, asked of plain data. */
export const sameData = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a) === JSON.stringify(b === undefined ? undefined : JSON.parse(JSON.stringify(b)));

export class StagedFolder<Name extends string, Head extends object> {
  private constructor(
    readonly path: string,
    readonly record: RecordBase<Name> & Head,
    private readonly recordName: string,
    private readonly release: () => void,
  ) {}

  /** Opens the folder to go on, or begins it. @throws InputError when it holds anything else, or one and `resume` is false */
  static open<Name extends string, Head extends object>(
    kind: FolderKind<Name>,
    path: string,
    head: Head,
    { resume, differs }: OpenOptions<Head>,
  ): StagedFolder<Name, Head> {
    const there = existsSync(join(path, kind.file));
    check(
      resume || !there,
      'run-exists',
      `the folder ${path} holds ${kind.what} already; continue it with --resume, or choose another folder with --out.`,
    );
    if (!there && existsSync(path)) {
      const foreign = readdirSync(path).find((name) => name.endsWith('.json'));
      check(
        foreign === undefined,
        'out-exists',
        `the folder ${path} holds something else (${foreign}); choose another with --out.`,
      );
    }
    makeFolders(path);
    const release = lockFolder(path);
    try {
      const before = there ? readStaged<Name, Head>(kind, path) : undefined;
      const difference = before && differs?.(before);
      check(difference === undefined, 'config-changed', () => difference!);
      check(
        before === undefined || before.thermograd === VERSION || finished(before),
        'other-version',
        () =>
          `what stands in ${path} was begun by thermograd ${before!.thermograd}; this is ${VERSION}, which may differ in the last bits. Start again in another folder with --out.`,
      );
      const stages = Object.fromEntries(
        kind.stages.map((s) => [s, { status: 'waiting', seconds: 0 }]),
      ) as unknown as RecordBase<Name>['stages'];
      const record: RecordBase<Name> & Head = before ?? {
        format: kind.format,
        folderVersion: 1,
        thermograd: VERSION,
        ...head,
        linearAlgebra: null,
        versions: allVersions(),
        machine: thisMachine(),
        stages,
      };
      const folder = new StagedFolder<Name, Head>(path, record, kind.file, release);
      folder.save();
      return folder;
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
    writeJson(this.file(this.recordName), this.record);
  }

  close(): void {
    this.release();
  }
}

const finished = <Name extends string>({ stages }: RecordBase<Name>): boolean =>
  Object.values<StageRecord>(stages).every((s) => s.status === 'done');

/** The record of a folder; takes no lock. @throws InputError when there is none that this version reads */
export function readStaged<Name extends string, Head extends object>(
  kind: FolderKind<Name>,
  path: string,
): RecordBase<Name> & Head {
  const record = readJson<RecordBase<Name> & Head>(join(path, kind.file));
  check(
    record?.format === kind.format && record.folderVersion === 1,
    'no-run',
    `there is no ${kind.what.replace(/^an? /, '')} in ${path} that this version can read.`,
  );
  return record;
}
