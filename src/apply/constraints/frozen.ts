/**
 * Whole blocks that are not trained any more: the first trivial rival of every constraint. A block keeps the weights (and biases) of
 * task 1 exactly, so there is no strength to choose and no old sample is needed. docs/theory [N6].
 */
import { check } from '../../numeric/errors.js';
import type { Constraint } from '../constraint.js';

/** Excludes blocks from training: those named in `hold`, or the first one. It is a hard constraint and not a penalty. */
export const frozen: Constraint = {
  name: 'frozen',
  kind: 'frozen',
  title: 'whole layers excluded from training after task 1; the first one by default',
  source: 'theory [N6]',
  takesAxes: false,
  needsWindow: false,
  async build({ blocks }, { hold = [blocks[0].name] }) {
    const names = blocks.map((b) => b.name);
    const wrong = hold.find((name) => !names.includes(name));
    check(
      wrong === undefined && hold.length > 0,
      'no-such-block',
      `frozen can hold ${names.join(', ')}; got ${wrong === undefined ? 'no name' : `'${wrong}'`}.`,
    );
    const held = blocks.filter((b) => hold.includes(b.name));
    return {
      parts: [],
      unit: { strength: Number.NaN, exact: false, how: 'no strength: these weights never change' },
      diagnostics: held.map(({ name, span }) => ({
        block: name,
        constrained: span,
        excluded: 0,
        why: '',
        stiffness: [],
      })),
      frozen: held,
    };
  },
};
