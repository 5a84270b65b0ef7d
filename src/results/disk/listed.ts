/** What a list of runs says of each: what it is, its state, when it changed, its settings and its verdicts. */
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { holderOf } from '../../jobs/lock.js';
import { InputError } from '../../numeric/errors.js';
import type { Verdict } from '../../report/finding.js';
import { readDocument } from '../folder.js';
import { RECORDER } from '../kinds.js';
import { type RunSummary, summarise } from '../summary.js';
import { type FoundFolder, findFolders, shownBelow, type Unread } from './find.js';
import { openFolder } from './folder.js';
import { analysesOf, recordingAt } from './recordings.js';

/**
 * `running` while a process holds the folder; `stopped` where stages are left and none does, and where a training that was recorded ended
 * early; `open` for a recording that was not closed, whose training runs or was killed.
 */
export type RunState = 'running' | 'stopped' | 'done' | 'failed' | 'open';

/** One run of a list. */
export interface ListedRun {
  /** Its folder, below the one that was searched. */
  readonly folder: string;
  readonly experiment: string;
  readonly what: string;
  readonly state: RunState;
  /** The process that works in it. */
  readonly holder?: { readonly pid: number; readonly host: string };
  /** The stage at which it stopped or failed, and what was said there. */
  readonly stage?: string;
  readonly note?: string;
  /** When its record was written last, in milliseconds since 1970. */
  readonly changed: number;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  /** For a recording the folders of its analyses, below the one that was searched; absent for everything else. */
  readonly analyses?: readonly string[];
}

/** The runs and recordings below a folder, and what could not be read. */
export interface RunList {
  readonly runs: readonly ListedRun[];
  readonly unread: readonly Unread[];
}

type Tree = Readonly<Record<string, unknown>>;
const tree = (value: unknown): Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : {};

/**
 * Lists the runs and recordings below a folder. What is damaged, or of another program, is named and not listed. Cost: one reading of each
 * folder, and of the record and the findings of each run; about a thousand runs a second.
 * @throws InputError where there is no such folder
 */
export async function listRuns(
  root: string,
  options: { readonly all?: boolean; readonly signal?: AbortSignal } = {},
): Promise<RunList> {
  const { found, unread } = await findFolders(root, options);
  const runs: ListedRun[] = [];
  const bad = [...unread];
  const analyses = await analysesOf(found);
  for (const folder of found) {
    if (options.signal?.aborted) break;
    try {
      runs.push(await (folder.kind === RECORDER ? recorded(root, folder, analyses) : listed(root, folder)));
    } catch (error) {
      const code = error instanceof InputError ? error.code : 'bad-document';
      bad.push({ folder: shownBelow(root, folder.path), code, message: (error as Error).message });
    }
  }
  return { runs, unread: bad };
}

/** Reads one run. */
async function listed(root: string, { path, kind }: FoundFolder): Promise<ListedRun> {
  const folder = openFolder(path, kind);
  const record = tree(await readDocument(folder, kind.file));
  const { format } = record;
  // settings.json of another analysis and summary.json of a linear system state no format
  if (format !== undefined && !(typeof format === 'string' && format.startsWith('thermograd')))
    throw new InputError('foreign', `${kind.file} in ${path} was not written by thermograd.`);
  if (format === undefined && !('outputs' in record || 'thermograd' in record || kind.experiment === 'analyse'))
    throw new InputError('foreign', `${kind.file} in ${path} was not written by thermograd.`);
  const summary = await summarise(folder, kind);
  if (summary.problem !== undefined) throw new InputError('bad-document', summary.problem);
  const holder = holderOf(path);
  return {
    folder: shownBelow(root, path),
    ...(trainedOnly(record) ? TRAINED : { experiment: kind.experiment, what: kind.what }),
    ...stateOf(record, holder),
    changed: statSync(join(path, kind.file)).mtimeMs,
    settings: settingsIn(record, summary),
    verdicts: summary.verdicts,
  };
}

/** Reads the header of a recording. */
async function recorded(
  root: string,
  { path, kind }: FoundFolder,
  analyses: ReadonlyMap<string, readonly string[]>,
): Promise<ListedRun> {
  return {
    folder: shownBelow(root, path),
    experiment: kind.experiment,
    what: kind.what,
    ...(await recordingAt(path)),
    changed: statSync(join(path, kind.file)).mtimeMs,
    verdicts: {},
    analyses: (analyses.get(realpathSync(path)) ?? []).map((analysis) => shownBelow(root, analysis)),
  };
}

/** The settings of the record; a result that appears at once states them with its run. */
function settingsIn(record: Tree, summary: RunSummary): RunSummary['settings'] {
  if (Object.keys(summary.settings).some((key) => key !== 'version')) return summary.settings;
  const from = record.run ?? record.recording;
  return typeof from === 'string' ? { of: from, ...summary.settings } : summary.settings;
}

type State = Pick<ListedRun, 'state' | 'holder' | 'stage' | 'note'>;

interface Stage {
  readonly name: string;
  readonly status?: unknown;
  readonly note?: unknown;
}
const stagesOf = (record: Tree): Stage[] =>
  Object.entries(tree(record.stages)).map(([name, stage]) => ({ ...tree(stage), name }));

const TRAINED = { experiment: 'train', what: 'a trained network with its recorded window' };

/** Whether a run is as train leaves it: complete, and measured when somebody asks for that. */
function trainedOnly(record: Tree): boolean {
  if (record.format !== 'thermograd run') return false;
  const done = ['load', 'train'];
  return stagesOf(record).every(({ name, status }) => status === (done.includes(name) ? 'done' : 'waiting'));
}

function stateOf(record: Tree, holder: ReturnType<typeof holderOf>): State {
  const stages = stagesOf(record);
  if (holder?.runs) return { state: 'running', holder: { pid: holder.pid, host: holder.host } };
  const failed = stages.find(({ status }) => status === 'failed');
  if (failed)
    return { state: 'failed', stage: failed.name, ...(typeof failed.note === 'string' && { note: failed.note }) };
  const open = stages.find(({ status }) => status !== 'done');
  return open === undefined || trainedOnly(record) ? { state: 'done' } : { state: 'stopped', stage: open.name };
}
