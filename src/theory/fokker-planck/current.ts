/**
 * Probability current J = f P − ∇·(D P), from the flux along every jump.
 *
 * Jumps by e (in cells) move the probability Φ = rate·p_i − rate'·p_j per unit of time over the displacement e·h, of which each
 * of the two cells takes half: J_i = Σ Φ e h/(2 volume). This is of second order in h inside; on outermost cells the missing
 * side counts as zero flux. In a stationary state the flux into a cell equals that out of it to rounding (`currentDivergence`).
 */

import * as is from '../../numeric/wants.js';
import { LANGEVIN_MODEL_WANTS, type LangevinModel } from '../motion.js';
import { GRID_DENSITY_WANTS, type Grid, type GridDensity, massesOf, pointAt } from './grid.js';
import { applyGenerator, forEachPair, JUMP_PROCESS_WANTS, type JumpProcess } from './jumps.js';

/** Holds the probability current on the cells of a grid. */
export interface Current {
  readonly grid: Grid;
  /** J along each axis at the gridCentres, probability per unit of time (and per length across, in two dimensions). */
  readonly components: readonly Float64Array[];
}

/** Computes the probability current J of a density. */
export function probabilityCurrent(jumps: JumpProcess, density: GridDensity): Current {
  is.given('probabilityCurrent', { jumps, density }, { jumps: JUMP_PROCESS_WANTS, density: GRID_DENSITY_WANTS });
  const { grid, target } = jumps;
  const p = massesOf(density);
  const components = grid.axes.map(() => new Float64Array(grid.size));
  const share = grid.spacing.map((h) => h / (2 * grid.volume));
  const add = (i: number, e: readonly [number, number], flux: number) => {
    components.forEach((c, axis) => {
      c[i] += e[axis] * share[axis] * flux;
    });
  };
  forEachPair(jumps, (i, j, link) => {
    const flux = (target[i] ? 0 : link.forward[i] * p[i]) - (target[j] ? 0 : link.backward[i] * p[j]);
    add(i, [link.ex, link.ey], flux);
    add(j, [link.ex, link.ey], flux);
  });
  for (const e of jumps.exits) if (!target[e.cell]) add(e.cell, [e.ex, e.ey], e.rate * p[e.cell]);
  return { grid, components };
}

/** Computes ∇·J = −∂_t P in each cell, per eta·step and unit of volume. */
export function currentDivergence(jumps: JumpProcess, density: GridDensity): Float64Array {
  is.given('currentDivergence', { jumps, density }, { jumps: JUMP_PROCESS_WANTS, density: GRID_DENSITY_WANTS });
  const { grid } = jumps;
  return applyGenerator(jumps, massesOf(density), new Float64Array(grid.size)).map((v) => -v / grid.volume);
}

/**
 * Computes the rate of entropy production of a stationary state, ∫ J·D⁻¹J/P, nat per eta·step: 0 in detailed balance, infinite
 * where probability flows in a direction without noise.
 * @param diffusionScale - the scale that the process was made with; default 1
 */
export function entropyProduction(
  jumps: JumpProcess,
  model: LangevinModel,
  density: GridDensity,
  diffusionScale = 1,
): number {
  is.given(
    'entropyProduction',
    { jumps, model, density, diffusionScale },
    { jumps: JUMP_PROCESS_WANTS, model: LANGEVIN_MODEL_WANTS, density: GRID_DENSITY_WANTS, diffusionScale: is.finite },
  );
  const { grid } = jumps;
  const { components } = probabilityCurrent(jumps, density);
  const [jx, jy] = [components[0], components[1]];
  const point = new Float64Array(2);
  const d = new Float64Array(3);
  let total = 0;
  for (let i = 0; i < grid.size; i++) {
    const P = density.values[i];
    if (!(P > 0)) continue;
    pointAt(grid, i, point);
    model.diffusion.at(point, d);
    const [x, y] = [jx[i], jy?.[i] ?? 0];
    const [a, b, c] = jy ? d : [d[0], 0, 1];
    const form = b === 0 ? share(x, a) + share(y, c) : (c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b);
    total += form / (diffusionScale * P);
  }
  return total * grid.volume;
}

/** Returns J²/D, 0 without a current. */
const share = (current: number, diffusion: number) => (current === 0 ? 0 : (current * current) / diffusion);
