/** Whether a grid contains a density and resolves it. */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { GRID_DENSITY_WANTS, type GridDensity, massesOf } from './grid.js';
import { JUMP_PROCESS_WANTS, type JumpProcess, type Link, neighbour } from './jumps.js';
import { eigenvalues } from './tensor.js';

/** Returns the share of the mass in the outermost cells of each side: lower and upper, axis by axis. */
export function edgeMass(density: GridDensity): number[] {
  is.given('edgeMass', { density }, { density: GRID_DENSITY_WANTS });
  const { grid } = density;
  const p = massesOf(density);
  const total = p.reduce((s, m) => s + m, 0);
  const sides = new Array<number>(2 * grid.axes.length).fill(0);
  p.forEach((m, i) => {
    const at = [i % grid.nx, Math.floor(i / grid.nx)];
    grid.axes.forEach((a, k) => {
      if (at[k] === 0) sides[2 * k] += m / total;
      if (at[k] === a.cells - 1) sides[2 * k + 1] += m / total;
    });
  });
  return sides;
}

/**
 * Checks that a grid does not cut a density off.
 * @param limit - largest share in the outermost cells of a side; default 1e-6
 * @param walls - sides (lower and upper, axis by axis) that are meant as walls, where mass is allowed
 * @throws InputError that names the side with too much mass
 */
export function checkHolds(density: GridDensity, limit = 1e-6, walls: readonly boolean[] = []): void {
  is.given(
    'checkHolds',
    { density, limit, walls },
    { density: GRID_DENSITY_WANTS, limit: is.finite, walls: is.listOf(is.flag) },
  );
  edgeMass(density).forEach((share, k) => {
    if (walls[k]) return;
    const axis = density.grid.axes[k >> 1];
    check(
      share <= limit,
      'grid-too-small',
      () =>
        `the grid does not hold the mass: ${share.toExponential(1)} of it lies in the outermost cells at ${axis.name} = ${k % 2 === 0 ? axis.from : axis.to}, and ${limit} is allowed; widen the axis or say that this side is a wall.`,
    );
  });
}

/** Reports how well the cells resolve a density. */
export interface Resolution {
  /** Cells per thermal width along each axis over the whole density. */
  readonly overall: readonly number[];
  /** The same on the line along that axis where it is smallest, among lines that hold at least 1e-4 of the mass. */
  readonly narrowest: readonly number[];
  /** Sentences where fewer than 2 cells make a width. */
  readonly warnings: readonly string[];
}

/**
 * Measures the cells per thermal width, 1/√⟨(Δ log P)²⟩ with Δ between neighbours (1/√ of the Fisher information along the
 * axis, in cells), which is sigma/h for a Gaussian. With w cells per width the diffusion of the fluxes is too large by a share
 * of about 1/(12 w²).
 */
export function resolutionOf(density: GridDensity): Resolution {
  is.given('resolutionOf', { density }, { density: GRID_DENSITY_WANTS });
  const { grid } = density;
  const p = massesOf(density);
  const total = p.reduce((s, m) => s + m, 0);
  const overall: number[] = [];
  const narrowest: number[] = [];
  const warnings: string[] = [];
  grid.axes.forEach((axis, k) => {
    const [step, across, lines] = k === 0 ? [1, grid.nx, grid.ny] : [grid.nx, 1, grid.nx];
    let [all, least, where] = [0, Number.POSITIVE_INFINITY, 0];
    for (let line = 0; line < lines; line++) {
      let [sum, mass] = [0, 0];
      for (let c = 0; c < axis.cells; c++) {
        const i = line * across + c * step;
        mass += p[i];
        if (c + 1 === axis.cells) continue;
        const slope = Math.log(Math.max(p[i + step], 1e-300) / Math.max(p[i], 1e-300));
        sum += ((p[i] + p[i + step]) / 2) * slope * slope;
      }
      all += sum;
      const width = Math.sqrt(mass / sum);
      if (mass >= 1e-4 * total && width < least) [least, where] = [width, line];
    }
    overall.push(Math.sqrt(total / all));
    narrowest.push(least);
    if (least < 2) {
      const other = grid.axes[1 - k];
      const at = other
        ? ` at ${other.name} = ${Number((other.from + (where + 0.5) * grid.spacing[1 - k]).toPrecision(4))}`
        : '';
      warnings.push(
        `the density along ${axis.name}${at} is ${least.toPrecision(2)} cells wide; take at least ${Math.ceil((2 / least) * axis.cells)} cells on that axis.`,
      );
    }
  });
  return { overall, narrowest, warnings };
}

/**
 * Computes the noise that the scheme adds, as a share of the model's: E = Σ_k rho_k ((q_k/2) coth(q_k/2) − 1) e_k e_kᵀ against
 * D = Σ_k rho_k e_k e_kᵀ, averaged over the density as ⟨Tr(D⁻¹E)⟩/dimensions; it is about q²/12. Cells at the sides, and those
 * with a direction free of noise (where upwind differences always add some), do not count; NaN where none is left. More cells
 * are needed where it exceeds about 0.05.
 */
export function numericalDiffusion(jumps: JumpProcess, density: GridDensity): number {
  is.given('numericalDiffusion', { jumps, density }, { jumps: JUMP_PROCESS_WANTS, density: GRID_DENSITY_WANTS });
  const { grid, links } = jumps;
  const size = grid.axes.length;
  const p = massesOf(density);
  let [sum, mass] = [0, 0];
  for (let i = 0; i < grid.size; i++) {
    const d: [number, number, number] = [0, 0, size === 1 ? 1 : 0];
    const e = [0, 0, 0];
    let inside = true;
    for (const link of links) {
      if (!(link.rho[i] > 0)) continue;
      const back = neighbour(grid, i, -link.ex, -link.ey);
      const on = neighbour(grid, i, link.ex, link.ey);
      inside &&= back >= 0 && on >= 0;
      if (!inside) break;
      const extra = [excess(link, i, on), excess(link, back, i)].filter(Number.isFinite);
      const share = extra.length > 0 ? (link.rho[i] * extra.reduce((s, v) => s + v, 0)) / extra.length : 0;
      [link.ex * link.ex, link.ex * link.ey, link.ey * link.ey].forEach((v, k) => {
        d[k] += link.rho[i] * v;
        e[k] += share * v;
      });
    }
    if (!inside || !(eigenvalues(d)[0] > 0)) continue;
    mass += p[i];
    sum += (p[i] * (d[2] * e[0] - 2 * d[1] * e[1] + d[0] * e[2])) / (d[0] * d[2] - d[1] * d[1]);
  }
  return sum / (mass * size);
}

/** Returns ½(B(−q) + B(q)) − 1 of the edge from i to j; not finite where one end has no noise along it. */
function excess(link: Link, i: number, j: number): number {
  return (link.forward[i] / link.rho[i] + link.backward[i] / link.rho[j]) / 2 - 1;
}
