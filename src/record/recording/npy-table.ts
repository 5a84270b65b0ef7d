/** A .npy file as a recording: the first axis counts the states. */
import { check, InputError } from '../../numeric/errors.js';
import { fileBytes, readPiece, readWhole } from '../files.js';
import { NPY_HEAD, type NpyArray, readNpy, readNpyHeader } from '../npy.js';
import { blockRows, type Parameter, type Rows, shapeWords, sizeOf, type Table } from './table.js';

/** Bytes of an array in column-major order that is turned round in memory. */
const LARGEST_TURNED = 2 ** 30;

/** Says why values of a type are no weights; undefined for floating-point numbers. */
export const notWeights = (stated: string): string | undefined =>
  /f[48]$/.test(stated) ? undefined : `holds values of type '${stated}'; weights are of type float32 or float64`;

/**
 * Describes the parameter of an array whose first axis counts the states.
 * @throws InputError for an array of fewer than 2 dimensions, or without numbers
 */
export function parameterOf(name: string, shape: readonly number[], source: string): Parameter {
  check(
    shape.length >= 2,
    'not-a-recording',
    () =>
      `${source} has the shape (${shape.join(', ')}), which is ${shape.length === 0 ? 'a single number' : `one row of ${shape[0]} numbers or ${shape[0]} states of one weight`}; a recording has one row for each state: save it with the shape (T, P)${shape.length === 1 ? ', for one weight (T, 1)' : ''}.`,
  );
  const own = shape.slice(1);
  check(
    sizeOf(own) >= 1 && shape[0] >= 1,
    'not-a-recording',
    () => `${source} has the shape (${shape.join(', ')}) and no numbers.`,
  );
  return { name, shape: own, size: sizeOf(own) };
}

/**
 * Opens a .npy file of the shape (T, …). A file in C order is read in blocks; one in Fortran order is turned round in
 * memory. A file that ends before its last row, as one that is still being written, has the rows that are whole.
 * @throws InputError when it is no recording
 */
export function openNpy(path: string, name: string): Table {
  const bytes = fileBytes(path)!;
  const header = readNpyHeader(readPiece(path, 0, Math.min(bytes, NPY_HEAD)), path);
  const { type, shape, start, fortran, little } = header;
  const wrong = notWeights(header.stated);
  check(wrong === undefined, 'not-a-recording', () => `${path} ${wrong}.`);
  const parameter = parameterOf(name, shape, path);
  const kind = type === 'f8' ? 'float64' : 'float32';
  const width = type === 'f8' ? 8 : 4;
  const row = parameter.size * width;
  const order = fortran ? 'in Fortran order' : 'in C order';
  const common = {
    format: `NumPy array ${order}, ${shapeWords(shape)}`,
    type: kind,
    parameters: [parameter],
    facts: {},
    rowsAtOnce: blockRows(parameter.size, width),
  } as const;
  if (fortran) {
    check(
      bytes <= LARGEST_TURNED,
      'fortran-order',
      () =>
        `${path} is in Fortran order and has ${Math.ceil(bytes / 1e6)} MB; save it in C order, as numpy.save(path, numpy.ascontiguousarray(weights)) does, so that rows can be read one after another.`,
    );
    return { ...common, ...inMemory(readNpy(readWhole(path)!, path)), notes: [] };
  }
  const whole = Math.min(shape[0], Math.floor((bytes - start) / row));
  check(whole >= 1, 'not-a-recording', () => `${path} ends before its first row is whole.`);
  check(
    bytes - start <= shape[0] * row,
    'npy-length',
    () =>
      `${path}: the shape (${shape.join(', ')}) of ${type} needs ${start + shape[0] * row} bytes, and the file has ${bytes}; it is damaged.`,
  );
  return {
    ...common,
    T: whole,
    kept: 0,
    notes:
      whole < shape[0] ? [`the file ends after row ${whole} of ${shape[0]}; the rows that are whole were read`] : [],
    async read(first, count) {
      const piece = readPiece(path, start + first * row, count * row);
      if (piece.length < count * row)
        throw new InputError('npy-length', `${path} became shorter while it was read; it ends in row ${first}.`);
      return numbersOf(piece, kind, little);
    },
  };
}

/** Returns the numbers of bytes, of the machine's order or the other one. */
function numbersOf(piece: Uint8Array<ArrayBuffer>, kind: 'float32' | 'float64', little: boolean): Rows {
  const width = kind === 'float64' ? 8 : 4;
  const native = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  if (little !== native) for (let at = 0; at < piece.length; at += width) piece.subarray(at, at + width).reverse();
  return kind === 'float64' ? new Float64Array(piece.buffer) : new Float32Array(piece.buffer);
}

/** Serves the rows of an array that is in memory. */
function inMemory({ shape, data }: NpyArray): Pick<Table, 'T' | 'kept' | 'read'> {
  const width = sizeOf(shape.slice(1));
  const numbers = data as Rows;
  return {
    T: shape[0],
    kept: numbers.byteLength,
    read: async (first, count) => numbers.subarray(first * width, (first + count) * width),
  };
}
