/**
 * Elastic weight consolidation: R = ½ Σ_j F_j (w_j − w1_j)², where F is the diagonal of the Fisher matrix of ONE sample, a mean
 * over samples of squared per-sample gradients, which does not depend on a batch. Kirkpatrick et al. 2017; docs/theory [C2].
 *
 * `ewc` takes the true Fisher matrix (expectation over the model's own predictions), which for cross-entropy is the diagonal of the
 * Gauss-Newton matrix; `ewc-empirical` squares the gradients at the labels, which vanish together with the training error.
 */

import type { FisherKind } from '../../surface/network/fisher.js';
import type { Constraint, ConstraintOptions } from '../constraint.js';
import type { Task } from '../task.js';

function elastic(name: string, kind: FisherKind, title: string): Constraint {
  return {
    name,
    kind: 'penalty',
    title,
    source: 'Kirkpatrick et al. 2017; theory [C2]',
    takesAxes: false,
    needsWindow: false,
    async build(task: Task, _options: ConstraintOptions) {
      const fisher = await task.fisher(kind);
      const parts = task.blocks.map(({ offset, span }) => ({
        kind: 'diagonal' as const,
        offset,
        values: fisher.slice(offset, offset + span),
      }));
      return {
        parts,
        unit: {
          strength: 1,
          exact: kind === 'true',
          how:
            kind === 'true'
              ? 'Laplace: the diagonal of the Gauss-Newton Hessian of the mean loss'
              : 'Laplace, if the labels were drawn from the predictions',
        },
        diagnostics: parts.map(({ values }, b) => {
          const idle = values.reduce((n, v) => n + (v === 0 ? 1 : 0), 0);
          return {
            block: task.blocks[b].name,
            constrained: values.length - idle,
            excluded: idle,
            why: idle > 0 ? 'no sample has a gradient there' : '',
            stiffness: [
              values.reduce((m, v) => Math.min(m, v), Number.POSITIVE_INFINITY),
              values.reduce((m, v) => Math.max(m, v), 0),
            ],
          };
        }),
      };
    },
  };
}

/** Constrains every weight by the true Fisher matrix. */
export const ewc = elastic('ewc', 'true', 'elastic weights, true Fisher matrix (per sample)');
/** Constrains every weight by the empirical Fisher matrix. */
export const ewcEmpirical = elastic(
  'ewc-empirical',
  'empirical',
  'elastic weights, empirical Fisher matrix (per sample)',
);
