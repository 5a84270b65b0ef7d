/**
 * Files of penalties for other programs: NumPy's .npz or safetensors, float64, one group of arrays a part.
 *
 *     T.anchor     P                     anchor of term T = 0, 1, …
 *     T.K.offset   1                     first weight of part K of that term, and then one of
 *     T.K.diagonal size                  ½ Σ d (w − a)²
 *     T.K.axes, T.K.weights   k×size, k  ½ Σ c_i (p_i·(w − a))²
 *     T.K.dense    size×size             ½ (w − a)ᵀ K (w − a)
 *     size, strength   1                 P, and the strength lambda to start from (finite, ≥ 0)
 *     parameters.i.NAME   dimensions     shape of parameter i = 0, 1, … of the module, as numbers: they make up the flat vector
 *
 * A .safetensors holds a CRC-32 over names, shapes and numbers among its metadata, as every member of an .npz has one of its own;
 * a file that another program wrote need not.
 *
 * The flat vector is in PyTorch's order: `torch.nn.utils.parameters_to_vector`. examples/protect.py applies it to a module.
 */
import { NAMED_SHAPE_WANTS, type NamedShape } from '../model/network.js';
import { PENALTY_WANTS, type Penalty, type PenaltyPart, type PenaltyTerm, penalty, sizeOf } from '../model/penalty.js';
import { check, InputError } from '../numeric/errors.js';
import { matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import { readWhole, writeWhole } from './files.js';
import { crc32, readNpz, writeNpz } from './npz.js';
import { readSafetensors, type TensorFile, writeSafetensors } from './safetensors.js';

interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

const scalar = (x: number): NumberArray => ({ shape: [1], data: Float64Array.of(x) });

function arraysOf(p: Penalty, strength: number, parameters: readonly NamedShape[]): [string, NumberArray][] {
  const out: [string, NumberArray][] = [
    ['size', scalar(p.size)],
    ['strength', scalar(strength)],
    ...parameters.map(({ name, shape }, i): [string, NumberArray] => [
      `parameters.${i}.${name}`,
      { shape: [shape.length], data: Float64Array.from(shape) },
    ]),
  ];
  p.terms.forEach(({ anchor, parts }, t) => {
    out.push([`${t}.anchor`, { shape: [p.size], data: anchor }]);
    parts.forEach((part, k) => {
      const name = `${t}.${k}`;
      const n = sizeOf(part);
      out.push([`${name}.offset`, scalar(part.offset)]);
      if (part.kind === 'diagonal') out.push([`${name}.diagonal`, { shape: [n], data: part.values }]);
      else if (part.kind === 'dense') out.push([`${name}.dense`, { shape: [n, n], data: part.matrix.data }]);
      else {
        out.push([`${name}.axes`, { shape: [part.axes.rows, n], data: part.axes.data }]);
        out.push([`${name}.weights`, { shape: [part.axes.rows], data: part.weights }]);
      }
    });
  });
  return out;
}

/**
 * Returns the format of a penalty file by the end of its name.
 * @throws InputError for another name
 */
export const penaltyFormat = (path: string): 'npz' | 'safetensors' => {
  const end = path.split('.').at(-1);
  if (end === 'npz' || end === 'safetensors') return end;
  throw new InputError('penalty-file', `a penalty is kept as .npz or .safetensors; got '${path}'.`);
};

const CHECKSUM = 'crc32';

/** Returns the CRC-32 over name, shape and numbers of all arrays, in the order of their names, in hexadecimal digits. */
function checksumOf(arrays: Iterable<readonly [string, NumberArray]>): string {
  const encoder = new TextEncoder();
  const pieces = [...arrays]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { shape, data }]) => [
      encoder.encode(`${name}\0${shape.join(',')}\0`),
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    ]);
  return crc32(...pieces)
    .toString(16)
    .padStart(8, '0');
}

/**
 * Writes a penalty; the file appears whole or not at all.
 * @param strength - lambda to start from, for the program that applies it
 * @param metadata - method and origin, kept in the header of a .safetensors; .npz cannot hold them
 * @param parameters - names and shapes of all parameters in the order of the flat vector, by which the program that
 * applies it recognises a module that is another one
 * @throws InputError for a strength that is not a finite number ≥ 0, such as the natural strength where there is no
 * curvature, and for parameters that do not make up the penalty's size
 * @throws RunError when the disk is full or not writable
 */
export function writePenalty(
  path: string,
  p: Penalty,
  strength: number,
  metadata?: Readonly<Record<string, string>>,
  parameters: readonly NamedShape[] = [],
): void {
  is.given(
    'writePenalty',
    { path, p, strength, metadata, parameters },
    {
      path: is.path,
      p: PENALTY_WANTS,
      strength: is.number,
      metadata: is.maybe(is.object),
      parameters: is.listOf(NAMED_SHAPE_WANTS),
    },
  );
  writeWhole(path, penaltyBytes(path, p, strength, metadata, parameters));
}

/**
 * Returns what `writePenalty` writes into a file of that name: the same bytes for the same penalty.
 * @throws InputError as there
 */
export function penaltyBytes(
  path: string,
  p: Penalty,
  strength: number,
  metadata: Readonly<Record<string, string>> | undefined,
  parameters: readonly NamedShape[],
): Uint8Array {
  const format = penaltyFormat(path);
  checkParameters(parameters, p.size, path);
  check(p.terms.length > 0, 'penalty-file', `${path}: the penalty has no terms, so that it would hold nothing.`);
  check(
    Number.isFinite(strength) && strength >= 0,
    'bad-strength',
    () =>
      `a penalty is kept with the strength to start from, a finite number ≥ 0; got ${strength}. Choose one (1, say): there is no natural strength where the loss has no curvature along the axes of the penalty.`,
  );
  const arrays = arraysOf(p, strength, parameters);
  return format === 'npz'
    ? writeNpz(arrays)
    : writeSafetensors(arrays, { ...metadata, [CHECKSUM]: checksumOf(arrays) });
}

/** Refuses names and shapes that do not make up the flat vector of the penalty; none are allowed. */
function checkParameters(parameters: readonly NamedShape[], size: number, path: string): void {
  const total = parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  check(
    parameters.length === 0 || total === size,
    'penalty-file',
    () => `${path}: its ${parameters.length} parameters have ${total} numbers; the penalty is of ${size} weights.`,
  );
}

/** Holds what a penalty file holds. */
export interface PenaltyFile {
  readonly penalty: Penalty;
  readonly strength: number;
  /** Names and shapes in the order of the flat vector; none in files of other programs. */
  readonly parameters: readonly NamedShape[];
}

/**
 * Reads what `writePenalty` wrote, or another program under the same names; every array is checked as in `penalty`.
 * @throws InputError when there is no file, or one that does not hold a penalty with at least one term and a strength
 */
export async function readPenalty(path: string): Promise<PenaltyFile> {
  is.given('readPenalty', { path }, { path: is.path });
  const end = penaltyFormat(path);
  const bytes = readWhole(path);
  check(bytes !== undefined, 'no-file', () => `there is no penalty at ${path}.`);
  const found = end === 'npz' ? await readNpz(bytes, path) : checkedTensors(bytes, path);
  const numbers = (name: string, rank: number): NumberArray | undefined => {
    const array = found.get(name);
    if (array === undefined) return undefined;
    check(
      array.data instanceof Float64Array && array.shape.length === rank,
      'penalty-file',
      () => `${path}: '${name}' must hold float64 numbers with ${rank} dimension${rank === 1 ? '' : 's'}.`,
    );
    return { shape: array.shape, data: array.data };
  };
  const one = (name: string): number => {
    const array = numbers(name, 1);
    check(array?.data.length === 1, 'penalty-file', () => `${path}: '${name}' must hold one number.`);
    return array.data[0];
  };
  const size = one('size');
  const terms: PenaltyTerm[] = [];
  for (let anchor = numbers('0.anchor', 1); anchor; anchor = numbers(`${terms.length}.anchor`, 1)) {
    const parts: PenaltyPart[] = [];
    const prefix = () => `${terms.length}.${parts.length}`;
    while (found.has(`${prefix()}.offset`)) parts.push(partOf(prefix(), one(`${prefix()}.offset`), numbers, path));
    const { terms: own, size: length } = penalty(anchor.data, parts);
    check(length === size, 'penalty-file', () => `${path}: anchors must have ${size} numbers; one has ${length}.`);
    check(own.length === 1, 'penalty-file', () => `${path}: term ${terms.length} has no parts.`);
    terms.push(...own);
  }
  check(terms.length > 0, 'penalty-file', `${path} holds no terms ('0.anchor' and so on), so that it holds nothing.`);
  const strength = one('strength');
  check(
    Number.isFinite(strength) && strength >= 0,
    'penalty-file',
    `${path}: 'strength' must be a finite number ≥ 0; it is ${strength}.`,
  );
  const listed: [number, NamedShape][] = [];
  for (const key of found.keys()) {
    const match = /^parameters\.(\d+)\.(.+)$/s.exec(key);
    if (match) listed.push([Number(match[1]), { name: match[2], shape: [...numbers(key, 1)!.data] }]);
  }
  listed.sort(([i], [j]) => i - j);
  check(
    listed.every(([i, p], k) => i === k && p.shape.every((d) => Number.isInteger(d) && d >= 1)),
    'penalty-file',
    `${path}: its parameters must be numbered from 0, with shapes of whole numbers from 1.`,
  );
  const parameters = listed.map(([, p]) => p);
  checkParameters(parameters, size, path);
  return { penalty: { size, terms }, strength, parameters };
}

/** Reads the arrays of a .safetensors, and refuses them when they have another checksum than it states. */
function checkedTensors(bytes: Uint8Array, path: string): TensorFile['tensors'] {
  const { tensors, metadata } = readSafetensors(bytes, path);
  const stated = metadata[CHECKSUM];
  if (stated !== undefined)
    check(
      stated === checksumOf([...tensors] as [string, NumberArray][]),
      'penalty-file',
      `${path} is not as it was written: its numbers, names or shapes have another checksum than it states; restore it from a copy, or make it again.`,
    );
  return tensors;
}

function partOf(
  name: string,
  offset: number,
  numbers: (name: string, rank: number) => NumberArray | undefined,
  path: string,
): PenaltyPart {
  const diagonal = numbers(`${name}.diagonal`, 1);
  if (diagonal) return { kind: 'diagonal', offset, values: diagonal.data };
  const dense = numbers(`${name}.dense`, 2);
  if (dense) return { kind: 'dense', offset, matrix: matrix(dense.shape[0], dense.shape[1], dense.data) };
  const axes = numbers(`${name}.axes`, 2);
  const weights = numbers(`${name}.weights`, 1);
  check(
    axes !== undefined && weights !== undefined,
    'penalty-file',
    () => `${path}: part ${name} needs '${name}.diagonal', '${name}.dense', or '${name}.axes' with '${name}.weights'.`,
  );
  return { kind: 'lowRank', offset, axes: matrix(axes.shape[0], axes.shape[1], axes.data), weights: weights.data };
}
