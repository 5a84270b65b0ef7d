/** The lock of a folder: a file that names the process holding it, taken over only when that process has ended, or is said to have. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { kill, pid } from 'node:process';
import { InputError } from '../numeric/errors.js';
import { clearFileError, hostWord, temporaryBeside, WITHOUT_LINKS } from '../record/files.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start time of the process in the kernel's own units, where /proc gives it: a reused pid is another process. */
  readonly started: string | null;
}

let serial = 0;

/**
 * Takes the lock of a folder and returns the function that releases it.
 *
 * The file appears complete or not at all (written under another name, then hard-linked, which fails where a lock
 * exists). A lock left by a killed process of this machine is taken over; one of another machine only where `takeOver` says that its
 * process no longer runs.
 * @param takeOver - undefined where the command has no flag for it, which the error then does not name
 * @throws InputError (`locked`) that names the process holding it
 * @throws RunError when the disk is full or not writable
 */
export function lockFolder(folder: string, takeOver?: boolean): () => void {
  const path = join(folder, 'lock');
  const mine = ownText();
  for (let attempt = 0; attempt < 100; attempt++) {
    if (create(path, mine)) return () => release(path, mine);
    const text = read(path);
    if (text === undefined) continue;
    const holder = parseHolder(text);
    const elsewhere = holder?.host !== hostname();
    if (elsewhere ? !takeOver : isAlive(holder)) throw lockedBy(folder, path, holder, elsewhere ? takeOver : undefined);
    // Moved aside, and only then removed: of two processes that find the same dead lock, one moves it.
    const aside = `${path}.${hostWord()}-${pid}-${serial++}.stale`;
    try {
      renameSync(path, aside);
    } catch {
      continue;
    }
    if (read(aside) !== text) {
      try {
        linkSync(aside, path);
      } catch {}
    }
    rmSync(aside, { force: true });
  }
  throw lockedBy(folder, path, undefined, takeOver);
}

/** Returns the content of a lock of this process. */
const ownText = (): string => JSON.stringify({ pid, host: hostname(), started: startOf(pid) });

/** Says whether another process has taken over the lock that this one took. */
export function lostLock(folder: string): boolean {
  const text = read(join(folder, 'lock'));
  return text !== undefined && text !== ownText();
}

/** Says which process holds the lock of a folder, and whether it runs as far as this machine can see; undefined where none does. */
export function holderOf(
  folder: string,
): { readonly pid: number; readonly host: string; readonly runs: boolean } | undefined {
  const holder = parseHolder(read(join(folder, 'lock')) ?? '');
  if (holder === undefined) return undefined;
  const { pid, host } = holder;
  return { pid, host, runs: host !== hostname() || isAlive(holder) };
}

function create(path: string, text: string): boolean {
  const temporary = temporaryBeside(path);
  try {
    writeFileSync(temporary, text, { flag: 'wx' });
    linkSync(temporary, path);
    return true;
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code === 'EEXIST') return false;
    if (!WITHOUT_LINKS.includes(code)) throw clearFileError(error, path, text.length);
    return createWithoutLinks(path, text);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** For file systems without hard links. */
function createWithoutLinks(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false;
    throw clearFileError(error, path, text.length);
  }
}

function release(path: string, mine: string): void {
  if (read(path) === mine) rmSync(path, { force: true });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Holder;
    return Number.isInteger(value.pid) && typeof value.host === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Says whether a process of this machine still runs. */
function isAlive(holder: Holder): boolean {
  if (!isRunning(holder.pid)) return false;
  const started = startOf(holder.pid);
  return started === null || holder.started === null || started === holder.started;
}

/** Says whether a process with this number runs on this machine. */
export function isRunning(id: number): boolean {
  try {
    kill(id, 0);
    return startOf(id) !== 'ended';
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/**
 * Returns field 22 of /proc/PID/stat, or null where there is no such file. For a process that has ended but still has
 * an entry it returns `ended`.
 */
function startOf(id: number): string | null {
  const stat = read(`/proc/${id}/stat`);
  if (stat === undefined) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? 'ended' : fields[19];
}

/** @param takeOver - false where the lock may be that of a machine that is gone, and the command has a flag to take it */
function lockedBy(folder: string, path: string, holder: Holder | undefined, takeOver: boolean | undefined): InputError {
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
  return new InputError(
    'locked',
    `the run folder ${folder} is in use by ${who}; wait for it, or choose another folder with --out. ` +
      `If that process no longer runs, ${takeOver === undefined ? '' : 'add --take-over or '}delete ${path}.`,
  );
}
