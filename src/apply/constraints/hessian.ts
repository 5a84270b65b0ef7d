/**
 * The stiffest Hessian directions of each layer at w1: R = ½ Σ_{i ≤ N_c} h_i ((w − w1)·v_i)², the part of task 1's quadratic
 * approximation that N_c axes can represent; without weights all h_i are replaced by 1. docs/theory [C2].
 */
import type { Constraint, ConstraintOptions } from '../constraint.js';
import { WHY_UNCONVERGED } from '../modes.js';
import type { Task } from '../task.js';
import { alongAxes } from './along.js';

function stiffest(name: string, weighted: boolean, title: string): Constraint {
  return {
    name,
    kind: 'penalty',
    title,
    source: 'theory [C2]',
    takesAxes: true,
    needsWindow: false,
    async build(task: Task, { axes: most }: ConstraintOptions) {
      const all = [];
      for (const block of task.blocks) {
        const { axes, values, unconverged = 0 } = await task.stiffest(block, most);
        const missing = Math.min(most, block.size) - axes.rows;
        all.push({
          block,
          axes,
          weights: weighted ? values : new Float64Array(values.length).fill(1),
          curvatures: values,
          excluded: missing,
          why: [
            ...(unconverged > 0 ? [WHY_UNCONVERGED] : []),
            ...(missing > unconverged ? ['no more positive eigenvalues above rounding'] : []),
          ].join('; '),
        });
      }
      const built = await alongAxes(task, all);
      if (!weighted) return built;
      const which = built.diagnostics.some((d) => d.why.includes(WHY_UNCONVERGED)) ? ' that converged' : '';
      const how = `Laplace: the Hessian of the mean loss itself, on its stiffest axes${which}`;
      return { ...built, unit: { strength: 1, exact: true, how } };
    },
  };
}

/** Constrains the stiffest Hessian directions by their eigenvalues. */
export const hessian = stiffest('hessian', true, 'eigenvalues along the stiffest Hessian directions');
/** Constrains the stiffest Hessian directions equally. */
export const hessianUnweighted = stiffest('hessian-unweighted', false, 'the stiffest Hessian directions, all alike');
