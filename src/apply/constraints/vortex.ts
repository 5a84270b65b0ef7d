/**
 * The vortex planes of task 1's stationary current: R = ½ Σ_k c_k (|a_k·x|² + |b_k·x|²) over the ⌊N_c/2⌋ planes with the
 * largest share of the flux. `vortex` takes c_k = 1, `vortex-q` c_k = q_k. docs/theory [C2], [D7]; outlook of ao2022.
 *
 * The planes are orthogonal in whitened coordinates and oblique among weights, and are used as they are.
 */
import { vortices } from '../../analyse/decomposition/vortices.js';
import { check } from '../../numeric/errors.js';
import { matrix } from '../../numeric/linalg/index.js';
import type { Constraint, ConstraintOptions } from '../constraint.js';
import type { Task } from '../task.js';
import { alongStationary } from './stationary.js';

function alongVortices(name: string, weighted: boolean, title: string): Constraint {
  return {
    name,
    kind: 'penalty',
    title,
    source: 'Xiong et al. 2022, outlook; theory [C2], [D7]',
    takesAxes: true,
    needsWindow: false,
    needsTraining: true,
    async build(task: Task, { axes: most, la }: ConstraintOptions) {
      return alongStationary(task, { who: name, most, least: 2, la }, ({ axes, parts }, block) => {
        const turning = vortices(la, parts).vortices.slice(0, most >> 1);
        check(
          turning.length > 0,
          'no-vortices',
          () =>
            `${name}: the stationary state of ${block.name} has no current (drift and diffusion commute), so no vortices.`,
        );
        const rows = matrix(2 * turning.length, axes.rows);
        turning.forEach(({ basis }, k) => {
          rows.data.set(basis[0], 2 * k * axes.rows);
          rows.data.set(basis[1], (2 * k + 1) * axes.rows);
        });
        const weights = Float64Array.from({ length: rows.rows }, (_, i) => (weighted ? turning[i >> 1].q : 1));
        return { rows, weights };
      });
    },
  };
}

/** Constrains vortex planes equally. */
export const vortex = alongVortices('vortex', false, "vortex planes of task 1's stationary current, all alike");
/** Constrains vortex planes by q. */
export const vortexByRate = alongVortices(
  'vortex-q',
  true,
  "vortex planes of task 1's stationary current, weighted by q",
);
