/** Memory, stated before the start: what a command needs, whether the machine has it, how many workers it allows. */
import { availableParallelism } from 'node:os';
import { check } from '../numeric/errors.js';
import { usableMemory } from './machine.js';

export interface MemoryPart {
  readonly what: string;
  readonly bytes: number;
  /** The config key that makes it smaller. */
  readonly key: string;
}

export interface MemoryNeed {
  /** Bytes at the worst moment: the base and the larger of training and analysis. */
  readonly peak: number;
  readonly parts: readonly MemoryPart[];
}

/** Refuses a run that does not fit, and says what to change. */
export function checkMemory(need: MemoryNeed, available: number): void {
  const largest = need.parts.slice(1).reduce((a, b) => (b.bytes > a.bytes ? b : a));
  check(
    need.peak <= available,
    'not-enough-memory',
    () =>
      `this run needs about ${gigabytes(need.peak)} of memory, and this machine gives ${gigabytes(available)}; the largest part is ` +
      `${largest.what} (${gigabytes(largest.bytes)}): lower it with ${largest.key}.`,
  );
}

export function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}

/** Bytes of the program and the data, and of each worker beside them. */
export interface PoolMemory {
  readonly base: number;
  readonly worker: number;
}

/**
 * Workers at a time, one per core where none are asked for, as far as memory goes; and the bytes that they need.
 * @param who - what is run, for the refusal: `the controls`
 * @param most - bytes that workers chosen here may take in all; those asked for may take what the machine gives
 * @throws InputError when the machine gives less
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
    `${who} ${who.endsWith('s') ? 'need' : 'needs'} about ${gigabytes(need)} of memory with ${workers} workers, and this machine gives ${gigabytes(usableMemory())}; ${advice}`,
  );
  return { workers, need };
}
