/** Random orthonormal axes with equal weights, as a reference: N_c constraints that use no measurement. docs/theory [C2]. */
import { matrix } from '../../numeric/linalg/index.js';
import type { Constraint } from '../constraint.js';
import { alongAxes } from './along.js';

/** Constrains random directions equally. */
export const random: Constraint = {
  name: 'random',
  kind: 'penalty',
  title: 'random orthonormal axes, all alike',
  source: 'theory [C2]',
  takesAxes: true,
  needsWindow: false,
  async build(task, { axes: most, key, la }) {
    return alongAxes(
      task,
      task.blocks.map((block) => {
        const k = Math.min(most, block.size);
        const stream = key.child('random-axes').child(block.name).stream();
        const normal = matrix(
          k,
          block.size,
          Float64Array.from({ length: k * block.size }, () => stream.normal()),
        );
        // Cholesky of the products: rows of L⁻¹·G are orthonormal and uniformly distributed, as those of Gram-Schmidt are
        const inverse = la.lu(la.cholesky(la.syrk(normal))).inverse();
        const axes = la.gemm(inverse, normal);
        return { block, axes, weights: new Float64Array(k).fill(1), excluded: 0, why: '' };
      }),
    );
  },
};
