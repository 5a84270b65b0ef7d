/** What every stage of a run is given, and how a stage is begun, timed, ended and recorded. */
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

/** What a record says of one stage. */
export interface StageRecord {
  status: 'waiting' | 'running' | 'done' | 'failed' | 'interrupted';
  /** Wall-clock seconds spent, over all attempts. */
  seconds: number;
  /** Why it failed, or anything worth keeping. */
  note?: string;
}

/** As much of a context as a stage needs: any folder that keeps a record of its stages. */
export interface Staged<Name extends string> {
  readonly folder: {
    readonly path: string;
    readonly record: { readonly stages: Readonly<Record<Name, StageRecord>> };
    save(): void;
  };
  readonly options: RunOptions;
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
  context: Pick<Staged<never>, 'options'> & { readonly folder: { readonly path: string } },
  save?: () => void,
): Promise<void> {
  await setImmediate();
  if (!context.options.signal?.aborted) return;
  save?.();
  throw new InterruptedError(context.folder.path);
}

/** Runs a stage unless the folder's record says it is done; keeps status and seconds in the record whatever happens. */
export async function runStage<Name extends string>(
  context: Staged<Name>,
  name: Name,
  body: () => Promise<void>,
): Promise<void> {
  const { folder } = context;
  const record = folder.record.stages[name];
  if (record.status === 'done') return;
  await yieldToEvents(context);
  record.status = 'running';
  delete record.note;
  folder.save();
  const before = record.seconds;
  const start = performance.now();
  const spent = () => Math.round((before + (performance.now() - start) / 1000) * 1000) / 1000;
  try {
    await body();
  } catch (error) {
    record.status = error instanceof InterruptedError ? 'interrupted' : 'failed';
    record.note = (error as Error).message;
    record.seconds = spent();
    try {
      folder.save();
    } catch {} // the first error is the one to report; a full disk may refuse this note as well
    throw error;
  }
  record.status = 'done';
  record.seconds = spent();
  folder.save();
}
