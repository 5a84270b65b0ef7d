/** How much of a move in weight space went along a penalty's axes. */
import type { Penalty } from '../model/penalty.js';
import { normalForm } from '../model/penalty-normal.js';
import { check } from '../numeric/errors.js';
import { embeddedLinearAlgebra, type LinearAlgebra, row } from '../numeric/linalg/index.js';

export interface Movement {
  /** |w − a|² over all weights. */
  readonly total: number;
  /** The part of it in the span of the axes; 1 axis in P of a random direction holds 1/P of it on average. */
  readonly along: number;
  /** Axes of that span, orthonormal. */
  readonly axes: number;
}

/**
 * Moves from the anchor of a penalty with axes (principal directions, Hessian modes, vortex planes, …): oblique axes are made
 * orthonormal first, so that shares of different sets compare. Cost: that of the normal form, and 2 flops a number of the axes.
 * @throws InputError for a penalty of several anchors, or one without axes
 */
export function movementAlong(p: Penalty, w: ArrayLike<number>, la: LinearAlgebra = embeddedLinearAlgebra()): Movement {
  check(
    p.terms.length === 1 && p.terms[0].parts.every((q) => q.kind !== 'diagonal'),
    'no-axes',
    'a move is measured along the axes of one penalty with one anchor; this one has several anchors, or acts weight by weight.',
  );
  const { anchor } = p.terms[0];
  check(w.length === p.size, 'weight-count', () => `the penalty acts on ${p.size} weights; got ${w.length}.`);
  const x = anchor.map((a, i) => w[i] - a);
  let along = 0;
  let axes = 0;
  for (const group of normalForm(p, la).groups) {
    axes += group.axes.rows;
    for (let k = 0; k < group.axes.rows; k++)
      along += row(group.axes, k).reduce((s, v, j) => s + v * x[group.offset + j], 0) ** 2;
  }
  return { total: x.reduce((s, v) => s + v * v, 0), along, axes };
}
