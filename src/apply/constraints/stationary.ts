/**
 * Task 1's stationary state in its stiffest modes, decomposed: what `potential` and `vortex` penalise. docs/theory [D1]–[D7], [S1].
 *
 * In the eigenbasis of H the drift F = eta·H is diagonal, so the n stiffest modes are a linear system of their own with D = C1 and
 * epsilon = eta²/(2B); its potential U is that of their marginal density. Only *settled* modes count, those that relax ten times
 * within the window (eta·h·T ≥ 10, as in `reproduce ao2022`): flatter ones are in no stationary state. A block that has too few of
 * them is left out.
 */
import { type Decomposition, decompose } from '../../analyse/decomposition/decompose.js';
import { check } from '../../numeric/errors.js';
import { diagonal, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { type BuiltConstraint, trainingOf } from '../constraint.js';
import type { Block, Task } from '../task.js';
import { type AlongAxes, alongAxes } from './along.js';

/** Relaxation times within the window that make a mode settled. */
const RELAXATIONS = 10;

export interface StationaryModes {
  /** v_i as rows, n×size. */
  readonly axes: Matrix;
  readonly curvatures: Float64Array;
  readonly parts: Decomposition;
  /** epsilon. */
  readonly noiseStrength: number;
}

/** What a block contributes along directions given in its modes. */
export interface InModes {
  /** Rows in the modes, k×n. */
  readonly rows: Matrix;
  readonly weights: Float64Array;
}

/**
 * A constraint along directions of each block's settled modes.
 * @param least - modes that a block must have to take part
 * @throws InputError where no block has so many
 */
export function alongStationary(
  task: Task,
  {
    who,
    most,
    least,
    la,
  }: { readonly who: string; readonly most: number; readonly least: number; readonly la: LinearAlgebra },
  choose: (modes: StationaryModes, block: Block) => InModes,
): BuiltConstraint {
  const { learningRate: eta, batchSize, windowSteps } = trainingOf(task, who);
  const noiseStrength = eta ** 2 / (2 * batchSize);
  const all = task.blocks.map((block): AlongAxes => {
    const { axes, values } = task.stiffest(block, most);
    const settled = values.filter((h) => eta * h * windowSteps >= RELAXATIONS).length;
    const n = Math.min(most, settled);
    const open = Math.min(most, values.length);
    if (n < least) {
      const nothing = { axes: matrix(0, block.size), weights: new Float64Array(0), curvatures: new Float64Array(0) };
      return { block, ...nothing, excluded: open, why: WHY_UNSETTLED };
    }
    const kept = matrix(n, block.size, axes.data.slice(0, n * block.size));
    const curvatures = values.slice(0, n);
    const parts = decompose({
      la,
      drift: diagonal(curvatures.map((h) => eta * h)),
      diffusion: task.noise(block, kept),
      noiseStrength,
    });
    const { rows, weights } = choose({ axes: kept, curvatures, parts, noiseStrength }, block);
    return {
      block,
      axes: la.gemm(rows, kept),
      weights,
      curvatures: curvaturesOf(rows, curvatures, la),
      excluded: open - n,
      why: open > n ? WHY_UNSETTLED : '',
    };
  });
  check(
    all.some((a) => a.axes.rows > 0),
    'nothing-settled',
    () =>
      `${who} holds ${least === 1 ? 'a mode' : 'planes of two modes'} that relax ten times within the window of ${windowSteps} steps, at most ${most} in each of ${task.blocks.map((b) => b.name).join(', ')}, and there ${least === 1 ? 'is none' : 'are fewer than two'}; take a longer window or more axes.`,
  );
  return alongAxes(task, all);
}

const WHY_UNSETTLED = 'modes that relax less than ten times within the window are in no stationary state';

/** aᵀ diag(h) a of directions given as rows in the modes. */
function curvaturesOf(rows: Matrix, h: Float64Array, la: LinearAlgebra): Float64Array {
  const squares = matrix(
    rows.rows,
    rows.cols,
    rows.data.map((v) => v * v),
  );
  return la.gemm(squares, matrix(h.length, 1, h)).data;
}
