/**
 * Two modes of a linear form in its stationary state. A mode of curvature α of A is z = (y, n) with
 *
 *     z' = (1 − Δ) z + e xi,     Δ = (s + eta q α, eta c b; −f α, 1 − b),     e = (−eta q, f),     q = a + c f
 *
 * and the moments X = ⟨z_i z_jᵀ⟩ per unit of ⟨xi_i xi_j⟩ solve Δ_i X + X Δ_jᵀ − Δ_i X Δ_jᵀ = e eᵀ: four equations, written in Δ so
 * that nothing is lost where a step changes little. docs/theory [O1].
 */
import type { LinearForm } from './linear-form.js';

/** Moments of a pair: of y_i with y_j, and of each a step later with the other. */
export interface PairMoments {
  /** ⟨y_i y_j⟩. */
  readonly now: number;
  /** ½⟨y_i(t) y_j(t+1) − y_j(t) y_i(t+1)⟩. */
  readonly circulation: number;
}

/** Solves the moments of modes of curvatures αi and αj, per unit of the covariance of their noise. Both must be stable. */
export function pairMoments(form: LinearForm, ai: number, aj: number): PairMoments {
  const { learningRate: eta, shrink, memory: b, fresh: f, own, held } = form;
  const q = own + held * f;
  const [pi, pj] = [shrink + eta * q * ai, shrink + eta * q * aj];
  if (held * b === 0) {
    const now = (eta * q) ** 2 / (pi + pj - pi * pj);
    return { now, circulation: 0.5 * now * (pi - pj) };
  }
  // unknowns x = ⟨y y⟩, u = ⟨y_i n_j⟩, v = ⟨n_i y_j⟩, z = ⟨n n⟩; rows of Δ_i ⊗ 1 + 1 ⊗ Δ_j − Δ_i ⊗ Δ_j
  const [r, d] = [eta * held * b, 1 - b];
  const [ci, cj] = [-f * ai, -f * aj];
  const rows = [
    [pi + pj - pi * pj, r - pi * r, r - r * pj, -r * r, (eta * q) ** 2],
    [cj - pi * cj, pi + d - pi * d, -r * cj, r - r * d, -eta * q * f],
    [ci - ci * pj, -ci * r, d + pj - d * pj, r - d * r, -eta * q * f],
    [-ci * cj, ci - ci * d, cj - d * cj, 2 * d - d * d, f * f],
  ];
  const [x, u, v] = solve4(rows);
  // ⟨y_i y_j'⟩ = x − pj x − r u, ⟨y_i' y_j⟩ = x − pi x − r v
  return { now: x, circulation: 0.5 * ((pi - pj) * x + r * (v - u)) };
}

/** Solves four equations, given as rows of coefficients and right-hand side, by elimination with exchange of rows. */
function solve4(rows: number[][]): number[] {
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let top = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[top][k])) top = i;
    [rows[k], rows[top]] = [rows[top], rows[k]];
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k + 1; j <= n; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = rows[i][n];
    for (let j = i + 1; j < n; j++) sum -= rows[i][j] * x[j];
    x[i] = sum / rows[i][i];
  }
  return x;
}
