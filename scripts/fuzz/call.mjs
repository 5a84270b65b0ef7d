/** The program called in this process as the command line calls it, and what such a call left behind. */
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { mutateText } from './mutations.mjs';

const load = (dist, path) => import(new URL(path, dist));

/** What a refusal is to the harness. */
export class Refused extends Error {
  refusal = true;
}

/** The files of a folder, but figures, whose numbers stand in the tables and documents as well. */
export const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && !/(^|\/)(figures|theory\.html)/.test(name))
    .sort();

/** Times, places and versions, which differ between two runs of the same. */
const PASSING = /^(seconds|timings?|started|finished|machine|memory|versions?|date|at|host|pid|duration|thermograd|stages|outputs|folder|run|created)$/; // biome-ignore format: one pattern
const lasting = (value) =>
  Array.isArray(value)
    ? value.map(lasting)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).filter(([key]) => !PASSING.test(key)).map(([key, v]) => [key, lasting(v)])) // biome-ignore format: one value
      : value;

/** What lasts of the text of a document; undefined for what is no JSON. */
const read = (bytes) => {
  try {
    return lasting(JSON.parse(bytes));
  } catch {
    return undefined;
  }
};

/** The documents with numbers that a command wrote or changed. */
export function documents(folder, before) {
  const out = {};
  for (const name of filesOf(folder)) {
    if (!/\.(json|npy|npz|csv|safetensors)$/.test(name)) continue;
    const bytes = readFileSync(join(folder, name));
    if (before.get(name)?.equals(bytes)) continue;
    out[name] = name.endsWith('.json') ? lasting(JSON.parse(bytes)) : bytes.toString('base64');
    // a record that only lost a file from its list says nothing else than before
    if (name.endsWith('.json') && before.has(name) && isDeepStrictEqual(out[name], read(before.get(name))))
      delete out[name];
  }
  return out;
}

/**
 * Makes a new copy of a folder with one file changed, renamed (`as`) or removed, goes there, and returns its contents.
 * @param home - a folder outside, since the one that a process is in cannot be replaced
 */
export function freshCopy({ home, whole, copy }, change) {
  process.chdir(home);
  rmSync(copy, { recursive: true, force: true });
  cpSync(whole, copy, { recursive: true });
  process.chdir(copy);
  if (change?.as) renameSync(change.name, change.as);
  else if (change?.bytes) writeFileSync(change.name, change.bytes);
  else if (change) rmSync(change.name);
  return contents(copy);
}

/** The content of every file of a folder by its name. */
export const contents = (folder) => new Map(filesOf(folder).map((name) => [name, readFileSync(join(folder, name))]));

/**
 * Throws what a call in `folder` is to the harness: nothing where it succeeded, a refusal, or an error that is none of the program's own.
 * @param before - the contents of the folder before the call
 * @param fails - whether an exit code of 1 is right for what was said; by default it is
 */
export function judged({ code, text }, folder, before, fails = () => true) {
  if (/This should not happen/.test(text)) throw new Error(text.slice(-900));
  const line = text.split('\n').find((l) => /\bundefined\b|\[object /.test(l));
  if (line !== undefined) throw new Error(`a sentence with a hole: ${line}`);
  if (code === 130) throw Object.assign(new Refused('stopped'), { stopped: true });
  if (code === 0) return;
  if (code !== 1 && code !== 2) throw new Error(`exit code ${code}: ${text.slice(-300)}`);
  if (code === 1 && !fails(text)) throw new Error(`wrong input, and exit code 1: ${text.slice(-500)}`);
  const left =
    code === 2 ? filesOf(folder).filter((name) => !before.get(name)?.equals(readFileSync(join(folder, name)))) : [];
  if (left.length > 0)
    throw new Error(`refused as wrong input, and wrote ${left.slice(0, 5).join(', ')}: ${text.slice(-300)}`);
  throw new Refused(text);
}

/** Returns `parsed`, which reads the words of a call alone, and `run`, which makes the call. */
export async function caller(dist) {
  const { program } = await load(dist, 'cli/commands.js');
  const { reportError } = await load(dist, 'terminal/session.js');
  const { InputError } = await load(dist, 'numeric/errors.js');
  const { CommanderError } = await import('commander');

  /** Parses the words alone. */
  const parsed = async (args) => {
    const root = program().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    let got;
    const quiet = (command) => {
      command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
      command.action((...given) => {
        got = { name: command.name(), flags: given.at(-2), words: given.slice(0, -2) };
      });
      command.commands.forEach(quiet);
    };
    root.commands.forEach(quiet);
    try {
      await root.parseAsync(['node', 'thermograd', ...args]);
    } catch {
      return undefined;
    }
    return got;
  };

  /** Runs a command as src/cli/main.ts does, and catches what it prints; `heard` is called with all of it so far. */
  const run = async (args, heard) => {
    let text = '';
    const [out, err] = [process.stdout.write, process.stderr.write];
    const take = (chunk, ...rest) => {
      text += String(chunk);
      heard?.(text);
      const done = rest.find((r) => typeof r === 'function');
      if (done) done();
      return true;
    };
    process.stdout.write = take;
    process.stderr.write = take;
    process.exitCode = 0;
    try {
      const root = program();
      for (const command of root.commands) command.exitOverride();
      await root.parseAsync(['node', 'thermograd', ...args]);
    } catch (error) {
      if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
      else {
        reportError(error, false);
        process.exitCode = error instanceof InputError ? 2 : 1;
      }
    } finally {
      process.stdout.write = out;
      process.stderr.write = err;
    }
    const code = process.exitCode;
    process.exitCode = 0;
    return { code, text };
  };
  return { parsed, run };
}

export const NUMBERS = ['0', '1', '2', '3', '7', '50', '1e3', '0.5', '1e-300', '1e300', '-1', '1-2', '2,3', '99999999'];

/** Changes one of the arguments of a command, which is named by the first: a word less, twice, or misspelt. */
export function mutateArguments(args, draw) {
  const out = [...args];
  // the command itself is changed by the subject `flags`
  const first = args[0] === 'reproduce' ? 2 : 1;
  const at = first + draw.below(out.length - first);
  const kind = draw.below(6);
  const numbers = out.flatMap((word, k) => (k >= first && /^[\d.-]+$/.test(word) ? [k] : []));
  if (kind >= 4 && numbers.length > 0) out[draw.one(numbers)] = draw.one(NUMBERS);
  else if (kind === 0 && out[at] !== 'run') out.splice(at, 1);
  else if (kind === 1) out.splice(at, 0, draw.one(args.slice(first)));
  else out[at] = mutateText(out[at], draw);
  return out;
}
