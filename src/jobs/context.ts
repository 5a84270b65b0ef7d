/** How work is run and stopped: options, progress, the error of an interruption. None of this changes a number. */
import { setImmediate } from 'node:timers/promises';
import { RunError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';

/** Reports the progress of a stage; `total` is absent while it is unknown. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total?: number;
  readonly unit: string;
  /** A short note, e.g. the loss. */
  readonly note?: string;
}

/** Says how work is run; none of this changes a number. */
export interface RunOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** Aborting it stops the run at the next safe point, with everything saved. */
  readonly signal?: AbortSignal;
  /** Seconds of training between checkpoints; 2 by default. */
  readonly checkpointSeconds?: number;
}

/** Says what {@link RunOptions} needs. */
export const RUN_OPTIONS_WANTS = {
  onProgress: is.maybe(is.func),
  signal: is.maybe(is.object),
  checkpointSeconds: is.maybe(is.real),
};
/** Says what a request for a run in a folder needs besides. */
export const FOLDER_WANTS = {
  ...RUN_OPTIONS_WANTS,
  out: is.maybe(is.path),
  resume: is.maybe(is.flag),
  onStart: is.maybe(is.func),
};

/**
 * Reports that a run stopped on request, with everything saved; or, where a command writes only at its end, with
 * nothing written.
 */
export class InterruptedError extends RunError {
  constructor(
    readonly folder: string,
    saved = true,
    /** What goes on elsewhere, as the rest of a sentence that begins with a semicolon. */
    elsewhere = '',
  ) {
    super(
      'interrupted',
      `stopped as asked; ${saved ? `all work so far is saved in ${folder}` : 'nothing was written'}${elsewhere}.`,
    );
  }
}

/**
 * Lets pending events (signals, messages) be handled, then stops if that was requested. `save` runs before stopping.
 * @throws InterruptedError
 */
export async function yieldToEvents(
  context: { readonly options: RunOptions; readonly folder: { readonly path: string } },
  save?: () => void,
): Promise<void> {
  await setImmediate();
  if (!context.options.signal?.aborted) return;
  save?.();
  throw new InterruptedError(context.folder.path);
}
