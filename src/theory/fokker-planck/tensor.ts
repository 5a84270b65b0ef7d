/**
 * Symmetric 2×2 tensors [xx, xy, yy] in units of cells, and Selling's decomposition of one into jumps between cells.
 *
 * Every D ≥ 0 is a sum Σ_k rho_k e_k e_kᵀ of at most three integer vectors with rho_k ≥ 0 (Selling 1874; Conway & Sloane 1992;
 * for monotone schemes: Bonnans, Ottenwaelter & Zidani 2004, Fehrenbach & Mirebeau 2014). With a superbase v_0 + v_1 + v_2 = 0
 * of Z² that is obtuse, v_i·D·v_j ≤ 0 for i ≠ j, the terms are rho = −v_i·D·v_j with e = v_k turned by a right angle. Where
 * some v_i·D·v_j > 0, (−v_i, v_j, v_i − v_j) is the next superbase. The rho depend continuously on D, and offsets grow with
 * the square root of its condition number.
 */

/** Holds xx, xy, yy. */
export type Tensor = readonly [number, number, number];

/** Largest ratio of eigenvalues, in units of cells, that is represented exactly: offsets stay within about 16 cells. */
export const ANISOTROPY_LIMIT = 256;

/** Returns the eigenvalues, the smaller first. */
export function eigenvalues([a, b, c]: Tensor): [number, number] {
  const mean = (a + c) / 2;
  const r = Math.hypot((a - c) / 2, b);
  const top = mean + r;
  // the small one from the product of both, which is more accurate than the difference
  const low = top > 0 ? (a / top) * c - (b / top) * b : mean - r;
  return [Math.min(low, top), top];
}

/**
 * Raises the smaller eigenvalue of D to 1/`limit` of the larger one, unless D is diagonal (the axes need no oblique jumps).
 * @returns the same tensor where no change is needed
 */
export function limitAnisotropy(d: Tensor, limit = ANISOTROPY_LIMIT): Tensor {
  if (d[1] === 0) return d;
  const [low, top] = eigenvalues(d);
  const lift = top / limit - low;
  if (!(lift > 0)) return d;
  // projector on the smaller eigenvalue's direction: (top − D)/(top − low)
  const s = lift / (top - low);
  return [d[0] + s * (top - d[0]), d[1] - s * d[1], d[2] + s * (top - d[2])];
}

/** Says whether A ≤ factor·B in the order of quadratic forms. */
export function below(a: Tensor, b: Tensor, factor: number): boolean {
  const [p, q, r] = [factor * b[0] - a[0], factor * b[1] - a[1], factor * b[2] - a[2]];
  return p >= 0 && r >= 0 && p * r >= q * q;
}

/** Receives one term of the decomposition: `rho` for jumps by ±(ex, ey). */
type Term = (ex: number, ey: number, rho: number) => void;

/** Decomposes D ≥ 0 and calls `term` for each rho > 0, with offsets ex > 0, or ex = 0 and ey > 0. */
export function selling(d: Tensor, term: Term): void {
  const [a, b, c] = d;
  if (b === 0) {
    if (a > 0) term(1, 0, a);
    if (c > 0) term(0, 1, c);
    return;
  }
  let [ux, uy, vx, vy] = [1, 0, 0, 1];
  for (let n = 0; n < 200; n++) {
    const [wx, wy] = [-ux - vx, -uy - vy];
    const uv = a * ux * vx + b * (ux * vy + uy * vx) + c * uy * vy;
    const vw = a * vx * wx + b * (vx * wy + vy * wx) + c * vy * wy;
    const wu = a * wx * ux + b * (wx * uy + wy * ux) + c * wy * uy;
    const worst = Math.max(uv, vw, wu);
    // positive by rounding only: that term is zero
    const rounding = 1e-14 * (a * wx * wx + 2 * b * wx * wy + c * wy * wy);
    if (worst <= Math.abs(rounding) || n === 199) {
      emit(wx, wy, -uv, term);
      emit(ux, uy, -vw, term);
      emit(vx, vy, -wu, term);
      return;
    }
    if (worst === uv) [ux, uy] = [-ux, -uy];
    else if (worst === vw) [ux, uy, vx, vy] = [-vx, -vy, wx, wy];
    else [ux, uy, vx, vy] = [-wx, -wy, ux, uy];
  }
}

function emit(vx: number, vy: number, rho: number, term: Term): void {
  if (!(rho > 0)) return;
  const [ex, ey] = [-vy, vx];
  if (ex > 0 || (ex === 0 && ey > 0)) term(ex, ey, rho);
  else term(-ex, -ey, rho);
}
