/**
 * An .npz archive as a recording: one array whose first axis counts the states, several such arrays of one length (one
 * for each parameter), or one array for each state.
 */
import { check, InputError } from '../../numeric/errors.js';
import { readWhole } from '../files.js';
import type { NpyArray } from '../npy.js';
import { npzMembers, readNpz } from '../npz.js';
import { orderByNumbers } from './names.js';
import { notWeights, parameterOf } from './npy-table.js';
import { byParameter, seriesOf } from './series.js';
import { blockRows, type Parameter, type Rows, shapeWords, sizeOf, someOf, type Table } from './table.js';

/** Says what the arrays of a file are, where that is open. */
export type ArraysAre = 'steps' | 'parameters';

/**
 * Opens an archive; its arrays are kept in memory.
 * @param arrays - what each array is, where the file leaves it open
 * @param most - bytes that the arrays may take
 * @throws InputError when it is no recording, when both readings fit, and for an archive with odd names or more than `most`
 */
export async function openNpz(path: string, arrays: ArraysAre | undefined, most: number): Promise<Table> {
  const bytes = readWhole(path)!;
  const members = npzMembers(bytes, path);
  const odd = members.find(({ name }) => /^[/\\]|^[a-z]:|\\|\0|(^|\/)\.\.(\/|$)/i.test(name));
  check(odd === undefined, 'odd-archive', () => `${path}: the member '${odd!.name}' leads out of the archive.`);
  const total = members.reduce((sum, { size }) => sum + size, 0);
  check(
    total <= most,
    'odd-archive',
    () =>
      `${path} says that its arrays have ${Math.ceil(total / 1e6)} MB (${Math.ceil(bytes.length / 1e6)} MB in the file), more than the ${Math.floor(most / 1e6)} MB that this analysis may take; save the weights as .npy, which is read in blocks.`,
  );
  const all = await readNpz(bytes, path);
  const floats = new Map([...all].filter(([, a]) => notWeights(a.type) === undefined));
  check(floats.size > 0, 'not-a-recording', () => `${path} holds no array of float32 or float64.`);
  const each = asSteps(floats, path);
  const together = asParameters(all, floats, path);
  if (each && together && arrays === undefined)
    throw new InputError(
      'two-readings',
      `${path}: ${floats.size} arrays of one shape (${someOf([...floats.keys()], 3)}) are either one for each step or one for each parameter; say which with --arrays steps or --arrays parameters.`,
    );
  const table = arrays === 'steps' ? each : arrays === 'parameters' ? together : (each ?? together);
  if (table) return table;
  throw new InputError(
    'not-a-recording',
    `${path} is no recording: its arrays (${[...floats]
      .slice(0, 4)
      .map(([n, a]) => `${n} ${shapeWords(a.shape)}`)
      .join(
        ', ',
      )}${floats.size > 4 ? ', …' : ''}) are neither of one shape under numbered names, one for each step, nor of one length along their first axis, one for each parameter.`,
  );
}

const FORMAT = 'NumPy archive';

/** Reads the arrays as one state each; undefined where they cannot be that. */
function asSteps(floats: ReadonlyMap<string, NpyArray>, path: string): Table | undefined {
  const names = [...floats.keys()];
  const shapes = new Set([...floats.values()].map((a) => a.shape.join()));
  if (names.length < 2 || shapes.size > 1) return undefined;
  const { ordered, numbers, others } = orderByNumbers(names, `the arrays of ${path}`);
  if (others.length > 0 || ordered.length < 2) return undefined;
  const { shape } = floats.get(ordered[0])!;
  const size = sizeOf(shape);
  if (size < 1) return undefined;
  const double = [...floats.values()].some((a) => a.type === 'f8');
  return {
    format: `${FORMAT}, one array for each step`,
    type: double ? 'float64' : 'float32',
    T: ordered.length,
    parameters: [{ name: 'weights', shape, size }],
    ...(numbers && { step: Float64Array.from(numbers) }),
    facts: {},
    notes: [],
    rowsAtOnce: blockRows(size, double ? 8 : 4),
    kept: ordered.length * size * (double ? 8 : 4),
    async read(first, count) {
      const out = double ? new Float64Array(count * size) : new Float32Array(count * size);
      for (let t = 0; t < count; t++) out.set(floats.get(ordered[first + t])!.data as Rows, t * size);
      return out;
    },
  };
}

/** Reads the arrays as parameters along a common first axis; undefined where they cannot be that. */
function asParameters(
  all: ReadonlyMap<string, NpyArray>,
  floats: ReadonlyMap<string, NpyArray>,
  path: string,
): Table | undefined {
  const tables = [...floats].filter(([, a]) => a.shape.length >= 2);
  if (tables.length === 0) {
    const [name, { shape }] = [...floats].reduce((a, b) => (sizeOf(b[1].shape) > sizeOf(a[1].shape) ? b : a));
    if (floats.size === 1) parameterOf(name, shape, `${path}[${name}]`);
    return undefined;
  }
  const T = tables[0][1].shape[0];
  if (tables.some(([, a]) => a.shape[0] !== T)) return undefined;
  const parameters: Parameter[] = tables.map(([name, a]) => parameterOf(name, a.shape, `${path}[${name}]`));
  const double = tables.some(([, a]) => a.type === 'f8');
  const rest = new Map([...all].filter(([name]) => !tables.some(([n]) => n === name)));
  const { series, notes } = seriesOf(
    T,
    [...rest].filter(([, a]) => a.shape.length === 1).map(([name, a]) => [name, a.data] as const),
  );
  const kept = tables.reduce((sum, [, a]) => sum + a.data.byteLength, 0);
  return {
    format:
      tables.length === 1 ? `${FORMAT}, ${shapeWords(tables[0][1].shape)}` : `${FORMAT}, one array for each parameter`,
    T,
    ...series,
    notes,
    kept,
    ...byParameter(parameters, double, (k, first, count) => {
      const { size } = parameters[k];
      return (tables[k][1].data as Rows).subarray(first * size, (first + count) * size);
    }),
  };
}
