/** Quadratic forms for tests, and a plain float64 version of everything that is done with them: dense K, loops. */
import type { NetworkSpec } from '../../src/model/network.js';
import { type Penalty, type PenaltyPart, planes } from '../../src/model/penalty.js';
import { matrix } from '../../src/numeric/linalg/index.js';
import { randomKey, type Stream } from '../../src/numeric/random.js';
import type { Integration } from '../../src/train/pull.js';
import { gradient, type Sample } from './naive-network.js';

/** k orthonormal rows of n by Gram-Schmidt, twice. */
export function orthonormalRows(k: number, n: number, stream: Stream): number[][] {
  const rows: number[][] = [];
  for (let i = 0; i < k; i++) {
    let v = Array.from({ length: n }, () => stream.normal());
    for (let pass = 0; pass < 2; pass++)
      for (const r of rows) {
        const c = r.reduce((s, x, j) => s + x * v[j], 0);
        v = v.map((x, j) => x - c * r[j]);
      }
    const norm = Math.hypot(...v);
    rows.push(v.map((x) => x / norm));
  }
  return rows;
}

/** Parts of every kind on a flat vector of `size`, by name. */
export function exampleParts(size: number, seed = 1): Record<string, PenaltyPart[]> {
  const s = randomKey(seed).child('parts').stream();
  const inner = Math.floor(size / 2);
  const from = 3;
  const rows = orthonormalRows(5, inner, s);
  const oblique = Array.from({ length: 4 }, () => Array.from({ length: inner }, () => 0.3 * s.normal()));
  const root = Array.from({ length: 6 }, () => Array.from({ length: 6 }, () => s.normal()));
  const square = matrix(6, 6);
  for (let i = 0; i < 6; i++)
    for (let j = 0; j < 6; j++) square.data[i * 6 + j] = root.reduce((sum, r) => sum + r[i] * r[j], 0);
  const flat = (list: number[][]) => matrix(list.length, list[0].length, Float64Array.from(list.flat()));
  const whole = orthonormalRows(3, size, s);
  return {
    diagonal: [{ kind: 'diagonal', offset: 0, values: Float64Array.from({ length: size }, () => s.uniform()) }],
    orthonormal: [{ kind: 'lowRank', offset: from, axes: flat(rows), weights: Float64Array.of(2, 0.5, 1, 0, 3) }],
    oblique: [{ kind: 'lowRank', offset: from, axes: flat(oblique), weights: Float64Array.of(1, 0.2, 0.7, 2) }],
    whole: [{ kind: 'lowRank', offset: 0, axes: flat(whole), weights: Float64Array.of(1, 2, 3) }],
    dense: [{ kind: 'dense', offset: 7, matrix: square }],
    planes: [
      planes(
        from,
        [
          [Float64Array.from(rows[0]), Float64Array.from(rows[1])],
          [Float64Array.from(rows[2]), Float64Array.from(rows[3])],
        ],
        [0.4, 1.5],
      ),
    ],
  };
}

/** K of one part, size×size, entry by entry. */
export function denseOf(parts: readonly PenaltyPart[], size: number): number[][] {
  const k = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const p of parts) {
    if (p.kind === 'diagonal') for (let i = 0; i < p.values.length; i++) k[p.offset + i][p.offset + i] += p.values[i];
    else if (p.kind === 'dense')
      for (let i = 0; i < p.matrix.rows; i++)
        for (let j = 0; j < p.matrix.rows; j++) k[p.offset + i][p.offset + j] += p.matrix.data[i * p.matrix.rows + j];
    else
      for (let a = 0; a < p.axes.rows; a++)
        for (let i = 0; i < p.axes.cols; i++)
          for (let j = 0; j < p.axes.cols; j++)
            k[p.offset + i][p.offset + j] +=
              p.weights[a] * p.axes.data[a * p.axes.cols + i] * p.axes.data[a * p.axes.cols + j];
  }
  return k;
}

/** ½ xᵀKx summed over terms, and its gradient. */
export function naivePenalty(p: Penalty, w: ArrayLike<number>): { value: number; gradient: number[] } {
  const gradient = new Array<number>(p.size).fill(0);
  let value = 0;
  for (const { anchor, parts } of p.terms) {
    const k = denseOf(parts, p.size);
    const x = Array.from(anchor, (a, i) => w[i] - a);
    k.forEach((line, i) => {
      const f = line.reduce((s, v, j) => s + v * x[j], 0);
      gradient[i] += f;
      value += 0.5 * f * x[i];
    });
  }
  return { value, gradient };
}

/** x with A x = b by Gaussian elimination with row exchanges. */
export function solve(a: number[][], b: readonly number[]): number[] {
  const n = b.length;
  const m = a.map((line, i) => [...line, b[i]]);
  for (let c = 0; c < n; c++) {
    let top = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(m[r][c]) > Math.abs(m[top][c])) top = r;
    [m[c], m[top]] = [m[top], m[c]];
    for (let r = c + 1; r < n; r++) {
      const f = m[r][c] / m[c][c];
      for (let j = c; j <= n; j++) m[r][j] -= f * m[c][j];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let r = n - 1; r >= 0; r--)
    x[r] = (m[r][n] - m[r].reduce((s, v, j) => (j > r && j < n ? s + v * x[j] : s), 0)) / m[r][r];
  return x;
}

/** SGD on L + strength·R in float64, batch by batch: explicit, or implicit by solving (1 + h·strength·K) w⁺ = w′ + h·strength·b. */
export function naiveSteps(
  spec: NetworkSpec,
  start: ArrayLike<number>,
  batches: readonly (readonly Sample[])[],
  p: Penalty,
  settings: { eta: number; mu: number; strength: number; integration: Integration },
): Float64Array {
  const { eta, mu, strength, integration } = settings;
  const w = Float64Array.from(start);
  const v = new Float64Array(w.length);
  const x = (eta / (1 - mu)) * strength;
  const k = denseOf(
    p.terms.flatMap((t) => t.parts),
    p.size,
  );
  const a = k.map((line, i) => line.map((y, j) => x * y + (i === j ? 1 : 0)));
  const atZero = naivePenalty(p, new Float64Array(p.size)).gradient; // −b
  for (const batch of batches) {
    const g = gradient(spec, w, batch);
    const pull = naivePenalty(p, w).gradient;
    for (let i = 0; i < w.length; i++) {
      v[i] = mu * v[i] + g[i] + (integration === 'explicit' ? strength * pull[i] : 0);
      w[i] -= eta * v[i];
    }
    if (integration === 'explicit') continue;
    w.set(
      solve(
        a,
        Array.from(w, (y, i) => y - x * atZero[i]),
      ),
    );
  }
  return w;
}
