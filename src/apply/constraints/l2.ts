/** The isotropic anchor: R = ½ |w − w1|² over the constrained layers, biases included. */
import { type Constraint, matched, total } from '../constraint.js';

/** Constrains every weight equally. */
export const l2: Constraint = {
  name: 'l2',
  kind: 'penalty',
  title: 'distance to the solution of task 1, all weights alike',
  source: 'theory [C2]',
  takesAxes: false,
  needsWindow: false,
  async build(task) {
    const { blocks } = task;
    const traces: number[] = [];
    for (const block of blocks) traces.push(await task.trace(block));
    return {
      parts: blocks.map(({ offset, span }) => ({ kind: 'diagonal', offset, values: new Float64Array(span).fill(1) })),
      unit: matched([total(traces) / total(blocks.map((b) => b.span))]),
      diagnostics: blocks.map(({ name, span }) => ({
        block: name,
        constrained: span,
        excluded: 0,
        why: '',
        stiffness: [1, 1],
      })),
    };
  },
};
