/**
 * Principal directions weighted by 1/sigma_i², to compare with 1/F_i² on the same axes: R = ½ Σ ((w − w1)·p_i)²/sigma_i².
 * docs/theory [C2].
 */
import type { Constraint } from '../constraint.js';
import { alongAxes } from './along.js';

/** Constrains principal directions by 1/sigma_i². */
export const variance: Constraint = {
  name: 'variance',
  kind: 'penalty',
  title: '1/sigma_i² along principal directions',
  source: 'theory [C2]',
  takesAxes: true,
  needsWindow: true,
  async build(task, { axes: most }) {
    const all = [];
    for (const block of task.blocks) {
      const { axes, values } = await task.principal(block, most);
      const missing = Math.min(most, block.size) - axes.rows;
      all.push({
        block,
        axes,
        weights: values.map((v) => 1 / v),
        excluded: missing,
        why: missing > 0 ? 'the window resolves no more directions' : '',
      });
    }
    return alongAxes(task, all);
  },
};
