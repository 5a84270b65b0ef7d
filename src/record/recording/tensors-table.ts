/** safetensors as a recording: a folder with one file for each state, or one file whose tensors have the states as first axis. */
import { check, InputError } from '../../numeric/errors.js';
import { fileBytes, readPiece } from '../files.js';
import { type TensorPlace, tensorPlaces, tensorValues } from '../safetensors.js';
import { orderByNumbers } from './names.js';
import { parameterOf } from './npy-table.js';
import { byParameter, seriesNamed, seriesOf } from './series.js';
import { blockRows, type Parameter, type Rows, shapeWords, sizeOf, someOf, type Table } from './table.js';

/** Bytes of the types that hold weights. */
const WIDTHS: Readonly<Record<string, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2 };
const isFloat = ({ type }: TensorPlace) => Object.hasOwn(WIDTHS, type);

interface Layout {
  readonly start: number;
  readonly places: readonly TensorPlace[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads the header of a file. */
function layoutOf(path: string): Layout {
  const total = fileBytes(path)!;
  const first = readPiece(path, 0, Math.min(total, 8));
  const stated = first.length < 8 ? 0 : Number(new DataView(first.buffer).getBigUint64(0, true));
  return tensorPlaces(readPiece(path, 0, Math.min(total, 8 + Math.min(stated, 100_000_001))), total, path);
}

/** Reads part of the values of a tensor: `count` numbers from number `first` on. */
function valuesOf(path: string, { start }: Layout, place: TensorPlace, first: number, count: number): Rows {
  const width = WIDTHS[place.type];
  const bytes = readPiece(path, start + place.begin + first * width, count * width);
  const values = bytes.length === count * width ? tensorValues(bytes, place.type) : undefined;
  if (!values) throw new InputError('changed', `${path} became shorter while it was read.`);
  return values as Rows;
}

/**
 * Opens a file whose tensors all have the states as their first axis.
 * @throws InputError when it is no recording
 */
export function openTensors(path: string): Table {
  const layout = layoutOf(path);
  const tables = layout.places.filter((p) => isFloat(p) && p.shape.length >= 2);
  const other = tables.find((p) => p.shape[0] !== tables[0].shape[0]);
  const listed = layout.places.map((p) => `${p.name} ${shapeWords(p.shape)}`);
  check(
    tables.length > 0 && other === undefined,
    'not-a-recording',
    () =>
      `${path} holds one state of a model (${someOf(listed, 4)}); a recording has many: give a folder with one such file for each step, or a file whose tensors all have the steps as their first axis.`,
  );
  const parameters = tables.map((p) => parameterOf(p.name, p.shape, `${path}: tensor '${p.name}'`));
  const T = tables[0].shape[0];
  const double = tables.some((p) => p.type === 'F64');
  const flat = layout.places.filter((p) => !tables.includes(p));
  const { series, notes } = seriesOf(
    T,
    flat.map((p) => {
      const known = p.shape.length === 1 && seriesNamed(p.name) !== undefined;
      const bytes = readPiece(path, layout.start + p.begin, known ? p.end - p.begin : 0);
      return [p.name, known ? Float64Array.from((tensorValues(bytes, p.type) ?? []) as Rows, Number) : []] as const;
    }),
  );
  return {
    format: `safetensors file with the steps as first axis, ${tables.length} ${tables.length === 1 ? 'tensor' : 'tensors'}`,
    T,
    ...series,
    notes,
    kept: 0,
    ...byParameter(parameters, double, (k, first, count) => {
      const { size } = parameters[k];
      return valuesOf(path, layout, tables[k], first * size, count * size);
    }),
  };
}

/** Bytes at the end of a file name that say what it is. */
const END = /\.safetensors$/;

/**
 * Opens a folder with one file for each state, in the order of the numbers in their names. A last file that is cut short,
 * as one that is still being written, is left out.
 * @param names - the names of its files
 * @throws InputError when two files have the same number, when two orders fit, and when the parameters change
 */
export function openTensorFolder(folder: string, names: readonly string[]): Table {
  const { ordered, numbers, others } = orderByNumbers(
    names.filter((name) => END.test(name)),
    `the files of ${folder}`,
  );
  check(
    ordered.length >= 2,
    'not-a-recording',
    () =>
      `${folder} holds ${names.length === 1 ? 'one file' : `${names.length} files`} of safetensors (${someOf(names, 3)}), of which ${ordered.length} ${ordered.length === 1 ? 'has' : 'have'} a number that says its step; a recording has one numbered file for each step.`,
  );
  const notes = others.length > 0 ? [`left out, because their names are not like the others: ${someOf(others)}`] : [];
  const paths = ordered.map((name) => `${folder}/${name}`);
  const layouts: Layout[] = [];
  for (const [t, path] of paths.entries()) {
    try {
      layouts.push(layoutOf(path));
    } catch (error) {
      if (t < paths.length - 1 || t < 2 || !(error instanceof InputError)) throw error;
      notes.push(`the last file, ${ordered[t]}, is not whole and was left out`);
    }
  }
  const [first] = layouts;
  const chosen = first.places.filter((p) => isFloat(p) && sizeOf(p.shape) > 0);
  check(chosen.length > 0, 'not-a-recording', () => `${paths[0]} holds no tensor of floating-point numbers.`);
  const unread = first.places.filter((p) => !chosen.includes(p)).map((p) => p.name);
  if (unread.length > 0) notes.push(`left out, because they hold no floating-point numbers: ${someOf(unread)}`);
  const places = layouts.map((layout, t) => placesAs(chosen, layout, paths[t], paths[0]));
  const parameters: Parameter[] = chosen.map(({ name, shape }) => ({ name, shape, size: sizeOf(shape) }));
  const double = chosen.some((p) => p.type === 'F64');
  const step = stepsOf(layouts, numbers, folder);
  const size = parameters.reduce((sum, p) => sum + p.size, 0);
  return {
    format: 'folder of safetensors files, one for each step',
    type: double ? 'float64' : 'float32',
    T: layouts.length,
    parameters,
    ...(step && { step }),
    facts: {},
    notes,
    rowsAtOnce: blockRows(size, double ? 8 : 4),
    kept: 0,
    async read(from, count, which) {
      const width = which.reduce((sum, k) => sum + parameters[k].size, 0);
      const out = double ? new Float64Array(count * width) : new Float32Array(count * width);
      for (let t = 0, at = 0; t < count; t++)
        for (const k of which) {
          out.set(valuesOf(paths[from + t], layouts[from + t], places[from + t][k], 0, parameters[k].size), at);
          at += parameters[k].size;
        }
      return out;
    },
  };
}

/** Finds the parameters of the first file in another one, whatever their order there. */
function placesAs(wanted: readonly TensorPlace[], { places }: Layout, path: string, first: string): TensorPlace[] {
  const byName = new Map(places.map((p) => [p.name, p]));
  const extra = places.find((p) => isFloat(p) && sizeOf(p.shape) > 0 && !wanted.some((w) => w.name === p.name));
  check(extra === undefined, 'changed', () => `${path} holds the parameter '${extra!.name}', which ${first} has not.`);
  return wanted.map((w) => {
    const own = byName.get(w.name);
    check(own !== undefined, 'changed', () => `${path} has no parameter '${w.name}', which ${first} has.`);
    check(
      own.shape.join() === w.shape.join() && own.type === w.type,
      'changed',
      () =>
        `the parameter '${w.name}' is ${shapeWords(own.shape)} of ${own.type} in ${path}, and ${shapeWords(w.shape)} of ${w.type} in ${first}; all states of a recording have the same parameters.`,
    );
    return own;
  });
}

/** Returns the steps: those that all files state in their metadata, otherwise the numbers in their names. */
function stepsOf(layouts: readonly Layout[], numbers: readonly number[] | undefined, folder: string) {
  const stated = layouts.map(({ metadata }) => Number(metadata.step ?? Number.NaN));
  if (stated.some((s) => !Number.isSafeInteger(s)))
    return numbers && Float64Array.from(numbers.slice(0, layouts.length));
  check(
    stated.every((s, t) => t === 0 || s > stated[t - 1]),
    'two-orders',
    () =>
      `the files of ${folder} state steps in their metadata that do not ascend in the order of the numbers in their names.`,
  );
  return Float64Array.from(stated);
}
