/** Style sheets that a module of the page imports; the build puts them beside its code. */
declare module '*.css';

/** Reads files synchronously; browsers have it in workers alone. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}
