/**
 * The true potential of task 1's stationary state: R = ½ xᵀ (U/epsilon) x = −ln of its density up to a constant, where x = w −
 * w1 in the settled modes (stationary.ts). Outlook of ao2022; docs/theory [C2], [D2]. U/epsilon is the inverse of the
 * stationary covariance that H and C1 predict.
 */
import { matrix, transpose } from '../../numeric/linalg/index.js';
import type { Constraint } from '../constraint.js';
import { alongStationary } from './stationary.js';

/** Constrains the settled modes by the potential of the stationary state. */
export const potential: Constraint = {
  name: 'potential',
  kind: 'penalty',
  title: "the potential U of task 1's stationary state",
  source: 'Xiong et al. 2022, outlook; theory [C2], [D2]',
  takesAxes: true,
  needsWindow: false,
  needsTraining: true,
  async build(task, { axes: most, la }) {
    return alongStationary(task, { who: 'potential', most, least: 1, la }, ({ axes, parts, noiseStrength }) => {
      const n = axes.rows;
      const precision = matrix(
        n,
        n,
        parts.u.data.map((v) => v / noiseStrength),
      );
      const { values, vectors } = la.eigh(precision);
      return { rows: transpose(vectors), weights: values };
    });
  },
};
