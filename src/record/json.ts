/** Writing and reading of JSON documents in files. */
import { InputError, RunError } from '../numeric/errors.js';
import { jsonText, parseJson } from '../numeric/json.js';
import { readWhole, writeOnce, writeWhole } from './files.js';

/**
 * Writes a document whole; numbers that are not finite become strings (`numeric/json`).
 * @throws RunError when the disk is full or not writable
 */
export function writeJson(path: string, value: unknown): void {
  writeWhole(path, jsonText(value));
}

/**
 * Writes a document whole unless it is there; the first of several processes writes it, and it then stays as it is.
 * @returns whether this call wrote it
 * @throws RunError when the disk is full or not writable
 */
export function writeJsonOnce(path: string, value: unknown): boolean {
  return writeOnce(path, jsonText(value));
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

/**
 * Reads a document that a stage left, and which must be there.
 * @param parts - keys that it must have, or `list` where it is a list
 * @throws InputError (`bad-document`) when it is missing, is not JSON or lacks one of them
 */
export function readPart<T>(path: string, parts: readonly (keyof T & string)[] | 'list'): T {
  let value: T | undefined;
  try {
    value = readJson<T>(path);
  } catch (error) {
    throw new InputError('bad-document', (error as Error).message);
  }
  const refuse = (what: string) =>
    new InputError(
      'bad-document',
      `${path} ${what}; restore it from a copy, or make the run again in another folder with --out.`,
    );
  if (value === undefined) throw refuse('is missing, and the record says that it was written');
  if (parts === 'list') {
    if (!Array.isArray(value)) throw refuse('is damaged: it should be a list');
    return value;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('is damaged: it should hold named values');
  const missing = parts.find((part) => (value as Record<string, unknown>)[part] == null);
  if (missing !== undefined) throw refuse(`is damaged: it has no '${missing}'`);
  return value;
}
