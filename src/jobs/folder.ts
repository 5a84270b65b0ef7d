/**
 * A folder of results that one process at a time fills, stage by stage, and that can be continued.
 *
 * The record is one JSON document, complete from the start: a process that is killed leaves a folder that can be
 * resumed. Only the process that holds the lock writes the record; cells (`cells.ts`) need neither.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pid as ownPid } from 'node:process';
import { check, RunError } from '../numeric/errors.js';
import { hostWord, makeFolders, readWhole } from '../record/files.js';
import { writeJson } from '../record/json.js';
import { InterruptedError, type RunOptions, yieldToEvents } from './context.js';
import { isRunning, lockFolder, lostLock } from './lock.js';
import { refuseLinks, sealOutputs, seenIn, verifyOutputs, withoutMissing } from './outputs.js';
import { checkVersion, type FolderKind, newRecord, type RecordBase, readRecord, type StageRecord } from './record.js';

/** Says under which conditions a folder is opened. */
export interface OpenOptions<Head> {
  /** Continue an existing record; otherwise a folder that holds one is refused. */
  readonly resume: boolean;
  /** Returns, as a sentence, why the existing record cannot be continued with this head; undefined when it can. */
  readonly differs?: (before: Head) => string | undefined;
  /** Take the lock of a process on another machine, which no longer runs; undefined where the command has no flag for it. */
  readonly takeOver?: boolean | undefined;
}

/** Holds the lock of a folder and its record. */
export class JobFolder<Name extends string, Head extends object> {
  /** When the record was written last. */
  private saved = 0;
  private clock: { readonly stage: StageRecord; readonly before: number; readonly start: number } | undefined;

  private constructor(
    private readonly kind: FolderKind<Name>,
    readonly path: string,
    readonly record: RecordBase<Name> & Head,
    private readonly release: () => void,
  ) {}

  /**
   * Refuses a folder before anything large is loaded.
   * @throws InputError when the folder holds other results, a record although `resume` is false, or a record of other
   * settings or of another version
   */
  static check<Name extends string, Head extends object>(
    kind: FolderKind<Name>,
    path: string,
    { resume, differs }: OpenOptions<RecordBase<Name> & Head>,
  ): void {
    check(
      !existsSync(path) || statSync(path).isDirectory(),
      'out-exists',
      `${path} is not a folder; choose another with --out.`,
    );
    refuseLinks(path);
    const there = existsSync(join(path, kind.file));
    check(
      resume || !there,
      'run-exists',
      `the folder ${path} holds ${kind.what} already; continue it with --resume, or choose another folder with --out.`,
    );
    if (there) {
      const before = readRecord<Name, Head>(kind, path);
      const difference = differs?.(before);
      check(difference === undefined, 'config-changed', () => difference!);
      checkVersion(kind, path, before);
      return;
    }
    const foreign = otherResult(path);
    check(
      foreign === undefined,
      'out-exists',
      `the folder ${path} holds something else (${foreign}); choose another with --out.`,
    );
  }

  /**
   * Opens a folder to continue it, or begins it.
   * @throws InputError as `check`, while another process holds the lock, and when something in it is not as its stages
   * wrote it
   */
  static open<Name extends string, Head extends object>(
    kind: FolderKind<Name>,
    path: string,
    head: Head,
    options: OpenOptions<RecordBase<Name> & Head>,
  ): JobFolder<Name, Head> {
    JobFolder.check(kind, path, options);
    makeFolders(path);
    const recordOf = () => {
      JobFolder.check(kind, path, options); // again: another process may have worked until now
      return existsSync(join(path, kind.file)) ? readRecord<Name, Head>(kind, path) : newRecord(kind, head);
    };
    return JobFolder.locked(kind, path, recordOf, options.takeOver);
  }

  /**
   * Opens a folder that holds a record, whatever its settings.
   * @throws InputError when there is no readable record, and while another process holds the lock
   */
  static reopen<Name extends string, Head extends object>(kind: FolderKind<Name>, path: string): JobFolder<Name, Head> {
    readRecord(kind, path); // refuses before anything is touched
    refuseLinks(path);
    return JobFolder.locked(kind, path, () => readRecord<Name, Head>(kind, path));
  }

  private static locked<Name extends string, Head extends object>(
    kind: FolderKind<Name>,
    path: string,
    recordOf: () => RecordBase<Name> & Head,
    takeOver?: boolean,
  ): JobFolder<Name, Head> {
    const release = lockFolder(path, takeOver);
    try {
      sweep(path);
      const record = recordOf();
      verifyOutputs(path, record.outputs);
      if (record.outputs) record.outputs = withoutMissing(path, record.outputs);
      adopt(kind.file, path, record);
      const folder = new JobFolder(kind, path, record, release);
      folder.save();
      return folder;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Returns the path of a file in the folder. */
  file(...names: string[]): string {
    return join(this.path, ...names);
  }

  /**
   * Writes the record, with the seconds of the running stage.
   * @throws RunError when the disk is full or not writable, and when another process was told to take the folder over
   */
  save(): void {
    if (lostLock(this.path))
      throw new RunError(
        'lock-lost',
        `another process has taken ${this.path} over; this one stops, and what it wrote is kept.`,
      );
    this.saved = performance.now();
    if (this.clock) {
      const { stage, before, start } = this.clock;
      stage.seconds = Math.round((before + (performance.now() - start) / 1000) * 1000) / 1000;
    }
    writeJson(this.file(this.kind.file), this.record);
  }

  /** Writes the record unless that was done a moment ago; for places that come by often, as after each of many short cells. */
  saveSometimes(): void {
    if (performance.now() - this.saved >= OFTEN) this.save();
  }

  /**
   * Removes temporary files of any process beside these files and others that are there: who left them was killed, or did again what
   * was done.
   */
  clearBeside(files: readonly string[]): void {
    for (const folder of new Set(files.map(dirname))) {
      const names = new Set(existsSync(this.file(folder)) ? readdirSync(this.file(folder)) : []);
      for (const name of names) {
        const [, whole] = /^(.+)\.[^./]+-\d+-\d+\.tmp$/.exec(name) ?? [];
        if (whole !== undefined && names.has(whole)) rmSync(this.file(folder, name), { force: true });
      }
    }
  }

  /** Lists files under the stage to which they belong: those that were there before it began were listed under an earlier one. */
  assign(stage: Name, files: readonly string[]): void {
    const own = new Set(files);
    this.record.outputs = Object.fromEntries(
      Object.entries(this.record.outputs ?? {}).map(([file, output]) => [
        file,
        own.has(file) ? { ...output, stage } : output,
      ]),
    );
  }

  /**
   * Runs a stage unless the record says that it is done, and keeps its status, its seconds and the digests of what it
   * wrote in the record, also when it fails.
   * @param lasts - says which files never change once they are there, as those of cells: their digests are kept while the stage is done
   * again; what else an earlier attempt wrote may be written anew. By default no file lasts
   * @throws InterruptedError, and whatever `body` throws
   */
  async stage(
    name: Name,
    options: RunOptions,
    body: () => Promise<void>,
    lasts: (file: string) => boolean = () => false,
  ): Promise<void> {
    // a folder of an earlier build may lack a stage that was added since
    this.record.stages[name] ??= { status: 'waiting', seconds: 0 };
    const record = this.record.stages[name];
    if (record.status === 'done') return;
    await yieldToEvents({ options, folder: this });
    options.onProgress?.({ stage: name, done: 0, unit: '' });
    record.status = 'running';
    delete record.note;
    // what else an earlier attempt at this stage left is about to change
    this.record.outputs = Object.fromEntries(
      Object.entries(this.record.outputs ?? {}).filter(([file, output]) => output.stage !== name || lasts(file)),
    );
    const before = seenIn(this.path, this.kind.file);
    const seal = () => {
      this.record.outputs = sealOutputs(this.path, this.kind.file, name, before, this.record.outputs ?? {});
    };
    this.clock = { stage: record, before: record.seconds, start: performance.now() };
    try {
      this.save();
      await body();
      seal();
      record.status = 'done';
      this.save();
    } catch (error) {
      record.status = error instanceof InterruptedError ? 'interrupted' : 'failed';
      record.note = (error as Error).message;
      try {
        seal();
        this.save();
      } catch {} // the first error is the one to report; a full disk may refuse this note as well
      throw error;
    } finally {
      this.clock = undefined;
    }
  }

  /** Releases the lock, and removes what threads of this process left when they were ended. */
  close(): void {
    sweep(this.path, true);
    this.release();
  }
}

/** Milliseconds between two writings of the record that happen on the way. */
const OFTEN = 1000;

/**
 * Lists what a stage wrote in which the process was killed: whatever the record does not know is its, as every other stage has
 * listed its own.
 */
function adopt(file: string, path: string, record: Pick<RecordBase<string>, 'stages' | 'outputs'>): void {
  const killed = Object.entries(record.stages).find(([, { status }]) => status === 'running')?.[0];
  if (killed !== undefined) record.outputs = sealOutputs(path, file, killed, seenIn(path, file), record.outputs ?? {});
}

/** Finds a record of another kind in a folder, and returns its name. */
function otherResult(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  return readdirSync(path).find((name) => {
    if (!name.endsWith('.json')) return false;
    const text = new TextDecoder().decode(readWhole(join(path, name))?.subarray(0, 200));
    return /^\s*\{\s*"format"\s*:\s*"thermograd/.test(text);
  });
}

/**
 * Removes temporary files of killed processes of this machine, and locks that they had moved aside, from a folder, where there is one; those
 * of other machines may still be in use.
 * @param ofThisProcess - removes those of this process instead, whose threads were ended while they wrote
 */
export function sweep(path: string, ofThisProcess = false): void {
  if (!existsSync(path)) return;
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) {
    const [, host, pid] = /\.([^./]+)-(\d+)-\d+\.(?:tmp|stale)$/.exec(name) ?? [];
    const left = ofThisProcess ? Number(pid) === ownPid : !isRunning(Number(pid));
    if (host === hostWord() && left) rmSync(join(path, name), { force: true });
  }
}
