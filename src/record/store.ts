/** Zarr stores: a folder on disk, where each key is a file that is whole or absent, and memory. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { AbsolutePath, RangeQuery } from 'zarrita';
import { readWhole, writeWhole } from './files.js';

/** Declares what a trajectory needs of the place it is written to and read from. */
export interface ArrayStore {
  get(key: AbsolutePath): Uint8Array | undefined;
  getRange?(key: AbsolutePath, range: RangeQuery): Uint8Array | undefined;
  set(key: AbsolutePath, value: Uint8Array): void;
}

/** Keeps each key as a file in a folder. */
export class FolderStore implements ArrayStore {
  constructor(readonly root: string) {}

  get(key: AbsolutePath): Uint8Array | undefined {
    return readWhole(join(this.root, key));
  }

  getRange(key: AbsolutePath, range: RangeQuery): Uint8Array | undefined {
    const path = join(this.root, key);
    if (!existsSync(path)) return undefined;
    const file = openSync(path, 'r');
    try {
      const size = fstatSync(file).size;
      const [from, length] =
        'suffixLength' in range
          ? [Math.max(0, size - range.suffixLength), range.suffixLength]
          : [range.offset, range.length];
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - from)));
      let done = 0;
      while (done < bytes.length) {
        const got = readSync(file, bytes, done, bytes.length - done, from + done);
        if (got === 0) break;
        done += got;
      }
      return bytes.subarray(0, done);
    } finally {
      closeSync(file);
    }
  }

  set(key: AbsolutePath, value: Uint8Array): void {
    writeWhole(join(this.root, key), value);
  }
}

/** Keeps arrays in memory, for tests and for analyses without files. */
export class MemoryStore implements ArrayStore {
  readonly files = new Map<string, Uint8Array>();
  get(key: AbsolutePath): Uint8Array | undefined {
    return this.files.get(key);
  }
  set(key: AbsolutePath, value: Uint8Array): void {
    this.files.set(key, value.slice());
  }
}
