/** A branch's window along directions: its own principal ones, or those of another half. docs/theory [S7]. */

import { type Matrix, trace } from '../../numeric/linalg/matrix.js';
import type { Key } from '../../numeric/random.js';
import type { CellContext } from './context.js';
import { regime, type WidthMeter } from './measure.js';
import type { Basis, Regime } from './measured.js';
import { type Moments, type Principal, principal, quadraticForms } from './moments.js';
import { formsAlong, type Motion } from './motion.js';

/** Describes a branch whose main window is known; its H and C are used for all regimes. */
export interface MeasuredBranch extends CellContext {
  readonly motion: Motion;
  readonly hessian: Matrix;
  /** C per batch. */
  readonly noise: Matrix;
}

/** States the length of a window. */
export interface Span {
  readonly epochs: number;
  readonly steps: number;
}

/** Says along which directions a window is analysed, and how. */
interface View extends Span {
  readonly basis: Basis;
  readonly meter: WidthMeter;
  /** Variances must exceed ten times this, or the window's own resolution where none is given. */
  readonly resolution?: number;
  /** Returns directions in the basis of the weights from those in the basis of the moments. */
  readonly turned?: (rows: Matrix) => Matrix;
  readonly key: Key;
}

/** Returns the part of a request that all regimes of a branch have, for directions in the basis of the weights. */
export function common(
  { la, motion, hessian, noise }: MeasuredBranch,
  { epochs, steps, basis, meter, key }: View,
  directions: Matrix,
) {
  return {
    basis,
    epochs,
    steps,
    meter,
    directions,
    curvature: quadraticForms(la, directions, hessian),
    noise: quadraticForms(la, directions, noise),
    forms: formsAlong(la, motion, directions, { hessian, noise }),
    dynamics: motion.dynamics,
    flat: basis === 'random-walk',
    key,
  };
}

/** Measures a regime with the principal directions and variances of the same window. */
export function ownDirections(branch: MeasuredBranch, own: Principal, view: View): Promise<Regime> {
  const { ranks, directions: rows } = own;
  return regime(branch.la, {
    ...common(branch, view, view.turned?.(rows) ?? rows),
    ranks,
    variances: ranks.map((r) => own.variances[r - 1]),
    spectrum: own.variances,
    totalVariance: own.totalVariance,
    resolution: Math.max(view.resolution ?? 0, own.resolution),
  });
}

/** Measures a regime with the principal directions of one half and the variances of the other. */
export function othersDirections(
  branch: MeasuredBranch,
  [choosing, measured]: readonly Moments[],
  view: View,
): Promise<Regime> {
  const { la, config } = branch;
  const chosen = principal(la, choosing, config.directions);
  const { ranks, directions: rows } = chosen;
  return regime(la, {
    ...common(branch, view, view.turned?.(rows) ?? rows),
    ranks,
    variances: quadraticForms(la, rows, measured.covariance),
    spectrum: undefined,
    totalVariance: trace(measured.covariance),
    resolution: view.resolution ?? chosen.resolution,
  });
}
