/**
 * Landscape-dependent constraints of Feng & Tu: R = Σ_{i ≤ N_c} ((w − w1)·p_i)²/F_i², so K_ii = 2/F_i². docs/theory [C1].
 *
 * p_i are the principal directions of task 1's window in each layer, F_i the widths at w1 [F1]. An axis with an open side has
 * no width: it is left out and counted, and no further axis replaces it. For a parabola H_ii = 8(e−1)L0/F_i² [F3], so the
 * Laplace value lambda = 4(e−1)L0 gives lambda·K = H exactly.
 */
import { matrix, row } from '../../numeric/linalg/index.js';
import type { Constraint } from '../constraint.js';

/** Constrains principal directions by 1/F_i². */
export const ldc: Constraint = {
  name: 'ldc',
  kind: 'penalty',
  title: 'landscape-dependent constraints: 1/F_i² along principal directions',
  source: 'Feng & Tu 2021; theory [C1]',
  takesAxes: true,
  needsWindow: true,
  async build(task, { axes: most }) {
    const built = [];
    for (const block of task.blocks) {
      const { axes } = await task.principal(block, most);
      const widths = await task.widths(block, axes);
      const kept = widths.flatMap(({ flatness }, i) =>
        flatness === null ? [] : [{ i, stiffness: 2 / flatness ** 2 }],
      );
      const own = matrix(kept.length, block.size);
      kept.forEach(({ i }, k) => {
        own.data.set(row(axes, i), k * block.size);
      });
      const weights = Float64Array.from(kept, (a) => a.stiffness);
      const excluded = widths.length - kept.length;
      built.push({
        part: { kind: 'lowRank' as const, offset: block.offset, axes: own, weights },
        diagnostics: {
          block: block.name,
          constrained: kept.length,
          excluded,
          why: excluded > 0 ? 'open sides: the loss never reaches e·L0, so no width' : '',
          stiffness: [...weights],
        },
      });
    }
    return {
      parts: built.map((b) => b.part).filter((p) => p.axes.rows > 0),
      unit: {
        strength: 4 * (Math.E - 1) * task.loss,
        exact: true,
        how: 'Laplace: 4(e−1)·L0, exact for a parabolic valley',
      },
      diagnostics: built.map((b) => b.diagnostics),
    };
  },
};
