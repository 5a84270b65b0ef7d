/** Which documents of a folder are there, asked of the file system once for each folder of documents. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Returns a function that says whether a file is there, given its path relative to `root`. It reads each folder once, when the first
 * file of it is asked for, so that ten thousand documents cost one reading and not ten thousand calls; a file that appears
 * later counts as missing.
 */
export function presentIn(root: string): (file: string) => boolean {
  const folders = new Map<string, ReadonlySet<string>>();
  return (file) => {
    const folder = dirname(file);
    let names = folders.get(folder);
    if (!names) {
      names = namesOf(join(root, folder));
      folders.set(folder, names);
    }
    return names.has(basename(file));
  };
}

function namesOf(folder: string): ReadonlySet<string> {
  try {
    return new Set(readdirSync(folder));
  } catch {
    return new Set(); // not there yet: none of its files is
  }
}

/** Milliseconds between two looks at a shared folder. */
const BETWEEN = 200;

/**
 * Waits until all files are there, and returns those that are not after `seconds`. On a network file system a document that another
 * machine has written may appear late; reading its folder anew makes the system ask the server.
 * @param files - paths relative to `root`
 */
export async function waitFor(
  root: string,
  files: readonly string[],
  seconds: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    const present = presentIn(root);
    const missing = files.filter((file) => !present(file));
    if (missing.length === 0 || performance.now() >= end || signal?.aborted) return missing;
    await wait(BETWEEN);
  }
}
