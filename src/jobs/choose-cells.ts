/** Cells of a study as a person or a queue names them. */
import { relative, resolve, sep } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { check, InputError } from '../numeric/errors.js';
import { readWhole } from '../record/files.js';
import type { CellLine, OpenStudy } from './open-study.js';

/**
 * Returns the cells that are named, each once, in the order of the names.
 * @param which - indices, ranges such as 10-19, and paths of documents relative to the folder or to the working directory
 * @param list - a file with one such name a line; empty lines are skipped
 * @param wait - seconds for which a document that is none of the cells is looked for again: the documents that make a cell known may
 * appear late on a network file system
 * @throws InputError for an index or a document that the study does not have, a range upside down, and a list without a name
 */
export async function chosenCells(
  study: OpenStudy,
  which: readonly string[],
  { list, wait = 0 }: { readonly list?: string | undefined; readonly wait?: number | undefined } = {},
): Promise<CellLine[]> {
  const names = [...which, ...(list === undefined ? [] : namesIn(list))];
  check(
    names.length > 0,
    'no-cell',
    `name at least one cell of ${study.path}: an index, a range such as 10-19, or the path of a document (thermograd cells ${study.path} lists them).`,
  );
  const end = performance.now() + 1000 * wait;
  for (;;) {
    try {
      return cellsNamed(names, study.path, study.list());
    } catch (error) {
      if (performance.now() >= end || (error as InputError).code !== 'no-cell') throw error;
      await pause(BETWEEN);
    }
  }
}

/** Milliseconds between two listings. */
const BETWEEN = 500;

function cellsNamed(names: readonly string[], path: string, lines: readonly CellLine[]): CellLine[] {
  const byFile = new Map(lines.map((line) => [line.file, line]));
  const chosen = new Map<string, CellLine>();
  for (const name of names) for (const line of named(name, path, lines, byFile)) chosen.set(line.file, line);
  return [...chosen.values()];
}

/** Reads the names of a list. */
function namesIn(list: string): string[] {
  const bytes = readWhole(list);
  check(
    bytes !== undefined,
    'no-list',
    `there is no list of cells ${list}; give --list a file that names one cell a line.`,
  );
  const names = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  check(names.length > 0, 'no-cell', `the list of cells ${list} is empty; it should name one cell a line.`);
  return names;
}

function named(
  name: string,
  path: string,
  lines: readonly CellLine[],
  byFile: ReadonlyMap<string, CellLine>,
): readonly CellLine[] {
  const range = /^(\d+)(?:-(\d+))?$/.exec(name);
  if (!range) return [document(name, path, byFile)];
  const from = Number(range[1]);
  const to = range[2] === undefined ? from : Number(range[2]);
  check(from <= to, 'bad-range', `a range of cells goes from the smaller index to the larger; got ${name}.`);
  check(
    to < lines.length,
    'no-cell',
    `${path} has ${lines.length === 0 ? 'no cells' : `the cells 0 to ${lines.length - 1}`} so far; got ${name}.`,
  );
  return lines.slice(from, to + 1);
}

function document(name: string, path: string, byFile: ReadonlyMap<string, CellLine>): CellLine {
  const inside = relative(resolve(path), resolve(name)).split(sep).join('/');
  const found = byFile.get(name.replace(/^\.\//, '')) ?? byFile.get(inside);
  if (found) return found;
  throw new InputError(
    'no-cell',
    `${name} is no document of a cell of ${path}, as far as its cells are known; thermograd cells ${path} lists them.`,
  );
}
