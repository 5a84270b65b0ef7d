/** The disk that a command needs, computed before it starts, and what the place of its folder has. */
import { existsSync, lstatSync, readdirSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { check } from '../numeric/errors.js';
import { gigabytes, type MemoryPart } from './memory.js';

/** States one part of what a command writes. */
export type DiskPart = MemoryPart;

/** Room for reports, tables, documents and the record, which hardly depend on the settings. */
export const REPORT_BYTES = 20e6;

/**
 * Returns the bytes that can be written at a path that need not exist yet; undefined where the system does not say.
 */
export function freeDisk(path: string): number | undefined {
  let place = resolve(path);
  while (!existsSync(place)) place = dirname(place);
  try {
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** Returns the bytes of all files in a folder, 0 where there is none. */
export const bytesIn = (path: string): number =>
  !existsSync(path)
    ? 0
    : readdirSync(path, { recursive: true, encoding: 'utf8' }).reduce(
        (sum, name) => sum + lstatSync(join(path, name)).size,
        0,
      );

/**
 * Refuses a command whose results would not fit on the disk.
 * @param there - bytes that an earlier attempt has written already
 * @throws InputError with the largest part and the key that makes it smaller
 */
export function checkDisk(parts: readonly DiskPart[], path: string, there = 0, free = freeDisk(path)): void {
  const need = Math.max(0, parts.reduce((sum, part) => sum + part.bytes, 0) - there);
  const largest = parts.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  check(
    free === undefined || need <= free,
    'not-enough-disk',
    () =>
      `about ${gigabytes(need)} would be written to ${path}, and the disk there has ${gigabytes(free!)} left; the largest part is ` +
      `${largest.what} (${gigabytes(largest.bytes)})${largest.key ? `: lower it with ${largest.key}` : ''}, or choose another disk with --out.`,
  );
}
