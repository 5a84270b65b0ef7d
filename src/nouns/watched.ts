/** Calls that take long: whom they tell of their progress, and what stops them. */
import { RunError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { REQUEST_WANTS, type RequestOptions } from '../surface/surface.js';

/** Says what {@link RequestOptions} need, as the options of a call. */
export const WATCHED_WANTS = is.shape<RequestOptions>(REQUEST_WANTS);

/** @throws RunError 'interrupted' where the signal was given */
export function checkGoing(call: string, { signal }: RequestOptions): void {
  if (signal?.aborted) throw new RunError('interrupted', `${call} stopped as asked.`);
}

/**
 * Does work that can be stopped, and tells of its progress by shares that rise from above 0 to 1. The work hands on what it is given to the
 * requests that it makes; before each of those, pending events are handled where there is a signal.
 * @throws RunError 'interrupted' where the signal was given
 */
export async function watched<T>(
  call: string,
  { signal, onProgress }: RequestOptions,
  work: (request: RequestOptions) => Promise<T>,
): Promise<T> {
  checkGoing(call, { ...(signal && { signal }) });
  let told = 0;
  const result = await work({
    ...(signal && { signal }),
    ...(onProgress && {
      onProgress: (share) => {
        if (share <= told || share >= 1) return;
        told = share;
        onProgress(share);
      },
    }),
  });
  onProgress?.(1);
  return result;
}

/** Returns the options of one part of a call, which takes the shares `from` to `to` of it. */
export const partFrom = (request: RequestOptions, from: number, to: number): RequestOptions => ({
  ...(request.signal && { signal: request.signal }),
  ...(request.onProgress && { onProgress: (share) => request.onProgress?.(from + (to - from) * share) }),
});

/** Holds what is computed once, at the first call that comes to its end; a call that can be stopped computes for itself. */
export class Once<T> {
  #made: Promise<T> | undefined;

  get(request: RequestOptions, make: (request: RequestOptions) => Promise<T>): Promise<T> {
    if (this.#made) return this.#made;
    const made = make(request);
    const keep = () => {
      this.#made ??= made;
    };
    if (request.signal) made.then(keep, () => {});
    else {
      keep();
      made.catch(() => {
        this.#made = undefined;
      });
    }
    return made;
  }
}
