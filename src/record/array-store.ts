/** The interface of a Zarr store, and a store in memory. */
import type { AbsolutePath, RangeQuery } from 'zarrita';
import * as is from '../numeric/wants.js';

/** Declares what a trajectory needs of the place it is written to and read from. */
export interface ArrayStore {
  get(key: AbsolutePath): Uint8Array | undefined;
  getRange?(key: AbsolutePath, range: RangeQuery): Uint8Array | undefined;
  set(key: AbsolutePath, value: Uint8Array): void;
}

/** Keeps arrays in memory, for tests and for analyses without files. */
export class MemoryStore implements ArrayStore {
  readonly files = new Map<string, Uint8Array>();
  get(key: AbsolutePath): Uint8Array | undefined {
    is.given('MemoryStore.get', { key }, { key: is.text });
    return this.files.get(key);
  }
  set(key: AbsolutePath, value: Uint8Array): void {
    is.given('MemoryStore.set', { key, value }, { key: is.text, value: is.bytes });
    this.files.set(key, value.slice());
  }
}
