/** A folder of results on disk: its documents, read once each. */
import { readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { check } from '../../numeric/errors.js';
import { entryAt, readWhole } from '../../record/files.js';
import type { ResultFolder } from '../folder.js';
import { readDocument } from '../folder.js';
import { type Kind, RECORDER } from '../kinds.js';
import { kindOfFolder } from './find.js';

/** A folder of results, opened to be read. */
export interface Opened extends ResultFolder {
  readonly path: string;
  readonly kind: Kind;
}

/** Returns a folder on disk whose files are read when they are asked for, and kept. */
export function openFolder(path: string, kind: Kind): Opened {
  const kept = new Map<string, Uint8Array | undefined>();
  return {
    path,
    kind,
    name: path,
    files: async () => readdirSync(path),
    async read(file) {
      if (!kept.has(file)) kept.set(file, readWhole(join(path, file)));
      return kept.get(file);
    },
  };
}

/**
 * Opens the folder that a command was given.
 * @throws InputError (`no-such-folder`, `not-analysed`, `no-results`) where there is none, a recording that has yet to be analysed, or
 * nothing that thermograd wrote
 */
export async function openResults(path: string): Promise<Opened> {
  const facts = entryAt(path);
  check(
    facts !== undefined,
    'no-such-folder',
    () => `there is no folder ${path}; thermograd list shows the runs below a folder.`,
  );
  check(facts.isDirectory(), 'no-results', () => `${path} is a file; name the folder of a run.`);
  const names = new Set(readdirSync(path));
  const kind = kindOfFolder(names);
  check(
    kind !== undefined || !names.has(RECORDER.file),
    'not-analysed',
    () =>
      `${path} is a recording, and holds no findings, figures or tables; analyse it with thermograd analyse ${path}, and name the folder of that analysis.`,
  );
  check(
    kind !== undefined,
    'no-results',
    () => `${path} holds no results of thermograd; thermograd list shows the runs below a folder.`,
  );
  return openFolder(path, kind);
}

/**
 * Returns a document of a folder as plain data, in which numbers that are not finite are words; undefined where there is none.
 * @throws InputError (`bad-document`) when it is not JSON
 */
export async function documentOf(folder: Opened, file: string): Promise<unknown> {
  try {
    return await readDocument(folder, file);
  } catch (error) {
    check(false, 'bad-document', (error as Error).message);
  }
}

/** Returns the last word of a folder's path. */
export const shortName = (path: string): string => basename(resolve(path));
