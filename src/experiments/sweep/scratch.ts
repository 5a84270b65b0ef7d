/** Folders in which cells of whole experiments work; none of them outlives its cell. */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pid } from 'node:process';
import { isRunning } from '../../jobs/lock.js';

const SCRATCH = 'scratch';

/** Returns the folder of a cell that this process computes; it does not exist yet. */
export const scratchFor = (folder: string, index: number): string =>
  join(folder, SCRATCH, `${hostname()}-${pid}-${index}`);

/** Removes the folder of a cell, and what holds such folders when none is left. */
export function removeScratch(folder: string, path: string): void {
  rmSync(path, { recursive: true, force: true });
  try {
    rmdirSync(join(folder, SCRATCH));
  } catch {} // another cell works there
}

/**
 * Removes what killed processes of this machine left, and what threads of this process left that were ended; the folders of other machines
 * may still be in use.
 */
export function sweepScratch(folder: string): void {
  const home = join(folder, SCRATCH);
  if (!existsSync(home)) return;
  for (const name of readdirSync(home)) {
    const [, host, id] = /^(.+)-(\d+)-\d+$/.exec(name) ?? [];
    if (host === hostname() && (Number(id) === pid || !isRunning(Number(id)))) removeScratch(folder, join(home, name));
  }
}
