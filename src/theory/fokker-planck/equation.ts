/** A Fokker-Planck equation from a model and axes. docs/theory [V5]. */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { LANGEVIN_MODEL_WANTS, type LangevinModel } from '../motion.js';
import { MEMORY_LIMIT } from './fronts.js';
import { GRID_AXIS_WANTS, type GridAxis, gridOf } from './grid.js';
import type { JumpProcess } from './jumps.js';
import { fokkerPlanckMemory } from './memory.js';
import { jumpProcess, type ProcessOptions } from './rates.js';

/** Names the model, the axes of the grid and the memory allowed. */
export interface FokkerPlanckOptions extends ProcessOptions {
  readonly model: LangevinModel;
  /** Names default to the model's. */
  readonly axes: readonly GridAxis[];
  /** Bytes allowed for the factors of one direct solution. Default 2 GiB. */
  readonly memoryLimit?: number;
}

/** Says what a {@link FokkerPlanckOptions} needs. */
export const FOKKER_PLANCK_OPTIONS_WANTS = is.shape<FokkerPlanckOptions>({
  model: LANGEVIN_MODEL_WANTS,
  axes: is.listOf(GRID_AXIS_WANTS),
  memoryLimit: is.maybe(is.real),
  boundaries: is.maybe(is.listOf(is.listOf(is.oneOf('reflecting', 'absorbing')))),
  target: is.maybe(is.func),
  diffusionScale: is.maybe(is.finite),
});

/**
 * Discretises ∂_t P = −∂_i (f_i P) + ∂_i ∂_j (D_ij P) on these axes as a jump process; rates.ts describes the scheme and its
 * order. `stationaryDensity`, `Stepper`, `Passage` and `probabilityCurrent` take the result.
 * @throws InputError where the memory would not suffice, before anything is evaluated, and where f or D is not finite or D
 *   negative
 */
export function fokkerPlanck(options: FokkerPlanckOptions): JumpProcess {
  is.given('fokkerPlanck', { options }, { options: FOKKER_PLANCK_OPTIONS_WANTS });
  const { model, memoryLimit = MEMORY_LIMIT } = options;
  const axes = options.axes.map((a, k) => ({ ...a, name: a.name ?? model.names[k] }));
  const grid = gridOf(axes);
  const need = fokkerPlanckMemory(axes).bytes;
  check(
    need <= memoryLimit,
    'too-large',
    () =>
      `a grid of ${axes.map((a) => a.cells).join('×')} cells needs at least ${(need / 2 ** 30).toFixed(2)} GiB for its factors and ${(memoryLimit / 2 ** 30).toFixed(2)} GiB are allowed; take fewer cells.`,
  );
  return jumpProcess(model, grid, options);
}
