/** The principal directions of a block's window that the recording resolves. docs/theory [P3]. */
import { pca } from '../analyse/trajectory/pca.js';
import type { RowSource } from '../analyse/trajectory/rows.js';
import { RESOLUTIONS } from '../analyse/trajectory/scaling.js';
import { type LinearAlgebra, matrix } from '../numeric/linalg/index.js';
import { firstOf } from './modes.js';
import type { Axes } from './task.js';

/**
 * Returns at most `most` principal directions, those whose variance exceeds 10 resolutions of the recording. Costs one `pca`.
 * @throws InputError and RunError as `pca`
 */
export async function principalAxes(window: RowSource, most: number, la: LinearAlgebra): Promise<Axes> {
  const wanted = Math.min(most, window.P, window.T - 1);
  const keep = Array.from({ length: wanted }, (_, i) => i + 1);
  const { summary, components } = await pca(window, la, { keep });
  const values = Float64Array.from(summary.variances.slice(0, wanted));
  const resolved = values.filter((v) => v > RESOLUTIONS * summary.resolution).length;
  return firstOf({ axes: matrix(wanted, window.P, components), values }, resolved);
}
