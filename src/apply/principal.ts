/** Principal directions of a block's window, those that the record resolves. science.md [P3] */
import { pca } from '../analyse/pca.js';
import type { RowSource } from '../analyse/rows.js';
import { RESOLUTIONS } from '../analyse/scaling.js';
import { type LinearAlgebra, matrix } from '../numeric/linalg/index.js';
import { firstOf } from './modes.js';
import type { Axes, Block } from './task.js';

/** Answers for one task; what was measured once is kept. `source` gives a block's window or says why there is none. */
export function principalAxes(source: (block: Block) => RowSource, la: LinearAlgebra) {
  const known = new Map<string, { readonly asked: number; readonly axes: Axes }>();
  return async (block: Block, most: number): Promise<Axes> => {
    const before = known.get(block.name);
    if (before && before.asked >= most) return firstOf(before.axes, most);
    const window = source(block);
    const wanted = Math.min(most, block.size, window.T - 1);
    const keep = Array.from({ length: wanted }, (_, i) => i + 1);
    const { summary, components } = await pca(window, la, { keep });
    const values = Float64Array.from(summary.variances.slice(0, wanted));
    const resolved = values.filter((v) => v > RESOLUTIONS * summary.resolution).length;
    const axes = firstOf({ axes: matrix(wanted, block.size, components), values }, resolved);
    known.set(block.name, { asked: most, axes });
    return axes;
  };
}

/** The same for stiffest directions, which need no promise. */
export function stiffestAxes(find: (block: Block, most: number) => Axes) {
  const known = new Map<string, { readonly asked: number; readonly axes: Axes }>();
  return (block: Block, most: number): Axes => {
    const before = known.get(block.name);
    if (before && before.asked >= most) return firstOf(before.axes, most);
    const axes = find(block, most);
    known.set(block.name, { asked: most, axes });
    return firstOf(axes, most);
  };
}
