/**
 * Replay of stored samples of earlier tasks: the second trivial rival of every constraint, because whoever chooses a strength by old
 * samples has old samples to train on. It is a protocol and not a penalty. docs/theory [N6].
 *
 * Before every step on a batch of the new task, one step is taken on a batch of the stored samples of each earlier task, at the same
 * learning rate. To first order in the learning rate this is a step of L2 + L_memory (mean losses), the weight that Laplace's
 * approximation gives to task 1 as well, so there is no strength to choose.
 */
import { type Constraint, nothing } from '../constraint.js';

/** Makes the replay of `memory` samples of each earlier task; 'validation': as many as are held out to choose strengths. */
export function replay(memory: number | 'validation'): Constraint {
  const many =
    memory === 'validation' ? 'as many stored samples as choose the strengths of others' : `${memory} stored samples`;
  return {
    name: `replay-${memory}`,
    kind: 'replay',
    title: `training on ${many} of each earlier task, a batch in turn`,
    source: 'theory [N6]',
    takesAxes: false,
    needsWindow: false,
    memory,
    build: nothing,
  };
}

/** Returns the replay that a name such as `replay-500` asks for; undefined for other names. */
export function replayNamed(name: string): Constraint | undefined {
  const memory = /^replay-([1-9]\d{0,8}|validation)$/.exec(name)?.[1];
  if (memory === undefined) return undefined;
  return replay(memory === 'validation' ? memory : Number(memory));
}
