/** A folder on disk as a Zarr store, where each key is a file that is whole or absent. */
import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { AbsolutePath, RangeQuery } from 'zarrita';
import * as is from '../numeric/wants.js';
import type { ArrayStore } from './array-store.js';
import { readWhole, writeWhole } from './files.js';

/** Keeps each key as a file in a folder. */
export class FolderStore implements ArrayStore {
  constructor(readonly root: string) {
    is.given('new FolderStore', { root }, { root: is.text });
  }

  get(key: AbsolutePath): Uint8Array | undefined {
    is.given('FolderStore.get', { key }, { key: is.text });
    return readWhole(join(this.root, key));
  }

  getRange(key: AbsolutePath, range: RangeQuery): Uint8Array | undefined {
    is.given('FolderStore.getRange', { key, range }, { key: is.text, range: is.object });
    const path = join(this.root, key);
    if (!existsSync(path)) return undefined;
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const kind = fstatSync(file);
      if (!kind.isFile()) return undefined;
      const size = kind.size;
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
    is.given('FolderStore.set', { key, value }, { key: is.text, value: is.bytes });
    writeWhole(join(this.root, key), value);
  }
}
