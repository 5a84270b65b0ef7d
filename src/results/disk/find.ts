/** The folders of results below a folder, found by the names of their files. */
import { type Dirent, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { check } from '../../numeric/errors.js';
import { entryAt } from '../../record/files.js';
import { KINDS, type Kind, RECORDER } from '../kinds.js';

/** A folder of results, or a recording, and what it is. */
export interface FoundFolder {
  readonly path: string;
  readonly kind: Kind;
}

/** A folder that could not be read, and why, in one sentence. */
export interface Unread {
  readonly folder: string;
  readonly code: string;
  readonly message: string;
}

/** Says how a folder is searched. */
interface FindOptions {
  /** Whether the parts of studies are listed too. */
  readonly all?: boolean;
  readonly signal?: AbortSignal;
}

/** Levels of folders that are searched. */
const DEPTH = 12;
/** Folders between two looks at the signal. */
const OFTEN = 100;

/**
 * Finds the folders of results and the recordings at and below a folder, in the order of their names. Links are not followed; hidden
 * folders, node_modules and arrays are not searched, nor are the parts of a study unless `all` asks for them. Cost: one reading of each folder.
 * @throws InputError where there is no such folder
 */
export async function findFolders(
  root: string,
  { all = false, signal }: FindOptions = {},
): Promise<{ readonly found: readonly FoundFolder[]; readonly unread: readonly Unread[] }> {
  check(
    entryAt(root)?.isDirectory() ?? false,
    'no-such-folder',
    () => `there is no folder ${root}; name a run, or a folder that holds some.`,
  );
  const [found, unread]: [FoundFolder[], Unread[]] = [[], []];
  let visited = 0;
  const visit = async (path: string, depth: number): Promise<void> => {
    if (visited++ % OFTEN === 0) await turn();
    if (signal?.aborted) return;
    let entries: Dirent[];
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch (error) {
      unread.push({ folder: path, code: 'not-readable', message: `cannot read ${path}: ${(error as Error).message}.` });
      return;
    }
    const names = new Set(entries.map((entry) => entry.name));
    const kind = kindOfFolder(names) ?? (names.has(RECORDER.file) ? RECORDER : undefined);
    if (kind) found.push({ path, kind });
    if (depth === DEPTH || (kind?.whole && !all)) return;
    const inside = entries.filter((entry) => entry.isDirectory() && searched(entry.name, kind));
    for (const { name } of inside.sort((a, b) => byName(a.name, b.name))) await visit(join(path, name), depth + 1);
  };
  await visit(root, 0);
  return { found, unread };
}

/** Returns what a folder is, by the names in it; undefined for one that holds no results. */
export const kindOfFolder = (names: ReadonlySet<string>): Kind | undefined =>
  KINDS.find((k) => names.has(k.file) && (k.with === undefined || names.has(k.with)));

/** Whether a folder can hold results; those of a report hold none, nor do the arrays of a recording. */
const searched = (name: string, inside: Kind | undefined): boolean =>
  !name.startsWith('.') &&
  name !== 'node_modules' &&
  !name.endsWith('.zarr') &&
  !(inside === RECORDER ? ['blocks', 'streams'] : inside ? ['figures', 'tables'] : []).includes(name);

const COLLATOR = new Intl.Collator('en', { numeric: true });
/** Orders names as people count: seed2 before seed10. */
export const byName = (a: string, b: string): number => COLLATOR.compare(a, b) || (a < b ? -1 : 1);

/** Returns the path of a folder as it is shown below another one. */
export const shownBelow = (root: string, path: string): string => relative(root, path) || '.';
