/** What is said when training cannot go on. */
import type { Diverged } from '../protocol.js';

/** An edge of stability that was measured, and after which step. */
export interface KnownEdge {
  readonly edge: number;
  readonly at: number;
}

const number = (x: number): string => String(Number(x.toPrecision(3)));

/** Compares a learning rate with the edge that was measured last. */
function againstEdge(learningRate: number, known: KnownEdge | undefined): string {
  if (!known) return 'The edge of stability was not measured in this run.';
  const share = learningRate / known.edge;
  const words =
    share > 1
      ? `${number(share)} times the edge of stability`
      : `below the edge of stability (${number(share)} of it; noise and curvature that grows along the way can still carry a run off)`;
  return `The learning rate was ${words} ${number(known.edge)}, as measured after step ${known.at}.`;
}

/** Reports a minibatch loss that is not finite, or above 1e30, at step `at`. */
export function notFinite(at: number, loss: number, learningRate: number, known: KnownEdge | undefined): Diverged {
  const what = Number.isFinite(loss) ? `was ${loss.toExponential(1)}` : 'was not a finite number';
  const why = `The minibatch loss of step ${at} ${what}, with learning rate ${number(learningRate)}. ${againstEdge(learningRate, known)} Lower the learning rate, or rewind.`;
  return { type: 'diverged', at, loss, learningRate, kind: 'not-finite', why };
}

/** Reports an epoch, complete with step `at`, in which no weight changed. */
export function standstill(at: number, loss: number, learningRate: number, known: KnownEdge | undefined): Diverged {
  const why = `No weight changed in the epoch that ended with step ${at}; the loss stays at ${number(loss)}. Most likely all hidden units are inactive after steps that were too large. ${againstEdge(learningRate, known)} Rewind, and lower the learning rate.`;
  return { type: 'diverged', at, loss, learningRate, kind: 'standstill', why };
}
