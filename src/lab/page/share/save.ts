/** Files that the page gives to the reader. */
import { type Cell, csv } from '../../../report/csv.js';

/** Offers a file for saving, under its name. */
export function saveBytes(name: string, data: Uint8Array<ArrayBuffer> | string | Blob, type: string): void {
  const url = URL.createObjectURL(data instanceof Blob ? data : new Blob([data], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // the browser has its own hold on the bytes once the download has begun
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Offers a table as a CSV document. */
export function saveTable(name: string, header: readonly string[], rows: readonly (readonly Cell[])[]): void {
  saveBytes(name, csv(header, rows), 'text/csv');
}
