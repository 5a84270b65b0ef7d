/** Where something is measured: a block of weights by its name, and directions in it. */
import { check, InputError, kindOf } from '../numeric/errors.js';
import { asMatrix } from '../numeric/given.js';
import { type Matrix, matrix } from '../numeric/linalg/index.js';
import { dot } from '../numeric/operators/lanczos.js';
import { nearest } from '../numeric/spelling.js';
import * as is from '../numeric/wants.js';
import { blockNamed, blockOf, wholeBlock } from '../surface/blocks.js';
import { BLOCK_WANTS, type Surface, type SurfaceBlock } from '../surface/surface.js';

/**
 * Names weights: a layer (`layer2`, whose weights without its biases are meant), a parameter (`fc1.bias`), a pattern (`fc1.*`), or a
 * block of any ranges. All weights where it is left out.
 */
export type BlockLike = string | SurfaceBlock;

/** One direction, or several as rows. They are brought to length 1. */
export type DirectionsLike = ArrayLike<number> | readonly ArrayLike<number>[] | Matrix;

const WANTS = is.maybe(is.either(is.text, BLOCK_WANTS));

/**
 * Returns the block that a user names.
 * @throws InputError with the nearest name, for one that the model does not have
 */
export function blockAt(
  call: string,
  { parameters, name: model }: Surface,
  block: BlockLike | undefined,
): SurfaceBlock {
  is.given(call, { block }, { block: WANTS });
  if (block === undefined) return wholeBlock(parameters);
  if (typeof block !== 'string') return block;
  const own = parameters.find((p) => p.name === block) ?? parameters.find((p) => p.name === `${block}.weight`);
  if (own) return blockOf(block, [own]);
  if (/[*,]/.test(block)) return blockNamed(parameters, block);
  const names = [...new Set(parameters.flatMap((p) => [p.name.replace(/\.[^.]*$/, ''), p.name]))];
  const near = nearest(block, names);
  throw wrongBlock(call, block, model, names, near);
}

function wrongBlock(call: string, block: string, model: string, names: readonly string[], near: string | undefined) {
  const list = `${names.slice(0, 12).join(', ')}${names.length > 12 ? `, … (${names.length})` : ''}`;
  return new InputError(
    'no-parameter',
    `${call}: ${model} has no weights named '${block}'; ${near ? `did you mean '${near}'?` : `it has ${list}.`}`,
  );
}

/** Holds directions as rows of length 1, and whether there was one alone. */
export interface Directions {
  readonly rows: Matrix;
  readonly single: boolean;
}

/**
 * Returns unit vectors from one direction or several.
 * @throws InputError for directions of another length than the block, and for one of length 0
 */
export function directionsIn(call: string, block: SurfaceBlock, given: DirectionsLike): Directions {
  const single = is.numbers(given, '') === undefined && !(Array.isArray(given) && given.length === 0);
  const one = single ? Float64Array.from(given as ArrayLike<number>) : undefined;
  check(
    single || is.some(is.listOf(is.numbers))(given, '') === undefined || is.matrix(given, '') === undefined,
    'wrong-argument',
    () =>
      `${call}: directions must be an array of numbers, several of them, or a matrix of rows; got ${kindOf(given)}.`,
  );
  const { rows, cols, data } = one ? matrix(1, one.length, one) : asMatrix(given as Matrix, 'directions');
  check(
    cols === block.size && rows > 0,
    'direction-size',
    () => `${call}: a direction in ${block.name} has ${block.size} numbers; got ${cols}.`,
  );
  const out = matrix(rows, cols, data.slice());
  for (let r = 0; r < rows; r++) {
    const v = out.data.subarray(r * cols, (r + 1) * cols);
    const length = Math.sqrt(dot(v, v));
    check(
      length > 0 && Number.isFinite(length),
      'no-direction',
      () => `${call}: direction ${r + 1} has the length ${length}; a direction has a length above 0.`,
    );
    for (let i = 0; i < cols; i++) v[i] /= length;
  }
  return { rows: out, single };
}
