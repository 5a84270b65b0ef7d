/** The clock of the launcher, so that tests need not wait. */

/** Tells the time and waits. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number;
  /** Waits; returns early when the signal is given. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const realClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener('abort', done);
      if (signal?.aborted) done();
    }),
};

/**
 * Returns the milliseconds between two questions to Slurm: 2 s at first, one percent of the time that has passed later, at most 30 s.
 */
export const pollPause = (elapsed: number): number => Math.min(30_000, Math.max(2000, elapsed / 100));

/** Milliseconds between two looks for documents. */
export const LOOK = 2000;
/** Milliseconds to wait for files that a shared file system shows late, one after the other: half a minute. */
export const LATE = [500, 1000, 2000, 4000, 8000, 15_000];
/** Milliseconds for which Slurm may give no answer, and for which it may have no room for a job. */
export const PATIENCE = 600_000;
