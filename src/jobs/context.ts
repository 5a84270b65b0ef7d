/** How work is run, and how it is stopped: options, progress, the error of an interruption. None of it changes a number. */
import { setImmediate } from 'node:timers/promises';
import { RunError } from '../numeric/errors.js';

/** How far a stage has come; `total` is absent while it cannot be known. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total?: number;
  readonly unit: string;
  /** A few words on the state of things, e.g. the loss. */
  readonly note?: string;
}

/** How to run; none of this changes a number. */
export interface RunOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** Aborting it stops the run at the next safe point, with everything saved. */
  readonly signal?: AbortSignal;
  /** Seconds of training between checkpoints; 2 by default. */
  readonly checkpointSeconds?: number;
}

/** The run was asked to stop and did, with everything saved; or, where a command writes only at its end, with nothing written. */
export class InterruptedError extends RunError {
  constructor(
    readonly folder: string,
    saved = true,
  ) {
    super(
      'interrupted',
      `stopped as asked; ${saved ? `all work so far is saved in ${folder}` : 'nothing was written'}.`,
    );
  }
}

/** Lets events (signals, messages) in, then stops if asked to. `save` runs before stopping. */
export async function yieldToEvents(
  context: { readonly options: RunOptions; readonly folder: { readonly path: string } },
  save?: () => void,
): Promise<void> {
  await setImmediate();
  if (!context.options.signal?.aborted) return;
  save?.();
  throw new InterruptedError(context.folder.path);
}
