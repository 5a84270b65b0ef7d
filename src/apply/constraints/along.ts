/** Constraints along given axes: one low-rank part in each block, and a strength matched to the curvature along the axes. */
import type { Matrix } from '../../numeric/linalg/index.js';
import { type BuiltConstraint, matched } from '../constraint.js';
import type { Block, Task } from '../task.js';

/** Describes R = ½ Σ_i c_i ((w − w1)·p_i)² in one block. */
export interface AlongAxes {
  readonly block: Block;
  readonly axes: Matrix;
  readonly weights: Float64Array;
  /** p_iᵀ H p_i where it is known already. */
  readonly curvatures?: Float64Array;
  readonly excluded: number;
  readonly why: string;
}

/** Builds the penalty Σ_blocks ½ Σ_i c_i ((w − w1)·p_i)² with the matched strength; measures curvatures that are not given. */
export async function alongAxes(task: Task, all: readonly AlongAxes[]): Promise<BuiltConstraint> {
  const used = all.filter((a) => a.axes.rows > 0);
  const ratios: number[] = [];
  for (const { block, axes, weights, curvatures } of used)
    ratios.push(...Array.from(curvatures ?? (await task.curvatures(block, axes)), (h, i) => h / weights[i]));
  return {
    parts: used.map(({ block, axes, weights }) => ({ kind: 'lowRank', offset: block.offset, axes, weights })),
    unit: matched(ratios),
    diagnostics: all.map(({ block, axes, weights, excluded, why }) => ({
      block: block.name,
      constrained: axes.rows,
      excluded,
      why,
      stiffness: [...weights],
    })),
  };
}
