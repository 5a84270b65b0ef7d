/**
 * Weighted linear regression with a constant of its own for each group of points: y_r = c_g(r) + Σ_k b_k x_rk + error of variance v_r.
 * The constants are taken out by subtracting the weighted mean of each group, so that the normal equations have the size of b alone.
 */

/** The points of a regression, in rows. */
export interface Rows {
  readonly y: readonly number[];
  /** One array for each row, with one entry for each coefficient. */
  readonly x: readonly (readonly number[])[];
  readonly variance: readonly number[];
  /** The group of each row. */
  readonly group: readonly number[];
}

export interface Regression {
  readonly slopes: readonly number[];
  /** Σ residual²/variance. */
  readonly chi2: number;
  /** Rows minus groups minus slopes. */
  readonly freedom: number;
  readonly residuals: readonly number[];
  /** What the stated variances alone give for the variance of each slope. */
  readonly variances: readonly number[];
}

/** A column whose variance, apart from the columns before it, is below this share of its own is a combination of them. */
const SINGULAR = 1e-6;

/** Finds the column that is a combination of the ones before it (or the same everywhere); undefined where the rows decide all slopes. */
export function dependentColumn(rows: Rows): number | undefined {
  const { normal, size } = normalEquations(rows);
  return factor(normal, size).dependent;
}

/** Fits the slopes; undefined where the rows do not decide all of them. Costs O(rows·slopes²). */
export function regress(rows: Rows): Regression | undefined {
  const { normal, right, centred, size } = normalEquations(rows);
  const { lower, dependent } = factor(normal, size);
  if (dependent !== undefined) return undefined;
  const slopes = solve(lower, right);
  const residuals = centred.map(({ y, x }) => y - x.reduce((s, v, k) => s + v * slopes[k], 0));
  const chi2 = residuals.reduce((s, e, r) => s + (e * e) / rows.variance[r], 0);
  const variances = slopes.map((_, k) => solve(lower, unit(slopes.length, k))[k]);
  const freedom = rows.y.length - new Set(rows.group).size - slopes.length;
  return { slopes, chi2, freedom, residuals, variances };
}

const unit = (n: number, k: number): number[] => Array.from({ length: n }, (_, i) => (i === k ? 1 : 0));

function normalEquations({ y, x, variance, group }: Rows) {
  const size = x[0]?.length ?? 0;
  const means = new Map<number, { weight: number; y: number; x: number[] }>();
  y.forEach((value, r) => {
    const weight = 1 / variance[r];
    let m = means.get(group[r]);
    if (!m) {
      m = { weight: 0, y: 0, x: new Array<number>(size).fill(0) };
      means.set(group[r], m);
    }
    m.weight += weight;
    m.y += weight * value;
    for (let k = 0; k < size; k++) m.x[k] += weight * x[r][k];
  });
  const centred = y.map((value, r) => {
    const m = means.get(group[r])!;
    return { y: value - m.y / m.weight, x: x[r].map((v, k) => v - m.x[k] / m.weight) };
  });
  const normal = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  const right = new Array<number>(size).fill(0);
  centred.forEach((row, r) => {
    for (let k = 0; k < size; k++) {
      right[k] += (row.x[k] * row.y) / variance[r];
      for (let l = 0; l <= k; l++) normal[k][l] += (row.x[k] * row.x[l]) / variance[r];
    }
  });
  // what a column would have if nothing were subtracted: the size that rounding is compared with
  const scale = Array.from({ length: size }, (_, k) => x.reduce((s, v, r) => s + (v[k] * v[k]) / variance[r], 0));
  return { normal, right, centred, size: scale };
}

/** Cholesky's factor of the normal matrix. */
function factor(normal: readonly (readonly number[])[], size: readonly number[]) {
  const n = normal.length;
  const lower = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = normal[i][j];
      for (let k = 0; k < j; k++) s -= lower[i][k] * lower[j][k];
      if (j < i) lower[i][j] = s / lower[j][j];
      else {
        if (!(s > SINGULAR * Math.max(normal[i][i], 1e-6 * size[i]))) return { lower, dependent: i };
        lower[i][i] = Math.sqrt(s);
      }
    }
  }
  return { lower, dependent: undefined };
}

function solve(lower: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const z = new Array<number>(n).fill(0);
  for (let i = 0; i < n; i++) {
    let s = right[i];
    for (let k = 0; k < i; k++) s -= lower[i][k] * z[k];
    z[i] = s / lower[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    let s = z[i];
    for (let k = i + 1; k < n; k++) s -= lower[k][i] * z[k];
    z[i] = s / lower[i][i];
  }
  return z;
}
