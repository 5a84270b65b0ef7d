/** Files that are written whole or not at all, and one clear sentence when that fails. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { pid } from 'node:process';
import { InputError, RunError, type ThermogradError } from '../numeric/errors.js';

let serial = 0;

/**
 * Returns a file name in the folder of `path` that no other process uses, on this machine or on another with access to
 * the folder.
 */
export const temporaryBeside = (path: string): string => `${path}.${hostWord()}-${pid}-${serial++}.tmp`;

/** Returns the name of this machine as names of temporary files have it: without dots, so that no machine's is the end of another's. */
export const hostWord = (): string => hostname().replaceAll('.', '_');

/**
 * Writes a file so that a reader, or the next process after a kill or a power cut, finds the old bytes or all the new
 * ones: a temporary file beside it, flushed to the disk, then renamed. Creates missing folders.
 * @throws RunError (`disk-full`, `not-writable`) with what to do; the temporary file is then removed
 */
export function writeWhole(path: string, content: Uint8Array | string): void {
  place(path, content, renameSync);
}

/**
 * Writes a file whole, as `writeWhole` does, unless it is there: of two processes, on one machine or on two, that write the same
 * file at the same time the first one does, and its bytes stay.
 * @returns whether this call wrote it
 * @throws RunError (`disk-full`, `not-writable`)
 */
export function writeOnce(path: string, content: Uint8Array | string): boolean {
  let wrote = true;
  place(path, content, (temporary) => {
    wrote = linkUnlessThere(temporary, path);
    rmSync(temporary, { force: true });
  });
  return wrote;
}

/** Gives a temporary file its name, unless another file has it. */
function linkUnlessThere(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    // a temporary file may have been cleared away once the file itself was there
    if (existsSync(path)) return false;
    if (!WITHOUT_LINKS.includes(code)) throw error;
    renameSync(temporary, path);
    return true;
  }
}

/** What file systems without hard links answer. */
export const WITHOUT_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Writes a temporary file, flushes it, and lets `finish` put it in place. */
function place(path: string, content: Uint8Array | string, finish: (temporary: string, path: string) => void): void {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const temporary = temporaryBeside(path);
  try {
    makeFolders(dirname(path));
    const file = openSync(temporary, 'w');
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    finish(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw clearFileError(error, path, bytes.length);
  }
}

/**
 * Makes a folder and those above it that are missing. (Node's own `recursive` never returns where every level gives
 * ENOENT, as in /proc.)
 * @throws RunError (`disk-full`, `not-writable`)
 */
export function makeFolders(path: string): void {
  if (path === '') throw new InputError('no-name', 'the name of the folder to write is empty; give --out a name.');
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw clearFileError(error, path, 0);
  }
}

/**
 * Reads the bytes of a file, or returns undefined where there is none, or a folder.
 * @throws InputError (`not-readable`) for a file that cannot be read, and for anything else than a file: a pipe or a
 * device has no end that a reader could rely on
 */
export function readWhole(path: string): Uint8Array | undefined {
  try {
    // without O_NONBLOCK, opening a pipe that nobody writes to would never return
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const kind = fstatSync(file);
      if (kind.isDirectory()) return undefined;
      if (!kind.isFile())
        throw new InputError(
          'not-a-file',
          `${path} is a pipe or a device and not a file; copy its content to a file first.`,
        );
      const buffer = readFileSync(file);
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    const code = (error as { code?: string }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    if (code === 'ENXIO') throw new InputError('not-a-file', `${path} is a socket and not a file.`);
    throw new InputError('not-readable', `cannot read ${path}: ${(error as Error).message}.`);
  }
}

/** Turns the system's error of a failed write into one sentence; other errors are returned unchanged. */
export function clearFileError(error: unknown, path: string, bytes: number): ThermogradError | Error {
  const code = (error as { code?: string }).code;
  const size = bytes > 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${bytes} bytes`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new RunError(
      'disk-full',
      `wanted to write ${size} to ${path}, but ${code === 'ENOSPC' ? 'the disk is full' : 'the disk quota is used up'}; ` +
        'make room and continue with --resume. Everything written before stays readable.',
    );
  }
  if (code === 'EFBIG')
    return new RunError(
      'disk-full',
      `wanted to write ${size} to ${path}, but the system allows no file of that size here; raise the limit (ulimit -f) ` +
        'and continue with --resume. Everything written before stays readable.',
    );
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'ENAMETOOLONG'].includes(code ?? '')) {
    return new RunError(
      'not-writable',
      `wanted to write ${path}, but the system refuses (${code}); choose another folder with --out or change its permissions.`,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * Lists the names in a folder, sorted by their characters, those of folders with `/` at their end; undefined where there
 * is no folder.
 * @throws InputError (`not-readable`) for a folder that cannot be read
 */
export function namesIn(path: string): string[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true })
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .sort();
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InputError('not-readable', `cannot read ${path}: ${(error as Error).message}.`);
  }
}

/** What the file system says where nothing has such a name, or can have it: too long, links in a circle, a zero byte. */
const NOTHING_THERE = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ERR_INVALID_ARG_VALUE'];

/**
 * Returns what the file system says of a path; undefined where there is nothing.
 * @throws InputError (`not-readable`) where it may not be asked
 */
export function entryAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (NOTHING_THERE.includes((error as { code?: string }).code ?? '')) return undefined;
    throw new InputError('not-readable', `cannot read ${path}: ${(error as Error).message}.`);
  }
}

/** Returns the bytes of a file; undefined where there is none, or something else than a file. */
export function fileBytes(path: string): number | undefined {
  const kind = entryAt(path);
  return kind?.isFile() ? kind.size : undefined;
}

/**
 * Reads `length` bytes of a file from `offset` on, fewer where the file ends before.
 * @throws InputError (`not-readable`) for a file that cannot be read
 */
export function readPiece(path: string, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  try {
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      let done = 0;
      while (done < length) {
        const got = readSync(file, bytes, done, length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      return bytes.subarray(0, done);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new InputError('not-readable', `cannot read ${path}: ${(error as Error).message}.`);
  }
}
