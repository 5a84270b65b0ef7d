/**
 * What the stages of a folder wrote, as numbers that are checked before it is read again: files, bytes and a SHA-256 of
 * every array and document. A chunk that was cut short, or a shape that was lowered, is then refused and changes no
 * verdict.
 */
import { createHash } from 'node:crypto';
import { closeSync, type Dirent, existsSync, lstatSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { check, InputError } from '../numeric/errors.js';
import { readJson } from '../record/json.js';

/** Describes one array or document as the stage that wrote it left it. */
export interface Output {
  /** The stage. */
  readonly stage: string;
  /** Number of files (an array in chunks has several) and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Over the names, lengths and contents of the files, in the order of their names; of one file, that of its content. */
  readonly sha256: string;
}

/** Maps paths in a folder, with `/` between names, to what was written there. */
export type Outputs = Readonly<Record<string, Output>>;

/** Holds what the file system says of an entry, to see whether a stage wrote it. */
type Seen = ReadonlyMap<string, string>;

/** Lists what is written at the end from other documents, and what a person may add or remove. */
const NO_OUTPUT =
  /^(?:lock|report\.html|report\.json|theory\.html|figures|tables|parts|scratch|slurm|.*\.partial\.json|.*\.tmp|.*\.stale)$/;
/** Names of documents by which a folder is one of its own. */
const OWN = ['settings.json', 'advice.json', 'run.json', 'ao2022.json', 'seeds.json', 'network.json'];
const KEPT = /\.(?:json|npz|npy|safetensors)$/;

/** Lists the entries of a folder: documents and files of arrays by themselves, arrays in chunks as one entry each. */
function entriesOf(folder: string, record: string): string[] {
  const walk = (path: string): string[] =>
    readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
      const at = path === '' ? entry.name : `${path}/${entry.name}`;
      if (path === '' && (NO_OUTPUT.test(entry.name) || entry.name === record)) return [];
      if (entry.isDirectory()) {
        if (entry.name.endsWith('.zarr'))
          return readdirSync(join(folder, at))
            .filter((name) => !NO_OUTPUT.test(name))
            .map((name) => `${at}/${name}`);
        const own = path === '' && OWN.some((name) => existsSync(join(folder, at, name)));
        return own ? [] : walk(at);
      }
      return entry.isFile() && KEPT.test(entry.name) && !NO_OUTPUT.test(entry.name) ? [at] : [];
    });
  return walk('').sort();
}

/** Lists the files of an entry, sorted, relative to it; [''] for a file. */
function filesOf(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [''];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => lstatSync(join(path, name)).isFile() && !name.endsWith('.tmp'))
    .map((name) => name.split(sep).join('/'))
    .sort();
}

/** Returns what the file system says of every entry, so that `sealOutputs` can tell which of them changed. */
export function seenIn(folder: string, record: string): Seen {
  return new Map(entriesOf(folder, record).map((name) => [name, stampOf(join(folder, name))]));
}

function stampOf(path: string): string {
  const stamps = filesOf(path).map((file) => {
    const { size, mtimeMs, ino } = lstatSync(join(path, file));
    return `${file}:${size}:${mtimeMs}:${ino}`;
  });
  return createHash('sha256').update(stamps.join('\n')).digest('hex');
}

/**
 * Returns the outputs of a folder after a stage: those it had, and those that the stage wrote. Costs the reading of what
 * was written.
 * @param before - `seenIn` before the stage
 */
export function sealOutputs(folder: string, record: string, stage: string, before: Seen, known: Outputs): Outputs {
  const out: Record<string, Output> = { ...known };
  for (const name of entriesOf(folder, record)) {
    if (name in known && before.get(name) === stampOf(join(folder, name))) continue;
    out[name] = { stage, ...measure(join(folder, name)) };
  }
  // in one order, however often the run was stopped
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Refuses a folder in which something is not as the stages left it. What is missing as a whole, a file or a folder of arrays,
 * is left to whoever needs it: a cell without its document is computed again.
 * @param only - names at the top of the folder; default all
 * @throws InputError with the first entry that differs
 */
export function verifyOutputs(folder: string, outputs: Outputs | undefined, only?: readonly string[]): void {
  for (const [name, wrote] of Object.entries(outputs ?? {})) {
    const top = name.split('/')[0];
    if ((only && !only.includes(top)) || !existsSync(join(folder, top))) continue;
    const refuse = (is: string) =>
      new InputError(
        'changed-output',
        `${join(folder, name)} is not as the run wrote it (${is}): restore it from a copy, or start again in another folder.`,
      );
    if (!existsSync(join(folder, name))) {
      // a document that is gone is made again or asked for; an array in chunks lacks a part
      if (!top.endsWith('.zarr')) continue;
      throw refuse('it is missing');
    }
    const { files, bytes } = sizeOf(join(folder, name));
    if (files !== wrote.files) throw refuse(`${files} files instead of ${wrote.files}`);
    if (bytes !== wrote.bytes) throw refuse(`${bytes} bytes instead of ${wrote.bytes}`);
    if (measure(join(folder, name)).sha256 !== wrote.sha256)
      throw refuse('as many bytes, but others: its SHA-256 differs');
  }
}

/**
 * Returns the outputs without documents that are gone: whoever makes such a document again may write other seconds into it. Arrays in
 * chunks stay listed.
 */
export function withoutMissing(folder: string, outputs: Outputs): Outputs {
  const gone = (name: string) => !name.split('/')[0].endsWith('.zarr') && !existsSync(join(folder, name));
  return Object.fromEntries(Object.entries(outputs).filter(([name]) => !gone(name)));
}

function sizeOf(path: string): { files: number; bytes: number } {
  const files = filesOf(path);
  return { files: files.length, bytes: files.reduce((sum, file) => sum + lstatSync(join(path, file)).size, 0) };
}

/** Where files are read, so many bytes at once. */
const PIECE = new Uint8Array(2 ** 20);

/** Reads an entry and returns its numbers. */
export function measure(path: string): Pick<Output, 'files' | 'bytes' | 'sha256'> {
  const hash = createHash('sha256');
  const files = filesOf(path);
  let bytes = 0;
  for (const name of files) {
    const file = openSync(join(path, name), 'r');
    try {
      if (name !== '') hash.update(`${name}\0${lstatSync(join(path, name)).size}\0`);
      for (let got = readSync(file, PIECE); got > 0; got = readSync(file, PIECE)) {
        hash.update(PIECE.subarray(0, got));
        bytes += got;
      }
    } finally {
      closeSync(file);
    }
  }
  return { files: files.length, bytes, sha256: hash.digest('hex') };
}

/** Returns what a record says of a document that is one file with this content. */
export function outputOf(stage: string, content: string | Uint8Array): Output {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { stage, files: 1, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Documents at the top of a folder that may list what lies beside them under `outputs`. */
const LISTS = ['advice.json', 'run.json'];

/**
 * Refuses a file, or a folder of arrays, that is not as the document beside it says that it was written; what none lists is not held to
 * anything.
 * @throws InputError
 */
export function verifyBeside(path: string): void {
  const [folder, name] = [dirname(path), basename(path)];
  for (const list of LISTS) {
    let outputs: Outputs | undefined;
    try {
      outputs = readJson<{ outputs?: Outputs }>(join(folder, list))?.outputs;
    } catch {} // not ours, or damaged: nothing is known of the file
    const listed = Object.entries(outputs ?? {}).filter(([output]) => output.split('/')[0] === name);
    verifyOutputs(folder, Object.fromEntries(listed));
  }
}

/** Lists a folder; nothing where another process has removed it meanwhile. */
function entriesIn(path: string): Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Refuses a folder of results in which a symbolic link leads outside: what is read there is not what a run wrote, and
 * what is written there would land elsewhere.
 * @throws InputError with the first such link
 */
export function refuseLinks(folder: string): void {
  if (!existsSync(folder)) return;
  const home = realpathSync(folder);
  const walk = (path: string): void => {
    for (const entry of entriesIn(path)) {
      const at = join(path, entry.name);
      if (entry.isDirectory()) walk(at);
      if (!entry.isSymbolicLink()) continue;
      let target = '';
      try {
        target = realpathSync(at);
      } catch {}
      check(
        target === home || target.startsWith(home + sep),
        'link-outside',
        () =>
          `${at} is a symbolic link that leads ${target ? `out of the folder, to ${target}` : 'nowhere'}; put what it names in its place, or choose another folder with --out.`,
      );
    }
  };
  walk(folder);
}
