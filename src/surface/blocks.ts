/** Blocks of weights by name: which numbers of the flat vector are measured together. */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { matching } from './patterns.js';
import { PARAMETER_WANTS, type Parameter, type SurfaceBlock } from './surface.js';

/** Makes the parameters of a flat vector from names and shapes in their order. */
export function parametersOf(tensors: readonly { name: string; shape: readonly number[] }[]): Parameter[] {
  is.given('parametersOf', { tensors }, { tensors: is.listOf(is.shape({ name: is.text, shape: is.numbers })) });
  let offset = 0;
  return tensors.map(({ name, shape }) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const parameter = { name, shape, offset, size };
    offset += size;
    return parameter;
  });
}

/** Makes the block of all weights. */
export function wholeBlock(parameters: readonly Parameter[], name = 'all'): SurfaceBlock {
  is.given('wholeBlock', { parameters, name }, { parameters: is.listOf(PARAMETER_WANTS), name: is.text });
  return blockOf(name, parameters);
}

/** Makes a block of some parameters; neighbours in the flat vector become one range. */
export function blockOf(name: string, parameters: readonly Parameter[]): SurfaceBlock {
  is.given('blockOf', { name, parameters }, { name: is.text, parameters: is.listOf(PARAMETER_WANTS) });
  const ranges: { offset: number; size: number }[] = [];
  for (const { offset, size } of [...parameters].sort((a, b) => a.offset - b.offset)) {
    const last = ranges[ranges.length - 1];
    if (last && last.offset + last.size === offset) last.size += size;
    else ranges.push({ offset, size });
  }
  return { name, ranges, size: ranges.reduce((sum, r) => sum + r.size, 0) };
}

/**
 * Makes a block of all parameters whose names match a pattern, in which `*` stands for any characters and a comma separates
 * alternatives: `fc2.*`, `conv1.weight,conv1.bias`.
 * @throws InputError naming all parameters when none matches
 */
export function blockNamed(parameters: readonly Parameter[], pattern: string): SurfaceBlock {
  is.given('blockNamed', { parameters, pattern }, { parameters: is.listOf(PARAMETER_WANTS), pattern: is.text });
  const found = matching(parameters, (p) => p.name, pattern);
  check(
    found.length > 0,
    'no-parameter',
    () =>
      `no parameter matches '${pattern}'; the model has ${parameters
        .slice(0, 20)
        .map((p) => p.name)
        .join(', ')}${parameters.length > 20 ? `, … (${parameters.length})` : ''}.`,
  );
  return blockOf(pattern, found);
}

/** Returns the numbers of a flat vector that belong to a block, length P_b. */
export function gather(block: SurfaceBlock, flat: ArrayLike<number>): Float64Array {
  const out = new Float64Array(block.size);
  let to = 0;
  for (const { offset, size } of block.ranges) for (let i = 0; i < size; i++) out[to++] = flat[offset + i];
  return out;
}

/** Adds `factor` times the numbers of a block to a flat vector, in place. */
export function scatterAdd(block: SurfaceBlock, values: ArrayLike<number>, factor: number, flat: Float64Array): void {
  let from = 0;
  for (const { offset, size } of block.ranges)
    for (let i = 0; i < size; i++) flat[offset + i] += factor * values[from++];
}

/** Returns w + δ p for p in the weights of a block. */
export function moved(w: Float64Array, block: SurfaceBlock, p: ArrayLike<number>, delta: number): Float64Array {
  const out = w.slice();
  scatterAdd(block, p, delta, out);
  return out;
}
