/** Writing and reading of JSON documents in files. */
import { RunError } from '../numeric/errors.js';
import { jsonText, parseJson } from '../numeric/json.js';
import { readWhole, writeWhole } from './files.js';

/**
 * Writes a document whole; numbers that are not finite become strings (`numeric/json`).
 * @throws RunError when the disk is full or not writable
 */
export function writeJson(path: string, value: unknown): void {
  writeWhole(path, jsonText(value));
}

/**
 * Reads a document, or returns undefined where there is none.
 * @throws RunError (`bad-file`) when it is not JSON
 */
export function readJson<T>(path: string): T | undefined {
  const bytes = readWhole(path);
  if (!bytes) return undefined;
  try {
    return parseJson(new TextDecoder().decode(bytes)) as T;
  } catch (error) {
    throw new RunError('bad-file', `${path} is not readable as JSON: ${(error as Error).message}.`);
  }
}
