/** What an analysis needs, before it starts: rows, memory, disk. */
import { pcaMemory } from '../../analyse/trajectory/pca.js';
import { checkDisk, documents } from '../../jobs/disk.js';
import { usableMemory } from '../../jobs/machine.js';
import { gigabytes, PROGRAM_BYTES, THREAD_BYTES } from '../../jobs/memory.js';
import { check } from '../../numeric/errors.js';
import { logSpaced } from '../../numeric/spacing.js';
import type { Recording } from '../../record/recording/open.js';
import { PLANES } from '../../runs/ranks.js';

/** The fewest rows from which a drift velocity gets an error. */
const FEWEST_ROWS = 40;
/** Directions of the steps in which the walk is drawn. */
export const WALK_DIRECTIONS = 200;
/** Bytes that an .npz holds. */
const LARGEST_ARCHIVE = 2 ** 32;
/** Ranks of the first directions, all of which are followed. */
const LEADING = 20;

/** Returns the ranks that are followed, of those up to `last`: about 120 log-spaced ones with the first twenty and the planes. */
export function followedRanks(last: number): number[] {
  const ranks = [...logSpaced(last, 120), ...Array.from({ length: LEADING }, (_, k) => k + 1), ...PLANES.flat()];
  return [...new Set(ranks)].filter((i) => i <= last).sort((a, b) => a - b);
}

/** Numbers of a direction in the documents, most of them lags; of the paths in two planes, of three numbers a point. */
const [OF_DIRECTION, PATHS] = [90, 3000 * 2 * 3];

/** States the needs of an analysis. */
export interface RecordingPlan {
  /** Bytes at the peak. */
  readonly memory: number;
  /** Bytes that principal directions may take. */
  readonly budget: number;
  /** Bytes that are written. */
  readonly disk: number;
  readonly words: string;
}

/**
 * Plans an analysis.
 * @param limit - bytes of memory that it may take; default: all of the machine
 * @throws InputError for too few rows, and for a recording that does not fit the memory or the disk
 */
export function planOf(recording: Recording, out: string, limit = usableMemory()): RecordingPlan {
  const { T, P, bytes, every } = recording;
  check(
    T >= FEWEST_ROWS,
    'too-few-rows',
    () =>
      `a recording needs at least ${FEWEST_ROWS} rows for drifts and correlation times; there ${T === 1 ? 'is 1' : `are ${T}`} of ${P} ${P === 1 ? 'weight' : 'weights'}.`,
  );
  const kept = followedRanks(Math.min(P, T - 1)).length;
  const K = Math.min(WALK_DIRECTIONS + 20, P, T - 1);
  const walk = 8 * (3 * P * K + 6 * T * K + 400 * Math.min(T, 6000));
  const held = PROGRAM_BYTES + THREAD_BYTES + bytes + 8 * (2 * kept * P + kept * T + 10 * P);
  const directions = pcaMemory({ T, P, kept });
  const memory = held + Math.max(directions, walk);
  const most = Math.min(limit, usableMemory());
  check(
    memory <= most,
    'not-enough-memory',
    () =>
      `the analysis of ${T} rows of ${P} weights needs about ${gigabytes(memory)} of memory, and ${gigabytes(most)} may be used; take fewer rows with --steps A:B, or some of the parameters with --params.`,
  );
  const directionsDisk = { what: 'the principal directions', bytes: 8 * (kept + 2) * P, key: '--params' };
  check(
    directionsDisk.bytes < LARGEST_ARCHIVE,
    'too-large',
    () =>
      `the principal directions of ${P} weights would have ${gigabytes(directionsDisk.bytes)}, more than an archive holds; take some of the parameters with --params.`,
  );
  const numbers = 2 * Math.min(P, T) + OF_DIRECTION * kept + PATHS * Math.min(1, T / 3000);
  const disk = checkDisk([directionsDisk, documents(numbers, 2)], out);
  const via = T < P ? `the ${T}×${T} Gram matrix of the rows` : `the ${P}×${P} covariance of the weights`;
  return {
    memory,
    // more than needed saves passes over the files, up to half of what may be used
    budget: Math.max(directions, Math.min(most, most / 2 + directions) - held),
    disk,
    words: `${T} rows of ${P} weights (${recording.format}), ${every === 1 ? 'every step' : `every ${every} steps`}; about ${gigabytes(memory)} of memory and ${gigabytes(disk)} of disk; principal directions through ${via}`,
  };
}
