/**
 * Caches of a task's measurements, because many constraints, with many numbers of axes, are built from one task.
 *
 * A smaller set of axes consists of the first ones of a larger set and shares their memory, by which a measurement along one of
 * them is found again.
 */
import { type Matrix, matrix } from '../numeric/linalg/index.js';
import { firstOf } from './modes.js';
import type { Axes, Block } from './task.js';

/**
 * Wraps a search for axes so that a block is searched again only for more axes than before; the first search takes `least` or
 * more.
 */
export function rememberAxes<R extends Axes | Promise<Axes>>(
  find: (block: Block, most: number) => R,
  least: number,
): (block: Block, most: number) => R {
  const known = new Map<string, { readonly asked: number; readonly found: R }>();
  const cut = (found: R, most: number): R =>
    (found instanceof Promise ? found.then((a) => firstOf(a, most)) : firstOf(found, most)) as R;
  return (block, most) => {
    const before = known.get(block.name);
    if (before && before.asked >= most) return cut(before.found, most);
    const asked = Math.min(Math.max(most, least), block.size);
    const found = find(block, asked);
    known.set(block.name, { asked: Math.max(asked, most), found });
    return cut(found, most);
  };
}

/** Wraps a measurement along an axis so that each row of a set of axes is measured once. */
export function rememberAlong<T>(
  measure: (block: Block, axis: Float64Array) => T,
): (block: Block, axes: Matrix) => T[] {
  const known = new WeakMap<ArrayBufferLike, Map<number, T>>();
  return (block, { rows, cols, data }) => {
    const own = known.get(data.buffer) ?? new Map<number, T>();
    known.set(data.buffer, own);
    return Array.from({ length: rows }, (_, i) => {
      const axis = data.subarray(i * cols, (i + 1) * cols);
      const value = own.has(axis.byteOffset) ? own.get(axis.byteOffset)! : measure(block, axis);
      own.set(axis.byteOffset, value);
      return value;
    });
  };
}

/** Wraps a measurement along many axes at once, likewise; axes that are asked for the first time are measured together. */
export function rememberTogether<T>(
  measure: (block: Block, axes: Matrix) => Promise<T[]>,
): (block: Block, axes: Matrix) => Promise<T[]> {
  const known = new WeakMap<ArrayBufferLike, Map<number, T>>();
  return async (block, { rows, cols, data }) => {
    const own = known.get(data.buffer) ?? new Map<number, T>();
    known.set(data.buffer, own);
    const axes = Array.from({ length: rows }, (_, i) => data.subarray(i * cols, (i + 1) * cols));
    const fresh = axes.filter((axis) => !own.has(axis.byteOffset));
    if (fresh.length > 0) {
      const together = matrix(fresh.length, cols);
      fresh.forEach((axis, i) => {
        together.data.set(axis, i * cols);
      });
      const found = await measure(block, together);
      fresh.forEach((axis, i) => {
        own.set(axis.byteOffset, found[i]);
      });
    }
    return axes.map((axis) => own.get(axis.byteOffset)!);
  };
}
