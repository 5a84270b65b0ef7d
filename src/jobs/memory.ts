/**
 * The memory of a command, computed before it starts: what it needs, whether the machine has it, how many workers fit.
 */
import { availableParallelism } from 'node:os';
import { check } from '../numeric/errors.js';
import { usableMemory } from './machine.js';

/** Node with the program, and with what draws the figures and the page of a report at the end: measured, resident, and a tenth more. */
export const PROGRAM_BYTES = 170e6;
/** A worker thread without its data: measured, and a tenth more. */
export const THREAD_BYTES = 25e6;

/** States one part of the memory of a run. */
export interface MemoryPart {
  readonly what: string;
  readonly bytes: number;
  /** The config key that makes it smaller. */
  readonly key: string;
}

/** States the memory of a run. */
export interface MemoryNeed {
  /** Bytes at the peak: the base, the data, and the larger of training and analysis. */
  readonly peak: number;
  readonly parts: readonly MemoryPart[];
}

/** Peak of runs one after another in a process, over that of the largest: measured 0.97 to 1.08. */
const KEPT = 1.25;

/** States the need of runs that follow one another in a process, which still holds a part of what the one before took. */
export const oneAfterAnother = (need: MemoryNeed): MemoryNeed => ({ ...need, peak: KEPT * need.peak });

/**
 * Refuses a run that does not fit.
 * @throws InputError with the largest part and the config key that makes it smaller
 */
export function checkMemory(need: MemoryNeed, available: number): void {
  const largest = need.parts.slice(1).reduce((a, b) => (b.bytes > a.bytes ? b : a));
  check(
    need.peak <= available,
    'not-enough-memory',
    () =>
      `this run needs about ${gigabytes(need.peak)} of memory, and this machine has ${gigabytes(available)}; the largest part is ` +
      `${largest.what} (${gigabytes(largest.bytes)}): lower it with ${largest.key}.`,
  );
}

/** Writes a number of bytes as TB, GB or MB, rounded up: what is needed is not told as less. */
export function gigabytes(bytes: number): string {
  const up = (unit: number) => (Math.ceil((10 * bytes) / unit) / 10).toFixed(1);
  if (bytes >= 1e12) return `${up(1e12)} TB`;
  return bytes >= 1e9 ? `${up(1e9)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}

/** States the bytes of the program with the data, and of each worker in addition. */
export interface PoolMemory {
  readonly base: number;
  readonly worker: number;
}

/**
 * Returns the number of workers, by default as many as cores and memory allow, and the bytes that they need.
 * @param asked - number of workers, if one was given
 * @param who - what is run, for the error: `the controls`
 * @param most - limit in bytes for a number of workers chosen here; a number that was given may use all memory of the
 * machine
 * @throws InputError when the machine has less
 */
export function poolSize(
  { base, worker }: PoolMemory,
  asked: number | undefined,
  { who, most = usableMemory(), advice }: { readonly who: string; readonly most?: number; readonly advice: string },
): { workers: number; need: number } {
  const fitting = Math.floor((Math.min(usableMemory(), most) - base) / worker);
  const workers = Math.max(1, asked || Math.min(availableParallelism(), fitting));
  const need = base + workers * worker;
  check(
    need <= usableMemory(),
    'not-enough-memory',
    `${who} ${who.endsWith('s') ? 'need' : 'needs'} about ${gigabytes(need)} of memory with ${workers} workers, and this machine has ${gigabytes(usableMemory())}; ${advice}`,
  );
  return { workers, need };
}
