/** Folders of results that appear whole or not at all. */
import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pid } from 'node:process';
import { check } from '../numeric/errors.js';
import { clearFileError, makeFolders, writeWhole } from '../record/files.js';
import { isRunning } from './lock.js';

/** Says what may be replaced in a folder of results. */
interface FreeOptions {
  /** Whether an earlier result may be replaced. */
  readonly force: boolean;
  /** Names that such a result has at the top of its folder. */
  readonly files: readonly string[];
  /** The result in one word, for messages. */
  readonly what: string;
}

/**
 * Refuses a folder that holds anything, or with `force` anything but an earlier result of the same kind.
 * @throws InputError
 */
export function checkFree(folder: string, { force, files, what }: FreeOptions): void {
  if (!existsSync(folder)) return;
  check(lstatSync(folder).isDirectory(), 'out-exists', () => `${folder} is not a folder; choose another with --out.`);
  const held = readdirSync(folder);
  check(
    force || held.length === 0,
    'out-exists',
    () =>
      `the folder ${folder} exists and is not empty; choose another with --out, or replace an earlier ${what} there with --force.`,
  );
  const foreign = held.find((name) => !files.includes(name));
  check(
    foreign === undefined,
    'out-exists',
    () =>
      `the folder ${folder} holds ${foreign}, which no ${what} leaves, and is not replaced; choose another with --out.`,
  );
}

/**
 * Writes all files (names may contain folders) to a temporary folder, which then replaces `folder`; an error leaves the
 * earlier one.
 * @throws RunError when the disk is full or not writable
 */
export function publish(folder: string, files: ReadonlyMap<string, Uint8Array | string>): void {
  const path = resolve(folder);
  const temporary = join(dirname(path), `.${basename(path)}.${hostname()}-${pid}.tmp`);
  const earlier = join(dirname(path), `.${basename(path)}.${hostname()}-${pid}.old`);
  try {
    removeAbandoned(path);
    makeFolders(temporary);
    for (const [name, content] of files) writeWhole(join(temporary, name), content);
    if (existsSync(path)) renameSync(path, earlier);
    renameSync(temporary, path);
    rmSync(earlier, { recursive: true, force: true });
  } catch (error) {
    if (existsSync(earlier) && !existsSync(path)) renameSync(earlier, path);
    if (existsSync(temporary)) rmSync(temporary, { recursive: true, force: true });
    throw clearFileError(error, folder, 0);
  }
}

/**
 * Removes what a killed process of this machine left beside the file or folder that it was writing: temporary files and
 * folders, which nobody continues. An earlier result that it had moved aside goes back where nothing replaced it.
 */
export function removeAbandoned(path: string): void {
  const folder = dirname(resolve(path));
  if (!existsSync(folder)) return;
  const ours = `${basename(resolve(path))}.${hostname()}-`;
  for (const entry of readdirSync(folder)) {
    const start = [ours, `.${ours}`].find((s) => entry.startsWith(s));
    const [, pid, end] = /^(\d+)(?:-\d+)?\.(tmp|old)$/.exec(entry.slice(start?.length ?? 0)) ?? [];
    if (start === undefined || pid === undefined || isRunning(Number(pid))) continue;
    if (end === 'old' && !existsSync(path)) renameSync(join(folder, entry), path);
    else rmSync(join(folder, entry), { recursive: true, force: true });
  }
}
