/**
 * Rates of the jump process of a Fokker-Planck equation. docs/theory [V5].
 *
 *     ∂_t P = −∂_i (f_i P) + ∂_i ∂_j (D_ij P)        (Itô),   D = Σ_k rho_k e_k e_kᵀ  (`selling`, in units of cells)
 *
 * Along every offset e from cell i to j = i + e the flux is that of Scharfetter & Gummel (1969) for u = rho P:
 *
 *     rate i → j = rho(i) B(−q),   rate j → i = rho(j) B(q),   B(z) = z/(e^z − 1),   q = ∫_i^j e·D⁻¹f
 *
 * (Simpson's rule). For constant D and f = −D∇Phi, where Phi is a polynomial of degree ≤ 4 along each edge, e^{−Phi} at the
 * centres is the stationary state exactly. In one dimension P = e^{∫f/D}/D likewise, to the error of Simpson's rule (h⁴). In
 * general the scheme is of second order in h; rates are positive for every f and D. Its error is additional noise along each e,
 * by the factor (q/2) coth(q/2) ≈ 1 + q²/12: beyond |q| = 2 it becomes upwind differences, of first order. q is large where
 * drift circulates through directions with little noise; `numericalDiffusion` measures it.
 *
 * Where D changes more than fourfold along an edge (an eigenvalue of one against the other), each end takes q from its own
 * D⁻¹f: mean and variance of the jumps remain those of f and D at the cell, but detailed balance is lost. Where D vanishes
 * along an axis, drift along it is upwind (first order). Near-singular oblique D is widened to ANISOTROPY_LIMIT, with a
 * warning.
 *
 * Periodic axes: the last cell is the neighbour of the first, and nothing else changes.
 *
 * Reflecting sides: offsets that leave the grid are dropped, so there is no flux; second order for diagonal D, first order for
 * oblique jumps. Cells in corners would lose their connection with an oblique jump: cells that miss one exchange along the axes
 * too, with the smaller eigenvalue of D as noise. Absorbing sides: P = 0 on the outer face, half a cell from the last centre,
 * by the rate rho(i) B(−q_t)/t, where t is the share of the jump at which it meets the face; second order, first where jumps
 * are longer than one cell. Target cells absorb at their centres: the edge of a target is located to half a cell.
 */
import { check } from '../../numeric/errors.js';
import type { LangevinModel } from '../motion.js';
import { describePoint, type Grid, pointAt } from './grid.js';
import { type Exit, forEachLinked, type JumpProcess, type Link, neighbour } from './jumps.js';
import { ANISOTROPY_LIMIT, below, eigenvalues, limitAnisotropy, selling, type Tensor } from './tensor.js';

/** Says what a side of the grid does with probability that reaches it. */
export type Side = 'reflecting' | 'absorbing';

/** Sets the sides, the target and the strength of the noise. */
export interface ProcessOptions {
  /** Lower and upper side of each axis; of a periodic axis, which has no sides, they are not read. Default reflecting. */
  readonly boundaries?: readonly (readonly [Side, Side])[];
  /** Says whether a point is inside the target; cells with their centre inside absorb as well. */
  readonly target?: (point: ArrayLike<number>) => boolean;
  /** Multiplies the model's diffusion. Default 1. */
  readonly diffusionScale?: number;
}

/** Drift and diffusion at a point, in units of cells; `gx, gy` = D⁻¹f, and what of f lies where D is zero. */
interface Sample {
  d: Tensor;
  fx: number;
  fy: number;
  gx: number;
  gy: number;
  rx: number;
  ry: number;
}

/** Returns z/(e^z − 1), accurate everywhere: 1 at 0, −z far below 0, 0 far above it. */
export function bernoulli(z: number): number {
  return z === 0 ? 1 : z / Math.expm1(z);
}

/**
 * Discretises a model on a grid as a jump process. Costs one evaluation of f and D for each cell and each link (2 to 3 links
 * for each cell). docs/theory [V5].
 * @throws InputError for a grid of another dimension, a target of no cells or all cells, and where f or D is not finite or D
 *   has a negative eigenvalue (the sentence names the point)
 */
export function jumpProcess(model: LangevinModel, grid: Grid, options: ProcessOptions = {}): JumpProcess {
  check(
    model.size === grid.axes.length,
    'wrong-dimension',
    `the model moves in ${model.size} dimension${model.size > 1 ? 's' : ''} but the grid has ${grid.axes.length} axes; give one axis a coordinate.`,
  );
  const scale = options.diffusionScale ?? 1;
  check(scale >= 0 && Number.isFinite(scale), 'bad-scale', `the diffusion scale must be a number ≥ 0; got ${scale}.`);
  const sampler = new Sampler(model, grid, scale);
  const cells = Array.from({ length: grid.size }, (_, i) => sampler.at(i, 0, 0));
  const widened = sampler.widened;
  const rho = termsOf(grid, cells);
  const short = shortOfJumps(grid, rho);
  const least = (i: number) => eigenvalues(cells[i].d)[0];
  const links: Link[] = [];
  const exits: Exit[] = [];
  const out = new Float64Array(grid.size);
  for (const { ex, ey, values } of rho) {
    const link = { ex, ey, rho: values, forward: new Float64Array(grid.size), backward: new Float64Array(grid.size) };
    const axial = Math.abs(ex) + Math.abs(ey) === 1;
    forEachLinked(grid, link, (i, j) => {
      if (!axial && !(values[i] > 0) && !(values[j] > 0)) return;
      const { qa, qb, ra, rb } = edge(cells[i], sampler.at(i, ex / 2, ey / 2), cells[j], ex, ey);
      const spare = axial && short[i] && short[j] ? 1 : 0;
      link.forward[i] = (values[i] + spare * least(i)) * bernoulli(-qa) + (axial && ra > 0 ? ra : 0);
      link.backward[i] = (values[j] + spare * least(j)) * bernoulli(qb) + (axial && rb < 0 ? -rb : 0);
    });
    links.push(link);
    leave(ex, ey, values, axial);
    leave(-ex, -ey, values, axial);
  }
  const target = new Uint8Array(grid.size);
  if (options.target) {
    const point = new Float64Array(2);
    for (let i = 0; i < grid.size; i++) {
      pointAt(grid, i, point);
      target[i] = options.target(point) ? 1 : 0;
    }
    check(
      target.includes(1) && target.includes(0),
      'bad-target',
      'the target must contain some but not all cells of the grid; make it wider or the grid finer.',
    );
  }
  const warnings =
    widened > 0
      ? [
          `the noise is narrower than 1:${Math.sqrt(ANISOTROPY_LIMIT)} (in units of cells) in ${widened} of ${grid.size} cells and was widened there to that.`,
        ]
      : [];
  return { grid, links, exits, out, target, absorbing: exits.length > 0 || target.includes(1), warnings };

  /** Adds the jumps by (ex, ey) that leave the grid through an absorbing side. */
  function leave(ex: number, ey: number, values: Float64Array, axial: boolean): void {
    const absorbs = (axis: number, side: number) =>
      !grid.axes[axis]?.periodic && options.boundaries?.[axis]?.[side] === 'absorbing';
    if (!absorbs(0, ex > 0 ? 1 : 0) && !absorbs(1, ey > 0 ? 1 : 0)) return;
    for (let i = 0; i < grid.size; i++) {
      const [x, y] = [i % grid.nx, Math.floor(i / grid.nx)];
      const tx = ex === 0 || grid.axes[0].periodic ? 2 : (ex > 0 ? grid.nx - x - 0.5 : x + 0.5) / Math.abs(ex);
      const ty = ey === 0 || grid.axes[1]?.periodic ? 2 : (ey > 0 ? grid.ny - y - 0.5 : y + 0.5) / Math.abs(ey);
      const share = Math.min(tx, ty);
      if (share > 1 || (!axial && !(values[i] > 0))) continue;
      const axis = tx <= ty ? 0 : 1;
      const upper = (axis === 0 ? ex : ey) > 0 ? 1 : 0;
      if (!absorbs(axis, upper)) continue;
      const [sx, sy] = [share * ex, share * ey];
      const { qa, ra } = edge(cells[i], sampler.at(i, sx / 2, sy / 2), sampler.at(i, sx, sy), sx, sy);
      const rate = (values[i] / share) * bernoulli(-qa) + (axial && ra > 0 ? ra / share : 0);
      if (!(rate > 0)) continue;
      exits.push({ cell: i, rate, ex, ey, share, side: 2 * axis + upper });
      out[i] += rate;
    }
  }
}

/** Collects rho of every offset that occurs, and always those of the axes. */
function termsOf(grid: Grid, cells: readonly Sample[]): { ex: number; ey: number; values: Float64Array }[] {
  const found = new Map<number, { ex: number; ey: number; values: Float64Array }>();
  let at = 0;
  const add = (ex: number, ey: number, rho: number) => {
    const key = ex * 4096 + ey;
    let term = found.get(key);
    if (!term) {
      term = { ex, ey, values: new Float64Array(grid.size) };
      found.set(key, term);
    }
    term.values[at] += rho;
  };
  add(1, 0, 0);
  if (grid.ny > 1) add(0, 1, 0);
  for (; at < grid.size; at++) selling(cells[at].d, add);
  return [...found.values()];
}

/** Marks the cells from which an oblique jump leaves the grid. */
function shortOfJumps(grid: Grid, terms: readonly { ex: number; ey: number; values: Float64Array }[]): Uint8Array {
  const short = new Uint8Array(grid.size);
  for (const { ex, ey, values } of terms) {
    if (ex === 0 || ey === 0) continue;
    for (let i = 0; i < grid.size; i++)
      if (values[i] > 0 && (neighbour(grid, i, ex, ey) < 0 || neighbour(grid, i, -ex, -ey) < 0)) short[i] = 1;
  }
  return short;
}

/**
 * Returns q for the jump from a and for that from b, and the drift along the edge where there is no noise (read along the axes
 * only).
 */
function edge(
  a: Sample,
  m: Sample,
  b: Sample,
  ex: number,
  ey: number,
): { qa: number; qb: number; ra: number; rb: number } {
  if (near(m.d, a.d) && near(m.d, b.d)) {
    const q = (ex * (a.gx + 4 * m.gx + b.gx) + ey * (a.gy + 4 * m.gy + b.gy)) / 6;
    const r = (ex * (a.rx + 4 * m.rx + b.rx) + ey * (a.ry + 4 * m.ry + b.ry)) / 6;
    return { qa: q, qb: q, ra: r, rb: r };
  }
  return {
    qa: ex * a.gx + ey * a.gy,
    qb: ex * b.gx + ey * b.gy,
    ra: ex * a.rx + ey * a.ry,
    rb: ex * b.rx + ey * b.ry,
  };
}

function near(a: Tensor, b: Tensor): boolean {
  return below(a, b, 4) && below(b, a, 4);
}

/** Solves D g = f where D permits, and returns the rest r = f − D g. D is diagonal or well conditioned. */
function solve(d: Tensor, fx: number, fy: number): Sample {
  const [a, b, c] = d;
  if (b !== 0) {
    const det = a * c - b * b;
    return { d, fx, fy, gx: (c * fx - b * fy) / det, gy: (a * fy - b * fx) / det, rx: 0, ry: 0 };
  }
  const noisyX = a > 1e-200 * Math.abs(fx);
  const noisyY = c > 1e-200 * Math.abs(fy);
  return {
    d,
    fx,
    fy,
    gx: noisyX ? fx / a : 0,
    gy: noisyY ? fy / c : 0,
    rx: noisyX ? 0 : fx,
    ry: noisyY ? 0 : fy,
  };
}

/** Evaluates and checks the model. */
class Sampler {
  /** Samples whose diffusion had to be widened. */
  widened = 0;
  private readonly point = new Float64Array(2);
  private readonly f = new Float64Array(2);
  private readonly d = new Float64Array(3);

  constructor(
    private readonly model: LangevinModel,
    private readonly grid: Grid,
    private readonly scale: number,
  ) {}

  /** Evaluates at the centre of cell i moved by (dx, dy) cells. */
  at(i: number, dx: number, dy: number): Sample {
    const { point, f, d, grid, scale } = this;
    pointAt(grid, i, point, dx, dy);
    this.model.drift.at(point, f);
    this.model.diffusion.at(point, d);
    const two = grid.axes.length === 2;
    const [hx, hy] = [grid.spacing[0], two ? grid.spacing[1] : 1];
    const fx = f[0] / hx;
    const fy = two ? f[1] / hy : 0;
    const raw: Tensor = two
      ? [(scale * d[0]) / (hx * hx), (scale * d[1]) / (hx * hy), (scale * d[2]) / (hy * hy)]
      : [(scale * d[0]) / (hx * hx), 0, 0];
    if (!Number.isFinite(fx + fy + raw[0] + raw[1] + raw[2])) this.refuse();
    const [low, top] = eigenvalues(raw);
    if (low < -1e-12 * Math.abs(top)) this.refuseNegative(two ? Math.min(...eigenvalues([d[0], d[1], d[2]])) : d[0]);
    const proper: Tensor = raw[1] === 0 ? [Math.max(0, raw[0]), 0, Math.max(0, raw[2])] : raw;
    const used = limitAnisotropy(proper);
    if (used !== proper) this.widened++;
    return solve(used, fx, fy);
  }

  private refuse(): never {
    const where = describePoint(this.grid, this.point);
    const bad = [...this.f.subarray(0, this.model.size)].some((v) => !Number.isFinite(v)) ? 'drift' : 'diffusion';
    const value = (bad === 'drift' ? [...this.f] : [...this.d]).find((v) => !Number.isFinite(v));
    check(
      false,
      'not-finite',
      `the ${bad} is ${value} at ${where}; Fokker-Planck needs finite values on the whole grid: change the model or the axes.`,
    );
    throw new Error('unreachable');
  }

  private refuseNegative(value: number): never {
    check(
      false,
      'negative-diffusion',
      `the diffusion at ${describePoint(this.grid, this.point)} has the negative eigenvalue ${Number(value.toPrecision(4))}; a diffusion tensor must be ≥ 0.`,
    );
    throw new Error('unreachable');
  }
}
