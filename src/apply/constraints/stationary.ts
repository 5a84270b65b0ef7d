/**
 * Task 1's stationary state in its stiffest modes, decomposed: what `potential` and `vortex` penalise. science.md [D1]–[D7], [S1].
 *
 * In the eigenbasis of H the drift F = eta·H is diagonal, so the n stiffest modes are a linear system of their own with D = C1 and
 * epsilon = eta²/(2B); its potential U is that of their marginal density. Only *settled* modes count, those that relax ten times
 * within the window (eta·h·T ≥ 10, as in `reproduce ao2022`): flatter ones are in no stationary state. At least two are taken.
 */
import { type Decomposition, decompose } from '../../analyse/decomposition.js';
import { check } from '../../numeric/errors.js';
import { diagonal, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { trainingOf } from '../constraint.js';
import type { Block, Task } from '../task.js';

/** Relaxation times within the window that make a mode settled. */
const RELAXATIONS = 10;

export interface StationaryModes {
  /** v_i as rows, n×size. */
  readonly axes: Matrix;
  readonly curvatures: Float64Array;
  readonly parts: Decomposition;
  /** epsilon. */
  readonly noiseStrength: number;
  /** Modes asked for that are not settled. */
  readonly unsettled: number;
}

export function stationaryModes(
  task: Task,
  block: Block,
  most: number,
  la: LinearAlgebra,
  who: string,
): StationaryModes {
  const { learningRate: eta, batchSize, windowSteps } = trainingOf(task, who);
  const { axes, values } = task.stiffest(block, Math.max(2, most));
  check(
    values.length >= 2,
    'no-curvature',
    () => `${who}: ${block.name} has ${values.length} direction of positive curvature; two are needed.`,
  );
  const settled = values.filter((h) => eta * h * windowSteps >= RELAXATIONS).length;
  const n = Math.max(2, Math.min(most, settled));
  const kept = matrix(n, block.size, axes.data.slice(0, n * block.size));
  const noiseStrength = eta ** 2 / (2 * batchSize);
  const parts = decompose({
    la,
    drift: diagonal(values.subarray(0, n).map((h) => eta * h)),
    diffusion: task.noise(block, kept),
    noiseStrength,
  });
  return {
    axes: kept,
    curvatures: values.slice(0, n),
    parts,
    noiseStrength,
    unsettled: Math.max(0, Math.min(most, values.length) - n),
  };
}

export const WHY_UNSETTLED = 'modes that relax less than ten times within the window are in no stationary state';

/** aᵀ diag(h) a of directions given as rows in the modes. */
export function curvaturesOf(rows: Matrix, h: Float64Array, la: LinearAlgebra): Float64Array {
  const squares = matrix(
    rows.rows,
    rows.cols,
    rows.data.map((v) => v * v),
  );
  return la.gemm(squares, matrix(h.length, 1, h)).data;
}
