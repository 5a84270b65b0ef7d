/** Reading of matrices from files: .npy, .npz (one of its arrays) and CSV. */
import { check, InputError } from '../../numeric/errors.js';
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import { nearest } from '../../numeric/spelling.js';
import { readWhole } from '../../record/files.js';
import { type NpyArray, readNpy } from '../../record/npy.js';
import { readNpz } from '../../record/npz.js';

/**
 * Reads a matrix. `file.npz:name` takes one array of an archive, `file.npz` its only one; anything that is neither .npy nor
 * .npz is read as numbers in lines, separated by commas, semicolons, tabs or blanks; lines that begin with # are skipped.
 * @param role - what the matrix is, for the message: `drift`
 * @throws InputError that names the file and what is wrong
 */
export async function readMatrix(path: string, role: string): Promise<Matrix> {
  const named = /^(.+?\.npz):(.+)$/i.exec(path);
  const whole = readWhole(path);
  const file = whole || !named ? path : named[1];
  const bytes = whole ?? (named ? readWhole(file) : undefined);
  check(bytes !== undefined, 'no-file', () => `there is no file ${file} to read the ${role} from.`);
  if (/\.npy$/i.test(file)) return fromArray(readNpy(bytes, file), file);
  if (/\.npz$/i.test(file)) return fromArchive(await readNpz(bytes, file), file, whole ? undefined : named?.[2], role);
  return fromText(new TextDecoder().decode(bytes), file);
}

function fromArchive(arrays: Map<string, NpyArray>, file: string, name: string | undefined, role: string): Matrix {
  const names = [...arrays.keys()];
  const list = names.join(', ') || 'no arrays';
  if (name === undefined) {
    check(
      names.length === 1,
      'npz-name',
      () => `${file} holds ${list}; say which is the ${role} as ${file}:${names[0] ?? 'name'}.`,
    );
    return fromArray(arrays.get(names[0])!, `${file}:${names[0]}`);
  }
  const array = arrays.get(name);
  if (!array) {
    const like = nearest(name, names);
    throw new InputError(
      'npz-name',
      `${file} has no array '${name}'${like ? ` (did you mean '${like}'?)` : ''}; it holds ${list}.`,
    );
  }
  return fromArray(array, `${file}:${name}`);
}

function fromArray({ shape, data }: NpyArray, source: string): Matrix {
  check(
    shape.length === 2,
    'matrix-shape',
    () =>
      `${source} has the shape (${shape.join(', ')}), but a matrix has two dimensions` +
      `${shape.length === 1 ? '; a diagonal is written out with numpy.diag' : ''}.`,
  );
  return matrix(shape[0], shape[1], data instanceof Float64Array ? data : Float64Array.from(data));
}

function fromText(text: string, source: string): Matrix {
  const lines = text
    .split(/\r\n|\n|\r/)
    .map((line, k) => ({ at: k + 1, line: line.trim() }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
  check(lines.length > 0, 'csv', () => `${source} holds no numbers.`);
  const kinds = [',', ';', '\t'].filter((mark) => lines.some(({ line }) => line.includes(mark)));
  check(
    kinds.length <= 1,
    'csv',
    () =>
      `${source} has both ${kinds.map((mark) => ({ ',': 'commas', ';': 'semicolons', '\t': 'tabs' })[mark]).join(' and ')}: write decimal points instead of decimal commas, and one kind of separator.`,
  );
  const rows = lines.map(({ at, line }) => {
    const words =
      kinds[0] !== undefined && line.includes(kinds[0]) ? line.split(kinds[0]).map((w) => w.trim()) : line.split(/\s+/);
    return words.map((word) => {
      const plain = word.replace(/^([+-]?)inf(?:inity)?$/i, '$1Infinity');
      const value = Number(plain);
      check(
        /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|Infinity|nan)$/i.test(plain),
        'csv',
        () =>
          `${source}, line ${at}: '${word}' is not a number; a matrix is written as lines of numbers${at === lines[0].at ? ', without a heading (or with # before it)' : ''}.`,
      );
      check(
        Number.isFinite(value) || !/\d/.test(plain),
        'csv',
        () => `${source}, line ${at}: '${word}' is larger than any double.`,
      );
      return value;
    });
  });
  const cols = rows[0].length;
  for (const [k, r] of rows.entries())
    check(
      r.length === cols,
      'csv',
      () => `${source}, line ${lines[k].at}: ${r.length} numbers, but the first line has ${cols}.`,
    );
  return matrix(rows.length, cols, Float64Array.from(rows.flat()));
}
