/**
 * The decomposition of task 1's stationary state in its stiffest modes, from which `potential` and `vortex` are built.
 * docs/theory [D1]–[D7], [S1].
 *
 * In the eigenbasis of H the drift F = eta·H is diagonal, so the n stiffest modes are a linear system of their own with D = C1
 * and epsilon = eta²/(2B); its potential U is that of their marginal density. Only *settled* modes count, those that relax ten
 * times within the window (eta·h·T ≥ 10, as in `reproduce ao2022`): flatter ones have not reached a stationary state. A block
 * that has too few of them is left out.
 */
import { type Decomposition, decompose } from '../../analyse/decomposition/decompose.js';
import { check } from '../../numeric/errors.js';
import { diagonal, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { type BuiltConstraint, trainingOf } from '../constraint.js';
import type { Block, Task } from '../task.js';
import { type AlongAxes, alongAxes } from './along.js';

/** Relaxation times within the window from which on a mode counts as settled. */
const RELAXATIONS = 10;

/** Holds the settled modes of a block and the decomposition of their stationary state. */
interface StationaryModes {
  /** v_i as rows, n×size. */
  readonly axes: Matrix;
  readonly curvatures: Float64Array;
  readonly parts: Decomposition;
  /** epsilon. */
  readonly noiseStrength: number;
}

/** Gives weighted directions of a block in the coordinates of its modes. */
interface InModes {
  /** Rows in the modes, k×n. */
  readonly rows: Matrix;
  readonly weights: Float64Array;
}

/**
 * Builds a constraint along directions in the span of each block's settled modes.
 * @param options - `who`: name of the constraint, for errors; `most`: number of modes considered in each block; `least`: number
 *   of settled modes below which a block is left out
 * @param choose - returns the directions and weights of a block
 * @throws InputError where no block has `least` settled modes, or `task.training` is missing
 */
export async function alongStationary(
  task: Task,
  {
    who,
    most,
    least,
    la,
  }: { readonly who: string; readonly most: number; readonly least: number; readonly la: LinearAlgebra },
  choose: (modes: StationaryModes, block: Block) => InModes,
): Promise<BuiltConstraint> {
  const { learningRate: eta, batchSize, windowSteps } = trainingOf(task, who);
  const noiseStrength = eta ** 2 / (2 * batchSize);
  const inBlock = async (block: Block): Promise<AlongAxes> => {
    const { axes, values } = await task.stiffest(block, most);
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
      diffusion: await task.noise(block, kept),
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
  };
  const all: AlongAxes[] = [];
  for (const block of task.blocks) all.push(await inBlock(block));
  check(
    all.some((a) => a.axes.rows > 0),
    'nothing-settled',
    () =>
      `${who} needs ${least === 1 ? 'a mode that relaxes' : `${least} modes of one block that relax`} ten times within the window of ${windowSteps} steps; among at most ${most} in each of ${task.blocks.map((b) => b.name).join(', ')} there ${least === 1 ? 'is none' : 'are fewer'}; take a longer window or more axes.`,
  );
  return alongAxes(task, all);
}

const WHY_UNSETTLED = 'modes that relax less than ten times within the window have not reached a stationary state';

/** Returns aᵀ diag(h) a of directions a given as rows in the modes. */
function curvaturesOf(rows: Matrix, h: Float64Array, la: LinearAlgebra): Float64Array {
  const squares = matrix(
    rows.rows,
    rows.cols,
    rows.data.map((v) => v * v),
  );
  return la.gemm(squares, matrix(h.length, 1, h)).data;
}
