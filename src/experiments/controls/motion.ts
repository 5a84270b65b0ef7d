/** The linear system in which an optimiser moves the recorded weights of a cell, from its own coordinates. docs/theory [O1], [O3]. */
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { CellSteps } from '../../runs/steps.js';
import { ballOf } from '../../theory/layer/ball.js';
import { whereFormFails } from '../../theory/optimisers/holds.js';
import { linearForm } from '../../theory/optimisers/linear-form.js';
import { inOwnCoordinates, preconditionerOf } from '../../theory/optimisers/own-coordinates.js';
import { LayeredTrainer } from '../../train/layered-trainer.js';
import type { MovingCell } from './config.js';
import type { Dynamics } from './measure.js';
import { type Moments, quadraticForms } from './moments.js';

/** Holds a heavy ball in the coordinates y = P^(−1/2) w. */
export interface Motion {
  readonly dynamics: Dynamics;
  /** What decoupled decay adds to every curvature of A. */
  readonly decay: number;
  /** √P of the recorded weights at the end of the cell; without it P is 1. */
  readonly root?: Float64Array;
  /** Why the linear form does not describe the window. */
  readonly fails?: readonly string[];
}

/** What an optimiser keeps of squared gradients, and the steps that it has taken. */
export interface Kept {
  readonly squares: Float64Array | undefined;
  readonly steps: number;
}

/** Reads what the optimiser of steps keeps for a block. */
export function keptBy(
  { trainer }: CellSteps,
  { offset, size }: { readonly offset: number; readonly size: number },
): Kept {
  if (!(trainer instanceof LayeredTrainer)) return { squares: undefined, steps: 0 };
  const { squares } = trainer.states();
  return {
    squares: squares && Float64Array.from(squares.subarray(offset, offset + size)),
    steps: trainer.stepsTaken,
  };
}

/** Makes the motion of a cell from what its optimiser kept at the beginning and at the end of the window. */
export function motionOf(cell: MovingCell, batchesPerEpoch: number, start: Kept, end: Kept): Motion {
  const { sampling, momentum, learningRate, optimiser } = cell;
  if (!optimiser) return { dynamics: { sampling, momentum, learningRate, batchesPerEpoch }, decay: 0 };
  const form = linearForm(optimiser);
  const { rate, momentum: mu, penalty: decay } = ballOf(form);
  const { squares } = end;
  const seen = {
    form,
    steps: { start: start.steps, end: end.steps },
    ...(start.squares && squares && { squares: { start: start.squares, end: squares } }),
  };
  return {
    dynamics: { sampling, momentum: mu, learningRate: rate, batchesPerEpoch },
    decay,
    ...(form.adaptive && squares && { root: preconditionerOf(form, squares, end.steps).map(Math.sqrt) }),
    fails: whereFormFails(seen).map((f) => f.sentence),
  };
}

/** Returns A and P^(1/2) C P^(1/2) of H and C. */
export function ownMatrices(
  { root, decay }: Motion,
  { hessian, noise }: { readonly hessian: Matrix; readonly noise: Matrix },
): { readonly hessian: Matrix; readonly noise: Matrix } {
  if (!root && decay === 0) return { hessian, noise };
  const A = root ? inOwnCoordinates(hessian, root) : matrix(hessian.rows, hessian.cols, hessian.data.slice());
  for (let i = 0; i < A.rows; i++) A.data[i * (A.rows + 1)] += decay;
  return { hessian: A, noise: root ? inOwnCoordinates(noise, root) : noise };
}

/** Returns P C P: the noise of the weights' own steps, per unit of the squared rate. */
export const stepNoise = ({ root }: Motion, noise: Matrix): Matrix =>
  root
    ? inOwnCoordinates(
        noise,
        root.map((r) => r * r),
      )
    : noise;

/**
 * Returns the force and the noise of a single mode along each direction of the weights: pᵀ(P H p) + decay, and pᵀ P C P p. They are those
 * of H and C where P is 1.
 */
export function formsAlong(
  la: LinearAlgebra,
  motion: Motion,
  directions: Matrix,
  { hessian, noise }: { readonly hessian: Matrix; readonly noise: Matrix },
): { readonly force: Float64Array; readonly noise: Float64Array } {
  const { root, decay } = motion;
  if (!root) {
    const force = quadraticForms(la, directions, hessian);
    return { force: decay === 0 ? force : force.map((h) => h + decay), noise: quadraticForms(la, directions, noise) };
  }
  const P = directions.cols;
  const image = la.gemm(directions, hessian);
  const force = Float64Array.from({ length: directions.rows }, (_, k) => {
    let sum = decay;
    for (let j = 0; j < P; j++) sum += root[j] ** 2 * directions.data[k * P + j] * image.data[k * P + j];
    return sum;
  });
  return { force, noise: quadraticForms(la, directions, stepNoise(motion, noise)) };
}

/** Brings moments from coordinates z to w = S z. */
export function turnedMoments(la: LinearAlgebra, { count, mean, covariance }: Moments, s: Matrix): Moments {
  const P = mean.length;
  return {
    count,
    mean: la.gemm(s, matrix(P, 1, mean)).data,
    covariance: la.gemm(la.gemm(s, covariance), s, { transposeB: true }),
  };
}
