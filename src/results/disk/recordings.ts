/** What a list says of a recording by the recorder in Python, and which analyses of it there are. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../../numeric/errors.js';
import { type Header, headerIn, isRecorderFolder, stepsSoFar } from '../../record/recording/recorder-table.js';
import { readDocument } from '../folder.js';
import { RECORDER } from '../kinds.js';
import { type FoundFolder, kindOfFolder } from './find.js';
import { openFolder } from './folder.js';

/** What the header of a recording says. */
interface Recording {
  readonly state: 'open' | 'done' | 'stopped' | 'failed';
  /** Why it ended early. */
  readonly note?: string;
  readonly settings: Readonly<Record<string, string | number>>;
}

const STATES: Readonly<Record<string, Recording['state']>> = {
  recording: 'open',
  complete: 'done',
  interrupted: 'stopped',
  failed: 'failed',
};

/**
 * Reads what a recording says of itself: the model, the steps, the blocks of weights, the optimiser. Of one that was not closed the
 * recorded steps are counted.
 * @throws InputError for a header that is damaged, of another program, or of another version of the format
 */
export async function recordingAt(path: string): Promise<Recording> {
  if (!isRecorderFolder(path))
    throw new InputError('foreign', `${RECORDER.file} in ${path} was not written by thermograd.`);
  const header = headerIn(path);
  const state = Object.hasOwn(STATES, header.status) ? STATES[header.status] : undefined;
  if (state === undefined)
    throw new InputError(
      'bad-recording',
      `${RECORDER.file} in ${path} is damaged: it does not say whether it was closed.`,
    );
  const { reason } = header;
  const steps = header.streams?.steps ?? (await stepsSoFar(path, header));
  return { state, ...(typeof reason === 'string' && { note: reason }), settings: settingsOf(header, steps) };
}

function settingsOf(header: Header, steps: number | undefined): Recording['settings'] {
  const { blocks, model, optimizer, batch, every } = header;
  const sum = (sizes: readonly number[]) => sizes.reduce((a, b) => a + b, 0);
  const weights = sum(blocks.flatMap((b) => b.parameters.map(({ size }) => size)));
  const recorded = sum(blocks.map((b) => b.projection?.size ?? sum(b.parameters.map(({ size }) => size))));
  const rate = Array.isArray(optimizer?.groups) ? optimizer.groups[0]?.lr : undefined;
  const all = {
    model: model?.class,
    steps,
    weights,
    projected: recorded === weights ? undefined : recorded,
    blocks: blocks.map(({ name }) => name).join(' '),
    every: every === 1 ? undefined : every,
    optimiser: typeof optimizer?.class === 'string' ? optimizer.class.split('.').at(-1) : undefined,
    learningRate: rate,
    batchSize: batch?.size,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string | number] =>
      ['string', 'number'].includes(typeof entry[1]),
    ),
  );
}

/**
 * Returns the folders of the analyses of every recording that a search found, by the real path of the recording: those among the found ones,
 * and the one beside it under the name that analyse gives. Cost: one reading of the settings of each analysis.
 * @param found - recordings and results of other kinds too
 */
export async function analysesOf(found: readonly FoundFolder[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const recordings = found.filter(({ kind }) => kind === RECORDER);
  const of = new Map<string, string[]>();
  if (recordings.length === 0) return of;
  const places = new Map(
    [
      ...found.filter(({ kind }) => kind.experiment === 'recording').map(({ path }) => path),
      ...recordings.map(({ path }) => `${resolve(path)}-analysis`),
    ].map((path) => [resolve(path), path]),
  );
  for (const path of places.values()) {
    const source = await sourceOf(path);
    if (source !== undefined) of.set(source, [...(of.get(source) ?? []), path]);
  }
  return of;
}

/** Returns the real path of the recording that a folder is an analysis of, by the path in its settings; undefined where it is none. */
async function sourceOf(analysis: string): Promise<string | undefined> {
  if (!statSync(analysis, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const kind = kindOfFolder(new Set(readdirSync(analysis)));
  if (kind?.experiment !== 'recording') return undefined;
  // a damaged analysis is named by the list itself
  const settings = await readDocument(openFolder(analysis, kind), kind.file).catch(() => undefined);
  const named = (settings as { readonly recording?: unknown } | null | undefined)?.recording;
  if (typeof named !== 'string') return undefined;
  // from beside the analysis, from where it was made, and beside it by the last word, where both were moved
  const parent = dirname(resolve(analysis));
  const places = [resolve(parent, named), resolve(named), join(parent, basename(named))];
  const source = places.find((folder) => existsSync(join(folder, RECORDER.file)));
  return source && realpathSync(source);
}
