/** The twin of src/record/store.ts over dropped files: a folder of them as a Zarr store. */
import type { ArrayStore } from '../../../record/array-store.js';
import { fileBytes, readPiece, readWhole, writeWhole } from './files.js';

type Range = Parameters<NonNullable<ArrayStore['getRange']>>[1];

/** Reads each key from a file in a folder. */
export class FolderStore implements ArrayStore {
  readonly root: string;
  constructor(root: string) {
    this.root = root;
  }

  get(key: string): Uint8Array | undefined {
    return readWhole(`${this.root}${key}`);
  }

  getRange(key: string, range: Range): Uint8Array | undefined {
    const path = `${this.root}${key}`;
    const size = fileBytes(path);
    if (size === undefined) return undefined;
    const [from, length] =
      'suffixLength' in range
        ? [Math.max(0, size - range.suffixLength), range.suffixLength]
        : [range.offset, range.length];
    return readPiece(path, from, Math.max(0, Math.min(length, size - from)));
  }

  set(key: string): never {
    return writeWhole(key);
  }
}
