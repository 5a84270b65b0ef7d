/** The runs and recordings that the page knows: those that the server was given, and those that were dropped. */
import { computed, signal } from '@preact/signals';
import { type ResultFolder, readDocument } from '../../../../results/folder.js';
import { findResults } from '../../../../results/kinds.js';
import { type RunSummary, summarise } from '../../../../results/summary.js';
import { servedByCommand } from '../../offline.js';
import type { DroppedFile } from './drop.js';

/** A run or a recording with its files. */
export interface Entry {
  readonly summary: RunSummary;
  readonly folder: ResultFolder;
  readonly from: 'served' | 'dropped';
  /**
   * Files of a recording with their paths, for the worker that opens it, and the path of the recording among them. @param inner - the folder
   * in a run folder that is the recording
   */
  recording(inner?: string): Promise<{ files: ReadonlyMap<string, Blob>; path: string }>;
}

/** All entries by their names in links, in the order in which they came. */
export const entries = signal<ReadonlyMap<string, Entry>>(new Map());
export const summaries = computed<readonly RunSummary[]>(() => [...entries.value.values()].map((e) => e.summary));
/** Whether the index of the server is still coming, or could not be read. */
export const served = signal<'none' | 'loading' | 'loaded' | 'failed'>('none');
/** What was wrong with the last files. */
export const wrong = signal('');

function add(more: readonly Entry[]): void {
  const next = new Map(entries.peek());
  for (const entry of more) next.set(entry.summary.id, entry);
  entries.value = next;
}

const address = (path: string): URL => new URL(`api/runs${path}`, document.baseURI);

async function ask(path: string): Promise<Response> {
  const answer = await fetch(address(path));
  if (!answer.ok) throw new Error(`The server did not give ${path.slice(1) || 'the runs'} (status ${answer.status}).`);
  return answer;
}

/** Loads the index of the server, if the page comes from one; again when asked again. Rows appear as they come. */
export async function loadServed(): Promise<void> {
  if (!servedByCommand() || served.peek() === 'loading') return;
  served.value = 'loading';
  try {
    const reader = (await ask('')).body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split('\n');
      rest = lines.pop()!;
      add(lines.map((line) => servedEntry(JSON.parse(line))));
    }
    served.value = 'loaded';
  } catch (error) {
    served.value = 'failed';
    wrong.value = `The runs could not be listed: ${(error as Error).message}`;
  }
}

function servedEntry(summary: RunSummary): Entry {
  const base = `/${summary.id}`;
  const place = (file: string) => `${base}/file/${file.split('/').map(encodeURIComponent).join('/')}`;
  let files: Promise<readonly string[]> | undefined;
  const folder: ResultFolder = {
    name: summary.name,
    files: () => (files ??= ask(`${base}/files`).then((a) => a.json())),
    async read(file) {
      if (!(await folder.files()).includes(file)) return undefined;
      return new Uint8Array(await (await ask(place(file))).arrayBuffer());
    },
  };
  return {
    summary,
    folder,
    from: 'served',
    async recording(inner) {
      const names = (await folder.files()).filter((name) => inner === undefined || name.startsWith(`${inner}/`));
      const blobs = new Map<string, Blob>();
      for (const name of names) blobs.set(`recording/${name}`, await (await ask(place(name))).blob());
      const single = names.length === 1 && /\.(?:npy|npz|safetensors)$/i.test(names[0]);
      return { files: blobs, path: inner ? `recording/${inner}` : single ? `recording/${names[0]}` : 'recording' };
    },
  };
}

const TAKEN =
  'The page opens run folders of thermograd, recordings of its recorder in Python, Zarr arrays and groups, and .npy, .npz and .safetensors files.';

/**
 * Takes dropped files: finds runs and recordings among them.
 * @returns a sentence where there are none, or undefined
 */
export async function takeFiles(files: readonly DroppedFile[]): Promise<string | undefined> {
  if (files.length === 0) return `Nothing was dropped. ${TAKEN}`;
  const byPath = new Map(files.map(({ path, file }) => [path, file]));
  const found = findResults([...byPath.keys()]);
  if (found.length === 0) return sentenceOn(files);
  const made: Entry[] = [];
  for (const { path, kind } of found) {
    const inside = new Map([...byPath].filter(([file]) => path === '' || file === path || file.startsWith(`${path}/`)));
    const folder = droppedFolder(path || 'dropped files', path, inside);
    const summary = await summarise(folder, kind);
    made.push({
      summary,
      folder,
      from: 'dropped',
      recording: async (inner) => ({ files: inside, path: inner ? [path, inner].filter(Boolean).join('/') : path }),
    });
  }
  add(made);
  const broken = made.find((entry) => entry.summary.problem !== undefined);
  return broken?.summary.problem;
}

function sentenceOn(files: readonly DroppedFile[]): string {
  const [{ path }] = files;
  const what = files.length === 1 ? `${path} is` : `The ${files.length} files (${path}, …) are`;
  if (/\.(?:pt|pth|pkl|pickle|ckpt|bin|joblib)$/i.test(path))
    return `${what} a pickle of Python, which runs code when it is opened, and is not read; safetensors.torch.save_file writes the same weights as safetensors.`;
  if (/\.csv$/i.test(path) || /idx\d?-ubyte/.test(path))
    return `${what} no results; data to train on are dropped in the view Train.`;
  return `${what} nothing that can be opened. ${TAKEN}`;
}

/** A folder among dropped files. */
function droppedFolder(name: string, path: string, files: ReadonlyMap<string, File>): ResultFolder {
  const start = path === '' || files.has(path) ? '' : `${path}/`;
  return {
    name,
    files: async () => [...files.keys()].map((file) => file.slice(start.length)).sort(),
    async read(file) {
      const found = files.get(start + file);
      return found && new Uint8Array(await found.arrayBuffer());
    },
  };
}

/** Forgets an entry that was dropped. */
export function forgetEntry(id: string): void {
  const next = new Map(entries.peek());
  next.delete(id);
  entries.value = next;
}

/** Reads a document of an entry; undefined where there is none or where it cannot be read. */
export const documentOf = (entry: Entry, file: string): Promise<unknown> =>
  readDocument(entry.folder, file).catch(() => undefined);
