/** The files that may be read: those below the folders that were given, and never through a link that leads out of them. */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve, sep } from 'node:path';
import { check, InputError } from '../../numeric/errors.js';
import type { ResultFolder } from '../../results/folder.js';

/** A folder or file that was given to the command. */
export interface Given {
  /** What it is called on the page. */
  readonly name: string;
  /** Its place on this machine, links resolved. */
  readonly path: string;
  readonly folder: boolean;
}

/** Levels of folders below a given one that are searched, and most files of one that are listed. */
const [DEPTH, MOST_FILES] = [8, 200_000];

/**
 * Checks what was given and names each thing, with a number where a name comes twice.
 * @throws InputError for what is not there, or neither folder nor file
 */
export async function givenFolders(paths: readonly string[]): Promise<Given[]> {
  const given: Given[] = [];
  for (const path of paths) {
    const real = await realpath(path).catch(() => undefined);
    check(
      real !== undefined,
      'no-such-folder',
      `there is no folder or file ${path}; give run folders, or folders that hold some.`,
    );
    if (given.some((g) => g.path === real)) continue;
    const facts = await stat(real);
    check(
      facts.isDirectory() || facts.isFile(),
      'no-such-folder',
      `${path} is neither a folder nor a file; give run folders, folders that hold some, or recordings.`,
    );
    const base = basename(resolve(path)) || 'root';
    const same = given.filter((g) => g.name === base || g.name.startsWith(`${base} (`)).length;
    given.push({ name: same === 0 ? base : `${base} (${same + 1})`, path: real, folder: facts.isDirectory() });
  }
  return given;
}

/**
 * Returns the names of the files below a folder, with forward slashes. Links are not followed, and hidden folders, the chunks of arrays
 * and node_modules are left out unless `whole` asks for everything but links.
 * @throws InputError where there are more than can be listed
 */
export async function listFiles(root: string, whole = false): Promise<string[]> {
  const files: string[] = [];
  const visit = async (folder: string, prefix: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const array = entries.some((entry) => entry.name === 'zarr.json');
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = prefix + entry.name;
      if (entry.isFile()) files.push(name);
      else if (entry.isDirectory() && depth < DEPTH && (whole || searched(entry.name, array)))
        await visit(join(folder, entry.name), `${name}/`, depth + 1);
      else if (entry.isDirectory() && entry.name.endsWith('.zarr')) files.push(`${name}/zarr.json`);
      if (files.length > MOST_FILES)
        throw new InputError(
          'too-many-files',
          `${root} holds more than ${MOST_FILES} files; give the run folders in it one by one.`,
        );
    }
  };
  await visit(root, '', 0);
  return files;
}

/** Whether a folder can hold runs; `c` holds the chunks of an array. */
const searched = (name: string, inArray: boolean): boolean =>
  !name.startsWith('.') && name !== 'node_modules' && !name.endsWith('.zarr') && !(inArray && name === 'c');

/**
 * Opens a file below a folder for reading, or returns undefined where there is none, where it is no plain file, or where a link leads out.
 * The caller closes it.
 * @param parts - names of folders and of the file, none of them empty, `.` or `..`
 */
export async function openBelow(root: string, parts: readonly string[]): Promise<FileHandle | undefined> {
  if (parts.some((part) => !isName(part))) return undefined;
  const real = await realpath(join(root, ...parts)).catch(() => undefined);
  if (real === undefined || !real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
  // a pipe would wait for its writer, and a link that has taken the place of the file since must not be followed
  const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | (constants.O_NOFOLLOW ?? 0)).catch(
    () => undefined,
  );
  if (file === undefined || (await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

/** Returns whether a text can be the name of one folder or file. */
export const isName = (part: string): boolean =>
  part !== '' && part !== '.' && part !== '..' && !/[/\\\0:]/.test(part) && part.length < 256;

/** Returns a folder on disk, with the name that the page shows. */
export function diskFolder(name: string, path: string): ResultFolder {
  return {
    name,
    files: () => listFiles(path, true),
    async read(file) {
      const handle = await openBelow(path, file.split('/'));
      if (handle === undefined) return undefined;
      try {
        return new Uint8Array(await handle.readFile());
      } finally {
        await handle.close();
      }
    },
  };
}
