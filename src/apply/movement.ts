/** The part of a displacement in weight space that is along a penalty's axes. */
import { PENALTY_WANTS, type Penalty } from '../model/penalty.js';
import { normalForm } from '../model/penalty-normal.js';
import { check } from '../numeric/errors.js';
import { embeddedLinearAlgebra, type LinearAlgebra, row } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';

/** Gives the squared length of a displacement, and of its part along the axes. Both in weight². */
export interface Movement {
  /** |w − a|² over all weights. */
  readonly total: number;
  /** The part of it in the span of the axes. For a random displacement among P weights it is `axes`/P of the total on average. */
  readonly along: number;
  /** Dimension of that span. */
  readonly axes: number;
}

/**
 * Measures the displacement of w from the anchor of a penalty with axes (principal directions, Hessian modes, vortex planes,
 * …). Oblique axes are made orthonormal first, so that shares of different sets are comparable. Costs the normal form, and 2
 * flops for each number of the axes.
 * @throws InputError for a penalty of several anchors, one without axes, or w of another length
 */
export function movementAlong(p: Penalty, w: ArrayLike<number>, la: LinearAlgebra = embeddedLinearAlgebra()): Movement {
  is.given('movementAlong', { p, w, la }, { p: PENALTY_WANTS, w: is.numbers, la: is.algebra });
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
