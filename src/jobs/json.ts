/** JSON documents of numbers: whole files, NaN as null and back. */
import { RunError } from '../numeric/errors.js';
import { readWhole, writeWhole } from '../record/files.js';

/** Keys whose null means "there is none", where elsewhere null stands for NaN (JSON has no word for it). */
const NULLABLE = new Set([
  'constraints',
  'held',
  'left',
  'right',
  'flatness',
  'open',
  'window',
  'stopped',
  'linearAlgebra',
]);

/** Writes a document whole; numbers that are not finite become null. */
export function writeJson(path: string, value: unknown): void {
  writeWhole(path, `${JSON.stringify(value)}\n`);
}

/** Reads a document written by `writeJson`, or undefined where there is none; null is NaN again, but for `NULLABLE` keys. */
export function readJson<T>(path: string): T | undefined {
  const bytes = readWhole(path);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes), (key, value) =>
      value === null && !NULLABLE.has(key) ? Number.NaN : value,
    ) as T;
  } catch (error) {
    throw new RunError('bad-file', `${path} is not readable as JSON: ${(error as Error).message}.`);
  }
}
