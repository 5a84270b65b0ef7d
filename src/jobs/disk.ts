/** The disk that a command needs, computed before it starts, and what the place of its folder has. */
import { existsSync, lstatSync, readdirSync, statfsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { check } from '../numeric/errors.js';
import { gigabytes, type MemoryPart } from './memory.js';

/** States one part of what a command writes. */
export type DiskPart = MemoryPart;

/** Page, figures, pages of the theory and the record, which hardly depend on the settings: measured, below 1.2 MB. */
export const REPORT_BYTES = 2e6;
/** A number in a document with its indentation, its comma and its line: measured, below 34. */
export const NUMBER_BYTES = 36;
/** What a file system takes for a file beyond its bytes, at most. */
export const FILE_BYTES = 4096;

/** States the page with its figures, and documents and tables of so many numbers, each in so many places. */
export const documents = (numbers: number, places: number, key = ''): DiskPart => ({
  what: 'documents and report',
  bytes: REPORT_BYTES + NUMBER_BYTES * places * numbers,
  key,
});

/** Returns the bytes of all parts. */
export const bytesOf = (parts: readonly DiskPart[]): number => parts.reduce((sum, part) => sum + part.bytes, 0);

/** Says what a command needs, for the line that it prints before it starts. */
export const needs = (memory: number, disk: number): string =>
  `needs about ${gigabytes(memory)} of memory and ${gigabytes(disk)} of disk`;

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

/** Returns the bytes of all files in a folder, 0 where there is none; files that another process removes meanwhile do not count. */
export const bytesIn = (path: string): number =>
  !existsSync(path) || !lstatSync(path, { throwIfNoEntry: false })?.isDirectory()
    ? 0
    : readdirSync(path, { recursive: true, encoding: 'utf8' }).reduce(
        (sum, name) => sum + (lstatSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0),
        0,
      );

/**
 * Refuses a command whose results would not fit on the disk.
 * @param there - bytes that an earlier attempt has written already
 * @returns the bytes of all parts
 * @throws InputError with the largest part and the key that makes it smaller
 */
export function checkDisk(parts: readonly DiskPart[], path: string, there = 0, free = freeDisk(path)): number {
  const total = bytesOf(parts);
  const need = Math.max(0, total - there);
  const largest = parts.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  check(
    free === undefined || need <= free,
    'not-enough-disk',
    () =>
      `about ${gigabytes(need)} would be written to ${path}, and the disk there has ${gigabytes(free!)} left; the largest part is ` +
      `${largest.what} (${gigabytes(largest.bytes)})${largest.key ? `: lower it with ${largest.key}` : ''}, or choose another disk with --out.`,
  );
  return total;
}
