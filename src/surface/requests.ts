/** What all surfaces do with a request: check it, answer one after the other, report progress, stop when asked. */
import { check, RunError, ThermogradError } from '../numeric/errors.js';
import type { Matrix } from '../numeric/linalg/index.js';
import type { Line, RequestOptions, Subset, SurfaceBlock, Verb } from './surface.js';

/** Gives what the checks of requests need to know of a surface. */
interface Asked {
  readonly name: string;
  readonly size: number;
  readonly samples: number;
}

/** @throws InputError unless a point has as many weights as the surface */
export function checkPoint({ name, size }: Asked, w: Float64Array): void {
  check(w.length === size, 'weight-count', () => `${name} has ${size} weights; got ${w.length}.`);
}

/** @throws InputError unless the ranges of a block lie in the surface's weights, ascend, do not overlap and add up to its size */
export function checkBlock({ name, size }: Asked, block: SurfaceBlock): void {
  let [end, sum] = [0, 0];
  const fits = block.ranges.every((range) => {
    const good =
      Number.isInteger(range.offset) && Number.isInteger(range.size) && range.offset >= end && range.size >= 1;
    end = range.offset + range.size;
    sum += range.size;
    return good;
  });
  check(
    fits && block.ranges.length > 0 && end <= size && sum === block.size,
    'block-range',
    () =>
      `the ranges of the block '${block.name}' must ascend without overlap within the ${size} weights of ${name} and add up to its size, ${block.size}; make it with blockOf or blockNamed.`,
  );
}

/** @throws InputError unless every row has as many components as the block */
export function checkRows(surface: Asked, block: SurfaceBlock, { rows, cols, data }: Matrix): void {
  checkBlock(surface, block);
  check(
    cols === block.size && data.length === rows * cols,
    'direction-size',
    () => `directions in the block '${block.name}' have ${block.size} components; got ${rows} of ${cols}.`,
  );
}

/** @throws InputError for a line whose direction has another length than its block, or a displacement that is not finite */
export function checkLines(surface: Asked, lines: readonly Line[]): void {
  for (const { block, direction, displacements } of lines) {
    checkRows(surface, block, { rows: 1, cols: direction.length, data: direction });
    check(
      displacements.every(Number.isFinite),
      'displacement',
      () => `displacements along a line must be finite numbers; got ${displacements.find((d) => !Number.isFinite(d))}.`,
    );
  }
}

/** @throws InputError unless a subset names samples of the surface, each once, in strata that make up all of them */
export function checkSubset({ name, samples: all }: Asked, subset: Subset): void {
  if (!subset) return;
  const { samples, strata } = subset;
  check(
    samples.length > 0 && samples.every((k) => k < all) && new Set(samples).size === samples.length,
    'bad-subset',
    () =>
      `a subset names at least one of the samples 0 … ${all - 1} of ${name}, and none twice; got ${samples.length} numbers.`,
  );
  const [count, of] = [strata.reduce((s, h) => s + h.count, 0), strata.reduce((s, h) => s + h.of, 0)];
  check(
    strata.every((h) => h.count >= 1 && h.count <= h.of) && count === samples.length && of === all,
    'bad-subset',
    () =>
      `the strata of a subset make up its ${samples.length} samples and all ${all} of ${name}, with at least one sample each; got ${count} of ${of}.`,
  );
}

/** @throws InputError for a block whose P_b×P_b matrix would take more than 2 GiB */
export function checkDense({ name }: Asked, block: SurfaceBlock): void {
  check(
    8 * block.size ** 2 <= 2 ** 31,
    'block-too-large',
    () =>
      `the ${block.size}×${block.size} matrix of the block '${block.name}' of ${name} needs ${((8 * block.size ** 2) / 2 ** 30).toFixed(1)} GiB; take a smaller block, or products and projections in place of the matrix.`,
  );
}

/** Makes a function that runs tasks one after the other, in the order in which they are given. */
export function oneAtATime(): <T>(task: () => T | Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const result = last.then(task);
    last = result.catch(() => {});
    return result;
  };
}

/**
 * Makes a function to be called after each of `total` parts of a request: it reports the share done, and where the request can
 * be stopped it lets pending events be handled.
 * @throws RunError 'interrupted' from that function when the signal was given
 */
export function progressOf(options: RequestOptions | undefined, total: number): () => Promise<void> | undefined {
  let done = 0;
  return () => {
    done++;
    options?.onProgress?.(Math.min(1, done / total));
    const signal = options?.signal;
    return signal && done < total ? eventsHandled(signal) : undefined;
  };
}

async function eventsHandled(signal: AbortSignal): Promise<void> {
  await pause();
  checkGoing({ signal });
}

/** Lets pending events of this thread be handled: keys, messages, clocks. Takes microseconds in Node, a millisecond elsewhere. */
export const pause = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve);
  });

/** @throws RunError 'interrupted' where a request was asked to stop */
export function checkGoing(options: RequestOptions | undefined): void {
  if (options?.signal?.aborted) throw new RunError('interrupted', 'the request to the model stopped as asked.');
}

/** Returns the options of a part of a request: it stops with the whole and reports no progress of its own. */
export const partOf = (options?: RequestOptions): RequestOptions | undefined =>
  options?.signal && { signal: options.signal };

/** Returns an error as one of ours, whose sentence names the model and the request. */
export function namedError(name: string, verb: Verb, error: unknown): ThermogradError {
  if (error instanceof ThermogradError) return error;
  const cause = error instanceof Error ? error.message : String(error);
  return new RunError('model-failed', `${name} failed when it was asked for ${verb}: ${cause.replace(/[.\s]+$/, '')}.`);
}

/** Returns numbers that a model gave as float64, of the length that was asked for. */
export function numbersOf(name: string, what: string, values: unknown, length: number): Float64Array {
  const given = values as ArrayLike<number> | null | undefined;
  if (typeof given !== 'object' || given === null || given.length !== length)
    throw new RunError(
      'model-answer',
      `${name} must give ${what} as ${length} numbers; got ${typeof given === 'object' && given !== null ? `${given.length}` : String(given)}.`,
    );
  return given instanceof Float64Array ? given : Float64Array.from(given);
}
