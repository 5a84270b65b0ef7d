/**
 * The twin of src/record/files.ts over files that were dropped on the page or fetched from the server: the build puts it in the place of
 * that module, so that recordings are opened by the same code as in Node. It reads synchronously, as that code asks for, which browsers
 * allow in workers alone. Nothing is written.
 */
import { InputError } from '../../../numeric/errors.js';

/** Files by their paths, with forward slashes. */
let files: ReadonlyMap<string, Blob> = new Map();

/** Sets the files that can be read from now on. */
export function placeFiles(placed: ReadonlyMap<string, Blob>): void {
  files = placed;
}

const tidy = (path: string): string => path.replace(/\/{2,}/g, '/').replace(/^\.?\/|\/$/g, '');

/** Bytes of a file; undefined where there is none. */
export const fileBytes = (path: string): number | undefined => files.get(tidy(path))?.size;

/** Names in a folder, sorted, those of folders with `/` at their end; undefined where there is no folder. */
export function namesIn(path: string): string[] | undefined {
  const start = tidy(path) === '' ? '' : `${tidy(path)}/`;
  const names = new Set<string>();
  for (const file of files.keys())
    if (file.startsWith(start)) {
      const [first, ...rest] = file.slice(start.length).split('/');
      names.add(rest.length > 0 ? `${first}/` : first);
    }
  return names.size > 0 ? [...names].sort() : undefined;
}

/** `length` bytes of a file from `offset` on, fewer where it ends before. */
export function readPiece(path: string, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const blob = files.get(tidy(path));
  if (blob === undefined) throw new InputError('not-readable', `cannot read ${path}: it is not among the given files.`);
  try {
    return new Uint8Array(new FileReaderSync().readAsArrayBuffer(blob.slice(offset, offset + length)));
  } catch (error) {
    throw new InputError('not-readable', `cannot read ${path}: ${(error as Error).message}`);
  }
}

/** All bytes of a file; undefined where there is none. */
export function readWhole(path: string): Uint8Array<ArrayBuffer> | undefined {
  const size = fileBytes(path);
  return size === undefined ? undefined : readPiece(path, 0, size);
}

/** Refuses to write. */
export function writeWhole(path: string): never {
  throw new InputError('no-folders', `a page writes no files (${path}).`);
}

export { writeWhole as makeFolders, writeWhole as temporaryBeside };

/** Returns an error as it is. */
export const clearFileError = (error: unknown): unknown => error;
